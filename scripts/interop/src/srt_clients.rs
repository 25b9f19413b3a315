//! Third-party SRT callers beyond those of [`crate::clients`].

use std::process::Command;

use crate::clients::{Player, Publisher};
use crate::media::Media;
use crate::paths;

impl Publisher {
    /// `ffmpeg -re -i FILE -c copy -f mpegts URL`, by Debian's ffmpeg.
    pub fn debian_ffmpeg_ts(media: Media, url: &str) -> Self {
        let mut command = Command::new("ffmpeg");
        command.args(["-nostdin", "-loglevel", "info", "-re", "-i"]).arg(media.file());
        command.args(["-map", "0", "-c", "copy", "-f", "mpegts", url]);
        Self::start("Debian's ffmpeg publisher", &mut command)
    }

    /// The same by a current ffmpeg, with AAC as LATM and not as ADTS.
    pub fn ffmpeg_ts_latm(media: Media, url: &str) -> Self {
        let mut command = Command::new(paths::modern_ffmpeg());
        command.args(["-nostdin", "-loglevel", "info", "-re", "-i"]).arg(media.file());
        command.args(["-map", "0", "-c", "copy", "-f", "mpegts", "-mpegts_flags", "latm", url]);
        Self::start("ffmpeg publisher", &mut command)
    }

    /// `srt-live-transmit FROM TO`, both of them SRT: it plays here and publishes there until it is told to end.
    pub fn srt_to_srt(from: &str, to: &str) -> Self {
        let mut command = Command::new("srt-live-transmit");
        command.args(["-a:no", "-q", "-chunk:1316", from, to]);
        Self::start("srt-live-transmit between", &mut command)
    }
}

impl Player {
    /// `ffmpeg -i URL -c copy FILE.ts`, by Debian's ffmpeg.
    pub fn debian_ffmpeg_ts(url: &str) -> Self {
        Self::start("Debian's ffmpeg player", "ts", |output| {
            let mut command = Command::new("ffmpeg");
            command.args(["-nostdin", "-loglevel", "info", "-y", "-i", url, "-map", "0", "-c", "copy"]);
            command.args(["-flush_packets", "1"]).arg(output);
            command
        })
    }
}
