//! Which URL paths can name a file: those that mean the same plain names on every system.

use rtmpd_core::files::is_plain;

/// Longest path, in bytes.
const MAX_PATH: usize = 2048;

/// The names a decoded absolute path is made of, `None` when it is not one we serve. A slash at the end adds none.
pub(crate) fn parts(path: &str) -> Option<Vec<&str>> {
    let rest = path.strip_prefix('/').filter(|_| path.len() <= MAX_PATH)?;
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.is_empty() {
        return (path == "/").then(Vec::new);
    }
    rest.split('/').map(plain).collect()
}

/// The names of a path within a folder; none of an empty one, `None` when it is not one we serve.
pub(crate) fn relative(path: &str) -> Option<Vec<&str>> {
    match path {
        "" => Some(Vec::new()),
        path => path.split('/').map(plain).collect::<Option<_>>().filter(|_| path.len() <= MAX_PATH),
    }
}

fn plain(name: &str) -> Option<&str> {
    is_plain(name).then_some(name)
}
