//! Tests with real sockets on the loopback, each way of sending and receiving against the others.

mod arriving;
mod harness;
mod leaving;
mod opening;
#[cfg(target_os = "linux")]
mod progress;
