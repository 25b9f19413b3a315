//! Questions about files: who waits for what, and what a connection leaves behind.

use std::time::Duration;

use super::{Cluster, Link};
use crate::files::{FileCall, FileChange};
use crate::{Answer, Call};

/// A client whose socket is full and whose queue holds more than it may.
fn flooded(cluster: &mut Cluster) -> Link {
    let client = cluster.open(0);
    cluster.limit(client, Some(0));
    cluster.send(client, "flood 8000");
    client
}

#[test]
fn the_next_block_is_read_when_there_is_room_for_it() {
    let mut cluster = Cluster::with(crate::hub::HubSettings { max_queue: 1000, ..Default::default() }, 1);
    let client = flooded(&mut cluster);
    cluster.send(client, "read");
    assert_eq!(cluster.calls, [], "there is no room");
    cluster.limit(client, Some(35_000));
    assert_eq!(cluster.calls, [], "there is still too much");
    cluster.limit(client, None);
    assert!(matches!(&cluster.calls[..], [(_, Call::File(FileCall::Read { .. }))]), "{:?}", cluster.calls);
    cluster.send(client, "read");
    assert_eq!(cluster.calls.len(), 2, "at once, where there is room");
}

#[test]
fn a_paused_film_is_waited_for_longer_than_a_stalled_answer() {
    for (command, patience) in [("resume", 11), ("read", 301)] {
        let mut cluster = Cluster::with(crate::hub::HubSettings { max_queue: 1000, ..Default::default() }, 1);
        let client = flooded(&mut cluster);
        cluster.send(client, command);
        cluster.pass(Duration::from_secs(patience - 3));
        assert!(!cluster.is_closed(client), "{command}");
        cluster.pass(Duration::from_secs(5));
        assert!(cluster.is_closed(client), "{command}");
        assert_eq!(cluster.calls, [], "nothing is read for one who has left");
    }
}

#[test]
fn nothing_is_read_from_a_peer_whose_changes_are_under_way() {
    let mut cluster = Cluster::new(1);
    let client = cluster.open(0);
    assert!(cluster.wants_read(client));
    cluster.send(client, "write");
    assert!(!cluster.wants_read(client));
    cluster.answer(client, Answer::Done);
    assert!(cluster.wants_read(client));
    assert_eq!(cluster.reads, [client]);
    assert_eq!(cluster.take(client), "answer Done\n");
    cluster.send(client, "read");
    assert!(cluster.wants_read(client), "reading a file keeps nobody from talking");
}

#[test]
fn whatever_ends_a_connection_its_last_call_is_heard_once() {
    type End = fn(&mut Cluster, Link);
    let ends: [(&str, End); 6] = [
        ("quit", |cluster, client| cluster.send(client, "quit")),
        ("eof", |cluster, client| cluster.hang_up(client)),
        ("lost", |cluster, client| cluster.lose(client)),
        ("fault", |cluster, client| cluster.send(client, "bad")),
        ("shutdown", |cluster, _| cluster.shutdown()),
        ("stall", |cluster, client| {
            cluster.limit(client, Some(0));
            cluster.send(client, "flood 10");
            cluster.pass(Duration::from_secs(20));
        }),
    ];
    for (name, end) in ends {
        let mut cluster = Cluster::new(1);
        let client = cluster.open(0);
        cluster.send(client, "leave\nwrite");
        end(&mut cluster, client);
        cluster.pass(Duration::from_secs(5));
        assert!(cluster.is_closed(client), "{name}");
        let [(_, Call::File(FileCall::Write(_))), (_, Call::File(FileCall::Write(last)))] =
            &cluster.calls[..]
        else {
            panic!("{name}: {:?}", cluster.calls)
        };
        assert!(matches!(&last[..], [FileChange::Discard(_)]), "{name}: {last:?}");
        cluster.answer(client, Answer::Done);
        assert_eq!(cluster.connections(), 0, "{name}");
    }
}
