//! The real server with real clients: what the tests in `tests/` are written with.
//!
//! [`Server`] is the binary under test on free loopback ports, [`media`] makes the files that are published,
//! [`clients`] are the third-party publishers and players, [`raw`] our own players of raw bytes, [`srt`] a bare caller,
//! [`weather`] is what networks do to datagrams, and [`flv`] and [`compare`] say whether what was played is what was
//! published. Helpers panic with a reason: they are only used by tests.

#![forbid(unsafe_code)]

pub mod auth_server;
pub mod clients;
pub mod compare;
pub mod flv;
pub mod media;
pub mod paths;
mod process;
pub mod raw;
mod server;
pub mod srt;
mod srt_clients;
pub mod weather;

pub use process::{Process, until};
pub use server::{INDEX, Server};
