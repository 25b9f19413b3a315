//! Names of recordings: `rec/<vhost>/<stream>/<YYYY-MM-DD>/<HH-MM-SS>.m3u8`.

use rtmpd_core::files::is_device;

/// Endings of what can be played; the rest of a folder are its pieces.
const PLAYABLE: [&str; 4] = [".m3u8", ".mpd", ".mp4", ".flv"];

/// A folder's name for any text: what cannot stand in a name of every system is written as `%` and two digits a byte. So a
/// stream `a/b` is one folder, and no name leads elsewhere.
pub fn folder_name(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let last = text.chars().count().saturating_sub(1);
    let device = is_device(text);
    for (place, c) in text.chars().enumerate() {
        let edge = (place == 0 && (c == '.' || device)) || (place == last && matches!(c, '.' | ' '));
        let forbidden =
            c.is_control() || matches!(c, '\\' | '/' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '%');
        if edge || forbidden {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                out.push_str(&format!("%{byte:02X}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// The text whose [`folder_name`] this is; the name itself where it is none.
pub fn text_of(folder: &str) -> String {
    let mut out = Vec::with_capacity(folder.len());
    let mut rest = folder.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = || {
            let (digits, after) = after.split_at_checked(2)?;
            // Signs are taken for digits by the next line.
            let digits = std::str::from_utf8(digits).ok().filter(|text| !text.starts_with('+'))?;
            Some((u8::from_str_radix(digits, 16).ok()?, after))
        };
        match digits().filter(|_| byte == b'%') {
            Some((value, after)) => {
                out.push(value);
                rest = after;
            }
            None => {
                out.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| folder.to_owned())
}

/// Whether a folder's name is a day's: `2022-05-21`.
pub fn is_day(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.len() == 10
        && bytes.iter().enumerate().all(|(place, byte)| match place {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// Whether a file is what players open, and not one of its pieces.
pub fn is_playable(name: &str) -> bool {
    let stem = PLAYABLE.iter().find_map(|ending| name.strip_suffix(ending));
    stem.is_some_and(|stem| stem.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') && stem.len() == 8)
}
