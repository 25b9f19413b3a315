//! Answers cut anywhere, and servers that are slow, dead or half-hearted.
#![allow(clippy::unwrap_used)]

mod answers;
mod servers;
