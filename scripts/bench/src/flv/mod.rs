//! FLV: read from an HTTP answer as it comes, or from a file to be replayed.
//! Follows "Adobe Flash Video File Format Specification v10.1", annex E.

mod dechunk;
mod scan;
mod session;
mod trace;

pub use scan::FlvReader;
pub use session::FlvSession;
pub use trace::Trace;
