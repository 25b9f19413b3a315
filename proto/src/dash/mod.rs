//! DASH: the manifest of a live stream's CMAF objects.
//!
//! Specs: ISO/IEC 23009-1 (MPD, §5.3; live profile, §8.4), DASH-IF IOP (low latency).

mod manifest;
#[cfg(test)]
mod tests;

pub use manifest::{Era, Lane, Manifest, Representation, render};
