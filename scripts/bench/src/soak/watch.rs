//! A player that stays and looks at every frame.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use crate::error::Fault;
use crate::latency::{FrameMaker, Link};
use crate::target::Target;

/// What a watcher has seen.
#[derive(Debug, Default, Clone, Copy)]
pub struct Seen {
    /// Frames of the source.
    pub frames: u64,
    /// Frames that should have come between two that came.
    pub missing: u64,
    /// Whether the first frame was a keyframe.
    pub began_at_key: bool,
}

/// A watcher on a thread of its own.
#[derive(Debug)]
pub struct Watcher {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<Seen, Fault>>,
}

impl Watcher {
    /// Plays `target`, whose publisher makes a frame every `interval_ms`.
    pub fn start(target: Target, interval_ms: u64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stop);
        Self { stop, thread: thread::spawn(move || watch(&target, interval_ms, &flag)) }
    }

    /// Whether it has ended by itself, which is a failure.
    pub fn has_ended(&self) -> bool {
        self.thread.is_finished()
    }

    /// Ends it. Fails when its connection did.
    pub fn finish(self) -> Result<Seen, Fault> {
        self.stop.store(true, Ordering::Release);
        self.thread.join().map_err(|_| Fault::new("a watcher's thread panicked"))?
    }
}

fn watch(target: &Target, interval_ms: u64, stop: &AtomicBool) -> Result<Seen, Fault> {
    let mut link = Link::open(target)?;
    let mut seen = Seen::default();
    let mut last = None;
    while !stop.load(Ordering::Acquire) {
        let message = link.next_media()?.message;
        if FrameMaker::sent_ns(&message).is_none() {
            continue;
        }
        match last {
            None => seen.began_at_key = message.is_keyframe(),
            Some(before) => {
                let steps = u64::from(message.timestamp.wrapping_sub(before)) / interval_ms;
                seen.missing += steps.saturating_sub(1);
            }
        }
        last = Some(message.timestamp);
        seen.frames += 1;
    }
    Ok(seen)
}
