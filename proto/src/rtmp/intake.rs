//! Media in: messages → tracks, frames and notes, alike for those who publish here and for streams we pull.

use std::collections::VecDeque;

use rtmpd_core::{Event, Instant, Note};

use super::chunk::Message;
use super::message;
use super::unwrap::Unwrap;
use crate::container::flv::{self, TagType, Unpackager, Unpacked};

/// See the module's text.
#[derive(Debug)]
pub(super) struct Intake {
    unpackager: Unpackager,
    unwrap: Unwrap,
    /// Bodies that could not be read.
    bad: u32,
    notes: VecDeque<Note>,
}

impl Intake {
    /// An intake at the start of a stream; `h265_id` is the classic codec id that stands for H.265.
    pub(super) fn new(h265_id: u8) -> Self {
        Self {
            unpackager: Unpackager::new(flv::Settings { h265_id }),
            unwrap: Unwrap::default(),
            bad: 0,
            notes: VecDeque::new(),
        }
    }

    /// Takes a message. One bad body is no reason to end a stream: it is left out with a note.
    pub(super) fn push(&mut self, now: Instant, tag: TagType, message: &Message) {
        let time = self.unwrap.unwrap(message.timestamp);
        let payload = message::amf0_part(message);
        if message::is_server_talk(tag, &payload) {
            return;
        }
        if let Err(error) = self.unpackager.push(now, tag, time, payload) {
            self.bad = self.bad.saturating_add(1);
            // Saying so for each would fill the log.
            if self.bad.is_power_of_two() {
                let text = format!("media that cannot be read is left out ({} so far): {error}", self.bad);
                self.notes.push_back(Note::warn(text));
            }
        }
    }

    /// What comes next, or `None` until the next input.
    pub(super) fn poll(&mut self) -> Option<Event> {
        if let Some(note) = self.notes.pop_front() {
            return Some(Event::Note(note));
        }
        Some(match self.unpackager.poll()? {
            Unpacked::Tracks(description) => Event::Tracks(description),
            Unpacked::Frame(frame) => Event::Frame(frame),
            Unpacked::Note(note) => Event::Note(note),
        })
    }

    /// When [`Self::handle_timeout`] is wanted.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.unpackager.poll_timeout()
    }

    /// Stops waiting for tracks when their time is over.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        self.unpackager.handle_timeout(now);
    }

    /// The stream is over: what was held back comes out.
    pub(super) fn finish(&mut self) {
        self.unpackager.finish();
    }
}
