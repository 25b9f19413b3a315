//! Objects that players fetch by name: on every shard, before they are there, and after the publisher has left.

use std::time::Duration;

use super::{Cluster, Link};
use crate::hub::HubSettings;

fn publish(cluster: &mut Cluster, shard: usize) -> Link {
    let publisher = cluster.open(shard);
    cluster.send(publisher, "publish live/a\ntracks h264\nframe 0 0 k");
    assert_eq!(cluster.take(publisher), "publish ok\n");
    publisher
}

fn asked(cluster: &mut Cluster, link: Link, what: &str) -> String {
    cluster.send(link, what);
    cluster.take(link)
}

#[test]
fn objects_are_found_on_every_shard_and_waited_for() {
    for seed in 0..20 {
        let settings = HubSettings { shards: 3, elapse: Duration::ZERO, ..HubSettings::default() };
        let mut cluster = Cluster::with(settings, seed);
        let publisher = publish(&mut cluster, 0);
        let players: Vec<Link> = (0..6).map(|n| cluster.open(n % 3)).collect();
        for &player in &players {
            assert_eq!(asked(&mut cluster, player, "fetch live/a list 1"), "fetched 0\n", "seed {seed}");
            assert_eq!(asked(&mut cluster, player, "fetch live/a f0 0"), "fetched [0:0]\n");
            assert_eq!(
                asked(&mut cluster, player, "fetch live/a f1 0"),
                "not fetched: stream 'live/a: f1' has no publisher\n"
            );
            assert_eq!(asked(&mut cluster, player, "fetch live/a list 3"), "");
        }
        cluster.send(publisher, "frame 0 40 -");
        assert!(players.iter().all(|&player| cluster.take(player).is_empty()), "version 2 is not enough");
        cluster.send(publisher, "frame 0 80 -");
        for &player in &players {
            assert_eq!(cluster.take(player), "fetched 0 40 80\n", "seed {seed}");
        }
    }
}

#[test]
fn what_never_comes_is_refused_in_time() {
    let mut cluster = Cluster::new(2);
    publish(&mut cluster, 0);
    let player = cluster.open(1);
    assert_eq!(asked(&mut cluster, player, "fetch live/a list 9"), "");
    cluster.pass(Duration::from_secs(4));
    assert_eq!(cluster.take(player), "");
    cluster.pass(Duration::from_secs(2));
    assert_eq!(cluster.take(player), "not fetched: list did not come in time\n");
    let none = "not fetched: stream 'live/b' has no publisher\n";
    assert_eq!(asked(&mut cluster, player, "fetch live/b list 0"), none);
    assert_eq!(asked(&mut cluster, player, "fetch live/b list 0 1000"), "");
    cluster.pass(Duration::from_secs(2));
    assert_eq!(cluster.take(player), "not fetched: list did not come in time\n");
    let wrong = asked(&mut cluster, player, "fetch abc/b list 0");
    assert!(wrong.starts_with("not fetched: app 'abc'"), "{wrong}");
}

#[test]
fn one_who_asks_before_the_publisher_is_there_is_served_when_it_comes() {
    let mut cluster = Cluster::new(2);
    let player = cluster.open(1);
    assert_eq!(asked(&mut cluster, player, "fetch live/a list 1 5000"), "");
    publish(&mut cluster, 0);
    assert_eq!(cluster.take(player), "fetched 0\n");
}

#[test]
fn a_publisher_that_leaves_finishes_what_it_began_and_the_end_is_told() {
    let mut cluster = Cluster::new(2);
    let publisher = publish(&mut cluster, 0);
    let (player, late) = (cluster.open(1), cluster.open(0));
    assert_eq!(asked(&mut cluster, player, "fetch live/a list 1"), "fetched 0\n");
    cluster.hang_up(publisher);
    assert_eq!(asked(&mut cluster, player, "fetch live/a list 1"), "fetched 0 left\n");
    let text = asked(&mut cluster, late, "fetch live/a list 1");
    assert_eq!(text, "fetched 0 left\n", "one who comes between two publishers finds what is there");
    cluster.pass(Duration::from_secs(28));
    assert_eq!(asked(&mut cluster, player, "fetch live/a list 5"), "");
    cluster.pass(Duration::from_secs(3));
    assert_eq!(cluster.take(player), "fetched 0 left ended\n");
    cluster.pass(Duration::from_secs(30));
    assert_eq!(asked(&mut cluster, player, "fetch live/a list 0"), "fetched 0 left ended\n");
    cluster.hang_up(player);
    cluster.hang_up(late);
    cluster.pass(Duration::from_secs(120));
    cluster.assert_bare();
}

#[test]
fn a_publisher_that_returns_on_another_shard_begins_a_new_shelf() {
    let mut cluster = Cluster::new(3);
    let publisher = publish(&mut cluster, 0);
    let player = cluster.open(1);
    assert_eq!(asked(&mut cluster, player, "fetch live/a f0 0"), "fetched [0:0]\n");
    cluster.hang_up(publisher);
    cluster.pass(Duration::from_secs(5));
    let back = cluster.open(2);
    cluster.send(back, "publish live/a");
    cluster.send(back, "tracks h264\nframe 0 7 k");
    let list = asked(&mut cluster, player, "fetch live/a list 1");
    assert!(list.starts_with("fetched ") && !list.contains("left"), "{list}");
    let old = asked(&mut cluster, player, "fetch live/a f0 0");
    assert!(old.starts_with("not fetched"), "{old}");
}

#[test]
fn a_shelf_is_made_only_while_somebody_fetches() {
    let mut cluster = Cluster::new(2);
    let publisher = publish(&mut cluster, 0);
    let player = cluster.open(1);
    assert_eq!(asked(&mut cluster, player, "fetch live/a list 1"), "fetched 0\n");
    let replicas = |cluster: &Cluster| cluster.shards.iter().map(|shard| shard.replicas.len()).sum::<usize>();
    for n in 1..6 {
        cluster.pass(Duration::from_secs(40));
        cluster.send(publisher, &format!("frame 0 {} k", n * 40));
        assert_eq!(replicas(&cluster), 1, "it was fetched 40 s ago");
        asked(&mut cluster, player, "fetch live/a list 1");
    }
    cluster.pass(Duration::from_secs(120));
    assert_eq!(replicas(&cluster), 0);
}
