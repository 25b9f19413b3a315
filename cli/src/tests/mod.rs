//! Tests of the program's parts.

mod args;
mod banner;
mod folder;
mod logging;
mod pages;
mod pool;
