//! Our side when we connect: C0 C1 → S0 S1 S2 → C2.

use bytes::{BufMut, Bytes, BytesMut};
use rtmpd_core::{Dice, Error};

use super::digest::{self, Schema, Side};
use super::{LEN, SPEC, VERSION};

/// What C1 says we are: Flash Player 9.0.124.2, the first that servers expect digests of.
const CLIENT_VERSION: [u8; 4] = [9, 0, 124, 2];

/// See the module's text.
#[derive(Debug)]
pub struct Caller {
    dice: Dice,
    /// What came of S0 S1 S2.
    buffer: Vec<u8>,
    done: bool,
}

impl Caller {
    /// Begins a handshake; the second value is to be sent.
    pub fn new(mut dice: Dice) -> (Self, Bytes) {
        let mut c1 = [0; LEN];
        dice.fill(&mut c1);
        for (place, byte) in c1.iter_mut().zip([0; 4].into_iter().chain(CLIENT_VERSION)) {
            *place = byte;
        }
        digest::seal(&mut c1, Schema::DigestFirst, Side::Client);
        let mut out = BytesMut::with_capacity(1 + LEN);
        out.put_u8(VERSION);
        out.put_slice(&c1);
        (Self { dice, buffer: Vec::new(), done: false }, out.freeze())
    }

    /// Takes bytes from the front of `data`; returns what is to be sent, which ends the handshake.
    ///
    /// # Errors
    /// When the server's version is not 3.
    pub fn read(&mut self, data: &mut &[u8]) -> Result<Option<Bytes>, Error> {
        let missing = (1 + 2 * LEN).saturating_sub(self.buffer.len());
        let (now, rest) = data.split_at_checked(missing).unwrap_or((data, &[]));
        self.buffer.extend_from_slice(now);
        *data = rest;
        if let Some(&version) = self.buffer.first()
            && version != VERSION
        {
            let text = format!("the server's first byte is {version:#04x}, expected RTMP version 3");
            return Err(Error::malformed(text, SPEC));
        }
        let answer = std::mem::take(&mut self.buffer);
        let s1 = answer.get(1..).and_then(|rest| rest.first_chunk::<LEN>());
        let (Some(s1), true) = (s1, answer.len() > 2 * LEN) else {
            self.buffer = answer;
            return Ok(None);
        };
        self.done = true;
        Ok(Some(self.second(s1)))
    }

    /// Whether the handshake is over; what follows is chunks.
    pub fn is_done(&self) -> bool {
        self.done
    }

    fn second(&mut self, s1: &[u8; LEN]) -> Bytes {
        let mut c2 = *s1;
        if let Some((_, seen)) = digest::find(s1, Side::Server) {
            self.dice.fill(&mut c2);
            digest::confirm(&mut c2, Side::Client, &seen);
        }
        Bytes::copy_from_slice(&c2)
    }
}
