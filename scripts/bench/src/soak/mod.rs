//! The soak: one stream that must stay whole while thousands of visitors come and go.

mod visit;
mod watch;

pub use visit::{Visitors, Visits};
pub use watch::{Seen, Watcher};
