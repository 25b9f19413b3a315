//! smart_rtmpd.
fn main() {}
