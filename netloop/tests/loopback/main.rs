//! The loop with real sockets on the loopback: a service that speaks lines, and clients that are plain std sockets.

mod basics;
mod calls;
mod child;
mod dialling;
mod ending;
mod harness;
mod media;
mod pressure;
mod service;
