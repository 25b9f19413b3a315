//! What stands behind `?` in a URL or a stream key.

/// The value of a parameter, verbatim; the first where there are several.
pub fn param<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}
