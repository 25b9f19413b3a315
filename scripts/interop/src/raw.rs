//! Our own raw clients: one HTTP exchange on a socket, and players that keep every byte of a live FLV.
//!
//! RFC 9112 (messages, chunked coding) and RFC 6455 (WebSocket frames), as little of them as a player needs.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long a raw client waits for a byte that must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection to a loopback port.
pub fn connect(port: u16) -> TcpStream {
    let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the server accepts");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
    socket.set_write_timeout(Some(PATIENCE)).expect("a timeout can be set");
    socket
}

/// A parsed response.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Response {
    /// 200, 404, …
    pub status: u16,
    /// The head without its final empty line.
    pub head: String,
    /// The body as its `Content-Length` or its chunks say; empty for HEAD and for live streams.
    pub body: Vec<u8>,
}

impl Response {
    /// The first value of a field, by name in any case.
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// A GET with extra header lines (each ending in `\r\n`).
pub fn get(path: &str, extra: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{extra}\r\n")
}

/// Reads one response's head; what follows stays in the socket.
pub fn read_head(socket: &mut TcpStream) -> Response {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        let count = socket.read(&mut byte).unwrap_or_else(|error| panic!("no response head: {error}"));
        assert!(count == 1, "the server closed within a head: {:?}", String::from_utf8_lossy(&head));
        assert!(head.len() < 16384, "a head is not endless");
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).expect("a head is text").trim_end().to_owned();
    let status =
        head.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("a status line has a status");
    Response { status, head, body: Vec::new() }
}

/// Reads one whole response.
pub fn read_response(socket: &mut TcpStream) -> Response {
    let mut response = read_head(socket);
    if response.field("transfer-encoding").is_some() {
        while let Some(chunk) = read_chunk(socket) {
            response.body.extend(chunk);
        }
    } else if let Some(length) = response.field("content-length") {
        response.body = vec![0; length.parse().expect("Content-Length is a number")];
        socket.read_exact(&mut response.body).expect("the whole body");
    }
    response
}

/// One request, its response's status; for a live stream the body is left behind.
pub fn status(port: u16, path: &str) -> u16 {
    let mut socket = connect(port);
    socket.write_all(get(path, "").as_bytes()).expect("a request is taken");
    read_head(&mut socket).status
}

/// One request on a connection of its own, and its whole response.
pub fn exchange(port: u16, request: &str) -> Response {
    let mut socket = connect(port);
    socket.write_all(request.as_bytes()).expect("a request is taken");
    read_response(&mut socket)
}

/// A player in a thread that keeps every FLV byte until it is stopped.
#[derive(Debug)]
pub struct Player {
    bytes: Arc<Mutex<Vec<u8>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Player {
    /// Plays `/live/NAME.flv` over plain HTTP.
    pub fn http(port: u16, name: &str) -> Self {
        Self::http_path(port, &format!("/live/{name}.flv"))
    }

    /// Plays a path, with its `?…`, over plain HTTP.
    pub fn http_path(port: u16, path: &str) -> Self {
        let mut socket = connect(port);
        socket.write_all(get(path, "").as_bytes()).expect("a request is taken");
        Self::resume(socket)
    }

    /// Goes on with a connection on which a live FLV was asked for and nothing was read.
    pub fn resume(mut socket: TcpStream) -> Self {
        let response = read_head(&mut socket);
        assert_eq!(response.status, 200, "{}", response.head);
        if response.field("transfer-encoding").is_some() {
            Self::spawn(socket, read_chunk)
        } else {
            Self::spawn(socket, read_some)
        }
    }

    /// Plays `/live/NAME.flv` over a WebSocket.
    pub fn websocket(port: u16, name: &str) -> Self {
        let mut socket = connect(port);
        let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        socket.write_all(get(&format!("/live/{name}.flv"), upgrade).as_bytes()).expect("a request is taken");
        let response = read_head(&mut socket);
        assert_eq!(response.status, 101, "{}", response.head);
        // The answer to RFC 6455's own sample key.
        assert_eq!(response.field("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        Self::spawn(socket, read_frame)
    }

    /// Runs `next` in a thread until it says that the stream has ended.
    fn spawn(mut socket: TcpStream, next: fn(&mut TcpStream) -> Option<Vec<u8>>) -> Self {
        let (bytes, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (kept, stopped) = (Arc::clone(&bytes), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                let data = match is_readable(&socket) {
                    Some(true) => next(&mut socket),
                    Some(false) => continue,
                    None => None,
                };
                let Some(data) = data else { break };
                kept.lock().expect("no reader panics").extend(data);
            }
        });
        Self { bytes, stop, thread: Some(thread) }
    }

    /// What came so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().expect("no reader panics").clone()
    }

    /// Whether the server has ended the stream.
    pub fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits until nothing has come for a second and a half (or the stream has ended), then gives everything.
    pub fn finish(mut self) -> Vec<u8> {
        let mut before = usize::MAX;
        while before != self.bytes().len() && !self.has_ended() {
            before = self.bytes().len();
            std::thread::sleep(Duration::from_millis(1500));
        }
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(matches!(ended, Some(Ok(()))), "a raw player failed");
        self.bytes()
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Whether something can be read, asked for at most a quarter of a second, so that a player can be stopped.
fn is_readable(socket: &TcpStream) -> Option<bool> {
    socket.set_read_timeout(Some(Duration::from_millis(250))).expect("a timeout can be set");
    let peeked = socket.peek(&mut [0]);
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
    match peeked {
        Ok(0) => None,
        Ok(_) => Some(true),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Some(false),
        Err(_) => None,
    }
}

fn read_some(socket: &mut TcpStream) -> Option<Vec<u8>> {
    let mut buffer = vec![0; 65536];
    let count = socket.read(&mut buffer).ok().filter(|count| *count > 0)?;
    buffer.truncate(count);
    Some(buffer)
}

/// The next chunk of a chunked body; `None` after the last.
fn read_chunk(socket: &mut TcpStream) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        line.push(read_array::<1>(socket)?[0]);
    }
    let text = String::from_utf8(line).expect("a chunk size is text");
    let size =
        usize::from_str_radix(text.trim().split(';').next().unwrap_or_default(), 16).expect("a chunk size");
    let mut data = vec![0; size + 2];
    socket.read_exact(&mut data).ok()?;
    assert!(data.ends_with(b"\r\n"), "a chunk ends in CRLF");
    data.truncate(size);
    (size > 0).then_some(data)
}

/// The payload of the next WebSocket frame; empty for control frames, `None` for Close.
fn read_frame(socket: &mut TcpStream) -> Option<Vec<u8>> {
    let [first, second] = read_array(socket)?;
    assert_eq!(second & 0x80, 0, "a server does not mask");
    let size = match second {
        126 => u64::from(u16::from_be_bytes(read_array(socket)?)),
        127 => u64::from_be_bytes(read_array(socket)?),
        small => u64::from(small),
    };
    let mut data = vec![0; usize::try_from(size).expect("a frame fits in memory")];
    socket.read_exact(&mut data).ok()?;
    match first & 15 {
        0 | 2 => Some(data),
        8 => None,
        9 | 10 => Some(Vec::new()),
        opcode => panic!("opcode {opcode} in a binary stream"),
    }
}

fn read_array<const N: usize>(socket: &mut TcpStream) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    socket.read_exact(&mut bytes).ok()?;
    Some(bytes)
}
