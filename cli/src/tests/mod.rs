//! Tests of the program's parts.

mod args;
mod folder;
mod logging;
