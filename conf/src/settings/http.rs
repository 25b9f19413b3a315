//! `<http>`: HTTP and HTTPS, and what is made for them: HLS, DASH, recordings.

use std::net::IpAddr;

use crate::value;
use crate::xml::Section;

/// HTTP and HTTPS.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Http {
    /// `<enable>`: whether there is a listener.
    pub enable: bool,
    /// `<ip>`: where to listen; `None` = all addresses, IPv4 and IPv6.
    pub ip: Option<IpAddr>,
    /// `<port>` of HTTP (TCP).
    pub port: u16,
    /// `<sport>`: port of HTTPS (TCP).
    pub sport: u16,
    /// `<ssl>`: whether HTTPS is on.
    pub ssl: bool,
    /// `<ioshrink>`: a buffer size of older servers, in KB; kept, without meaning here.
    pub io_shrink: u32,
    /// `<hls>`.
    pub hls: Hls,
    /// `<dash>`.
    pub dash: Dash,
    /// `<rec>`.
    pub rec: Rec,
    /// `<upload>`.
    pub upload: Upload,
}

/// HLS.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Hls {
    /// Segments listed in a live playlist.
    pub count: u32,
    /// Length of a segment in seconds.
    pub duration_s: u32,
    /// Segments kept.
    pub cache: u32,
    /// Length of a part in ms: what low-latency players fetch.
    pub part_ms: u32,
    /// What segments are.
    pub format: HlsFormat,
}

/// What HLS segments are.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum HlsFormat {
    /// MPEG-TS for H.264 with AAC or MP3, fragmented MP4 for the rest.
    Auto,
    /// MPEG-TS.
    Ts,
    /// Fragmented MP4.
    Fmp4,
}

/// DASH.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Dash {
    /// Length of a segment in seconds.
    pub duration_s: u32,
    /// Segments kept.
    pub cache: u32,
}

/// Recording.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Rec {
    /// What is written.
    pub mode: RecMode,
    /// Minutes after which a new file is begun.
    pub period_min: u32,
    /// Days after which a recording is deleted; 0 = never.
    pub days: u32,
    /// Most MB of all recordings; beyond that the oldest are deleted. 0 = no limit.
    pub max_mb: u32,
    /// MB that stay free on the disk: the oldest recordings are deleted for that. 0 = no matter.
    pub free_mb: u32,
}

/// Uploads into `vod/`.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Upload {
    /// Most MB of one upload, with all its files; 0 = uploads are off.
    pub max_mb: u32,
    /// Who may.
    pub from: UploadFrom,
}

/// Who may upload.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum UploadFrom {
    /// Uploads are off.
    None,
    /// Clients on this machine.
    Local,
    /// Everybody.
    Any,
}

/// What is written when a stream is recorded.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum RecMode {
    /// A playlist with MPEG-TS segments.
    Hls,
    /// A manifest with fMP4 segments.
    Dash,
    /// MP4 files.
    Mp4,
    /// FLV files.
    Flv,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            enable: true,
            ip: None,
            port: 8080,
            sport: 8181,
            ssl: false,
            io_shrink: 32,
            hls: Hls { count: 3, duration_s: 5, cache: 6, part_ms: 250, format: HlsFormat::Auto },
            dash: Dash { duration_s: 6, cache: 12 },
            rec: Rec { mode: RecMode::Hls, period_min: 3, days: 0, max_mb: 0, free_mb: 0 },
            upload: Upload { max_mb: 4096, from: UploadFrom::None },
        }
    }
}

impl Http {
    pub(crate) fn read(section: &mut Section) -> Self {
        let default = Self::default();
        Self {
            enable: section.take("enable", value::truth, default.enable),
            ip: section.take("ip", value::ip, default.ip),
            port: section.take("port", value::port, default.port),
            sport: section.take("sport", value::port, default.sport),
            ssl: section.take("ssl", value::truth, default.ssl),
            io_shrink: section.take("ioshrink", value::number(1..=65_536, "(KB)"), default.io_shrink),
            hls: hls(section, default.hls),
            dash: dash(section, default.dash),
            rec: rec(section, default.rec),
            upload: upload(section, default.upload),
        }
    }
}

fn hls(section: &mut Section, default: Hls) -> Hls {
    Hls {
        count: section.take("hls_count", value::number(1..=100, "(segments)"), default.count),
        duration_s: section.take("hls_duration", value::number(1..=60, "(seconds)"), default.duration_s),
        cache: section.take("hls_cache", value::number(1..=1000, "(segments)"), default.cache),
        part_ms: section.take("hls_part", value::number(100..=5000, "(ms)"), default.part_ms),
        format: section.take("hls_format", hls_format, default.format),
    }
}

fn hls_format(text: &str) -> Result<HlsFormat, String> {
    match text.to_ascii_lowercase().as_str() {
        "auto" => Ok(HlsFormat::Auto),
        "ts" => Ok(HlsFormat::Ts),
        "fmp4" => Ok(HlsFormat::Fmp4),
        _ => Err("auto, ts or fmp4".into()),
    }
}

fn dash(section: &mut Section, default: Dash) -> Dash {
    Dash {
        duration_s: section.take("dash_duration", value::number(1..=60, "(seconds)"), default.duration_s),
        cache: section.take("dash_cache", value::number(1..=1000, "(segments)"), default.cache),
    }
}

fn rec(section: &mut Section, default: Rec) -> Rec {
    let mode = section.take("rec_mode", rec_mode, default.mode);
    // Documents of older servers disagree about which digit is which.
    match section.peek("rec_mode").as_deref() {
        Some("0") => section.warn("rec_mode", "taken as hls; write the word"),
        Some("1") => section.warn("rec_mode", "taken as dash; write the word"),
        Some(_) | None => {}
    }
    let period_min = section.take("rec_period", value::number(1..=1440, "(minutes)"), default.period_min);
    let megabytes = || value::number(0..=u32::MAX, "(MB, 0 for no limit)");
    Rec {
        mode,
        period_min,
        days: section.take("rec_days", value::number(0..=36_500, "(days, 0 for ever)"), default.days),
        max_mb: section.take("rec_max", megabytes(), default.max_mb),
        free_mb: section.take("rec_free", megabytes(), default.free_mb),
    }
}

fn upload(section: &mut Section, default: Upload) -> Upload {
    let max = value::number(0..=u32::MAX, "(MB, 0 for no uploads)");
    Upload {
        max_mb: section.take("upload_max", max, default.max_mb),
        from: section.take("upload_from", upload_from, default.from),
    }
}

fn upload_from(text: &str) -> Result<UploadFrom, String> {
    match text.to_ascii_lowercase().as_str() {
        "none" => Ok(UploadFrom::None),
        "local" => Ok(UploadFrom::Local),
        "any" => Ok(UploadFrom::Any),
        _ => Err("none, local or any".into()),
    }
}

fn rec_mode(text: &str) -> Result<RecMode, String> {
    match text.to_ascii_lowercase().as_str() {
        "hls" | "0" => Ok(RecMode::Hls),
        "dash" | "1" => Ok(RecMode::Dash),
        "mp4" => Ok(RecMode::Mp4),
        "flv" => Ok(RecMode::Flv),
        _ => Err("hls, dash, mp4 or flv".into()),
    }
}
