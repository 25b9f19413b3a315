//! The client side: our own publisher and player, for forwarding and pulling.
//!
//! Specs: see [`super`]. - `dial`: handshake and `connect` · `publisher`: a viewer here whose leg is a publisher there ·
//! `player`: a publisher here whose leg is a player there

mod dial;
mod player;
mod publisher;

pub use dial::Target;
pub use player::RtmpPlayer;
pub use publisher::RtmpPublisher;
