//! Who may publish or play, and what a second publisher means.

mod app;

pub use app::{APPS, check_app, is_recorded};
