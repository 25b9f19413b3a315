//! Which bytes of a file are asked for. Specs: RFC 9110 §14.

/// More ranges than this in one request are taken for an attack: the whole file answers them too.
const MAX_RANGES: usize = 16;

/// Bytes `from..to` of a file.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct ByteRange {
    /// The first.
    pub from: u64,
    /// The one behind the last.
    pub to: u64,
}

/// What a `Range` field asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ranges {
    /// All of it: there is no such field, or none that is understood.
    Whole,
    /// These, in their order.
    Some(Vec<ByteRange>),
    /// Nothing that is there.
    Unsatisfiable,
}

/// Reads a `Range` field for a file of `size` bytes.
pub fn ranges(field: &str, size: u64) -> Ranges {
    let Some(list) = field.trim().strip_prefix("bytes=") else { return Ranges::Whole };
    let mut found = Vec::new();
    let mut count = 0;
    for spec in list.split(',').map(str::trim).filter(|spec| !spec.is_empty()) {
        count += 1;
        if count > MAX_RANGES {
            return Ranges::Whole;
        }
        match range(spec, size) {
            // §14.2: an invalid field is passed over as a whole.
            None => return Ranges::Whole,
            Some(range) => found.extend(range),
        }
    }
    if count == 0 {
        return Ranges::Whole;
    }
    if found.is_empty() {
        return Ranges::Unsatisfiable;
    }
    // §15.3.7.2: whoever asks for the same bytes twice gets them once.
    let total: u64 = found.iter().map(|range| range.to - range.from).sum();
    if found.len() > 1 && total >= size { Ranges::Whole } else { Ranges::Some(found) }
}

/// One range; `None` when it is none, `Some(None)` when nothing of it is there.
fn range(spec: &str, size: u64) -> Option<Option<ByteRange>> {
    let (from, to) = spec.split_once('-')?;
    let number = |text: &str| -> Option<u64> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // More digits than a number has are more bytes than a file has.
        digits.then(|| text.parse().unwrap_or(u64::MAX))
    };
    if from.is_empty() {
        let last = number(to)?;
        return Some((last > 0 && size > 0).then(|| ByteRange { from: size.saturating_sub(last), to: size }));
    }
    let from = number(from)?;
    let to = if to.is_empty() { u64::MAX } else { number(to)? };
    if to < from {
        return None;
    }
    Some((from < size).then(|| ByteRange { from, to: to.saturating_add(1).min(size) }))
}
