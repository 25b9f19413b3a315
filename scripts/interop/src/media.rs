//! The files that are published: made once by ffmpeg, small, eight seconds, a keyframe every second.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use crate::flv::Flv;
use crate::paths;

/// Seconds in every file.
pub const SECONDS: u32 = 8;

/// What is in a file.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Media {
    /// H.264 with B-frames, AAC.
    H264Aac,
    /// H.265 with B-frames, AAC.
    HevcAac,
    /// AAC alone.
    AudioOnly,
    /// H.264 alone.
    VideoOnly,
    /// H.264, G.711 A-law.
    H264Alaw,
    /// H.264, G.711 µ-law.
    H264Mulaw,
    /// H.264, MP3.
    H264Mp3,
    /// H.264, Opus (Enhanced RTMP).
    H264Opus,
    /// H.264, FLAC (Enhanced RTMP).
    H264Flac,
    /// H.264, AC-3 (Enhanced RTMP).
    H264Ac3,
    /// H.264, E-AC-3 (Enhanced RTMP).
    H264Eac3,
    /// AV1, AAC (Enhanced RTMP).
    Av1Aac,
    /// VP9, AAC (Enhanced RTMP).
    Vp9Aac,
    /// H.264 and two AAC tracks (Enhanced RTMP v2 multitrack).
    TwoAudios,
    /// H.264 of about 1 MB per second, to fill buffers with.
    Heavy,
}

impl Media {
    /// File name without ending, and ffmpeg's video and audio options (`None`: no such track).
    fn recipe(self) -> (&'static str, Option<&'static str>, Option<&'static str>) {
        const H264: &str = "-c:v libx264 -preset veryfast -bf 2 -g 25 -keyint_min 25 -sc_threshold 0";
        const HEVC: &str = "-c:v libx265 -preset ultrafast -x265-params log-level=1:keyint=25:min-keyint=25:bframes=2:open-gop=0";
        const HEAVY: &str = "-vf noise=alls=100:allf=t -c:v libx264 -preset ultrafast -g 25 -b:v 8M";
        const AV1: &str = "-c:v libsvtav1 -preset 10 -g 25 -svtav1-params lookahead=0";
        const VP9: &str = "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 25";
        match self {
            Self::H264Aac => ("h264-aac", Some(H264), Some("-c:a aac -ar 44100")),
            Self::HevcAac => ("hevc-aac", Some(HEVC), Some("-c:a aac -ar 48000")),
            Self::AudioOnly => ("aac", None, Some("-c:a aac -ar 44100")),
            Self::VideoOnly => ("h264", Some(H264), None),
            Self::H264Alaw => ("h264-alaw", Some(H264), Some("-c:a pcm_alaw -ar 8000 -ac 1")),
            Self::H264Mulaw => ("h264-mulaw", Some(H264), Some("-c:a pcm_mulaw -ar 8000 -ac 1")),
            Self::H264Mp3 => ("h264-mp3", Some(H264), Some("-c:a libmp3lame -ar 44100")),
            Self::H264Opus => ("h264-opus", Some(H264), Some("-c:a libopus -ar 48000")),
            Self::H264Flac => ("h264-flac", Some(H264), Some("-c:a flac -ar 44100")),
            Self::H264Ac3 => ("h264-ac3", Some(H264), Some("-c:a ac3 -ar 48000")),
            Self::H264Eac3 => ("h264-eac3", Some(H264), Some("-c:a eac3 -ar 48000")),
            Self::Av1Aac => ("av1-aac", Some(AV1), Some("-c:a aac -ar 44100")),
            Self::Vp9Aac => ("vp9-aac", Some(VP9), Some("-c:a aac -ar 44100")),
            Self::Heavy => ("heavy", Some(HEAVY), None),
            Self::TwoAudios => ("h264-aac-aac", Some(H264), Some("-map 2 -c:a aac -ar 44100")),
        }
    }

    /// Whether its pictures are NAL units.
    pub fn has_units(self) -> bool {
        !matches!(self, Self::AudioOnly | Self::Av1Aac | Self::Vp9Aac)
    }

    /// Whether Debian's ffmpeg 5.1 cannot carry it in FLV.
    pub fn is_enhanced(self) -> bool {
        match self {
            Self::H264Aac | Self::AudioOnly | Self::VideoOnly | Self::Heavy => false,
            Self::H264Alaw | Self::H264Mulaw | Self::H264Mp3 => false,
            Self::HevcAac | Self::H264Opus | Self::H264Flac | Self::H264Ac3 | Self::H264Eac3 => true,
            Self::Av1Aac | Self::Vp9Aac | Self::TwoAudios => true,
        }
    }

    /// The ffmpeg that can carry it.
    pub fn ffmpeg(self) -> PathBuf {
        if self.is_enhanced() { paths::modern_ffmpeg() } else { "ffmpeg".into() }
    }

    /// The file to publish: MP4, or Matroska for what MP4 cannot hold.
    pub fn file(self) -> PathBuf {
        let (name, ..) = self.recipe();
        let format = if matches!(self, Self::H264Alaw | Self::H264Mulaw) { "mkv" } else { "mp4" };
        made_once(&format!("{name}.{format}"), |path| self.encode(path))
    }

    /// What ffmpeg makes of the file with `-c copy -f flv`: what a publisher sends.
    pub fn flv(self) -> Flv {
        let (name, ..) = self.recipe();
        let file = self.file();
        let path = made_once(&format!("{name}.flv"), |path| {
            let mut command = quiet(&self.ffmpeg());
            command.arg("-i").arg(&file).args(["-map", "0", "-c", "copy", "-f", "flv"]).arg(path);
            run(&mut command);
        });
        Flv::open(&path)
    }

    fn encode(self, path: &Path) {
        let (_, video, audio) = self.recipe();
        let mut command = quiet(&paths::modern_ffmpeg());
        command.args(["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25"]);
        // Two voices that never repeat, so that no two audio packets are alike.
        command.args(["-f", "lavfi", "-i", "aevalsrc=0.4*sin(2*PI*(300+37*t)*t)|0.4*sin(2*PI*(500+29*t)*t)"]);
        command.args(["-f", "lavfi", "-i", "aevalsrc=0.4*sin(2*PI*(900+17*t)*t)|0.4*sin(2*PI*(700+13*t)*t)"]);
        if let Some(options) = video {
            command.args(["-map", "0", "-pix_fmt", "yuv420p", "-b:v", "300k"]).args(options.split(' '));
        }
        if let Some(options) = audio {
            command.args(["-map", "1"]).args(options.split(' '));
        }
        command.args(["-t", &SECONDS.to_string()]).arg(path);
        run(&mut command);
    }
}

/// The file of this name in the media folder; `make` writes it when it is not there yet.
fn made_once(name: &str, make: impl FnOnce(&Path)) -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let folder = paths::target().join("interop-media");
    let path = folder.join(name);
    if path.exists() {
        return path;
    }
    let guard = ONE_AT_A_TIME.lock();
    if !path.exists() {
        std::fs::create_dir_all(&folder).expect("the media folder can be made");
        let unfinished = folder.join(format!("unfinished-{name}"));
        make(&unfinished);
        std::fs::rename(&unfinished, &path).expect("a finished file can be renamed");
    }
    drop(guard);
    path
}

fn quiet(ffmpeg: &Path) -> Command {
    let mut command = Command::new(ffmpeg);
    command.args(["-nostdin", "-loglevel", "error", "-y"]);
    command
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("ffmpeg does not start: {error}"));
    assert!(output.status.success(), "{command:?}:\n{}", String::from_utf8_lossy(&output.stderr));
}
