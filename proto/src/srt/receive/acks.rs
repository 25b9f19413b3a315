//! Acknowledgements: when to send which, and what their answers tell.
//!
//! Spec: draft-sharabayko-srt §4.8.1, §4.10.

use std::collections::VecDeque;
use std::time::Duration;

use rtmpd_core::Instant;

/// Full ones come this often while data comes.
const FULL: Duration = Duration::from_millis(10);
/// In between, light ones come after so many packets.
const LIGHT: u32 = 64;
/// So many can wait for their answers.
const MOST: usize = 256;

/// What is owed.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Owed {
    Nothing,
    Light,
    /// With this number.
    Full(u32),
}

/// See the module's text.
#[derive(Debug)]
pub(super) struct Acks {
    due: Option<Instant>,
    /// Packets since the last one.
    packets: u32,
    number: u32,
    /// Numbers follow each other without gaps.
    sent: VecDeque<(u32, Instant)>,
}

impl Acks {
    pub(super) fn new() -> Self {
        Self { due: None, packets: 0, number: 0, sent: VecDeque::new() }
    }

    /// A packet has come.
    pub(super) fn count(&mut self, now: Instant) {
        self.packets += 1;
        self.due.get_or_insert(now + FULL);
    }

    /// Which one is to be sent now.
    pub(super) fn owed(&mut self, now: Instant) -> Owed {
        if self.due.is_some_and(|due| due <= now) {
            (self.due, self.packets) = (None, 0);
            // 0 means a light one.
            self.number = self.number.wrapping_add(1).max(1);
            if self.number == 1 {
                self.sent.clear();
            }
            if self.sent.len() == MOST {
                self.sent.pop_front();
            }
            self.sent.push_back((self.number, now));
            Owed::Full(self.number)
        } else if self.packets >= LIGHT {
            self.packets = 0;
            Owed::Light
        } else {
            Owed::Nothing
        }
    }

    /// How long the answer to acknowledgement `number` has taken; `None` when it was answered before or never sent.
    pub(super) fn answered(&mut self, now: Instant, number: u32) -> Option<Duration> {
        let (first, _) = *self.sent.front()?;
        let index = usize::try_from(number.checked_sub(first)?).ok()?;
        let (_, sent) = *self.sent.get(index)?;
        self.sent.drain(..=index);
        Some(now.since(sent))
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }
}
