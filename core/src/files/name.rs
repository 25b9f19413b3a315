//! Which names mean the same file on every system.

/// Names that are devices on Windows, with any ending.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];
/// Devices that have a number.
const NUMBERED: [&str; 2] = ["com", "lpt"];

/// Whether this is a plain name everywhere. Among what falls: empty, `.`, `..`, drives and streams (`:`), `\`, NUL,
/// and what Windows would take for another name (`con.html`, `index.html.`).
pub fn is_plain(name: &str) -> bool {
    let forbidden =
        |c: char| c.is_control() || matches!(c, '\\' | '/' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
    !name.is_empty() && !name.ends_with(['.', ' ']) && !name.chars().any(forbidden) && !is_device(name)
}

/// Whether Windows takes this name, with any ending, for a device.
pub fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end().to_ascii_lowercase();
    let is_digit = |c: char| matches!(c, '0'..='9' | '¹' | '²' | '³');
    let number = NUMBERED.iter().find_map(|device| stem.strip_prefix(device));
    let numbered = number.is_some_and(|rest| rest.chars().count() == 1 && rest.chars().all(is_digit));
    numbered || DEVICES.contains(&stem.as_str())
}
