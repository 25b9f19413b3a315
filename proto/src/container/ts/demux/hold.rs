//! Frames that wait until all announced tracks are known: players are told the tracks once, before the first frame.

use std::collections::VecDeque;

use rtmpd_core::media::Frame;

/// How long to wait for a silent track, in ticks of 90 kHz: two seconds.
const MAX_WAIT: i64 = 180_000;
const MAX_FRAMES: usize = 4_096;
const MAX_BYTES: usize = 8 << 20;

/// See the module's text.
#[derive(Debug, Default)]
pub(super) struct Hold {
    frames: VecDeque<Frame>,
    bytes: usize,
    /// Earliest and latest time.
    span: Option<(i64, i64)>,
}

impl Hold {
    pub(super) fn push(&mut self, frame: Frame) {
        let (earliest, latest) = self.span.unwrap_or((frame.dts, frame.dts));
        self.span = Some((earliest.min(frame.dts), latest.max(frame.dts)));
        self.bytes += frame.data.len();
        self.frames.push_back(frame);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Enough has been waited.
    pub(super) fn is_over(&self) -> bool {
        self.span.is_some_and(|(earliest, latest)| latest.saturating_sub(earliest) >= MAX_WAIT)
            || self.frames.len() >= MAX_FRAMES
            || self.bytes >= MAX_BYTES
    }

    pub(super) fn take(self) -> VecDeque<Frame> {
        self.frames
    }
}
