//! Who may publish or play, what a second publisher means, and which way forwarded streams may go.

mod access;
mod address;
mod app;
mod contest;
mod limits;
mod route;
#[cfg(test)]
mod tests;

pub use access::{Access, Claims, Pattern, Roles, Rules, Shown, StreamSecret, User};
pub use address::{Addresses, Net};
pub use app::{APPS, check_app, is_recorded};
pub use contest::{Contest, contest};
pub use limits::Limits;
pub use route::{MAX_HOPS, check_route, mark, passed};
