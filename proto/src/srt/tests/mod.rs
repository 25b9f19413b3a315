//! SRT against itself, through a net that loses, delays, reorders and repeats, in simulated time.

mod callers;
mod crypto;
mod flood;
mod halves;
mod handshake;
mod keys;
mod lossy;
mod net;
mod pair;
mod stream_ids;
mod wire;
mod wraps;
