//! `<rtmp>`.

use std::net::IpAddr;

use rtmpd_proto::rtmp::{MAX_CHUNK_SIZE, MIN_CHUNK_SIZE};

use crate::value;
use crate::xml::Section;

/// RTMP, and which other ways of playing may take what was pushed by it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rtmp {
    /// `<ip>`: where to listen; `None` = all addresses, IPv4 and IPv6.
    pub ip: Option<IpAddr>,
    /// `<port>` (TCP).
    pub port: u16,
    /// `<ssl>`: whether RTMPS is spoken on the same port too.
    pub ssl: bool,
    /// `<gopcache>`.
    pub gop_cache: GopCache,
    /// `<chunksize>`: largest chunk payload sent, in bytes.
    pub chunk_size: u32,
    /// `<h265id>`: the classic FLV codec id that stands for H.265.
    pub h265_id: u8,
    /// `<hasrtsp>`: whether what is pushed by RTMP plays by RTSP.
    pub has_rtsp: bool,
    /// `<hashls>`: the same for HLS.
    pub has_hls: bool,
    /// `<hasdash>`: the same for DASH.
    pub has_dash: bool,
    /// `<haswebrtc>`: the same for WebRTC.
    pub has_webrtc: bool,
    /// `<hassrt>`: the same for SRT.
    pub has_srt: bool,
    /// `<maxidle>`: seconds of silence after which a publisher is closed.
    pub max_idle_s: u32,
}

/// What is kept of every stream for those who join, and for those who lag.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct GopCache {
    /// Whether a joiner begins at the newest keyframe; otherwise it waits for the next one.
    pub on: bool,
    /// Most bytes kept per stream.
    pub bytes: u32,
    /// Most seconds kept of a stream whose keyframes are rare.
    pub seconds: u32,
}

impl Default for GopCache {
    fn default() -> Self {
        Self { on: true, bytes: 32 << 20, seconds: 30 }
    }
}

impl Default for Rtmp {
    fn default() -> Self {
        Self {
            ip: None,
            port: 1935,
            ssl: false,
            gop_cache: GopCache::default(),
            chunk_size: 8192,
            h265_id: 12,
            has_rtsp: true,
            has_hls: true,
            has_dash: true,
            has_webrtc: true,
            has_srt: true,
            max_idle_s: 10,
        }
    }
}

impl Rtmp {
    pub(crate) fn read(section: &mut Section) -> Self {
        let default = Self::default();
        let chunk_size = value::number(MIN_CHUNK_SIZE..=MAX_CHUNK_SIZE, "(bytes)");
        Self {
            ip: section.take("ip", value::ip, default.ip),
            port: section.take("port", value::port, default.port),
            ssl: section.take("ssl", value::truth, default.ssl),
            gop_cache: GopCache::read(section),
            chunk_size: section.take("chunksize", chunk_size, default.chunk_size),
            h265_id: section.take("h265id", codec_id, default.h265_id),
            has_rtsp: section.take("hasrtsp", value::truth, default.has_rtsp),
            has_hls: section.take("hashls", value::truth, default.has_hls),
            has_dash: section.take("hasdash", value::truth, default.has_dash),
            has_webrtc: section.take("haswebrtc", value::truth, default.has_webrtc),
            has_srt: section.take("hassrt", value::truth, default.has_srt),
            max_idle_s: section.take("maxidle", value::number(1..=86_400, "(seconds)"), default.max_idle_s),
        }
    }
}

impl GopCache {
    fn read(section: &mut Section) -> Self {
        let default = Self::default();
        let bytes = value::number(65_536..=1 << 30, "(bytes)");
        Self {
            on: section.take("gopcache", value::truth, default.on),
            bytes: section.take("gopcache_bytes", bytes, default.bytes),
            seconds: section.take("gopcache_seconds", value::number(1..=3600, "(seconds)"), default.seconds),
        }
    }
}

/// The ids up to 7 have meanings of their own, 7 being H.264 (FLV 10.1 §E.4.3.1); there are four bits.
fn codec_id(text: &str) -> Result<u8, String> {
    let id = value::number(8..=15, "(12 is what everybody uses)")(text)?;
    Ok(u8::try_from(id).unwrap_or(u8::MAX))
}
