//! Starts servers and talks to them.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use rtmpd_core::hub::{Hub, HubSettings};
use rtmpd_core::media::{Description, Frame, Kind, MakePackager, Packager, Packed};
use rtmpd_core::{Answer, Call};
use rtmpd_netloop::{Caller, Done, Listener, MakeAttendants, MakeService, Server, Settings};

use crate::service::{Lines, RAW};

/// Longer than any test should take: a hang becomes a failure.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn start(threads: usize) -> (Server, SocketAddr) {
    start_with(Settings { threads, ..Settings::default() })
}

pub(crate) fn start_with(settings: Settings) -> (Server, SocketAddr) {
    let server = try_start(settings, listener(0)).expect("the server starts");
    let port = server.local_addrs()[0].port();
    (server, SocketAddr::from(([127, 0, 0, 1], port)))
}

pub(crate) fn try_start(settings: Settings, listener: Listener) -> io::Result<Server> {
    try_start_with(settings, listener, Arc::new(Vec::new))
}

pub(crate) fn try_start_with(
    settings: Settings,
    listener: Listener,
    attendants: MakeAttendants,
) -> io::Result<Server> {
    let hub = HubSettings { shards: settings.workers(), ..HubSettings::default() };
    Server::start(
        settings,
        Hub::new(hub, make_packager()),
        vec![listener],
        attendants,
        Arc::new(Pages::default()),
    )
}

pub(crate) fn listener(port: u16) -> Listener {
    let make: MakeService = Arc::new(|worker| Box::new(Lines { worker }));
    Listener::any("lines", port, make)
}

/// A client: one line out, one line in.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    reader: BufReader<TcpStream>,
}

impl Client {
    pub(crate) fn connect(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).expect("the server listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
        let reader = BufReader::new(stream.try_clone().expect("a second handle"));
        Self { stream, reader }
    }

    pub(crate) fn send(&mut self, line: &str) {
        self.stream.write_all(format!("{line}\n").as_bytes()).expect("the server reads");
    }

    /// The next line, without its end; empty at the end of the flow.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.reader.read_line(&mut line).expect("the server answers");
        line.trim_end().to_owned()
    }

    pub(crate) fn ask(&mut self, line: &str) -> String {
        self.send(line);
        self.line()
    }

    pub(crate) fn reader(&mut self) -> &mut impl BufRead {
        &mut self.reader
    }
}

/// Answers pages by path: at once, from another thread, or never. A write is done when somebody asks for `/release`.
#[derive(Default)]
struct Pages {
    writes: Mutex<Vec<Done>>,
}

impl Caller for Pages {
    fn call(&self, call: Call, done: Done) {
        let Call::Page { path, .. } = call else { return self.writes.lock().expect("no panic").push(done) };
        match &*path {
            "/inline" => done.answer(page("inline\n")),
            "/thread" => drop(std::thread::spawn(move || done.answer(page("thread\n")))),
            "/release" => {
                let writes = std::mem::take(&mut *self.writes.lock().expect("no panic"));
                done.answer(page(if writes.is_empty() { "nothing\n" } else { "released\n" }));
                writes.into_iter().for_each(|write| write.answer(Answer::Done));
            }
            _ => drop(done),
        }
    }
}

fn page(text: &'static str) -> Answer {
    let (etag, body) = ("\"1\"".into(), Bytes::from_static(text.as_bytes()));
    Answer::Page { content_type: "text/plain", etag, body, not_modified: false, gzip: false }
}

fn make_packager() -> MakePackager {
    Arc::new(|packaging, _| (packaging == RAW).then(|| Box::new(Raw) as Box<dyn Packager>))
}

/// Passes frames on as they are.
struct Raw;

impl Packager for Raw {
    fn start(&mut self, _description: &Description) -> Bytes {
        Bytes::new()
    }

    fn push(&mut self, frame: &Frame, out: &mut Vec<Packed>) {
        out.push(Packed { kind: Kind::Audio, key: frame.key, data: frame.data.clone() });
    }
}
