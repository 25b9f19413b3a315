//! How long a fresh player waits for its first keyframe.

use std::thread;
use std::time::{Duration, Instant};

use super::link::Link;
use crate::dist::Dist;
use crate::error::Fault;
use crate::target::Target;

/// Times of several joins, one after another.
#[derive(Debug, Default)]
pub struct JoinTimes {
    /// From before connect to the first keyframe, µs.
    pub from_connect_us: Dist,
    /// From the play request (RTMP) or GET (HTTP) to the first keyframe, µs.
    pub from_request_us: Dist,
}

/// Joins `count` times at changing moments of the stream. Fails when one join does.
pub fn join_many(target: &Target, count: u64) -> Result<JoinTimes, Fault> {
    let mut times = JoinTimes::default();
    for number in 0..count {
        // 37 and 100 have no common divisor: all parts of a frame interval come up.
        thread::sleep(Duration::from_millis(10 + number * 37 % 100));
        join_once(target, &mut times)?;
    }
    Ok(times)
}

fn join_once(target: &Target, times: &mut JoinTimes) -> Result<(), Fault> {
    let begin = Instant::now();
    let mut link = Link::open(target)?;
    loop {
        let arrival = link.next_media()?;
        if arrival.message.is_keyframe() {
            let asked = link.asked().unwrap_or(begin);
            times.from_connect_us.add((arrival.at - begin).as_micros() as u64);
            times.from_request_us.add(arrival.at.saturating_duration_since(asked).as_micros() as u64);
            return Ok(());
        }
    }
}
