//! Sound whose frames tell their lengths: several of them in a payload, or a fragment of one.
//!
//! Specs: RFC 2250 §3.5 (MP3), RFC 4184 §4 (AC-3), RFC 4598 §4 (E-AC-3).

use bytes::Bytes;

use super::Arrival;
use super::assembly::{Assembly, Closed};
use super::outlet::Place;
use crate::codec::{Sound, ac3, mp3};

/// More substreams of E-AC-3 at a time (ETSI TS 102 366 §E.1.3.1.2) are not put together.
const MAX_SUBSTREAMS: usize = 16;

/// Which of them.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Form {
    Mp3,
    Ac3,
    Eac3,
}

/// See the module's text.
#[derive(Debug)]
pub(super) struct Frames {
    form: Form,
    clock_rate: u32,
    /// A frame of which the first fragments came.
    frame: Assembly,
    /// How many fragments of it are to come.
    left: usize,
    /// Packets before the next one did not come.
    is_unproven: bool,
}

/// What a payload is by what stands in front of it.
#[derive(Copy, Clone, PartialEq, Eq)]
enum Part {
    /// Whole frames; of MP3, or the begin of one.
    Whole,
    /// The first of so many fragments.
    First(usize),
    /// A later fragment, which begins at so many bytes where that is told.
    Later(Option<usize>),
    /// One of so many fragments.
    Any(usize),
}

/// A frame by its head.
struct Frame {
    len: usize,
    samples: u32,
    sound: Sound,
}

impl Frames {
    pub(super) fn new(form: Form, clock_rate: u32) -> Self {
        Self { form, clock_rate, frame: Assembly::default(), left: 0, is_unproven: false }
    }

    pub(super) fn push(&mut self, arrival: &Arrival<'_>, at: &mut Place<'_>) {
        let is_unproven = std::mem::take(&mut self.is_unproven);
        if self.frame.is_of_other(arrival.timestamp) {
            self.drop_frame(at);
        }
        let Some((part, data)) = part(self.form, arrival.payload) else {
            at.malformed();
            self.drop_frame(at);
            return;
        };
        let is_new = !self.frame.is_open();
        match part {
            Part::Whole => {
                self.drop_frame(at);
                return self.frames(arrival.timestamp, data, at);
            }
            Part::First(count) => {
                self.drop_frame(at);
                self.left = count;
            }
            Part::Any(count) if is_new => self.left = count,
            Part::Any(_) | Part::Later(_) => {}
        }
        self.frame.open(arrival.timestamp);
        let is_misplaced = match part {
            Part::Later(place) => is_new || place.is_some_and(|place| place != self.frame.data().len()),
            Part::Any(_) => is_new && is_unproven,
            Part::Whole | Part::First(_) => false,
        };
        if is_misplaced {
            self.frame.damage();
        }
        self.frame.append(data);
        self.left = self.left.saturating_sub(1);
        self.complete(arrival.marker, at);
    }

    /// Packets are missing here.
    pub(super) fn lose(&mut self, _: &mut Place<'_>) {
        self.frame.damage();
        self.is_unproven = true;
    }

    /// What is open will not be whole.
    fn drop_frame(&mut self, at: &mut Place<'_>) {
        self.frame.damage();
        if self.frame.close() == Closed::Damaged {
            at.damaged();
        }
    }

    /// A fragment came: is the frame whole?
    fn complete(&mut self, marker: bool, at: &mut Place<'_>) {
        if self.frame.is_damaged() {
            return;
        }
        let len = self.frame.data().len();
        let frame = look(self.form, self.frame.data());
        let is_last = match (self.form, &frame) {
            (Form::Mp3, Some(frame)) => len >= frame.len,
            (Form::Mp3, None) => true,
            (Form::Ac3 | Form::Eac3, _) => marker || self.left == 0,
        };
        if !is_last {
            return;
        }
        match frame.filter(|frame| frame.len == len) {
            Some(frame) => {
                if let Closed::Whole(data) = self.frame.close() {
                    give(self.frame.timestamp(), &frame, data, at);
                }
            }
            None => {
                at.malformed();
                self.drop_frame(at);
            }
        }
    }

    /// Frames begin here.
    fn frames(&mut self, timestamp: i64, data: &[u8], at: &mut Place<'_>) {
        let (mut rest, mut time) = (data, timestamp);
        while !rest.is_empty() {
            let Some(frame) = look(self.form, rest) else {
                at.malformed();
                at.damaged();
                return;
            };
            match rest.split_at_checked(frame.len) {
                Some((whole, behind)) => {
                    give(time, &frame, Bytes::copy_from_slice(whole), at);
                    let ticks = i64::from(frame.samples) * i64::from(self.clock_rate);
                    time = time.saturating_add(ticks / i64::from(frame.sound.sample_rate.max(1)));
                    rest = behind;
                }
                None => {
                    // Of MP3, it goes on in the next payload.
                    self.frame.open(timestamp);
                    self.frame.append(rest);
                    if self.form != Form::Mp3 {
                        self.drop_frame(at);
                    }
                    return;
                }
            }
        }
    }
}

/// What a payload is, and what is behind its head.
fn part(form: Form, payload: &[u8]) -> Option<(Part, &[u8])> {
    match (form, payload) {
        (Form::Mp3, [_, _, high, low, data @ ..]) => {
            let offset = usize::from(u16::from_be_bytes([*high, *low]));
            Some((if offset == 0 { Part::Whole } else { Part::Later(Some(offset)) }, data))
        }
        (Form::Ac3, [kind, count, data @ ..]) => {
            let part = match kind & 3 {
                0 => Part::Whole,
                1 | 2 => Part::First(usize::from(*count)),
                _ => Part::Later(None),
            };
            Some((part, data))
        }
        (Form::Eac3, [kind, count, data @ ..]) => {
            let part = if kind & 1 == 0 { Part::Whole } else { Part::Any(usize::from(*count)) };
            Some((part, data))
        }
        (Form::Mp3 | Form::Ac3 | Form::Eac3, _) => None,
    }
}

fn look(form: Form, data: &[u8]) -> Option<Frame> {
    match form {
        Form::Mp3 => {
            let sound = mp3::sound(data)?;
            let samples = if sound.sample_rate >= 32_000 { 1152 } else { 576 };
            Some(Frame { len: mp3::frame_len(data)?, samples, sound }).filter(|frame| frame.len > 4)
        }
        Form::Ac3 => Some(Frame { len: ac3::frame_len(data)?, samples: 1536, sound: ac3::sound(data)? }),
        Form::Eac3 => {
            let first = ac3::sync_frame(data)?;
            let mut len = first.len;
            // With the substreams that belong to it.
            for _ in 1..MAX_SUBSTREAMS {
                match data.get(len..).and_then(ac3::sync_frame) {
                    Some(next) if next.continues => len += next.len,
                    Some(_) | None => break,
                }
            }
            Some(Frame { len, samples: first.samples, sound: ac3::enhanced_sound(data)? })
        }
    }
}

fn give(timestamp: i64, frame: &Frame, data: Bytes, at: &mut Place<'_>) {
    at.sound(Bytes::new(), frame.sound);
    at.give(timestamp, true, data);
}
