//! Recording: a stream's frames become files in a folder for its day.
//!
//! Specs: RFC 8216bis (playlists), ISO/IEC 23009-1 (manifests), ISO/IEC 14496-12 (fragments), FLV 10.1 §E.
//!
//! - [`Recorders`]: a recorder for each stream that is to be recorded · [`recorder`]: the machine, from frames to changes
//!   of files, which the embedding program makes
//! - `tape`: what all forms of recording have in common · `hls`, `dash`, `single`: the forms
//! - [`repair`]: what a recording needs that was cut off · [`names`]: how folders and files are called
//!
//! ```text
//!  idle ──frame──▶ recording ──period, other tracks, gap──▶ recording (a new tape)
//!    ▲                 │ write failed, disk full, silence
//!    └──after a while──┘
//! ```

mod dash;
mod hls;
pub mod names;
pub mod recorder;
pub mod repair;
mod settings;
mod single;
mod tape;
#[cfg(test)]
mod tests;

pub use recorder::{Recorder, Recorders};
pub use settings::{Mode, Settings};
