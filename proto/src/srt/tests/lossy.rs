//! What the issue asks for: every packet, none late, and counters that say what the net did.

use std::time::Duration;

use super::net::Weather;
use super::pair::{PAYLOAD, Pair, Plan};

/// 10 Mb/s.
const SPACING: Duration = Duration::from_nanos(PAYLOAD as u64 * 8 * 100);
/// 60 s of it.
const COUNT: u64 = 57_000;

fn stormy(loss: u64) -> Weather {
    Weather { delay: Duration::from_millis(50), jitter: Duration::from_millis(5), loss, twice: 5 }
}

fn through(loss: u64, seed: u64, from_caller: bool) {
    let weather = stormy(loss);
    let latency = Duration::from_millis(420);
    let mut pair = Pair::met(Plan::new(seed, weather).latency(420));
    let before = if from_caller { pair.there.fate } else { pair.back.fate };
    pair.stream(from_caller, COUNT, SPACING);
    pair.run(Duration::from_secs(2));
    let (sender, receiver, fate) = if from_caller {
        (&pair.caller, &pair.listener, pair.there.fate)
    } else {
        (&pair.listener, &pair.caller, pair.back.fate)
    };
    let (sent, got) = (sender.stats(), receiver.stats());
    // The receiver cannot know how long the handshake took, only that it took less than it seemed.
    receiver.assert_all(COUNT, latency, Duration::from_millis(60));
    assert_eq!((got.dropped, got.overflowed, sent.send_dropped, got.undecryptable), (0, 0, 0, 0));
    assert_eq!((sent.sent, got.delivered), (COUNT, COUNT));
    // What the net lost is what the counters say.
    assert_eq!(got.lost, fate.lost_first - before.lost_first);
    assert_eq!(
        sent.sent + sent.retransmitted - got.received + fate.repeated,
        fate.lost_first + fate.lost_again
    );
    assert_eq!(got.received - got.duplicates, COUNT);
    // What is sent again is in proportion to what is lost.
    assert!(sent.retransmitted <= 2 * fate.lost_first + fate.lost_again + 50, "{} again", sent.retransmitted);
}

#[test]
fn one_percent_is_lost() {
    through(10, 1, true);
    through(10, 2, false);
}

#[test]
fn five_percent_are_lost() {
    through(50, 3, true);
    through(50, 4, false);
}

#[test]
fn ten_percent_are_lost() {
    through(100, 5, true);
    through(100, 6, false);
}

#[test]
fn nothing_is_lost() {
    let weather = Weather { loss: 0, twice: 0, jitter: Duration::ZERO, ..stormy(0) };
    let mut pair = Pair::met(Plan::new(9, weather));
    pair.stream(true, 5000, SPACING);
    pair.run(Duration::from_secs(1));
    pair.listener.assert_all(5000, Duration::from_millis(120), Duration::from_millis(51));
    let (sent, got) = (pair.caller.stats(), pair.listener.stats());
    assert_eq!((sent.retransmitted, got.lost, got.duplicates, got.received), (0, 0, 0, 5000));
    assert!(sent.rtt.abs_diff(Duration::from_millis(100)) < Duration::from_millis(2), "{:?}", sent.rtt);
}

#[test]
fn what_comes_too_late_is_given_up_and_the_rest_goes_on() {
    // A round trip is longer than the latency: what is lost stays lost.
    let mut pair =
        Pair::met(Plan::new(10, Weather { jitter: Duration::ZERO, twice: 0, ..stormy(20) }).latency(80));
    let before = pair.there.fate.lost_first;
    pair.stream(true, 10_000, SPACING);
    pair.run(Duration::from_secs(1));
    let got = pair.listener.stats();
    let lost = pair.there.fate.lost_first - before;
    assert!(lost > 100);
    assert_eq!(got.dropped, lost);
    assert_eq!(got.delivered, 10_000 - lost);
    assert!(pair.listener.got.is_sorted_by_key(|(_, data)| data[..8].to_vec()));
}

#[test]
fn reordered_packets_are_not_asked_for_again_and_again() {
    let weather =
        Weather { delay: Duration::from_millis(30), jitter: Duration::from_millis(8), loss: 0, twice: 0 };
    let mut pair = Pair::met(Plan::new(11, weather).latency(300));
    pair.stream(true, 20_000, SPACING);
    pair.run(Duration::from_secs(1));
    let (sent, got) = (pair.caller.stats(), pair.listener.stats());
    assert_eq!((got.lost, got.dropped, got.delivered), (0, 0, 20_000));
    assert!(got.reordered > 1000);
    assert!(sent.retransmitted < 1000, "{} again", sent.retransmitted);
}

#[test]
fn the_tail_of_a_burst_is_not_forgotten() {
    for seed in 0..50 {
        let mut pair =
            Pair::met(Plan::new(100 + seed, Weather { loss: 200, twice: 0, ..stormy(200) }).latency(1500));
        for number in 0..10 {
            pair.send(true, number);
        }
        pair.run(Duration::from_secs(3));
        assert_eq!(pair.listener.got.len(), 10, "seed {seed}");
    }
}
