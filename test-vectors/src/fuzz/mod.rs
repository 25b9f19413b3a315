//! One body per wire parser and per machine: any input must come out as values or as an error, within bounds, and the
//! same whichever way it is cut.

mod amf;
mod floor;
mod flv;
mod http;
mod machine;
mod mp4;
mod rtmp;
mod rtp;
mod rtp_session;
mod rtsp;
mod rtsp_machines;
mod source;
mod srt;
mod ts;

pub use amf::{amf0, amf3};
pub use flv::{flv_bodies, flv_file};
pub use http::{http_request, http_server, multipart, websocket};
pub use mp4::{fmp4_fragments, mp4_index};
pub use rtmp::{rtmp_chunks, rtmp_handshake, rtmp_player, rtmp_publisher, rtmp_server};
pub use rtp::{rtp_aac, rtp_nals, rtp_obus, rtp_sound, rtp_vpx};
pub use rtp_session::{rtcp, rtp_reorder, rtp_session};
pub use rtsp::{rtsp_messages, rtsp_transport, sdp};
pub use rtsp_machines::{rtsp_player, rtsp_publisher, rtsp_server};
pub use srt::{srt_connection, srt_handshake, srt_packet};
pub use ts::ts_demuxer;

/// A target's body.
pub type Body = fn(&[u8]);

/// Every target by name: its corpus folder, and its file in `fuzz/fuzz_targets`.
pub const TARGETS: &[(&str, Body)] = &[
    ("amf0", amf0),
    ("amf3", amf3),
    ("flv_bodies", flv_bodies),
    ("flv_file", flv_file),
    ("fmp4_fragments", fmp4_fragments),
    ("http_request", http_request),
    ("http_server", http_server),
    ("mp4_index", mp4_index),
    ("multipart", multipart),
    ("rtcp", rtcp),
    ("rtmp_chunks", rtmp_chunks),
    ("rtmp_handshake", rtmp_handshake),
    ("rtmp_player", rtmp_player),
    ("rtmp_publisher", rtmp_publisher),
    ("rtmp_server", rtmp_server),
    ("rtp_aac", rtp_aac),
    ("rtp_nals", rtp_nals),
    ("rtp_obus", rtp_obus),
    ("rtp_sound", rtp_sound),
    ("rtp_vpx", rtp_vpx),
    ("rtp_reorder", rtp_reorder),
    ("rtp_session", rtp_session),
    ("rtsp_messages", rtsp_messages),
    ("rtsp_player", rtsp_player),
    ("rtsp_publisher", rtsp_publisher),
    ("rtsp_server", rtsp_server),
    ("rtsp_transport", rtsp_transport),
    ("sdp", sdp),
    ("srt_connection", srt_connection),
    ("srt_handshake", srt_handshake),
    ("srt_packet", srt_packet),
    ("ts_demuxer", ts_demuxer),
    ("websocket", websocket),
];

/// Longest input a target looks at, in bytes: enough for every structure, short enough to be quick.
const MAX_INPUT: usize = 64 << 10;
