//! Parts in a body. Spec: RFC 2046 §5.1.1.

use bytes::Bytes;

use super::PartHead;
use crate::http::wire::Failure;

/// Longest head of a part, in bytes, with what may stand behind a boundary.
const MAX_HEAD: usize = 8 << 10;

/// See the module's text.
#[derive(Debug)]
pub struct Multipart {
    /// CR LF, two dashes and the boundary.
    delimiter: Bytes,
    stage: Stage,
    /// So many bytes of the delimiter came last.
    matched: usize,
    /// Of a head: its lines so far.
    head: Vec<u8>,
    /// Where its last line begins.
    line: usize,
}

/// What comes of a form, in this order: for each part `Begin`, any number of `Data`, `End`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece {
    /// A part, with what its head says.
    Begin(PartHead),
    /// Some of its content.
    Data(Bytes),
    /// That was all of it.
    End,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Stage {
    /// Before the first part: nobody is to read this.
    Preamble,
    /// Behind a delimiter: whether a dash, and whether CR was the last byte.
    Mark {
        dash: bool,
        cr: bool,
    },
    Head,
    Data,
    /// Behind the last part: nobody is to read this.
    Epilogue,
}

/// What a search for the delimiter comes upon.
enum Found {
    /// So many bytes that are none of it.
    Other(usize),
    /// What came before was none of it either.
    Kept(usize),
    Delimiter,
    /// All bytes are used up.
    Nothing,
}

impl Multipart {
    /// A form whose parts this boundary stands between.
    pub fn new(boundary: &str) -> Self {
        Self {
            delimiter: Bytes::from(format!("\r\n--{boundary}")),
            stage: Stage::Preamble,
            // The first delimiter may be the first line.
            matched: 2,
            head: Vec::new(),
            line: 0,
        }
    }

    /// Whether the last part has ended. What follows is passed over.
    pub fn is_finished(&self) -> bool {
        self.stage == Stage::Epilogue
    }

    /// Takes bytes from the front of `data` and gives the next piece; `None` when all are used up.
    ///
    /// # Errors
    /// When a boundary or a head is malformed, or a head too long.
    pub fn poll(&mut self, data: &mut &[u8]) -> Result<Option<Piece>, Failure> {
        loop {
            match self.stage {
                Stage::Preamble => match self.search(data) {
                    Found::Other(count) => advance(data, count),
                    Found::Kept(_) => {}
                    Found::Delimiter => self.stage = Stage::Mark { dash: false, cr: false },
                    Found::Nothing => return Ok(None),
                },
                Stage::Data => match self.search(data) {
                    Found::Other(count) => {
                        let found = Bytes::copy_from_slice(data.get(..count).unwrap_or_default());
                        advance(data, count);
                        return Ok(Some(Piece::Data(found)));
                    }
                    Found::Kept(count) => return Ok(Some(Piece::Data(self.delimiter.slice(..count)))),
                    Found::Delimiter => {
                        self.stage = Stage::Mark { dash: false, cr: false };
                        return Ok(Some(Piece::End));
                    }
                    Found::Nothing => return Ok(None),
                },
                Stage::Mark { dash, cr } => {
                    let Some(byte) = next(data) else { return Ok(None) };
                    self.stage = self.mark(byte, dash, cr)?;
                }
                Stage::Head => {
                    let Some(byte) = next(data) else { return Ok(None) };
                    if let Some(head) = self.head(byte)? {
                        return Ok(Some(Piece::Begin(head)));
                    }
                }
                Stage::Epilogue => {
                    *data = &[];
                    return Ok(None);
                }
            }
        }
    }

    /// Looks for the delimiter at the front of `data` and takes what it matches of it.
    fn search(&mut self, data: &mut &[u8]) -> Found {
        if self.matched > 0 {
            let wanted = self.delimiter.get(self.matched..).unwrap_or_default();
            let same = wanted.iter().zip(data.iter()).take_while(|(a, b)| a == b).count();
            let is_whole = same == wanted.len();
            if !is_whole && same < data.len() {
                // Only its first byte is CR, so it cannot begin within what came. What matched here is looked at again.
                return Found::Kept(std::mem::take(&mut self.matched));
            }
            advance(data, same);
            self.matched = if is_whole { 0 } else { self.matched + same };
            return if is_whole { Found::Delimiter } else { Found::Nothing };
        }
        let mut from = 0;
        while let Some(at) = data.get(from..).and_then(|rest| rest.iter().position(|&byte| byte == b'\r')) {
            let at = from + at;
            let rest = data.get(at..).unwrap_or_default();
            let length = rest.len().min(self.delimiter.len());
            if rest.get(..length) == self.delimiter.get(..length) {
                if at > 0 {
                    return Found::Other(at);
                }
                advance(data, length);
                let is_whole = length == self.delimiter.len();
                self.matched = if is_whole { 0 } else { length };
                return if is_whole { Found::Delimiter } else { Found::Nothing };
            }
            from = at + 1;
        }
        if data.is_empty() { Found::Nothing } else { Found::Other(data.len()) }
    }

    /// What follows a byte behind a delimiter: two dashes end the form, CR LF begins a part.
    fn mark(&mut self, byte: u8, dash: bool, cr: bool) -> Result<Stage, Failure> {
        match (byte, dash, cr) {
            (b'-', true, false) => Ok(Stage::Epilogue),
            (b'-', false, false) if self.line == 0 => Ok(Stage::Mark { dash: true, cr: false }),
            // Padding of mail relays.
            (b' ' | b'\t', false, false) if self.line < MAX_HEAD => {
                self.line += 1;
                Ok(Stage::Mark { dash: false, cr: false })
            }
            (b'\r', false, false) => Ok(Stage::Mark { dash: false, cr: true }),
            (b'\n', false, true) => {
                self.line = 0;
                Ok(Stage::Head)
            }
            _ => Err(Failure::new(
                400,
                format!("a boundary is followed by {:#04x}, expected CR LF or '--' (RFC 2046 §5.1.1)", byte),
            )),
        }
    }

    fn head(&mut self, byte: u8) -> Result<Option<PartHead>, Failure> {
        if self.head.len() >= MAX_HEAD {
            return Err(Failure::new(431, format!("a part's head is longer than {MAX_HEAD} bytes")));
        }
        self.head.push(byte);
        if byte != b'\n' {
            return Ok(None);
        }
        let is_last = self.head.get(self.line..) == Some(b"\r\n".as_slice());
        self.line = self.head.len();
        if !is_last {
            return Ok(None);
        }
        self.line = 0;
        self.stage = Stage::Data;
        PartHead::parse(&std::mem::take(&mut self.head)).map(Some)
    }
}

fn next(data: &mut &[u8]) -> Option<u8> {
    let (&byte, rest) = data.split_first()?;
    *data = rest;
    Some(byte)
}

fn advance(data: &mut &[u8], count: usize) {
    *data = data.get(count..).unwrap_or_default();
}
