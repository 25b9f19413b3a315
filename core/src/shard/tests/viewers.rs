//! Players: joining, waiting, being slow, pausing, leaving.

use std::time::Duration;

use super::{Cluster, Link};
use crate::hub::HubSettings;
use crate::media::RingLimits;

fn publish(cluster: &mut Cluster, shard: usize) -> Link {
    let publisher = cluster.open(shard);
    cluster.send(publisher, "publish live/a\ntracks h264 aac\nframe 0 0 k\nframe 1 5 k\nframe 0 40 -");
    assert_eq!(cluster.take(publisher), "publish ok\n");
    publisher
}

#[test]
fn viewers_on_every_shard_get_the_gop_and_what_follows() {
    for seed in 0..20 {
        let settings = HubSettings { shards: 3, elapse: Duration::ZERO, ..HubSettings::default() };
        let mut cluster = Cluster::with(settings, seed);
        let publisher = publish(&mut cluster, 0);
        let viewers: Vec<Link> = (0..6).map(|n| cluster.open(n % 3)).collect();
        for &viewer in &viewers {
            cluster.send(viewer, "play live/a");
            assert_eq!(cluster.take(viewer), "play ok\nstart 1 h264 + aac\n[0:0][1:5][0:40]", "seed {seed}");
        }
        cluster.send(publisher, "frame 1 28 k\nframe 0 80 -");
        for &viewer in &viewers {
            assert_eq!(cluster.take(viewer), "[1:28][0:80]", "seed {seed}");
        }
        for &viewer in &viewers {
            cluster.hang_up(viewer);
            assert!(cluster.is_closed(viewer));
        }
        cluster.pass(Duration::from_secs(60));
        assert_eq!(cluster.connections(), 1);
    }
}

#[test]
fn a_player_without_patience_is_refused_and_a_patient_one_waits() {
    let mut cluster = Cluster::new(2);
    let (hasty, patient, unlucky) = (cluster.open(1), cluster.open(1), cluster.open(0));
    cluster.send(hasty, "play live/a");
    assert_eq!(cluster.take(hasty), "play refused: stream 'live/a' has no publisher\n");
    cluster.send(patient, "play live/a 5000");
    cluster.send(unlucky, "play live/b 5000");
    assert_eq!(cluster.take(patient), "");
    cluster.pass(Duration::from_secs(3));
    publish(&mut cluster, 0);
    assert_eq!(cluster.take(patient), "play ok\nstart 1 h264 + aac\n[0:0][1:5][0:40]");
    cluster.pass(Duration::from_secs(3));
    assert_eq!(cluster.take(unlucky), "play refused: stream 'live/b' has no publisher\n");
}

#[test]
fn wrong_apps_and_packagings_are_refused() {
    let mut cluster = Cluster::new(1);
    let link = cluster.open(0);
    cluster.send(link, "play abc/a 1000");
    assert_eq!(cluster.take(link), "play refused: app 'abc' does not exist here, expected 'live' or 'rec'\n");
    publish(&mut cluster, 0);
    cluster.send(link, "play live/a 1000 odd");
    assert_eq!(cluster.take(link), "play refused: packaging '?' cannot be made of 'live/a'\n");
}

#[test]
fn a_viewer_that_takes_nothing_is_moved_on_then_closed() {
    let mut cluster =
        Cluster::with(HubSettings { elapse: Duration::ZERO, max_queue: 200, ..HubSettings::default() }, 7);
    let publisher = publish(&mut cluster, 0);
    let (good, slow, dead) = (cluster.open(0), cluster.open(0), cluster.open(0));
    for viewer in [good, slow, dead] {
        cluster.send(viewer, "play live/a");
        cluster.take(viewer);
    }
    cluster.limit(slow, Some(0));
    cluster.limit(dead, Some(0));
    let mut good_got = String::new();
    for n in 1..=175 {
        let dts = 40 + n * 40;
        cluster.send(publisher, &format!("frame 0 {dts} {} 20", if n % 25 == 0 { "k" } else { "-" }));
        good_got.push_str(&cluster.take(good));
        cluster.pass(Duration::from_millis(40));
    }
    assert_eq!(good_got.matches('[').count(), 175, "the others lose nothing");
    cluster.limit(slow, None);
    let slow_got = cluster.take(slow);
    let resumed = slow_got.split("gap\n").nth(1).expect("it was moved on");
    assert!(resumed.starts_with("[0:7040]"), "it resumes at the newest keyframe: {resumed}");
    assert!(slow_got.matches('[').count() < 30);
    cluster.pass(Duration::from_secs(10));
    assert!(cluster.is_closed(dead) && !cluster.is_closed(slow) && !cluster.is_closed(good));
    assert!(cluster.log.iter().any(|line| line.contains("slow consumer")), "{:?}", cluster.log);
    assert_eq!(cluster.hub.totals().slow_consumers, 1);
}

#[test]
fn a_stalled_peer_is_closed_where_there_is_no_stream_at_all() {
    let mut cluster = Cluster::new(1);
    let link = cluster.open(0);
    cluster.limit(link, Some(3));
    cluster.send(link, "flood 10");
    cluster.pass(Duration::from_secs(9));
    assert!(!cluster.is_closed(link));
    cluster.pass(Duration::from_secs(2));
    assert!(cluster.is_closed(link));
}

#[test]
fn a_joiner_with_a_small_window_gets_the_whole_gop() {
    let mut cluster =
        Cluster::with(HubSettings { elapse: Duration::ZERO, max_queue: 64, ..HubSettings::default() }, 3);
    let publisher = publish(&mut cluster, 0);
    for n in 2..40 {
        cluster.send(publisher, &format!("frame 0 {} - 30", n * 40));
    }
    let viewer = cluster.open(0);
    cluster.send(viewer, "play live/a");
    assert_eq!(cluster.take(viewer).matches('[').count(), 41);
    assert!(cluster.writes(viewer) > 10, "the queue is small");
}

#[test]
fn pause_stops_the_flow_and_resume_starts_at_a_keyframe() {
    let mut cluster = Cluster::new(1);
    let publisher = publish(&mut cluster, 0);
    let viewer = cluster.open(0);
    cluster.send(viewer, "play live/a");
    cluster.send(viewer, "pause");
    cluster.take(viewer);
    cluster.send(publisher, "frame 0 80 -\nframe 0 120 k\nframe 0 160 -");
    assert_eq!(cluster.take(viewer), "");
    cluster.send(viewer, "resume");
    assert_eq!(cluster.take(viewer), "start 1 h264 + aac\n[0:120][0:160]");
    cluster.send(publisher, "frame 0 200 -");
    assert_eq!(cluster.take(viewer), "[0:200]");
}

#[test]
fn stop_leaves_the_stream_but_not_the_connection() {
    let mut cluster = Cluster::new(1);
    let publisher = publish(&mut cluster, 0);
    let viewer = cluster.open(0);
    cluster.send(viewer, "play live/a");
    cluster.send(viewer, "stop");
    cluster.take(viewer);
    cluster.send(publisher, "frame 0 80 k");
    assert_eq!(cluster.take(viewer), "");
    cluster.send(viewer, "play live/a");
    assert_eq!(cluster.take(viewer), "play ok\nstart 1 h264 + aac\n[0:80]");
}

#[test]
fn without_gop_cache_viewers_start_at_the_next_keyframe() {
    let ring = RingLimits { gop_cache: false, ..RingLimits::default() };
    let mut cluster =
        Cluster::with(HubSettings { shards: 2, ring, elapse: Duration::ZERO, ..HubSettings::default() }, 5);
    let publisher = publish(&mut cluster, 0);
    let viewer = cluster.open(1);
    cluster.send(viewer, "play live/a");
    cluster.send(publisher, "frame 0 80 -\nframe 1 85 k");
    assert_eq!(cluster.take(viewer), "play ok\n");
    cluster.send(publisher, "frame 0 120 k\nframe 1 128 k");
    assert_eq!(cluster.take(viewer), "start 1 h264 + aac\n[0:120][1:128]");
}

#[test]
fn audio_only_streams_start_at_once() {
    let mut cluster = Cluster::new(2);
    let publisher = cluster.open(0);
    cluster.send(publisher, "publish live/a\ntracks aac\nframe 0 0 k\nframe 0 23 k");
    let viewer = cluster.open(1);
    cluster.send(viewer, "play live/a");
    assert_eq!(cluster.take(viewer), "play ok\nstart 1 aac\n[0:23]");
}

#[test]
fn asking_without_reading_ends_the_connection() {
    let mut cluster = Cluster::new(1);
    let link = cluster.open(0);
    cluster.limit(link, Some(0));
    cluster.send(link, "flood 9000");
    assert!(cluster.is_closed(link));
}

#[test]
fn a_malformed_command_costs_one_connection() {
    let mut cluster = Cluster::new(1);
    let publisher = publish(&mut cluster, 0);
    let (viewer, rude) = (cluster.open(0), cluster.open(0));
    cluster.send(viewer, "play live/a");
    cluster.take(viewer);
    cluster.send(rude, "xyz");
    assert_eq!(cluster.take(rude), "error\n", "the farewell is sent");
    assert!(cluster.is_closed(rude));
    cluster.send(publisher, "frame 0 80 -");
    assert_eq!(cluster.take(viewer), "[0:80]");
    assert_eq!(cluster.hub.totals().faults, 1);
}

#[test]
fn shutdown_says_goodbye_to_everybody() {
    let mut cluster = Cluster::new(2);
    let publisher = publish(&mut cluster, 0);
    let (viewer, waiting) = (cluster.open(1), cluster.open(1));
    cluster.send(viewer, "play live/a");
    cluster.send(waiting, "play live/b 60000");
    cluster.take(viewer);
    cluster.shutdown();
    for link in [publisher, viewer, waiting] {
        assert_eq!(cluster.take(link), "bye\n");
        assert!(cluster.is_closed(link));
    }
    assert_eq!(cluster.connections(), 0);
}
