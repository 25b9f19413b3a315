//! Frames that wait until it is known what tracks the stream will have.

use std::collections::VecDeque;
use std::time::Duration;

use rtmpd_core::Instant;
use rtmpd_core::media::{Frame, Metadata, Value};

/// How long to wait for a track that metadata promises, in ms of media time and of clock time.
const MAX_WAIT_MS: i64 = 1_000;
const MAX_WAIT: Duration = Duration::from_millis(MAX_WAIT_MS as u64);
const MAX_FRAMES: usize = 512;
const MAX_BYTES: usize = 8 << 20;

/// What metadata says the stream will have.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Promise {
    pub(super) audio: bool,
    pub(super) video: bool,
}

impl Promise {
    pub(super) fn of(metadata: &Metadata) -> Self {
        let denied = |name| matches!(metadata.find(name), Some(Value::Bool(false)));
        let says = |name| match metadata.find(name) {
            Some(Value::Number(number)) => *number > 0.0,
            Some(Value::Text(text)) => !text.is_empty(),
            Some(Value::Bool(_) | Value::Object(_) | Value::Array(_) | Value::Date(_) | Value::Null)
            | None => false,
        };
        Self {
            audio: says("audiocodecid") && !denied("hasAudio"),
            video: (says("videocodecid") || says("width")) && !denied("hasVideo"),
        }
    }
}

/// See the module's text.
#[derive(Debug, Default)]
pub(super) struct Hold {
    frames: VecDeque<Frame>,
    bytes: usize,
    since: Option<(Instant, i64)>,
    /// A frame of sound or pictures is among them.
    pub(super) has_media: bool,
    overdue: bool,
}

impl Hold {
    pub(super) fn push(&mut self, now: Instant, frame: Frame) {
        let (_, first_dts) = *self.since.get_or_insert((now, frame.dts));
        self.bytes += frame.data.len();
        self.overdue |= frame.dts.saturating_sub(first_dts) >= MAX_WAIT_MS
            || self.frames.len() + 1 >= MAX_FRAMES
            || self.bytes >= MAX_BYTES;
        self.frames.push_back(frame);
    }

    /// When waiting ends whatever comes.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.since.map(|(at, _)| at + MAX_WAIT)
    }

    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.overdue || self.deadline().is_some_and(|deadline| now >= deadline)
    }

    pub(super) fn take(&mut self) -> VecDeque<Frame> {
        std::mem::take(self).frames
    }
}
