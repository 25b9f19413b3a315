//! Undoes HTTP chunked transfer coding, which some servers use for live FLV.
//! Follows RFC 9112 section 7.1.

use crate::error::Fault;

/// Longest chunk-size line that is believed.
const MAX_LINE: usize = 64;

/// An incremental decoder.
#[derive(Debug, Default)]
pub(super) struct Dechunk {
    line: Vec<u8>,
    left: usize,
}

impl Dechunk {
    /// Appends the payload of `bytes` to `out`. Fails on a size line that is not a hexadecimal number.
    pub(super) fn push(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        while let Some(first) = bytes.first() {
            if self.left > 0 {
                let (body, rest) = bytes.split_at(self.left.min(bytes.len()));
                out.extend_from_slice(body);
                self.left -= body.len();
                bytes = rest;
                continue;
            }
            bytes = &bytes[1..];
            if *first == b'\n' && !self.line.is_empty() {
                self.left = parse_size(&self.line)?;
                self.line.clear();
            } else if !matches!(first, b'\r' | b'\n') {
                self.line.push(*first);
            }
            if self.line.len() > MAX_LINE {
                return Err(Fault::new("http chunk size: longer than 64 characters"));
            }
        }
        Ok(())
    }
}

fn parse_size(line: &[u8]) -> Result<usize, Fault> {
    let text = String::from_utf8_lossy(line);
    let digits = text.split(';').next().unwrap_or_default().trim();
    usize::from_str_radix(digits, 16)
        .map_err(|_| Fault::new(format!("http chunk size: {digits:?}, expected a hexadecimal number")))
}
