//! The driver of the server: worker threads which each run one readiness loop around one shard.
//!
//! The only crate with sockets, a clock and threads, and the only one where `unsafe` may appear (descriptor limits,
//! UDP in batches).
//! Start with [`Server::start`]; the loop itself is in `worker`:
//!
//! ```text
//! poll ─▶ accept ─▶ letters ─▶ read ─▶ mail ─▶ actions ─▶ timers and pump ─▶ actions ─▶ poll
//! ```
//!
//! [`Settings`] are the knobs, [`Listener`] is a door, [`Caller`] answers what machines cannot, [`Clock`] is the
//! only clock, [`datagram`] is UDP, and [`stop_on_signal`] ends it all in good order.

mod caller;
mod clock;
pub mod datagram;
mod inbox;
mod listener;
mod resolver;
mod server;
mod settings;
mod signals;
mod stopper;
mod system;
mod worker;

pub use caller::{Caller, Done};
pub use clock::Clock;
pub use listener::{Listener, MakeAttendants, MakeService, Transport};
pub use server::{Reminder, Server};
pub use settings::Settings;
pub use signals::stop_on_signal;
pub use stopper::Stopper;
