//! Passing over a request's body: nothing here takes one yet, but the next request comes behind it.
//!
//! Spec: RFC 9112 §6, §7.1.

use super::Failure;

/// Longest body that is passed over, in bytes, with chunk sizes and trailers.
const MAX_BODY: u64 = 64 << 10;
/// Longest chunk size line or trailer line, in bytes.
const MAX_LINE: usize = 1024;

/// What of a body is still to come.
#[derive(Debug)]
pub struct Body {
    taken: u64,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// So many bytes.
    Length(u64),
    /// A chunk's size line.
    Size(Vec<u8>),
    /// So many bytes of a chunk, and the line end behind them.
    Chunk(u64),
    /// Trailer lines, up to an empty one.
    Trailer(Vec<u8>),
    Done,
}

impl Body {
    /// A body of this many bytes, or in chunks.
    ///
    /// # Errors
    /// When it is longer than is passed over.
    pub fn new(length: Option<u64>) -> Result<Self, Failure> {
        let stage = match length {
            Some(0) => Stage::Done,
            Some(length) if length > MAX_BODY => return Err(too_long()),
            Some(length) => Stage::Length(length),
            None => Stage::Size(Vec::new()),
        };
        Ok(Self { taken: 0, stage })
    }

    /// Whether all of it has come.
    pub fn is_done(&self) -> bool {
        matches!(self.stage, Stage::Done)
    }

    /// Takes bytes from the front of `data`.
    ///
    /// # Errors
    /// When a chunk is malformed or the body too long.
    pub fn skip(&mut self, data: &mut &[u8]) -> Result<(), Failure> {
        while !self.is_done() && !data.is_empty() {
            let before = data.len();
            self.stage = match std::mem::replace(&mut self.stage, Stage::Done) {
                Stage::Length(left) => match take(data, left) {
                    0 => Stage::Done,
                    left => Stage::Length(left),
                },
                Stage::Size(line) => match take_line(data, line)? {
                    Ok(line) => after_size(&line)?,
                    Err(partial) => Stage::Size(partial),
                },
                Stage::Chunk(left) => match take(data, left) {
                    0 => Stage::Size(Vec::new()),
                    left => Stage::Chunk(left),
                },
                Stage::Trailer(line) => match take_line(data, line)? {
                    Ok(line) if line.is_empty() => Stage::Done,
                    Ok(_) => Stage::Trailer(Vec::new()),
                    Err(partial) => Stage::Trailer(partial),
                },
                Stage::Done => Stage::Done,
            };
            self.taken += (before - data.len()) as u64;
            if self.taken > MAX_BODY {
                return Err(too_long());
            }
        }
        Ok(())
    }
}

fn too_long() -> Failure {
    Failure::new(413, format!("request body is longer than {MAX_BODY} bytes"))
}

fn after_size(line: &[u8]) -> Result<Stage, Failure> {
    // Behind `;` are extensions, which nobody uses.
    let digits = line.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
    let text = std::str::from_utf8(digits).unwrap_or_default();
    let hex = !text.is_empty() && text.len() <= 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match u64::from_str_radix(text, 16).ok().filter(|_| hex) {
        Some(0) => Ok(Stage::Trailer(Vec::new())),
        Some(size) => Ok(Stage::Chunk(size + 2)),
        None => Err(Failure::new(400, "chunk size is not up to 8 hexadecimal digits (RFC 9112 §7.1)")),
    }
}

/// Takes up to `left` bytes; returns how many are still to come.
fn take(data: &mut &[u8], left: u64) -> u64 {
    let now = usize::try_from(left).unwrap_or(usize::MAX).min(data.len());
    *data = data.get(now..).unwrap_or_default();
    left - now as u64
}

/// Takes a line without its end, or what has come of it.
#[allow(clippy::type_complexity)]
fn take_line(data: &mut &[u8], mut line: Vec<u8>) -> Result<Result<Vec<u8>, Vec<u8>>, Failure> {
    while let Some((&byte, rest)) = data.split_first() {
        *data = rest;
        if byte == b'\n' {
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            return Ok(Ok(line));
        }
        line.push(byte);
        if line.len() > MAX_LINE {
            return Err(Failure::new(400, format!("chunk line is longer than {MAX_LINE} bytes")));
        }
    }
    Ok(Err(line))
}
