//! A player that compares each frame's send time with its own clock.

use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::FrameMaker;
use super::link::Link;
use crate::dist::Dist;
use crate::error::Fault;
use crate::target::Target;

/// What a player has seen.
#[derive(Debug, Default)]
pub struct ViewReport {
    /// Added latency of each frame, µs.
    pub latency_us: Dist,
    /// Frames that came after one with a later send time.
    pub disordered: u64,
}

/// A player in its own thread.
#[derive(Debug)]
pub struct Viewer {
    thread: JoinHandle<Result<ViewReport, Fault>>,
}

impl Viewer {
    /// Starts playing; frames sent from `from` until `until` count. `epoch` is the zero of send times.
    pub fn start(target: Target, epoch: Instant, from: Instant, until: Instant) -> Self {
        Self { thread: thread::spawn(move || view(&target, epoch, from, until)) }
    }

    /// Waits for its end. Fails when the connection did.
    pub fn finish(self) -> Result<ViewReport, Fault> {
        self.thread.join().map_err(|_| Fault::new("a viewer thread panicked"))?
    }
}

fn view(target: &Target, epoch: Instant, from: Instant, until: Instant) -> Result<ViewReport, Fault> {
    let mut link = Link::open(target)?;
    let mut report = ViewReport::default();
    let mut last = Duration::ZERO;
    while Instant::now() < until {
        let arrival = link.next_media()?;
        let Some(sent) = FrameMaker::sent_ns(&arrival.message).map(Duration::from_nanos) else { continue };
        // Frames of the group that was given on joining are old by nature.
        if epoch + sent < from {
            continue;
        }
        report.disordered += u64::from(sent < last);
        last = sent;
        report.latency_us.add((arrival.at - epoch).saturating_sub(sent).as_micros() as u64);
    }
    Ok(report)
}
