//! One RTSP connection of the floor: every request is agreed to.
//! Follows RFC 2326 section 10 as far as one client needs it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, SocketAddrV4};

use mio::net::TcpStream;

use super::cut::CLOCK;

/// Longest request that is waited for.
const MAX_HEAD: usize = 16 * 1024;

/// What a request has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Nothing,
    /// It plays now.
    Playing,
    /// The end of the program is asked for.
    Stop,
}

#[derive(Debug)]
pub(super) struct Caller {
    socket: TcpStream,
    input: Vec<u8>,
    /// Where its tracks go.
    pub(super) to: [Option<SocketAddrV4>; 2],
    pub(super) playing: bool,
}

impl Caller {
    pub(super) fn new(socket: TcpStream) -> Self {
        Self { socket, input: Vec::new(), to: [None; 2], playing: false }
    }

    /// Reads and answers requests; `port` is where datagrams come from. Fails when the peer is gone.
    pub(super) fn read(&mut self, port: u16) -> io::Result<Change> {
        let mut buffer = [0; 2048];
        let mut change = Change::Nothing;
        loop {
            match self.socket.read(&mut buffer) {
                // Who asks and hangs up at once is still heard.
                Ok(0) if change == Change::Stop => break,
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => self.input.extend_from_slice(&buffer[..count]),
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(e) => return Err(e),
            }
            while let Some(end) = self.input.windows(4).position(|four| four == b"\r\n\r\n") {
                let head: Vec<u8> = self.input.drain(..end + 4).collect();
                match self.answer(&String::from_utf8_lossy(&head), port)? {
                    Change::Nothing => {}
                    other @ (Change::Playing | Change::Stop) => change = other,
                }
            }
            if self.input.len() > MAX_HEAD {
                return Err(ErrorKind::InvalidData.into());
            }
        }
        Ok(change)
    }

    fn answer(&mut self, head: &str, port: u16) -> io::Result<Change> {
        if head.starts_with("GET /stop") {
            return Ok(Change::Stop);
        }
        let sequence = head.lines().find_map(|line| line.strip_prefix("CSeq: ")).unwrap_or("0");
        let (mut more, mut body) = (String::new(), String::new());
        match head.split(' ').next() {
            Some("DESCRIBE") => {
                body = description();
                more = format!("Content-Type: application/sdp\r\nContent-Length: {}\r\n", body.len());
            }
            Some("SETUP") => {
                let ports = self.set_up(head).ok_or(ErrorKind::InvalidData)?;
                let transport = format!("RTP/AVP;unicast;client_port={ports};server_port={port}-{port}");
                more = format!("Transport: {transport}\r\n");
            }
            Some("PLAY") => self.playing = true,
            Some(_) | None => {}
        }
        let text = format!("RTSP/1.0 200 OK\r\nCSeq: {sequence}\r\nSession: 1\r\n{more}\r\n{body}");
        // An answer fits into any socket that has only answers in it.
        self.socket.write_all(text.as_bytes())?;
        Ok(if self.playing { Change::Playing } else { Change::Nothing })
    }

    /// Where a track is to go: its ports as they were written.
    fn set_up<'a>(&mut self, head: &'a str) -> Option<&'a str> {
        let track = usize::from(head.split(' ').nth(1)?.ends_with('1'));
        let ports = head.split("client_port=").nth(1)?.split(['\r', ';']).next()?;
        let port = ports.split('-').next()?.parse().ok()?;
        if let Ok(SocketAddr::V4(peer)) = self.socket.peer_addr() {
            self.to[track] = Some(SocketAddrV4::new(*peer.ip(), port));
        }
        Some(ports)
    }
}

/// Both tracks on one clock, since nobody decodes them.
fn description() -> String {
    let session =
        format!("v=0\r\no=- 0 0 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\n", IpAddr::from([0; 4]));
    let track = |media, number, coding, control| {
        format!(
            "m={media} 0 RTP/AVP {number}\r\na=rtpmap:{number} {coding}/{CLOCK}\r\na=control:track{control}\r\n"
        )
    };
    session + &track("video", 96, "H264", 0) + &track("audio", 97, "mpeg4-generic", 1)
}
