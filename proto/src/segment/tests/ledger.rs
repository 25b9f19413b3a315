//! Reads a media playlist again and again, as a player does, and holds it to what the standard asks of all its states.

use std::collections::BTreeMap;

/// What was listed of a segment.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Entry {
    pub(crate) duration: f64,
    /// Discontinuities in front of it since the stream began.
    pub(crate) discontinuities: u64,
    pub(crate) uri: String,
    pub(crate) map: Option<String>,
}

/// All segments that were ever listed.
#[derive(Default, Debug)]
pub(crate) struct Ledger {
    pub(crate) entries: BTreeMap<u64, Entry>,
    pub(crate) target: u64,
    pub(crate) sequence: u64,
    pub(crate) ended: bool,
    /// Parts of segments by number: their lengths in order.
    pub(crate) parts: BTreeMap<u64, Vec<f64>>,
    pub(crate) part_target: f64,
}

/// A line's value behind `name`.
pub(crate) fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(name))
}

/// An attribute of a tag's list.
pub(crate) fn attribute<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let list = line.split_once(':')?.1;
    let value = list.split(',').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    Some(value.trim_matches('"'))
}

impl Ledger {
    /// Reads the next state.
    pub(crate) fn read(&mut self, text: &str) {
        let number = |name: &str| value(text, name).unwrap().parse::<u64>().unwrap();
        let (target, sequence) = (number("#EXT-X-TARGETDURATION:"), number("#EXT-X-MEDIA-SEQUENCE:"));
        assert!(!self.ended, "nothing follows the end");
        assert!(target >= self.target && sequence >= self.sequence, "{text}");
        (self.target, self.sequence) = (target, sequence);
        self.part_target =
            attribute(value(text, "#EXT-X-PART-INF").unwrap(), "PART-TARGET").unwrap().parse().unwrap();
        let mut discontinuities = number("#EXT-X-DISCONTINUITY-SEQUENCE:");
        let (mut msn, mut duration, mut map, mut parts) = (sequence, None, None, Vec::new());
        for line in text.lines() {
            if line == "#EXT-X-DISCONTINUITY" {
                discontinuities += 1;
            } else if line.starts_with("#EXT-X-MAP:") {
                map = attribute(line, "URI").map(str::to_owned);
            } else if let Some(text) = line.strip_prefix("#EXTINF:") {
                duration = text.trim_end_matches(',').parse::<f64>().ok();
            } else if line.starts_with("#EXT-X-PART:") {
                parts.push(attribute(line, "DURATION").unwrap().parse::<f64>().unwrap());
            } else if !line.starts_with('#') {
                let duration = duration.take().unwrap();
                assert!(duration.round() as u64 <= target, "{text}");
                assert!(line.contains(&msn.to_string()), "{line} is not {msn}");
                let entry = Entry { duration, discontinuities, uri: line.into(), map: map.clone() };
                let known = self.entries.entry(msn).or_insert_with(|| entry.clone());
                assert_eq!(*known, entry, "{text}");
                self.take_parts(msn, std::mem::take(&mut parts));
                msn += 1;
            }
        }
        self.take_parts(msn, parts);
        self.ended = text.contains("#EXT-X-ENDLIST");
    }

    fn take_parts(&mut self, msn: u64, parts: Vec<f64>) {
        let limit = self.part_target + 0.0006;
        assert!(parts.iter().all(|&part| part <= limit), "{parts:?} > {}", self.part_target);
        if !parts.is_empty() {
            self.parts.insert(msn, parts);
        }
    }

    /// Seconds of all segments.
    pub(crate) fn length(&self) -> f64 {
        self.entries.values().map(|entry| entry.duration).sum()
    }

    /// Numbers follow each other without a gap.
    pub(crate) fn is_gapless(&self) -> bool {
        self.entries.keys().zip(self.entries.keys().skip(1)).all(|(one, next)| one + 1 == *next)
    }
}
