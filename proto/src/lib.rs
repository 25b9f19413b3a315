//! How each wire of smart_rtmpd speaks: sans-IO machines and codecs. Knows the core, never a socket.
//!
//! The rooms, lowest first; a lower one never imports a higher one:
//!
//! - [`bytes`] holds checked readers and writers (big-endian numbers, bits)
//! - [`amf`] is Action Message Format, the values of RTMP commands and FLV script data
//! - [`codec`] reads what parameter sets and frame headers of each codec say
//! - [`container`] packs frames into FLV, MPEG-TS and MP4 and takes them out of them
//! - [`http`] serves live streams and pages by HTTP/1.1 and WebSocket
//! - [`rtp`] carries media in RTP packets, for RTSP and WebRTC
//! - [`relay`] keeps streams going to other servers
//! - [`rtmp`] speaks RTMP, as a server and as a client
//! - [`srt`] speaks SRT, as a listener and as a caller
//! - [`rtsp`] speaks RTSP
//! - [`tls`] puts TLS around any of their machines
//! - [`auth`] asks an auth server who may come in
//!
//! Peer input produces values and errors, never a panic: nothing here indexes, and each length from the wire is
//! held against a bound before anything is allocated for it.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::expect_used))]

pub mod amf;
pub mod auth;
pub mod bytes;
pub mod cmaf;
pub mod codec;
pub mod container;
pub mod dash;
pub mod hls;
pub mod http;
pub mod rec;
pub mod relay;
pub mod rtmp;
pub mod rtp;
pub mod rtsp;
pub mod segment;
pub mod srt;
pub mod tls;
