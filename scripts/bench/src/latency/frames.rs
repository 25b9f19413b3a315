//! Tiny H.264 frames that carry their own send time.
//! Follows H.264 (ITU-T H.264 7.3.1, D.1.6 user data unregistered) and ISO/IEC 14496-15 5.3.3 (avcC).

use crate::media::{Message, VIDEO};

/// avcC of a 16×16 baseline stream.
const CONFIG: [u8; 40] = [
    0x01, 0x42, 0xc0, 0x0a, 0xff, 0xe1, 0x00, 0x17, 0x67, 0x42, 0xc0, 0x0a, 0xa6, 0x11, 0x7b, 0x01, 0x10,
    0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0x20, 0xf1, 0x22, 0x61, 0x18, 0x01, 0x00, 0x06,
    0x68, 0xc8, 0x42, 0x0f, 0x2c, 0x80,
];
/// A whole IDR picture of that stream.
const IDR: [u8; 9] = [0x65, 0x88, 0x82, 0x05, 0xf9, 0x31, 0x40, 0x00, 0xce];
/// A whole predicted picture of that stream.
const PREDICTED: [u8; 5] = [0x41, 0x9a, 0x1c, 0x0b, 0xf5];
/// UUID that marks our SEI.
const MARK: [u8; 16] = *b"rtmpd-bench-time";
/// Digits of the send time; hexadecimal text needs no emulation prevention.
const DIGITS: usize = 16;

/// Makes the messages of one stream.
#[derive(Debug)]
pub struct FrameMaker {
    number: u64,
    interval_ms: u64,
    keyframe_every: u64,
    padding: usize,
}

impl FrameMaker {
    /// Frames of about `size` bytes, `fps` per second, a keyframe every `keyframe_every`.
    pub fn new(fps: u64, keyframe_every: u64, size: usize) -> Self {
        let padding = size.saturating_sub(80);
        Self { number: 0, interval_ms: 1000 / fps.max(1), keyframe_every: keyframe_every.max(1), padding }
    }

    /// The AVC sequence header.
    pub fn header() -> Message {
        let mut payload = vec![0x17, 0, 0, 0, 0];
        payload.extend_from_slice(&CONFIG);
        Message { kind: VIDEO, timestamp: 0, payload }
    }

    /// Milliseconds between two frames.
    pub fn interval_ms(&self) -> u64 {
        self.interval_ms
    }

    /// The next frame, which says that it was sent at `now_ns`.
    pub fn next_frame(&mut self, now_ns: u64) -> Message {
        let key = self.number.is_multiple_of(self.keyframe_every);
        let mut payload = vec![if key { 0x17 } else { 0x27 }, 1, 0, 0, 0];
        let mut sei = vec![6, 5, (MARK.len() + DIGITS) as u8];
        sei.extend_from_slice(&MARK);
        sei.extend_from_slice(format!("{now_ns:016x}").as_bytes());
        sei.push(0x80);
        push_nal(&mut payload, &sei);
        push_nal(&mut payload, if key { &IDR } else { &PREDICTED });
        let mut filler = vec![0xff; self.padding];
        filler.insert(0, 12);
        filler.push(0x80);
        push_nal(&mut payload, &filler);
        let timestamp = (self.number * self.interval_ms) as u32;
        self.number += 1;
        Message { kind: VIDEO, timestamp, payload }
    }

    /// When a frame says it was sent, ns; nothing for other messages.
    pub fn sent_ns(message: &Message) -> Option<u64> {
        let at = message.payload.windows(MARK.len()).position(|window| window == MARK)?;
        let start = at + MARK.len();
        let digits = message.payload.get(start..start + DIGITS)?;
        u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    }
}

fn push_nal(out: &mut Vec<u8>, nal: &[u8]) {
    out.extend_from_slice(&(nal.len() as u32).to_be_bytes());
    out.extend_from_slice(nal);
}
