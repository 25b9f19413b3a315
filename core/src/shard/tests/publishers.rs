//! Publishers: coming, going, coming back, and fighting over a name, on one shard and across shards.

use std::time::Duration;

use super::{Cluster, Link};

fn viewer(cluster: &mut Cluster, shard: usize) -> Link {
    let viewer = cluster.open(shard);
    cluster.send(viewer, "play live/a 1000");
    viewer
}

fn publisher(cluster: &mut Cluster, shard: usize, params: &str) -> (Link, String) {
    let link = cluster.open(shard);
    cluster.send(link, format!("publish live/a {params}").trim_end());
    let answer = cluster.take(link);
    (link, answer)
}

const OK: &str = "publish ok\n";
const BUSY: &str = "publish refused: stream 'live/a' already has a publisher that is sending\n";

/// Where the second publisher and the viewer are, the first being on shard 0 of 3.
const PLACES: [(usize, usize); 5] = [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)];

#[test]
fn viewers_are_kept_through_a_publishers_return() {
    for (second_shard, viewer_shard) in PLACES {
        let mut cluster = Cluster::new(3);
        let (first, _) = publisher(&mut cluster, 0, "");
        cluster.send(first, "tracks h264 aac\nframe 0 1000 k\nframe 1 1010 k");
        let watching = viewer(&mut cluster, viewer_shard);
        assert_eq!(cluster.take(watching), "play ok\nstart 1 h264 + aac\n[0:1000][1:1010]");
        cluster.hang_up(first);
        cluster.pass(Duration::from_secs(20));
        // One who joins now waits with the others.
        let joining = viewer(&mut cluster, viewer_shard);
        let (second, answer) = publisher(&mut cluster, second_shard, "");
        assert_eq!(answer, OK);
        // Frames before the first keyframe are of no use to a decoder that was interrupted.
        cluster.send(second, "tracks h264 aac\nframe 1 0 k\nframe 0 0 -\nframe 0 40 k\nframe 1 45 k");
        let place = format!("second on {second_shard}, viewer on {viewer_shard}");
        assert_eq!(cluster.take(watching), "start 2 h264 + aac\n[0:1030][1:1035]", "{place}");
        assert_eq!(cluster.take(joining), "play ok\nstart 2 h264 + aac\n[0:1030][1:1035]", "{place}");
        assert_eq!(cluster.hub.streams().len(), 1);
    }
}

#[test]
fn viewers_are_let_go_when_nobody_returns() {
    let mut cluster = Cluster::new(2);
    let (first, _) = publisher(&mut cluster, 0, "");
    cluster.send(first, "tracks h264\nframe 0 0 k");
    let watching = viewer(&mut cluster, 1);
    cluster.take(watching);
    cluster.send(first, "stop");
    cluster.pass(Duration::from_secs(29));
    assert!(!cluster.is_closed(watching));
    cluster.pass(Duration::from_secs(2));
    assert_eq!(cluster.take(watching), "ended\n");
    assert!(cluster.is_closed(watching));
    assert!(cluster.hub.streams().is_empty());
    let late = cluster.open(1);
    cluster.send(late, "play live/a");
    assert_eq!(cluster.take(late), "play refused: stream 'live/a' has no publisher\n");
}

#[test]
fn a_second_publisher_is_refused_while_the_first_sends() {
    for (second_shard, viewer_shard) in PLACES {
        let mut cluster = Cluster::new(3);
        let (first, _) = publisher(&mut cluster, 0, "key=1");
        cluster.send(first, "tracks h264\nframe 0 0 k");
        let watching = viewer(&mut cluster, viewer_shard);
        cluster.pass(Duration::from_millis(1500));
        cluster.send(first, "frame 0 1500 -");
        cluster.pass(Duration::from_millis(1500));
        let (_, answer) = publisher(&mut cluster, second_shard, "key=2");
        assert_eq!(answer, BUSY);
        cluster.take(watching);
        cluster.send(first, "frame 0 3000 -");
        assert_eq!(cluster.take(watching), "[0:3000]");
        assert_eq!(cluster.hub.totals().refused, 1);
    }
}

#[test]
fn a_silent_publisher_gives_way() {
    for (second_shard, viewer_shard) in PLACES {
        let mut cluster = Cluster::new(3);
        let (first, _) = publisher(&mut cluster, 0, "");
        cluster.send(first, "tracks h264\nframe 0 500 k");
        let watching = viewer(&mut cluster, viewer_shard);
        cluster.take(watching);
        cluster.pass(Duration::from_millis(2100));
        let (second, answer) = publisher(&mut cluster, second_shard, "");
        assert_eq!(answer, OK);
        assert!(cluster.is_closed(first));
        cluster.send(second, "tracks h265\nframe 0 0 k");
        assert_eq!(cluster.take(watching), "start 2 h265\n[0:520]");
        assert!(cluster.log.iter().any(|line| line.contains("a newer publisher took the stream over")));
    }
}

#[test]
fn the_same_parameters_take_over_at_once() {
    for (second_shard, viewer_shard) in PLACES {
        let mut cluster = Cluster::new(3);
        let (first, _) = publisher(&mut cluster, 0, "user=a&token=b");
        cluster.send(first, "tracks h264\nframe 0 500 k");
        let watching = viewer(&mut cluster, viewer_shard);
        cluster.take(watching);
        let (second, answer) = publisher(&mut cluster, second_shard, "user=a&token=b");
        assert_eq!(answer, OK);
        assert!(cluster.is_closed(first));
        cluster.send(second, "tracks h264\nframe 0 0 k");
        assert_eq!(cluster.take(watching), "start 2 h264\n[0:520]");
        // And back again: homes move both ways.
        let (third, answer) = publisher(&mut cluster, 0, "user=a&token=b");
        assert_eq!(answer, OK);
        cluster.send(third, "tracks h264\nframe 0 7 k");
        assert_eq!(cluster.take(watching), "start 3 h264\n[0:540]");
    }
}

#[test]
fn many_publishers_at_once_leave_exactly_one() {
    for seed in 0..30 {
        let settings = crate::hub::HubSettings {
            shards: 4,
            elapse: Duration::ZERO,
            ..crate::hub::HubSettings::default()
        };
        let mut cluster = Cluster::with(settings, seed);
        let links: Vec<Link> = (0..12).map(|n| cluster.open(n % 4)).collect();
        for (n, &link) in links.iter().enumerate() {
            cluster.send_quietly(link, &format!("publish live/a key={n}"));
        }
        cluster.run();
        let answers: Vec<String> = links.iter().map(|&link| cluster.take(link)).collect();
        assert_eq!(answers.iter().filter(|answer| *answer == OK).count(), 1, "seed {seed}: {answers:?}");
        assert_eq!(answers.iter().filter(|answer| *answer == BUSY).count(), 11, "seed {seed}");
    }
}

#[test]
fn new_tracks_reach_viewers_before_their_first_frame() {
    let mut cluster = Cluster::new(2);
    let (first, _) = publisher(&mut cluster, 0, "");
    cluster.send(first, "tracks h264\nframe 0 0 k\nframe 0 40 -");
    let watching = viewer(&mut cluster, 1);
    cluster.take(watching);
    cluster.send(first, "frame 0 80 -\ntracks h265\nframe 0 120 k\ntracks h265\nframe 0 160 -");
    assert_eq!(cluster.take(watching), "[0:80]start 2 h265\n[0:120][0:160]");
    let joining = viewer(&mut cluster, 1);
    assert_eq!(cluster.take(joining), "play ok\nstart 2 h265\n[0:120][0:160]");
}

#[test]
fn one_connection_may_publish_again() {
    let mut cluster = Cluster::new(2);
    let (first, _) = publisher(&mut cluster, 0, "");
    cluster.send(first, "tracks h264\nframe 0 0 k\nstop\npublish live/a\ntracks h264\nframe 0 7 k");
    assert_eq!(cluster.take(first), OK);
    let watching = viewer(&mut cluster, 1);
    assert_eq!(cluster.take(watching), "play ok\nstart 2 h264\n[0:20]");
}

#[test]
fn quick_reconnects_leave_nothing_behind() {
    let mut cluster = Cluster::new(2);
    for n in 0..200 {
        let (link, answer) = publisher(&mut cluster, n % 2, "");
        assert_eq!(answer, OK);
        cluster.send(link, "tracks h264\nframe 0 0 k");
        cluster.hang_up(link);
    }
    cluster.pass(Duration::from_secs(60));
    assert_eq!(cluster.connections(), 0);
    assert!(cluster.hub.streams().is_empty());
}

#[test]
fn time_that_jumps_with_every_frame_does_not_fill_the_log() {
    let mut cluster = Cluster::new(1);
    let publisher = cluster.open(0);
    cluster.send(publisher, "publish live/a\ntracks h264");
    for n in 0..100 {
        cluster.send(publisher, &format!("frame 0 {} k", n % 2 * 1_000_000 + n * 40));
        cluster.pass(Duration::from_millis(200));
    }
    let jumps = cluster.log.iter().filter(|line| line.contains("jumped")).count();
    assert_eq!(jumps, 2, "20 s, and 10 s between two lines");
    assert_eq!(cluster.hub.totals().time_repairs, 99);
}

#[test]
fn a_publisher_that_is_quicker_than_the_letter_inherits_all_the_same() {
    for quick in ["publish live/a", "publish live/a\ntracks h265\nframe 0 0 k"] {
        let mut cluster = Cluster::new(3);
        let (first, _) = publisher(&mut cluster, 0, "");
        cluster.send(first, "tracks h264\nframe 0 500 k");
        let watching = viewer(&mut cluster, 2);
        cluster.take(watching);
        cluster.pass(Duration::from_millis(2100));
        let (asking, quicker) = (cluster.open(1), cluster.open(1));
        cluster.send_quietly(asking, "publish live/a");
        cluster.step(1);
        // The home has moved to shard 1, which has not read so yet.
        cluster.step(0);
        cluster.send_quietly(quicker, quick);
        cluster.run();
        assert_eq!((cluster.take(quicker).as_str(), cluster.take(asking).as_str()), (OK, BUSY));
        cluster.send(quicker, "tracks h265\nframe 0 40 k");
        let seen = cluster.take(watching);
        assert!(seen.starts_with("start ") && seen.contains(" h265\n[0:"), "{quick:?}: {seen}");
        assert!(!seen.contains("start 1 "), "{quick:?}: {seen}");
    }
}
