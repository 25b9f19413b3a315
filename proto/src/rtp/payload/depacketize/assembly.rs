//! The access unit that is being put together. Specs: see [`super`].

use bytes::{Bytes, BytesMut};

use super::MAX_UNIT;

/// At most one access unit.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    state: State,
    timestamp: i64,
    /// Units lie behind each other in pieces of memory that are larger than most of them, so that few are moved when
    /// they grow.
    data: BytesMut,
    /// Bytes of the one before: this one is likely to need as many.
    likely: usize,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
enum State {
    #[default]
    Closed,
    /// Nothing of it is missing so far.
    Sound,
    Damaged,
}

/// What an access unit came to.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Closed {
    /// There was none.
    Nothing,
    Damaged,
    Whole(Bytes),
}

impl Assembly {
    pub(super) fn is_open(&self) -> bool {
        self.state != State::Closed
    }

    pub(super) fn is_damaged(&self) -> bool {
        self.state == State::Damaged
    }

    /// Whether one with another time is open.
    pub(super) fn is_of_other(&self, timestamp: i64) -> bool {
        self.is_open() && self.timestamp != timestamp
    }

    pub(super) fn timestamp(&self) -> i64 {
        self.timestamp
    }

    /// What came so far.
    pub(super) fn data(&self) -> &[u8] {
        &self.data
    }

    /// Begins one, unless one is open.
    pub(super) fn open(&mut self, timestamp: i64) {
        if !self.is_open() {
            self.data.reserve(self.likely);
            self.state = State::Sound;
            self.timestamp = timestamp;
        }
    }

    /// Something of the one that is open is missing or wrong.
    pub(super) fn damage(&mut self) {
        if self.is_open() {
            self.state = State::Damaged;
            self.data.clear();
        }
    }

    /// Adds to it, unless it is damaged; one that gets too long is.
    pub(super) fn append(&mut self, data: &[u8]) {
        if self.data.len() + data.len() > MAX_UNIT {
            self.damage();
        } else if self.state == State::Sound {
            self.data.extend_from_slice(data);
        }
    }

    /// Keeps the first `len` bytes.
    pub(super) fn truncate(&mut self, len: usize) {
        self.data.truncate(len);
    }

    /// Writes over what stands at `at`.
    pub(super) fn patch(&mut self, at: usize, data: [u8; 4]) {
        if let Some(place) = self.data.get_mut(at..at + data.len()) {
            place.copy_from_slice(&data);
        }
    }

    /// Ends it.
    pub(super) fn close(&mut self) -> Closed {
        let data = self.data.split();
        self.likely = data.len();
        match std::mem::take(&mut self.state) {
            State::Closed => Closed::Nothing,
            State::Sound => Closed::Whole(data.freeze()),
            State::Damaged => Closed::Damaged,
        }
    }
}
