//! HTTP/1.1 and WebSocket: live streams for browsers and players, and the pages.
//!
//! Specs: RFC 9110 (semantics), RFC 9112 (HTTP/1.1), RFC 7578 (forms), RFC 6455 (WebSocket), Fetch (CORS).
//!
//! - [`wire`]: request heads and bodies in, response heads out; limits before allocation
//! - [`route`]: one match, method and path → [`route::Route`]
//! - [`server`]: keep-alive, pipelining, one responder at a time: the machine
//! - [`form`]: files that clients send
//! - [`client`]: the asking side
//! - [`ws`]: WebSocket frames and the packager that pre-heads them
//! - [`mime`]: types of files by their ending

pub mod client;
pub mod form;
mod library;
pub mod mime;
mod objects;
mod packaging;
mod pass;
pub mod route;
pub mod server;
mod settings;
#[cfg(test)]
mod tests;
pub mod wire;
pub mod ws;

pub use packaging::{Endless, WS_FLV, WS_FLV_ALL, WS_FLV_LEGACY, WS_MP4, WS_TS, packager};
pub use pass::Passes;
pub use server::{HttpServer, HttpService};
pub use settings::{Settings, Uploaders, Uploads};
