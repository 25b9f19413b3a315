//! Tables and properties of the media model.
#![allow(clippy::unwrap_used)]
