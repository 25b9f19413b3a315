//! RTSP tests: what headers say, and our machines against each other through real shards and a simulated network.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::wildcard_enum_match_arm)]

mod accounts;
mod auth;
mod caller;
mod clients;
mod hostile;
mod judge;
mod multicast;
mod pacer;
mod pairs;
mod patience;
mod range;
mod states;
mod translated;
mod transport;
mod tunnels;
mod url;
mod world;
