//! Which URL paths can name a file: those that mean the same plain names on every system.

use rtmpd_core::files::is_plain;

/// Longest path, in bytes.
const MAX_PATH: usize = 2048;

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
