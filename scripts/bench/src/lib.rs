//! Measuring tools: a load client, a bare fan-out program to compare with, and a latency probe.
//! They share nothing with the server's own protocol code, so that a mistake there cannot hide itself here.

#![forbid(unsafe_code)]

pub mod amf;
pub mod dist;
pub mod error;
pub mod feed;
pub mod floor;
pub mod flv;
pub mod latency;
pub mod load;
pub mod media;
pub mod procfs;
pub mod rtmp;
pub mod rtsp;
pub mod soak;
pub mod srt;
pub mod target;
