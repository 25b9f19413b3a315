//! RTMP tests: the server as its clients see it, both sides against each other, any bytes in any cutting.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::wildcard_enum_match_arm)]

mod any;
mod commands;
mod desk;
mod greeting;
mod packager;
mod pairs;
mod play;
mod publish;
mod words;
