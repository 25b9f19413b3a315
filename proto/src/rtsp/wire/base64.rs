//! Base64 that comes in pieces cut anywhere, as requests through an HTTP tunnel do.
//!
//! Specs: RFC 4648 §4. Line breaks are passed over; padding may stand in the middle, as each request is encoded for itself
//! by some clients and all of them as one by others.

use bytes::{BufMut, Bytes, BytesMut};
use rtmpd_core::Error;

/// A decoder.
#[derive(Debug, Default)]
pub struct Base64 {
    bits: u32,
    /// How many characters of the group of four are in.
    count: u8,
}

impl Base64 {
    /// What these characters complete.
    ///
    /// # Errors
    /// [`Error::Malformed`] at a character that is none of base64.
    pub fn push(&mut self, data: &[u8]) -> Result<Bytes, Error> {
        let mut out = BytesMut::with_capacity(data.len() / 4 * 3 + 3);
        for &byte in data {
            let value = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                b'=' => {
                    self.pad(&mut out);
                    continue;
                }
                b'\r' | b'\n' | b' ' | b'\t' => continue,
                other => {
                    let what = format!("a tunnelled request holds the byte 0x{other:02x}, expected base64");
                    return Err(Error::malformed(what, "RFC 4648 §4"));
                }
            };
            self.bits = self.bits << 6 | u32::from(value);
            self.count += 1;
            if self.count == 4 {
                let [_, a, b, c] = self.bits.to_be_bytes();
                out.put_slice(&[a, b, c]);
                (self.bits, self.count) = (0, 0);
            }
        }
        Ok(out.freeze())
    }

    /// The group ends here.
    fn pad(&mut self, out: &mut BytesMut) {
        match self.count {
            2 => out.put_u8((self.bits >> 4) as u8),
            3 => out.put_u16((self.bits >> 2) as u16),
            _ => {}
        }
        (self.bits, self.count) = (0, 0);
    }
}
