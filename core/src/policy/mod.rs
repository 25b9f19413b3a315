//! Who may publish or play, and what a second publisher means.

mod app;
mod contest;

pub use app::{APPS, check_app, is_recorded};
pub use contest::{Contest, contest};
