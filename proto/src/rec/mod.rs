//! Recording: a stream's frames become files of a folder for its day.
//!
//! Specs: RFC 8216bis (playlists), ISO/IEC 23009-1 (manifests), FLV 10.1 §E.
//!
//! - [`names`]: how folders and files are called

pub mod names;
#[cfg(test)]
mod tests;
