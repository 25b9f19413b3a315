//! How much is let in.

use std::time::Duration;

use super::{Cluster, Link};
use crate::hub::HubSettings;
use crate::policy::Limits;

fn cluster(limits: Limits) -> Cluster {
    let settings = HubSettings { shards: 2, elapse: Duration::ZERO, limits, ..HubSettings::default() };
    Cluster::with(settings, 1)
}

fn published(cluster: &mut Cluster) -> Link {
    let publisher = cluster.open(0);
    cluster.send(publisher, "publish live/a");
    cluster.send(publisher, "tracks aac\nframe 0 0 k");
    publisher
}

#[test]
fn so_many_connections_of_an_address() {
    let mut cluster = cluster(Limits { per_address: 2, ..Limits::default() });
    let (first, second) = (cluster.open(0), cluster.open(1));
    let third = cluster.open(0);
    cluster.run();
    assert!(cluster.is_closed(third) && !cluster.is_closed(first) && !cluster.is_closed(second));
    assert!(cluster.log[0].ends_with("refused: there are 2 connections of its address already"));
    cluster.hang_up(first);
    let fourth = cluster.open(1);
    cluster.run();
    assert!(!cluster.is_closed(fourth));
    cluster.hang_up(second);
    cluster.hang_up(fourth);
    assert!(cluster.hub.tally().is_empty());
}

#[test]
fn so_many_players_of_a_stream() {
    let mut cluster = cluster(Limits { viewers: 2, ..Limits::default() });
    let publisher = published(&mut cluster);
    let players: Vec<Link> = [0, 1, 1].into_iter().map(|shard| cluster.open(shard)).collect();
    for player in &players {
        cluster.send(*player, "play live/a");
    }
    let words: Vec<String> = players.iter().map(|player| cluster.take(*player)).collect();
    assert!(words[0].starts_with("play ok") && words[1].starts_with("play ok"), "{words:?}");
    assert_eq!(words[2], "play refused: stream 'live/a' has 2 players already\n");
    cluster.send(players[0], "stop");
    cluster.send(players[2], "play live/a");
    assert!(cluster.take(players[2]).starts_with("play ok"));
    // Those who wait have a seat, and give it back when they waited in vain.
    cluster.send(players[0], "play live/b 1000");
    cluster.pass(Duration::from_secs(2));
    assert!(cluster.take(players[0]).contains("no publisher"));
    for link in players.into_iter().chain([publisher]) {
        cluster.hang_up(link);
    }
    assert!(cluster.hub.tally().is_empty());
}

#[test]
fn so_much_in_all() {
    let mut cluster = cluster(Limits { bits_out: 1_000_000, ..Limits::default() });
    let publisher = published(&mut cluster);
    let player = cluster.open(1);
    cluster.send(player, "play live/a");
    for at in 0..40 {
        cluster.send(publisher, &format!("frame 0 {} k 10000", 50 * at));
        cluster.pass(Duration::from_millis(50));
    }
    let late = cluster.open(0);
    cluster.send(late, "play live/a");
    assert_eq!(cluster.take(late), "play refused: the server sends as much as it may\n");
    cluster.pass(Duration::from_secs(3));
    cluster.send(late, "play live/a");
    assert!(cluster.take(late).starts_with("play ok"), "it is quieter now");
}
