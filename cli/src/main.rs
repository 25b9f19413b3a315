//! smart_rtmpd.

#![forbid(unsafe_code)]

mod args;
mod banner;
mod logging;
mod pages;
mod pool;
#[cfg(test)]
mod tests;

fn main() {}
