//! VP8 and VP9 frames → payloads with a descriptor in front.
//!
//! Specs: RFC 7741 §4.2 (VP8), RFC 9628 §4.2 (VP9, one layer, not in flexible mode). Pictures have a number of 15 bits, by
//! which receivers see what is missing.

use rtmpd_core::media::Frame;

use super::Put;
use super::pieces::pieces;

/// Bytes of VP8's descriptor, the longer one.
const DESCRIPTOR: usize = 4;
/// The number's first bit says that it has 15 bits.
const LONG: u16 = 0x8000;

/// See the module's text.
#[derive(Debug)]
pub(super) struct Vpx {
    form: Form,
    picture: u16,
}

#[derive(Copy, Clone, Debug)]
enum Form {
    Vp8,
    Vp9,
}

impl Vpx {
    pub(super) fn vp8() -> Self {
        Self { form: Form::Vp8, picture: 0 }
    }

    pub(super) fn vp9() -> Self {
        Self { form: Form::Vp9, picture: 0 }
    }

    pub(super) fn packetize(&mut self, frame: &Frame, limit: usize, put: &mut Put<'_>) {
        let [high, low] = (self.picture | LONG).to_be_bytes();
        self.picture = (self.picture + 1) & !LONG;
        for piece in pieces(&frame.data, limit - DESCRIPTOR) {
            match self.form {
                Form::Vp8 => {
                    // X, S; I
                    let descriptor = [if piece.is_first { 0x90 } else { 0x80 }, 0x80, high, low];
                    put(&[&descriptor, piece.data], piece.is_last);
                }
                Form::Vp9 => {
                    // I, P, B, E
                    let place = if piece.is_first { 0x08 } else { 0 } | if piece.is_last { 0x04 } else { 0 };
                    let flags = 0x80 | if frame.key { 0 } else { 0x40 } | place;
                    put(&[&[flags, high, low], piece.data], piece.is_last);
                }
            }
        }
    }
}
