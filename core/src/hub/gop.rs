//! The frames since the newest keyframe: what a packaging that is wanted only now begins with.

use std::collections::VecDeque;

use crate::media::{Frame, RingLimits};
use crate::time::Instant;

#[derive(Debug, Default)]
pub(crate) struct Gop {
    frames: VecDeque<(Instant, Frame)>,
    bytes: usize,
}

impl Gop {
    /// Appends a frame; `key` says that a player can begin here.
    pub(crate) fn push(&mut self, now: Instant, frame: &Frame, key: bool, limits: &RingLimits) {
        if !limits.gop_cache {
            return;
        }
        if key {
            self.clear();
        } else if self.frames.is_empty() {
            return;
        }
        self.bytes += frame.data.len();
        self.frames.push_back((now, frame.clone()));
        // A GOP beyond the limits is of no use to a joiner without its beginning.
        let too_old = self.frames.front().is_some_and(|(at, _)| now.since(*at) > limits.max_age);
        if self.bytes > limits.max_bytes || too_old {
            self.clear();
        }
    }

    pub(crate) fn clear(&mut self) {
        self.frames = VecDeque::new();
        self.bytes = 0;
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Instant, Frame)> {
        self.frames.iter()
    }
}
