//! Which apps exist.

use crate::error::Refusal;

/// The apps a server has: `live` is live only, `rec` is live and recorded.
pub const APPS: [&str; 2] = ["live", "rec"];

/// Whether `app` exists here.
///
/// # Errors
/// [`Refusal::UnknownApp`] for any other name than those of [`APPS`].
pub fn check_app(app: &str) -> Result<(), Refusal> {
    if APPS.contains(&app) { Ok(()) } else { Err(Refusal::UnknownApp(app.chars().take(64).collect())) }
}

/// Whether streams of `app` are recorded.
pub fn is_recorded(app: &str) -> bool {
    app == "rec"
}
