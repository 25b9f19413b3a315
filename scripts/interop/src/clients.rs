//! Third-party publishers and players, each started as a user would start it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::flv::Flv;
use crate::media::Media;
use crate::paths;
use crate::process::{Process, until};

/// How long a publisher of one of [`Media`]'s files may take at most.
const PUBLISHING: Duration = Duration::from_secs(60);

/// A program that sends a file to the server, at the file's own pace.
#[derive(Debug)]
pub struct Publisher {
    process: Process,
    folder: PathBuf,
}

impl Publisher {
    /// `ffmpeg -re -i FILE -c copy -f flv URL`
    pub fn ffmpeg(media: Media, url: &str) -> Self {
        Self::ffmpeg_times(1, media, url)
    }

    /// The same by a current ffmpeg through TLS, believing servers whom this authority has signed.
    pub fn ffmpeg_trusting(media: Media, url: &str, authority: &Path) -> Self {
        let mut command = Command::new(paths::modern_ffmpeg());
        command.args(["-nostdin", "-loglevel", "info", "-re", "-i"]).arg(media.file());
        command.args(["-map", "0", "-c", "copy", "-tls_verify", "1", "-ca_file"]).arg(authority);
        command.args(["-f", "flv", url]);
        Self::start("ffmpeg publisher", &mut command)
    }

    /// The same, so many times over.
    pub fn ffmpeg_times(times: u32, media: Media, url: &str) -> Self {
        let mut command = Command::new(media.ffmpeg());
        command.args([
            "-nostdin",
            "-loglevel",
            "info",
            "-re",
            "-stream_loop",
            &(times - 1).to_string(),
            "-i",
        ]);
        command.arg(media.file()).args(["-map", "0", "-c", "copy", "-f", "flv", url]);
        Self::start("ffmpeg publisher", &mut command)
    }

    /// `ffmpeg -re -i FILE -c copy -f rtsp -rtsp_transport TRANSPORT URL`, by a current ffmpeg.
    pub fn ffmpeg_rtsp(media: Media, url: &str, transport: &str) -> Self {
        Self::ffmpeg_as(1, media, &["-f", "rtsp", "-rtsp_transport", transport, url])
    }

    /// `ffmpeg -re -i FILE -c copy -f mpegts URL`, by a current ffmpeg.
    pub fn ffmpeg_ts(media: Media, url: &str) -> Self {
        Self::ffmpeg_ts_times(1, media, url)
    }

    /// The same, so many times over.
    pub fn ffmpeg_ts_times(times: u32, media: Media, url: &str) -> Self {
        Self::ffmpeg_as(times, media, &["-f", "mpegts", url])
    }

    fn ffmpeg_as(times: u32, media: Media, output: &[&str]) -> Self {
        let mut command = Command::new(paths::modern_ffmpeg());
        command.args(["-nostdin", "-loglevel", "info", "-re", "-stream_loop", &(times - 1).to_string()]);
        command.arg("-i").arg(media.file());
        // Its VP9 by RTP follows a draft, and has to be asked for.
        command.args(["-map", "0", "-c", "copy", "-strict", "experimental"]).args(output);
        Self::start("ffmpeg publisher", &mut command)
    }

    /// `ffmpeg … -f mpegts - | srt-live-transmit file://con URL`, which does not end with its input but after a time.
    pub fn srt_live_transmit(media: Media, url: &str) -> Self {
        let mut command = Command::new("sh");
        let script = "\"$0\" -nostdin -loglevel error -re -i \"$1\" -map 0 -c copy -f mpegts -flush_packets 1 - | \
                      srt-live-transmit -a:no -to:12 -q file://con \"$2\"";
        command.args(["-c", script]).arg(paths::modern_ffmpeg()).arg(media.file()).arg(url);
        Self::start("srt-live-transmit publisher", &mut command)
    }

    /// GStreamer's `srtsink`, for H.264 and AAC.
    pub fn gstreamer_srt(media: Media, url: &str) -> Self {
        let mut command = Command::new("gst-launch-1.0");
        let (file, uri) = (format!("location={}", media.file().display()), format!("uri={url}"));
        command
            .args(["-e", "filesrc", &file])
            .args("! qtdemux name=in mpegtsmux name=out alignment=7".split(' '));
        command.args(["!", "srtsink", "sync=true", "wait-for-connection=true", &uri]);
        command.args("in.video_0 ! queue ! h264parse ! out. in.audio_0 ! queue ! aacparse ! out.".split(' '));
        Self::start("GStreamer publisher", &mut command)
    }

    /// GStreamer's `rtspclientsink`, for H.264 and AAC; `protocols` is `tcp` or `udp`.
    pub fn gstreamer_rtsp(media: Media, url: &str, protocols: &str) -> Self {
        let mut command = Command::new("gst-launch-1.0");
        let (file, location) = (format!("location={}", media.file().display()), format!("location={url}"));
        command.args(["-e", "filesrc", &file]).args("! qtdemux name=in rtspclientsink name=out".split(' '));
        command.args([&location, &format!("protocols={protocols}")]);
        command.args("in.video_0 ! queue ! h264parse ! out. in.audio_0 ! queue ! aacparse ! out.".split(' '));
        Self::start("GStreamer publisher", &mut command)
    }

    /// GStreamer's `rtmp2sink`, for H.264 and AAC.
    pub fn gstreamer(media: Media, url: &str) -> Self {
        let mut command = Command::new("gst-launch-1.0");
        let file = format!("location={}", media.file().display());
        let pipeline = "! qtdemux name=in  flvmux name=out streamable=true ! rtmp2sink sync=true";
        command
            .args(["-e", "filesrc", &file])
            .args(pipeline.split_whitespace())
            .arg(format!("location={url}"));
        command.args(
            "in.video_0 ! queue ! h264parse ! out.video in.audio_0 ! queue ! aacparse ! out.audio".split(' '),
        );
        Self::start("GStreamer publisher", &mut command)
    }

    pub(crate) fn start(name: &str, command: &mut Command) -> Self {
        let folder = paths::scratch("publisher");
        let stdout = File::create(folder.join("stdout")).expect("a file can be made");
        let process = Process::start(name, command.stdout(stdout), &folder.join("stderr"));
        Self { process, folder }
    }

    /// Its process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Waits until the whole file was sent, and wants that to have gone well.
    pub fn finish(&mut self) {
        self.process.succeed(PUBLISHING);
    }

    /// Waits for its end, and wants it to have failed; gives what it said.
    pub fn fails(&mut self) -> String {
        let status = self.process.wait(PUBLISHING);
        assert!(!status.success(), "the publisher was to fail:\n{}", self.process.log());
        self.process.log()
    }

    /// Waits until the whole file was sent, and ends it when it has not ended by then.
    pub fn finish_or_kill(&mut self, patience: Duration) {
        if !self.process.ends_within(patience) {
            self.process.signal("KILL");
        }
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.process.signal("KILL");
            std::fs::remove_dir_all(&self.folder).ok();
        }
    }
}

/// A program that plays a URL into a file.
#[derive(Debug)]
pub struct Player {
    process: Process,
    folder: PathBuf,
    output: PathBuf,
}

impl Player {
    /// `ffmpeg -i URL -c copy FILE.flv`: RTMP or HTTP-FLV, by Debian's ffmpeg.
    pub fn ffmpeg(url: &str) -> Self {
        Self::ffmpeg_at(Path::new("ffmpeg"), url)
    }

    /// The same by a current ffmpeg, which speaks Enhanced RTMP.
    pub fn modern_ffmpeg(url: &str) -> Self {
        Self::ffmpeg_at(&paths::modern_ffmpeg(), url)
    }

    fn ffmpeg_at(program: &Path, url: &str) -> Self {
        Self::start("ffmpeg player", "flv", |output| {
            let mut command = Command::new(program);
            command.args(["-nostdin", "-loglevel", "info", "-y", "-i", url]);
            command.args(["-map", "0", "-c", "copy", "-flush_packets", "1", "-f", "flv"]).arg(output);
            command
        })
    }

    /// The same through TLS, believing servers whom this authority has signed.
    pub fn ffmpeg_trusting(url: &str, authority: &Path) -> Self {
        Self::start("ffmpeg player", "flv", |output| {
            let mut command = Command::new(paths::modern_ffmpeg());
            command
                .args(["-nostdin", "-loglevel", "info", "-y", "-tls_verify", "1", "-ca_file"])
                .arg(authority);
            command.args(["-i", url, "-map", "0", "-c", "copy"]);
            if url.starts_with("rtsps") {
                command.args(["-bsf:v", "filter_units=remove_types=7-9,noise=drop=eq(pts\\,nopts)"]);
            }
            command.args(["-flush_packets", "1", "-f", "flv"]).arg(output);
            command
        })
    }

    /// A current ffmpeg for what comes as MPEG-TS or fragments. Transport streams carry delimiters and parameter sets among
    /// the pictures, which no FLV does: they are taken out.
    pub fn ffmpeg_segments(url: &str, media: Media) -> Self {
        let units = if media == Media::HevcAac { "32-35" } else { "7-9" };
        Self::start("ffmpeg player", "flv", |output| {
            let mut command = Command::new(paths::modern_ffmpeg());
            command.args(["-nostdin", "-loglevel", "info", "-y", "-i", url, "-map", "0", "-c", "copy"]);
            if media.has_units() {
                command.args(["-bsf:v", &format!("filter_units=remove_types={units}")]);
            }
            command.args(["-flush_packets", "1", "-f", "flv"]).arg(output);
            command
        })
    }

    /// A current ffmpeg by RTSP, over `tcp`, `udp` or `http`. Its demuxer gives the first picture no time when that is
    /// several packets long, and FLV cannot hold it then: it is left out.
    pub fn ffmpeg_rtsp(url: &str, transport: &str, media: Media) -> Self {
        let units = if media == Media::HevcAac {
            "filter_units=remove_types=32-35,"
        } else if media.has_units() {
            "filter_units=remove_types=7-9,"
        } else {
            ""
        };
        Self::start("ffmpeg player", "flv", |output| {
            let mut command = Command::new(paths::modern_ffmpeg());
            command.args(["-nostdin", "-loglevel", "info", "-y", "-rtsp_transport", transport]);
            command.args(["-i", url, "-map", "0", "-c", "copy"]);
            command.args(["-bsf:v", &format!("{units}noise=drop=eq(pts\\,nopts)")]);
            command.args(["-flush_packets", "1", "-f", "flv"]).arg(output);
            command
        })
    }

    /// The same for VP9, whose keyframes its demuxer does not mark: all pictures, in a Matroska file.
    pub fn ffmpeg_rtsp_vp9(url: &str, transport: &str) -> Self {
        Self::start("ffmpeg player", "mkv", |output| {
            let mut command = Command::new(paths::modern_ffmpeg());
            command.args(["-nostdin", "-loglevel", "info", "-y", "-rtsp_transport", transport, "-i", url]);
            command.args(["-map", "0:v", "-c", "copy", "-copyinkf", "-flush_packets", "1"]).arg(output);
            command
        })
    }

    /// GStreamer's `rtspsrc`, over `tcp` or `udp`: H.264 as it came, in a Matroska file.
    pub fn gstreamer_rtsp(url: &str, protocols: &str) -> Self {
        Self::start("GStreamer player", "mkv", |output| {
            let mut command = Command::new("gst-launch-1.0");
            command.args(["-e", "rtspsrc", &format!("location={url}"), &format!("protocols={protocols}")]);
            command.args("latency=200 ! application/x-rtp,media=video ! rtph264depay ! h264parse".split(' '));
            command.args(
                "! matroskamux streamable=true ! filesink async=false buffer-mode=unbuffered".split(' '),
            );
            command.arg(format!("location={}", output.display()));
            command
        })
    }

    /// `srt-live-transmit URL file://con`: the transport stream as it came.
    pub fn srt_live_transmit(url: &str) -> Self {
        Self::start_plain("srt-live-transmit", "ts", |output| {
            let mut command = Command::new("srt-live-transmit");
            command.args(["-a:no", "-q", "-chunk:1316", url, "file://con"]);
            command.stdout(File::create(output).expect("a file can be made"));
            command
        })
    }

    /// GStreamer's `srtsrc`: the transport stream as it came.
    pub fn gstreamer_srt(url: &str) -> Self {
        Self::start("GStreamer player", "ts", |output| {
            let mut command = Command::new("gst-launch-1.0");
            command.args(["-e", "srtsrc", &format!("uri={url}"), "!"]);
            command.args("filesink async=false buffer-mode=unbuffered".split(' '));
            command.arg(format!("location={}", output.display()));
            command
        })
    }

    /// `rtmpdump --live -r URL -o FILE.flv`
    pub fn rtmpdump(url: &str) -> Self {
        Self::start("rtmpdump", "flv", |output| {
            let mut command = Command::new("rtmpdump");
            command.args(["--live", "-r", url, "-o"]).arg(output);
            command
        })
    }

    /// GStreamer: `rtmp2src` for RTMP, `souphttpsrc` for HTTP-FLV; kept as received, and decoded to see that it plays.
    pub fn gstreamer(url: &str) -> Self {
        let source = if url.starts_with("rtmp") { "rtmp2src" } else { "souphttpsrc" };
        Self::start("GStreamer player", "flv", |output| {
            let mut command = Command::new("gst-launch-1.0");
            command.args(["-e", source, &format!("location={url}"), "!", "tee", "name=both"]);
            command.args("both. ! queue ! filesink async=false buffer-mode=unbuffered".split(' '));
            command.arg(format!("location={}", output.display()));
            command.args("both. ! queue ! flvdemux name=in".split(' '));
            command.args("in.video ! queue ! h264parse ! avdec_h264 ! fakesink async=false".split(' '));
            command.args("in.audio ! queue ! aacparse ! avdec_aac ! fakesink async=false".split(' '));
            command
        })
    }

    /// VLC, copying what it plays into an MPEG-TS. It refuses to be root, so root becomes nobody.
    pub fn vlc(url: &str) -> Self {
        let root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout.trim_ascii() == b"0");
        Self::start_plain("VLC", "ts", |output| {
            let words = "setpriv --reuid=65534 --regid=65534 --clear-groups cvlc";
            let mut words = words.split(' ').skip(if root { 0 } else { 4 });
            let mut command = Command::new(words.next().expect("a program"));
            command.args(words).args(["--intf", "dummy", "--no-media-library", "--quiet", url]);
            // Standard output is a file of ours, which nobody may go on writing to.
            command
                .args(["--sout", "#std{access=file,mux=ts,dst=-}", "vlc://quit"])
                .env("HOME", "/nonexistent");
            command.stdout(File::create(output).expect("a file can be made"));
            command
        })
    }

    pub(crate) fn start(name: &str, ending: &str, command: impl FnOnce(&Path) -> Command) -> Self {
        Self::start_plain(name, ending, |output| {
            let mut command = command(output);
            let words = output.with_file_name("stdout");
            command.stdout(File::create(words).expect("a file can be made"));
            command
        })
    }

    /// The same for one whose standard output is taken care of.
    fn start_plain(name: &str, ending: &str, command: impl FnOnce(&Path) -> Command) -> Self {
        let folder = paths::scratch("player");
        let output = folder.join(format!("played.{ending}"));
        let mut command = command(&output);
        let process = Process::start(name, &mut command, &folder.join("stderr"));
        Self { process, folder, output }
    }

    /// Its process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// How many bytes it has written.
    pub fn size(&self) -> u64 {
        self.output.metadata().map_or(0, |metadata| metadata.len())
    }

    /// Waits until it has written something.
    pub fn wait_playing(&self) {
        until("the player has written something", Duration::from_secs(30), || self.size() > 0);
    }

    /// Waits until it has written nothing more for two seconds, asks it to end, and gives its file.
    pub fn finish(&mut self) -> &Path {
        let mut before = u64::MAX;
        while before != self.size() && self.process.is_running() {
            before = self.size();
            std::thread::sleep(Duration::from_secs(2));
        }
        // ffmpeg ends on the first signal when the next packet comes, and on the second when none does.
        for _ in 0..2 {
            self.process.signal("INT");
            if self.process.ends_within(Duration::from_secs(1)) {
                break;
            }
        }
        self.process.wait(Duration::from_secs(20));
        &self.output
    }

    /// The same for a transport stream: what it holds, rewritten as FLV by ffmpeg, which takes out what no FLV has.
    pub fn finish_ts(&mut self, media: Media) -> Flv {
        let played = self.finish().to_owned();
        let output = self.folder.join("rewritten.flv");
        let units = if media == Media::HevcAac { "32-35" } else { "7-9" };
        let mut command = Command::new(paths::modern_ffmpeg());
        command
            .args(["-nostdin", "-loglevel", "error", "-y", "-i"])
            .arg(played)
            .args(["-map", "0", "-c", "copy"]);
        if media.has_units() {
            command.args(["-bsf:v", &format!("filter_units=remove_types={units}")]);
        }
        command.args(["-f", "flv"]).arg(&output);
        Process::start("ffmpeg", &mut command, &self.folder.join("rewriting")).wait(Duration::from_secs(20));
        Flv::open(&output)
    }

    /// The same, and reads the file.
    pub fn finish_flv(&mut self) -> Flv {
        Flv::open(self.finish())
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.process.signal("KILL");
            std::fs::remove_dir_all(&self.folder).ok();
        }
    }
}

/// What a video element in headless Chromium saw of a live FLV, as the JSON of `browser/play.mjs`.
pub fn browser(url: &str, seconds: u32, flags: &[&str]) -> String {
    let folder = paths::scratch("browser");
    let mut command = Command::new("node");
    command.arg(paths::repository().join("scripts/interop/browser/play.mjs"));
    command.arg(url).arg(seconds.to_string()).args(flags);
    command.stdout(File::create(folder.join("stdout")).expect("a file can be made"));
    Process::start("the browser", &mut command, &folder.join("stderr")).succeed(Duration::from_secs(120));
    let json = std::fs::read_to_string(folder.join("stdout")).expect("the browser's JSON");
    std::fs::remove_dir_all(&folder).ok();
    json
}

/// A visitor of the player page at `origin`, in headless Chromium: a scenario of `browser/page.mjs`, which fails by itself.
pub fn visitor(scenario: &str, origin: &str, argument: &str) -> Visitor {
    let folder = paths::scratch("visitor");
    let mut command = Command::new("node");
    command.arg(paths::repository().join("scripts/interop/browser/page.mjs"));
    command.args([scenario, origin, argument]);
    command.stdout(File::create(folder.join("stdout")).expect("a file can be made"));
    Visitor { process: Process::start("the visitor", &mut command, &folder.join("stderr")), folder }
}

/// Somebody who uses the player page.
#[derive(Debug)]
pub struct Visitor {
    process: Process,
    folder: PathBuf,
}

impl Visitor {
    /// Waits until the scenario has come to the place where it prints this.
    pub fn wait_for(&mut self, word: &str) {
        until(word, Duration::from_secs(60), || {
            let said = std::fs::read_to_string(self.folder.join("stdout")).unwrap_or_default();
            assert!(said.contains(word) || self.process.is_running(), "the visitor has gone");
            said.contains(word)
        });
    }

    /// Waits for the end of the scenario, and wants it to have gone well.
    pub fn finish(mut self) {
        self.process.succeed(Duration::from_secs(180));
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

/// The md5 of every decoded picture of a file, by Debian's ffmpeg.
pub fn decoded_pictures(file: &Path) -> Vec<String> {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-loglevel", "error", "-i"]).arg(file).args([
        "-map",
        "0:v",
        "-vsync",
        "passthrough",
        "-f",
        "framemd5",
        "-",
    ]);
    let output = command.output().expect("ffmpeg starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split(',').nth(5)).map(|md5| md5.trim().to_owned()).collect()
}
