//! Connections by UDP, and sockets that machines ask for.

use std::fmt::Write;

use super::Cluster;

const A: &str = "10.0.0.1:5000";
const B: &str = "10.0.0.2:5000";

#[test]
fn a_datagram_begins_a_connection() {
    let mut cluster = Cluster::new(1).with_udp();
    cluster.datagram(7000, A, "what");
    cluster.datagram(7000, A, "ping");
    assert_eq!(cluster.datagrams(), "7000>10.0.0.1:5000 pong");
    assert_eq!(
        (cluster.connections(), cluster.hub.totals().datagrams_stray),
        (0, 2),
        "nothing is kept of it"
    );
    cluster.datagram(7000, A, "hello");
    cluster.datagram(7000, B, "hello");
    cluster.datagram(7000, A, "more");
    let said =
        "7000>10.0.0.1:5000 0 10.0.0.1:5000 hello, 7000>10.0.0.2:5000 0 10.0.0.2:5000 hello, ".to_owned();
    assert_eq!(cluster.datagrams(), said + "7000>10.0.0.1:5000 0 10.0.0.1:5000 more");
    assert_eq!(cluster.connections(), 2);
    cluster.datagram(7000, A, "> quit");
    assert_eq!(cluster.connections(), 1);
    cluster.datagram(7000, A, "late");
    cluster.datagram(7000, A, "hello");
    assert_eq!(cluster.connections(), 2, "the same address may come again");
}

#[test]
fn an_id_tells_whose_it_is_wherever_it_comes_from() {
    let mut cluster = Cluster::new(1).with_udp();
    cluster.datagram(7000, A, "hello");
    cluster.datagram(7000, A, "> alias 0 x");
    cluster.datagrams();
    cluster.datagram(7000, B, "#x moved");
    assert_eq!(cluster.datagrams(), "7000>10.0.0.1:5000 0 10.0.0.2:5000 #x moved");
    cluster.datagram(7000, A, "> quit");
    cluster.datagram(7000, B, "#x moved");
    assert_eq!((cluster.datagrams(), cluster.connections()), (String::new(), 0));
    cluster.assert_bare();
}

#[test]
fn whoever_is_refused_and_closes_still_says_so() {
    let mut cluster = Cluster::new(1).with_udp();
    cluster.datagram(7000, A, "hello");
    cluster.datagram(7000, A, "> fragile");
    cluster.datagrams();
    cluster.datagram(7000, A, "> publish other/a");
    assert!(cluster.datagrams().contains("publish"), "the refusal");
    assert_eq!(cluster.connections(), 0);
    cluster.assert_bare();
}

#[test]
fn sockets_of_ones_own_and_shared_ones() {
    let mut cluster = Cluster::new(1).with_udp();
    let [one, two, three] = [cluster.open(0), cluster.open(0), cluster.open(0)];
    cluster.send(one, &format!("bind 0 shared {A}"));
    cluster.send(two, &format!("bind 0 shared {B}"));
    // The address is taken there: it gets a pair of its own.
    cluster.send(three, &format!("bind 4 shared {A}"));
    assert_eq!(cluster.take(one), "bound 7010\n");
    assert_eq!(cluster.take(two), "bound 7010\n");
    assert_eq!(cluster.take(three), "bound 8000\n");
    cluster.datagram(7011, B, "report");
    cluster.datagram(7010, "10.0.0.3:1", "nobody");
    cluster.datagram(8001, "10.0.0.3:1", "anybody");
    assert_eq!(cluster.take(one), "");
    assert_eq!(cluster.take(two), "1 10.0.0.2:5000 report\n");
    assert_eq!(cluster.take(three), "5 10.0.0.3:1 anybody\n");
    cluster.send(two, &format!("datagram 1 {B} hi"));
    cluster.send(three, &format!("datagram 4 {A} ho"));
    assert_eq!(cluster.datagrams(), "7011>10.0.0.2:5000 hi, 8000>10.0.0.1:5000 ho");
    cluster.send(three, &format!("bind 4 own {A}"));
    assert!(cluster.take(three).starts_with("not bound"), "that leg is bound");
    cluster.send(one, "unbind 0");
    cluster.send(three, &format!("bind 6 shared {A}"));
    assert_eq!(cluster.take(three), "bound 7010\n", "the address is free again");
    assert_eq!(cluster.bound_ports(), 5);
    cluster.hang_up(three);
    cluster.datagram(7010, A, "nobody");
    assert_eq!(cluster.bound_ports(), 3, "it took its pair with it");
    cluster.network.exhausted = true;
    cluster.send(one, &format!("bind 2 own {A}"));
    assert_eq!(cluster.take(one), "not bound: no UDP port: none is free\n");
    cluster.hang_up(one);
    cluster.hang_up(two);
    cluster.assert_bare();
}

fn publish(cluster: &mut Cluster, frames: std::ops::Range<u64>) -> super::Link {
    let publisher = cluster.open(0);
    cluster.send(publisher, "publish live/a");
    cluster.send(publisher, "tracks h264");
    let lines = frames.fold(String::new(), |mut lines, n| {
        let _ = writeln!(lines, "frame 0 {} {}", n * 40, if n == 0 { "k" } else { "-" });
        lines
    });
    cluster.send(publisher, lines.trim_end());
    publisher
}

#[test]
fn media_waits_for_room() {
    let mut cluster = Cluster::new(1).with_udp();
    let publisher = publish(&mut cluster, 0..5);
    let viewer = cluster.open(0);
    cluster.send(viewer, "room 2");
    cluster.send(viewer, "play live/a");
    assert!(cluster.take(viewer).ends_with("[0:0][0:40]"));
    cluster.send(publisher, "frame 0 200 -");
    assert_eq!(cluster.take(viewer), "");
    cluster.send(viewer, "room 3");
    assert_eq!(cluster.take(viewer), "[0:80][0:120][0:160]");
    cluster.send(viewer, "room all");
    assert_eq!(cluster.take(viewer), "[0:200]");
}

#[test]
fn a_socket_that_takes_nothing_holds_its_viewers_up() {
    let mut cluster = Cluster::new(1).with_udp();
    let publisher = publish(&mut cluster, 0..1);
    let [slow, other] = [cluster.open(0), cluster.open(0)];
    for (viewer, way, at) in [(slow, "own", A), (other, "shared", B)] {
        cluster.send(viewer, &format!("bind 0 {way} {at}"));
        cluster.send(viewer, &format!("media 0 {at}"));
        cluster.send(viewer, "play live/a");
    }
    assert_eq!(cluster.datagrams(), "8000>10.0.0.1:5000 [0:0], 7010>10.0.0.2:5000 [0:0]");
    cluster.network.room.insert(8000, 0);
    for n in 1..1500 {
        cluster.send(publisher, &format!("frame 0 {n} -"));
    }
    assert_eq!(cluster.network.sent.len(), 1499, "the other gets all");
    cluster.network.sent.clear();
    cluster.free(8000);
    let got: Vec<String> = cluster.network.sent.iter().map(|(_, _, text)| text.clone()).collect();
    let all: Vec<String> = (1..1500).map(|n| format!("[0:{n}]")).collect();
    assert_eq!(got, all, "and so does the slow one, later: nothing was dropped while it was not fed");
    assert_eq!(cluster.hub.totals().datagrams_dropped, 0);
}

#[test]
fn bytes_from_another_connection() {
    let mut cluster = Cluster::new(3);
    let [met, hands, usurper] = [cluster.open(0), cluster.open(1), cluster.open(2)];
    cluster.send(hands, "hand x early");
    cluster.send(met, "meet x");
    cluster.send(hands, "hand x one");
    assert_eq!(cluster.take(met), "handed one\n");
    cluster.send(usurper, "meet x");
    cluster.send(met, "quit");
    cluster.send(hands, "hand x two");
    assert_eq!(cluster.take(usurper), "handed two\n");
    cluster.send(usurper, "quit");
    cluster.send(hands, "hand x nobody");
    cluster.send(hands, "quit");
    cluster.assert_bare();
}

#[test]
fn last_words_after_an_answer_at_once_still_go_out() {
    let mut cluster = Cluster::new(1).with_udp();
    cluster.datagram(7000, "10.0.0.1:5", "hello");
    cluster.datagram(7000, "10.0.0.1:5", "x> publish news/a");
    let sent = cluster.datagrams();
    assert!(sent.contains("app 'news' does not exist"), "{sent}");
}
