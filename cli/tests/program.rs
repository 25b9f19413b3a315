//! The program as its users start it: exit statuses, what it prints, pages over HTTP, the log file.
#![allow(clippy::unwrap_used)]

#[path = "../src/tests/folder.rs"]
mod folder;

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use folder::Folder;

const PROGRAM: &str = env!("CARGO_BIN_EXE_smart_rtmpd");

/// How long a run may take that is not to last: a server that starts where it must not is ended, not waited for.
const PATIENCE: Duration = Duration::from_secs(60);

fn run(args: &[&str], folder: &Path) -> (Option<i32>, String, String) {
    let mut command = Command::new(PROGRAM);
    command.args(args).current_dir(folder).env_remove("RUST_LOG");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (out, err) = (reader(child.stdout.take().unwrap()), reader(child.stderr.take().unwrap()));
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
        }
        thread::sleep(Duration::from_millis(5));
    }
    (child.wait().unwrap().code(), out.join().unwrap(), err.join().unwrap())
}

fn reader(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).unwrap();
        text
    })
}

/// A folder whose config.xml has these ports, on the loopback only.
fn configured(rtmp: u16, http: u16) -> Folder {
    let folder = Folder::new();
    let ip = "<ip>127.0.0.1</ip>";
    let text = format!(
        "<config><rtmp>{ip}<port>{rtmp}</port></rtmp><http>{ip}<port>{http}</port></http>\
         <rtsp><enable>false</enable></rtsp><srt><enable>false</enable></srt></config>"
    );
    fs::write(folder.path().join("config.xml"), text).unwrap();
    folder
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn version_help_and_usage() {
    let folder = Folder::new();
    let (status, out, _) = run(&["--version"], folder.path());
    assert_eq!((status, out.as_str()), (Some(0), concat!("smart_rtmpd ", env!("CARGO_PKG_VERSION"), "\n")));
    let (status, out, _) = run(&["--help"], folder.path());
    assert_eq!(status, Some(0));
    assert!(out.contains("--config DIR"));
    let (status, out, err) = run(&["--port", "1"], folder.path());
    assert_eq!((status, out.as_str()), (Some(2), ""));
    assert!(err.starts_with("smart_rtmpd: invalid option '--port'\n"), "{err}");
}

#[test]
fn checking() {
    let folder = configured(21935, 28080);
    for args in [&["check"][..], &["--check"], &["check", "--config", "config.xml"], &["check", "-c", "."]] {
        let (status, out, err) = run(args, folder.path());
        assert_eq!((status, err.as_str()), (Some(0), ""), "{args:?}");
        assert!(out.starts_with("ok: configuration "), "{out}");
        assert!(out.contains("\nthe rtmp server ip: 127.0.0.1, port is: 21935\n"), "{out}");
        assert!(out.contains("\nthe http server ip: 127.0.0.1, port is: 28080\n"), "{out}");
    }
    let secured = "<config><authurl>auth.local</authurl><rtmp><ssl>true</ssl></rtmp></config>";
    fs::write(folder.path().join("config.xml"), secured).unwrap();
    let (status, out, _) = run(&["check"], folder.path());
    assert_eq!(status, Some(0));
    assert!(!out.contains("warning"), "{out}");
    let files = "<config><ssl><servercert>no.crt</servercert><serverkey>no.key</serverkey></ssl></config>";
    fs::write(folder.path().join("config.xml"), files).unwrap();
    let (status, _, err) = run(&["check"], folder.path());
    assert_eq!(status, Some(1));
    assert!(err.contains("<ssl><servercert> ") && err.contains("no.crt: "), "{err}");
    fs::write(folder.path().join("config.xml"), "<config>\n  <rtmp><port>no</port></rtmp>\n</config>")
        .unwrap();
    let (status, out, err) = run(&["check"], folder.path());
    assert_eq!((status, out.as_str()), (Some(1), ""));
    assert!(err.contains("config.xml:2:") && err.contains("no"), "{err}");
    let (status, _, again) = run(&["serve"], folder.path());
    assert_eq!((status, again), (Some(1), err));
    assert!(!folder.path().join("log").exists());
}

#[test]
fn replaying() {
    let capture = concat!(env!("CARGO_MANIFEST_DIR"), "/../test-vectors/rtmp/vlc-play/capture.pcap");
    let folder = configured(19350, 28080);
    let (status, out, err) = run(&["replay", capture], folder.path());
    assert_eq!((status, err.as_str()), (Some(0), ""));
    assert!(out.contains("Play live/"), "{out}");
    assert_eq!(run(&["replay", capture], folder.path()).1, out);

    let folder = configured(1, 2);
    let (status, _, err) = run(&["replay", capture], folder.path());
    assert_eq!(status, Some(1));
    assert!(err.contains("nothing for port 1 or 2; what is in it goes to 127.0.0.1:19350"), "{err}");
    let (status, _, err) = run(&["replay", "none.pcap"], folder.path());
    assert_eq!(status, Some(1));
    assert!(err.starts_with("smart_rtmpd: none.pcap: "), "{err}");
}

#[test]
fn a_port_that_is_taken() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port();
    let folder = configured(port, free_port());
    let (status, _, err) = run(&[], folder.path());
    assert_eq!(status, Some(1));
    assert!(err.contains(&format!("listener rtmp cannot listen on 127.0.0.1:{port}: ")), "{err}");
}

#[cfg(unix)]
mod serving {
    use std::fs;
    use std::io::{self, Read, Write};
    use std::net::TcpStream;
    use std::path::Path;
    use std::process::{Child, Command, Stdio};
    use std::thread;
    use std::time::Duration;

    use super::{PROGRAM, configured, free_port};

    /// Ended with the test, whatever happens.
    struct Server(Child);

    impl Server {
        fn start(folder: &Path) -> Self {
            let mut command = Command::new(PROGRAM);
            command.current_dir(folder).env("RUST_LOG", "info").stderr(Stdio::null());
            Self(command.spawn().unwrap())
        }

        fn terminate(&mut self) -> Option<i32> {
            let killed = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status().unwrap();
            assert!(killed.success());
            self.0.wait().unwrap().code()
        }
    }

    impl Drop for Server {
        fn drop(&mut self) {
            // It has ended already when all went well.
            let _ended = self.0.kill();
            self.0.wait().unwrap();
        }
    }

    fn connect(port: u16) -> TcpStream {
        for _ in 0..500 {
            match TcpStream::connect(("127.0.0.1", port)) {
                Ok(stream) => return stream,
                Err(_) => thread::sleep(Duration::from_millis(20)),
            }
        }
        panic!("nobody listens on {port}")
    }

    fn fetch(port: u16, path: &str) -> io::Result<String> {
        let mut stream = connect(port);
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn pages_log_and_a_good_end() {
        let (rtmp, http) = (free_port(), free_port());
        let folder = configured(rtmp, http);
        fs::create_dir_all(folder.path().join("html/sub")).unwrap();
        fs::write(folder.path().join("html/a.txt"), "a text").unwrap();
        let mut server = Server::start(folder.path());
        drop(connect(rtmp));
        let table = [
            ("/", "200", "<title>smart_rtmpd"),
            ("/a.txt", "200", "a text"),
            ("/sub", "301", "Location: /sub/"),
            ("/none", "404", ""),
            ("/%2e%2e/config.xml", "40", ""),
        ];
        for (path, status, word) in table {
            let text = fetch(http, path).unwrap();
            assert!(text.starts_with(&format!("HTTP/1.1 {status}")) && text.contains(word), "{path}: {text}");
        }
        assert_eq!(server.terminate(), Some(0));

        let files: Vec<_> = fs::read_dir(folder.path().join("log")).unwrap().collect();
        assert!(!files.is_empty());
        let log: String =
            files.iter().map(|file| fs::read_to_string(file.as_ref().unwrap().path()).unwrap()).collect();
        let expected = [
            format!("I: the rtmp server ip: 127.0.0.1, port is: {rtmp}\n"),
            "I: the rtsp server disable\n".into(),
            format!("I: play: ws://127.0.0.1:{http}/live/stream.flv\n"),
            "I: the server has stopped after ".into(),
        ];
        for line in expected {
            assert!(log.contains(&line), "{line} in {log}");
        }
    }
}
