//! Numbers and clocks that wrap, and clocks that drift.

use std::time::Duration;

use rtmpd_core::Instant;

use super::net::Weather;
use super::pair::{Pair, Plan};
use crate::srt::Seq;
use crate::srt::connection::Connection;

#[test]
fn numbers_compare_across_the_wrap() {
    let last = Seq::new(0x7FFF_FFFF);
    assert_eq!(last.next(), Seq::new(0));
    assert_eq!(Seq::new(0).previous(), last);
    assert_eq!(Seq::new(5).since(last), 6);
    assert_eq!(last.since(Seq::new(5)), -6);
    assert_eq!(last.offset_from(Seq::new(5)), None);
    assert_eq!(Seq::new(1).offset_from(last), Some(2));
    assert_eq!(Seq::new(0xFFFF_FFFF), last);
}

/// A caller that begins right before the wrap.
fn about_to_wrap() -> Plan {
    let mut plan =
        Plan::new(1, Weather { loss: 30, delay: Duration::from_millis(20), ..Weather::FINE }).latency(300);
    plan.first = Some(Seq::new(0x7FFF_FFFF - 500));
    plan
}

#[test]
fn sequence_numbers_wrap_in_the_middle_of_losses() {
    for from_caller in [true, false] {
        let mut pair = Pair::met(about_to_wrap());
        pair.stream(from_caller, 2000, Duration::from_millis(1));
        pair.run(Duration::from_secs(1));
        let (sender, receiver) =
            if from_caller { (&pair.caller, &pair.listener) } else { (&pair.listener, &pair.caller) };
        receiver.assert_all(2000, Duration::from_millis(300), Duration::from_millis(22));
        assert!(sender.stats().retransmitted > 20);
        assert_eq!(receiver.stats().dropped, 0);
    }
}

#[test]
fn timestamps_wrap_after_71_minutes() {
    let mut pair = Pair::met(Plan::new(2, Weather::FINE));
    // Nothing but keep-alives until shortly before.
    pair.run_until(Instant::from_micros((1 << 32) - 2_000_000));
    assert!(pair.caller.connection.as_ref().is_some_and(Connection::has_room));
    pair.stream(true, 4000, Duration::from_millis(1));
    pair.run(Duration::from_secs(1));
    pair.listener.assert_all(4000, Duration::from_millis(120), Duration::from_millis(2));
    assert!(pair.now.as_micros() > (1 << 32) + 1_000_000);
}

#[test]
fn silence_of_an_hour_and_a_half_is_no_obstacle() {
    let mut pair = Pair::met(Plan::new(3, Weather::FINE));
    pair.run(Duration::from_secs(5400));
    pair.stream(true, 100, Duration::from_millis(1));
    pair.run(Duration::from_secs(1));
    pair.listener.assert_all(100, Duration::from_millis(120), Duration::from_millis(2));
}
