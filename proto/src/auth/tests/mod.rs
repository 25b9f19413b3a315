//! Request lines, literally, and the machine that sends them.
#![allow(clippy::unwrap_used)]

mod asking;
mod gates;
mod lines;
mod tokens;
