//! Who may publish or play, what a second publisher means, and which way forwarded streams may go.

mod app;
mod contest;
mod route;

pub use app::{APPS, check_app, is_recorded};
pub use contest::{Contest, contest};
pub use route::{MAX_HOPS, check_route, mark, passed};
