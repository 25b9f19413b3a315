//! Our side when a client connects: C0 C1 → S0 S1 S2, then C2.

use bytes::{BufMut, Bytes, BytesMut};
use rtmpd_core::{Dice, Error, Instant};

use super::digest::{self, Side};
use super::{LEN, SPEC, VERSION};

/// What S1 says we are: Flash Media Server 3.0.1.1 did digests.
const SERVER_VERSION: [u8; 4] = [3, 0, 1, 1];

/// See the module's text.
#[derive(Debug)]
pub struct Answerer {
    dice: Dice,
    stage: Stage,
    /// What came of the packet that is awaited.
    buffer: Vec<u8>,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Stage {
    Version,
    First,
    Second,
    Done,
}

impl Answerer {
    /// Waits for a client.
    pub fn new(dice: Dice) -> Self {
        Self { dice, stage: Stage::Version, buffer: Vec::new() }
    }

    /// Takes bytes from the front of `data`; returns what is to be sent.
    ///
    /// # Errors
    /// When the first byte is no RTMP version; the text says what the client seems to speak instead.
    pub fn read(&mut self, now: Instant, data: &mut &[u8]) -> Result<Option<Bytes>, Error> {
        if self.stage == Stage::Version {
            let Some((&version, rest)) = data.split_first() else { return Ok(None) };
            check_version(version)?;
            *data = rest;
            self.stage = Stage::First;
        }
        while let Some(packet) = self.take_packet(data) {
            match self.stage {
                Stage::Version | Stage::Done => {}
                Stage::First => {
                    self.stage = Stage::Second;
                    return Ok(Some(self.answer(now, &packet)));
                }
                // What C2 says proves nothing that matters: real clients fill it in many ways.
                Stage::Second => self.stage = Stage::Done,
            }
        }
        Ok(None)
    }

    /// Whether the handshake is over; what follows is chunks.
    pub fn is_done(&self) -> bool {
        self.stage == Stage::Done
    }

    fn take_packet(&mut self, data: &mut &[u8]) -> Option<Box<[u8; LEN]>> {
        if self.is_done() {
            return None;
        }
        let missing = LEN - self.buffer.len();
        let (now, rest) = data.split_at_checked(missing).unwrap_or((data, &[]));
        self.buffer.extend_from_slice(now);
        *data = rest;
        if self.buffer.len() < LEN {
            return None;
        }
        std::mem::take(&mut self.buffer).into_boxed_slice().try_into().ok()
    }

    fn answer(&mut self, now: Instant, c1: &[u8; LEN]) -> Bytes {
        let mut out = BytesMut::with_capacity(1 + 2 * LEN);
        let time = (now.as_millis() as u32).to_be_bytes();
        let mut s1 = [0; LEN];
        self.dice.fill(&mut s1);
        let mut s2 = *c1;
        let found = digest::find(c1, Side::Client);
        let version = if found.is_some() { SERVER_VERSION } else { [0; 4] };
        for (place, byte) in s1.iter_mut().zip(time.into_iter().chain(version)) {
            *place = byte;
        }
        match found {
            Some((schema, seen)) => {
                digest::seal(&mut s1, schema, Side::Server);
                self.dice.fill(&mut s2);
                digest::confirm(&mut s2, Side::Server, &seen);
            }
            // §5.2.4: C1 back, with the time it was read at behind its own.
            None => s2.iter_mut().skip(4).zip(time).for_each(|(place, byte)| *place = byte),
        }
        out.put_u8(VERSION);
        out.put_slice(&s1);
        out.put_slice(&s2);
        out.freeze()
    }
}

/// §5.2.2: versions up to 31 are, or were, RTMP's; we answer version 3 to all of them.
fn check_version(version: u8) -> Result<(), Error> {
    let guess = match version {
        0x16 => "a TLS client (is it meant for rtmps?)",
        b'G' | b'P' | b'H' | b'O' | b'D' => "an HTTP or RTSP client",
        6 | 8 => "encrypted RTMP (rtmpe), which is not offered",
        1..=31 => return Ok(()),
        _ => "something else",
    };
    let text = format!("first byte is {version:#04x}, expected RTMP version 3: {guess}");
    Err(Error::malformed(text, SPEC))
}
