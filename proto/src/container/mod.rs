//! Containers: frames in, files and tags out, and back.
//!
//! Specs: named in each room.

pub mod flv;
pub mod fmp4;
pub mod mp4;
pub mod ts;
