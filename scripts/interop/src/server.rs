//! The binary under test, on free loopback ports, with a config folder of its own.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process::{Process, until};
use crate::{paths, raw};

/// A running server. Dropping it kills it and removes its folder.
#[derive(Debug)]
pub struct Server {
    process: Process,
    folder: PathBuf,
    rtmp: u16,
    http: u16,
    rtsp: u16,
    srt: u16,
    https: u16,
}

impl Server {
    /// Starts a server with default settings; `name` is the test's, for its folder.
    pub fn start(name: &str) -> Self {
        Self::start_with(name, "", "")
    }

    /// Starts a server with more settings: `top` in `<config>`, `rtmp` in `<rtmp>`.
    pub fn start_with(name: &str, top: &str, rtmp: &str) -> Self {
        Self::start_in(paths::scratch, name, [top, rtmp, "", ""])
    }

    /// Starts a server with more settings in `<http>`.
    pub fn start_http(name: &str, http: &str) -> Self {
        Self::start_in(paths::scratch, name, ["", "", http, ""])
    }

    /// Starts a server with more settings in `<srt>`.
    pub fn start_srt(name: &str, srt: &str) -> Self {
        Self::start_in(paths::scratch, name, ["", "", "", srt])
    }

    /// Starts a server that takes TLS everywhere, with more settings in `<config>`.
    pub fn start_secure(name: &str, top: &str) -> Self {
        Self::start_secure_in(paths::scratch, name, top)
    }

    /// The same in a folder of the caller's choice.
    pub fn start_secure_in(folder: impl Fn(&str) -> PathBuf, name: &str, top: &str) -> Self {
        const ON: &str = "<ssl>true</ssl>";
        Self::start_as(folder, name, [top, ON, ON, "", ON])
    }

    /// Starts a server in a folder of the caller's choice, with more settings in `<config>`, `<rtmp>`, `<http>` and
    /// `<srt>`.
    pub fn start_in(folder: impl Fn(&str) -> PathBuf, name: &str, [top, rtmp, http, srt]: [&str; 4]) -> Self {
        Self::start_as(folder, name, [top, rtmp, http, srt, ""])
    }

    fn start_as(
        folder: impl Fn(&str) -> PathBuf,
        name: &str,
        [top, rtmp, http, srt, rtsp]: [&str; 5],
    ) -> Self {
        // Another process may take a port between the choice and the start: then choose again.
        for _ in 0..4 {
            let folder = folder(name);
            let [rtmp_port, http_port, https_port, rtsp_port, srt_port] = free_ports();
            let config = format!(
                "<config>\n  {top}\n  <rtmp><ip>127.0.0.1</ip><port>{rtmp_port}</port>{rtmp}</rtmp>\n  \
                 <http><ip>127.0.0.1</ip><port>{http_port}</port><sport>{https_port}</sport>{http}</http>\n  \
                 <rtsp><ip>127.0.0.1</ip><port>{rtsp_port}</port>{rtsp}</rtsp>\n  \
                 <srt><ip>127.0.0.1</ip><port>{srt_port}</port>{srt}</srt>\n</config>\n"
            );
            std::fs::create_dir_all(folder.join("html")).expect("html/ can be made");
            std::fs::write(folder.join("html/index.html"), INDEX).expect("a page can be written");
            std::fs::write(folder.join("config.xml"), config).expect("a config can be written");
            if let Some(server) =
                Self::launch(folder, [rtmp_port, http_port, rtsp_port, srt_port, https_port])
            {
                return server;
            }
        }
        panic!("the server did not come up on any of four sets of ports");
    }

    fn launch(folder: PathBuf, [rtmp, http, rtsp, srt, https]: [u16; 5]) -> Option<Self> {
        let process = run(&folder);
        let mut server = Self { process, folder, rtmp, http, rtsp, srt, https };
        until("the server listens or ends", Duration::from_secs(20), || {
            !server.process.is_running() || [rtmp, http, rtsp].into_iter().all(listens)
        });
        if server.process.is_running() {
            return Some(server);
        }
        let log = server.log();
        assert!(log.contains("in use"), "the server did not start:\n{log}");
        None
    }

    /// Kills it.
    pub fn kill(&mut self) {
        self.process.signal("KILL");
        self.process.ends_within(Duration::from_secs(15));
    }

    /// Starts it again, in the same place, after it was killed.
    pub fn start_again(&mut self) {
        self.process = run(&self.folder);
        let rtmp = self.rtmp;
        until("the server listens again", Duration::from_secs(20), || listens(rtmp));
    }

    /// Its process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Its config folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Everything it printed and logged so far.
    pub fn log(&self) -> String {
        let stdout = std::fs::read(self.folder.join("stdout")).unwrap_or_default();
        String::from_utf8_lossy(&stdout).into_owned() + &self.process.log()
    }

    /// Its RTMP port.
    pub fn rtmp_port(&self) -> u16 {
        self.rtmp
    }

    /// Its HTTP port.
    pub fn http_port(&self) -> u16 {
        self.http
    }

    /// `rtmp://…/live/NAME`
    pub fn rtmp(&self, name: &str) -> String {
        format!("rtmp://127.0.0.1:{}/live/{name}", self.rtmp)
    }

    /// `rtmps://…/live/NAME`
    pub fn rtmps(&self, name: &str) -> String {
        format!("rtmps://127.0.0.1:{}/live/{name}", self.rtmp)
    }

    /// `rtsps://…/live/NAME`
    pub fn rtsps(&self, name: &str) -> String {
        format!("rtsps://127.0.0.1:{}/live/{name}", self.rtsp)
    }

    /// A URL of its HTTPS server.
    pub fn https(&self, path: &str) -> String {
        format!("https://127.0.0.1:{}{path}", self.https)
    }

    /// The address of its RTSP server.
    pub fn rtsp_addr(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.rtsp).into()
    }

    /// `rtsp://…/live/NAME`
    pub fn rtsp(&self, name: &str) -> String {
        format!("rtsp://127.0.0.1:{}/live/{name}", self.rtsp)
    }

    /// The address of its SRT server.
    pub fn srt_addr(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.srt).into()
    }

    /// `srt://…?streamid=…/live/NAME,role=ROLE`
    pub fn srt(&self, name: &str, role: &str) -> String {
        let host = self.srt_addr();
        format!("srt://{host}?streamid={host}/live/{name},role={role}")
    }

    /// A URL of its HTTP server.
    pub fn http(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// `http://…`, without a slash at the end.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.http)
    }

    /// `http://…/live/NAME.flv`
    pub fn http_flv(&self, name: &str) -> String {
        format!("http://127.0.0.1:{}/live/{name}.flv", self.http)
    }

    /// `ws://…/live/NAME.flv`
    pub fn ws_flv(&self, name: &str) -> String {
        format!("ws://127.0.0.1:{}/live/{name}.flv", self.http)
    }

    /// Waits until `live/NAME` can be played.
    pub fn wait_live(&self, name: &str) {
        until(&format!("live/{name} can be played"), Duration::from_secs(30), || {
            raw::status(self.http, &format!("/live/{name}.flv")) == 200
        });
    }

    /// Waits until the log says `text`.
    pub fn wait_log(&self, text: &str) {
        until(&format!("the log says '{text}'"), Duration::from_secs(30), || self.log().contains(text));
    }

    /// Its resident memory in KiB.
    pub fn resident_kib(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0 kB");
        line.trim().trim_end_matches(" kB").parse().expect("VmRSS is a number of kB")
    }

    /// Asks it to end and wants it to do so in good order.
    pub fn stop(&mut self) {
        self.process.signal("TERM");
        self.process.succeed(Duration::from_secs(15));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the server's files stay in {}", self.folder.display());
            self.process.signal("KILL");
        } else {
            self.process.signal("KILL");
            std::fs::remove_dir_all(&self.folder).ok();
        }
    }
}

/// The page at `/` of every server under test.
pub const INDEX: &str = "<!doctype html><title>interop</title><p>hello</p>\n";

fn run(folder: &Path) -> Process {
    let mut command = Command::new(paths::server());
    command.arg("--config").arg(folder).env("RUST_LOG", "debug");
    command.stdout(std::fs::File::create(folder.join("stdout")).expect("a file can be made"));
    Process::start("smart_rtmpd", &mut command, &folder.join("stderr"))
}

fn listens(port: u16) -> bool {
    TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), Duration::from_secs(1)).is_ok()
}

/// Different ports nobody listens on. They are held together, so they differ, and let go together.
fn free_ports() -> [u16; 5] {
    let held =
        std::array::from_fn::<_, 5, _>(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port"));
    held.map(|listener| listener.local_addr().expect("a bound socket has an address").port())
}
