//! Tests of the replay: capture files are made here, byte by byte.

mod driving;
mod files;
mod links;
mod making;
mod recalling;
mod streams;
