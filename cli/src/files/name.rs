//! Which URL paths can name a file: those that mean the same plain names on every system.

/// Longest path, in bytes.
const MAX_PATH: usize = 2048;
/// Names that are devices on Windows, with any ending.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];
/// Devices that have a number.
const NUMBERED: [&str; 2] = ["com", "lpt"];

/// The names a decoded path is made of, with or without a slash in front; `None` when it is not one we serve. A slash at
/// the end adds none.
pub(crate) fn parts(path: &str) -> Option<Vec<&str>> {
    if path.len() > MAX_PATH {
        return None;
    }
    let rest = path.strip_prefix('/').unwrap_or(path);
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.is_empty() {
        return (path == "/").then(Vec::new);
    }
    rest.split('/').map(|name| is_plain(name).then_some(name)).collect()
}

/// Whether this is a plain name everywhere. Among what falls: empty, `.`, `..`, drives and streams (`:`), `\`, NUL,
/// and what Windows would take for another name (`con.html`, `index.html.`).
pub(crate) fn is_plain(name: &str) -> bool {
    let forbidden =
        |c: char| c.is_control() || matches!(c, '\\' | '/' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
    !name.is_empty() && !name.ends_with(['.', ' ']) && !name.chars().any(forbidden) && !is_device(name)
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end().to_ascii_lowercase();
    let is_digit = |c: char| matches!(c, '0'..='9' | '¹' | '²' | '³');
    let number = NUMBERED.iter().find_map(|device| stem.strip_prefix(device));
    let numbered = number.is_some_and(|rest| rest.chars().count() == 1 && rest.chars().all(is_digit));
    numbered || DEVICES.contains(&stem.as_str())
}
