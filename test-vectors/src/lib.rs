//! Test vectors: the bodies of the fuzz targets, so that a plain `cargo test` can replay their corpora.
//!
//! A corpus lies in `fuzz/<target>/`, a capture with what is expected of it in `<protocol>/<case>/`; their READMEs say
//! where they come from.

#![forbid(unsafe_code)]

pub mod fuzz;
