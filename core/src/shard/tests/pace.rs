//! How long frames wait to share a write.

use std::time::Duration;

use super::{Cluster, Link};
use crate::hub::HubSettings;
use crate::shard::pace::Pace;
use crate::time::Instant;

fn steady(max_ms: u64, busy: Duration) -> Duration {
    let mut pace = Pace::new(Duration::from_millis(max_ms));
    for _ in 0..50 {
        pace.begin(Instant::ZERO);
        pace.spent(busy);
    }
    pace.next().since(Instant::ZERO)
}

#[test]
fn cheap_rounds_never_wait_and_dear_ones_wait_at_most_elapse() {
    assert_eq!(steady(350, Duration::from_micros(100)), Duration::ZERO);
    let some = steady(350, Duration::from_millis(5));
    assert!(some > Duration::from_millis(50) && some < Duration::from_millis(100), "{some:?}");
    assert_eq!(steady(350, Duration::from_millis(40)), Duration::from_millis(350));
    assert_eq!(steady(10, Duration::from_millis(40)), Duration::from_millis(10));
    assert_eq!(steady(0, Duration::from_millis(40)), Duration::ZERO);
}

fn playing(cluster: &mut Cluster) -> (Link, Link) {
    let (publisher, viewer) = (cluster.open(0), cluster.open(0));
    cluster.send(publisher, "publish live/a\ntracks h264\nframe 0 0 k");
    cluster.send(viewer, "play live/a");
    (publisher, viewer)
}

#[test]
fn frames_that_wait_share_a_write() {
    let settings = HubSettings { elapse: Duration::from_millis(100), ..HubSettings::default() };
    let mut cluster = Cluster::with(settings, 1);
    let (publisher, viewer) = playing(&mut cluster);
    for n in 1..20 {
        cluster.send(publisher, &format!("frame 0 {} -", n * 40));
        cluster.spent(0, Duration::from_millis(20));
        cluster.pass(Duration::from_millis(40));
    }
    cluster.pass(Duration::from_millis(200));
    cluster.take(viewer);
    let before = cluster.writes(viewer);
    cluster.send(publisher, "frame 0 800 -");
    cluster.spent(0, Duration::from_millis(20));
    cluster.take(viewer);
    for dts in [840, 880] {
        cluster.pass(Duration::from_millis(40));
        cluster.send(publisher, &format!("frame 0 {dts} -"));
        assert_eq!(cluster.take(viewer), "", "it waits");
    }
    cluster.pass(Duration::from_millis(40));
    assert_eq!(cluster.take(viewer), "[0:840][0:880]");
    assert_eq!(cluster.writes(viewer) - before, 2);
}

#[test]
fn a_joiner_does_not_wait_for_the_round() {
    let settings = HubSettings { elapse: Duration::from_millis(1000), ..HubSettings::default() };
    let mut cluster = Cluster::with(settings, 1);
    let (publisher, _) = playing(&mut cluster);
    for n in 1..20 {
        cluster.send(publisher, &format!("frame 0 {} -", n * 40));
        cluster.spent(0, Duration::from_millis(500));
    }
    let joiner = cluster.open(0);
    cluster.send(joiner, "play live/a");
    assert_eq!(cluster.take(joiner).matches('[').count(), 20);
}
