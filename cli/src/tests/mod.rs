//! Tests of the program's parts.

mod args;
mod banner;
mod config_file;
pub(crate) mod folder;
mod logging;
mod pages;
mod pool;
mod replay;
