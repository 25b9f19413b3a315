//! What a recording needs that was cut off: its playlist tells what is whole, the rest goes.
//!
//! Specs: RFC 8216bis §4.4.3.4 (EXT-X-ENDLIST).

/// A comment in a playlist: how much of the segment that is being written counts.
const OPEN: &str = "#SMART-RTMPD-OPEN:";
/// What a finished playlist ends with.
const END: &str = "#EXT-X-ENDLIST";

/// What is to be done to a recording.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Repair {
    /// The text that its playlist or manifest should have.
    pub text: String,
    /// Files beside it of which only the first so many bytes count.
    pub cuts: Vec<(String, u64)>,
}

/// The comment of a playlist about a segment of so many seconds and bytes.
pub(super) fn open_line(seconds: f64, bytes: u64, name: &str) -> String {
    format!("{OPEN}DURATION={seconds:.6},BYTES={bytes},URI={name}\n")
}

/// The same in a manifest, where its length stands elsewhere.
pub(super) fn open_comment(bytes: u64, name: &str) -> String {
    format!("<!-- {OPEN}BYTES={bytes},URI={name} -->\n")
}

/// What this playlist needs; `None` when it is finished, or none of ours.
pub fn playlist(text: &str) -> Option<Repair> {
    let ended = text.lines().any(|line| line.trim() == END);
    if ended || !text.starts_with("#EXTM3U") || !text.contains("#EXT-X-PLAYLIST-TYPE:EVENT") {
        return None;
    }
    let mut out = String::with_capacity(text.len() + 128);
    let mut cuts = Vec::new();
    let mut longest: u64 = 0;
    for line in text.lines() {
        match line.strip_prefix(OPEN).and_then(Open::parse) {
            Some(Open { seconds: Some(seconds), bytes, name }) => {
                out.push_str(&format!("#EXTINF:{seconds:.6},\n{name}\n"));
                // Rounded as a playlist's target is; no segment is that long.
                longest = longest.max(seconds.round() as u64);
                cuts.push((name, bytes));
            }
            Some(_) | None => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out.push_str(END);
    out.push('\n');
    Some(Repair { text: raised(&out, longest), cuts })
}

/// What this manifest needs; `None` when nothing in it was being written.
pub fn manifest(text: &str) -> Option<Repair> {
    let mut cuts = Vec::new();
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let comment = line.strip_prefix("<!-- ").and_then(|line| line.strip_suffix(" -->"));
        match comment.and_then(|line| line.strip_prefix(OPEN)).and_then(Open::parse) {
            Some(open) => cuts.push((open.name, open.bytes)),
            None => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    (!cuts.is_empty()).then_some(Repair { text: out, cuts })
}

/// RFC 8216bis §4.4.3.1: no segment may round beyond the target.
fn raised(text: &str, longest: u64) -> String {
    const TARGET: &str = "#EXT-X-TARGETDURATION:";
    text.lines()
        .map(|line| match line.strip_prefix(TARGET).and_then(|target| target.parse::<u64>().ok()) {
            Some(target) => format!("{TARGET}{}\n", target.max(longest)),
            None => format!("{line}\n"),
        })
        .collect()
}

struct Open {
    seconds: Option<f64>,
    bytes: u64,
    name: String,
}

impl Open {
    fn parse(text: &str) -> Option<Self> {
        let (facts, name) = text.split_once(",URI=").or_else(|| Some(("", text.strip_prefix("URI=")?)))?;
        let fact = |name: &str| facts.split(',').find_map(|fact| fact.strip_prefix(name));
        // Nothing but a plain name beside the playlist is touched.
        let plain = !name.is_empty() && !name.contains(['/', '\\', ':']) && !name.starts_with('.');
        let seconds = fact("DURATION=").and_then(|text| text.parse::<f64>().ok());
        let seconds = seconds.filter(|seconds| (0.0..86_400.0).contains(seconds));
        let bytes = fact("BYTES=")?.parse().ok()?;
        plain.then(|| Self { seconds, bytes, name: name.to_owned() })
    }
}
