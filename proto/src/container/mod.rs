//! Containers: frames in, files and tags out, and back.
//!
//! Specs: named in each room.

pub mod flv;
