//! A bare SRT caller: says what no library says, and shows the very numbers that it is answered with.
//!
//! Spec: draft-sharabayko-srt-01 §3.2.1, §4.3.1.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

/// An answer is waited for so long, and asked for so often.
const PATIENCE: (Duration, usize) = (Duration::from_secs(1), 5);
/// Where the handshake begins: behind the head of the packet.
const HEAD: usize = 16;
/// Where its extensions begin.
const EXTENSIONS: usize = HEAD + 48;

/// What a caller says when it wants to be let in; the default is what libsrt 1.5.3 says.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Version of the handshake.
    pub version: u32,
    /// Version of the library: major, minor, patch, a byte each.
    pub library: u32,
    /// What the library can do.
    pub features: u32,
    /// Latency as a receiver and as a sender, ms.
    pub delays: [u16; 2],
    /// Which stream.
    pub stream_id: String,
    /// Further extensions: the number and what is in it.
    pub more: Vec<(u16, Vec<u8>)>,
    /// Whether the cookie is given back as it was.
    pub honest: bool,
}

/// What is answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Come in: the listener's id, and the latencies that count, ms.
    Open(u32, [u16; 2]),
    /// No, with libsrt's number for the reason.
    Refused(u32),
    /// Nothing at all.
    Silence,
}

impl Wish {
    /// Wants this stream, and nothing special.
    pub fn new(stream_id: &str) -> Self {
        Self {
            version: 5,
            library: 0x01_0503,
            features: 0xBF,
            delays: [120, 0],
            stream_id: stream_id.to_owned(),
            more: Vec::new(),
            honest: true,
        }
    }

    fn extensions(&self) -> (u16, Vec<u8>) {
        let [receive, send] = self.delays;
        let delays = u32::from(receive) << 16 | u32::from(send);
        let hello = [self.library, self.features, delays].map(u32::to_be_bytes).concat();
        let mut all = vec![(1, hello)];
        if !self.stream_id.is_empty() {
            all.push((5, text(&self.stream_id)));
        }
        all.extend(self.more.iter().cloned());
        let mut flags = 0;
        let mut out = Vec::new();
        for (kind, content) in all {
            flags |= match kind {
                1 => 1,
                3 => 2,
                _ => 4,
            };
            out.extend(kind.to_be_bytes());
            out.extend(u16::try_from(content.len() / 4).expect("a short extension").to_be_bytes());
            out.extend(content);
        }
        (flags, out)
    }
}

/// A text as an extension holds it: words in little-endian order.
pub fn text(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes.chunks_exact_mut(4).for_each(<[u8]>::reverse);
    bytes
}

/// Wrapped keys of AES-128 that nobody can unwrap.
pub fn nonsense_keys() -> Vec<u8> {
    let mut keys = vec![0x12, 0x20, 0x29, 1, 0, 0, 0, 0, 2, 0, 2, 0, 0, 0, 4, 4];
    keys.extend(0..16_u8 + 24);
    keys
}

/// One caller: a socket and an id.
#[derive(Debug)]
pub struct Caller {
    socket: UdpSocket,
    id: u32,
}

impl Caller {
    /// Calls from any port of the loopback.
    pub fn new(listener: SocketAddr, id: u32) -> Self {
        Self::from(Ipv4Addr::LOCALHOST, listener, id)
    }

    /// Calls from this address.
    pub fn from(ip: Ipv4Addr, listener: SocketAddr, id: u32) -> Self {
        let socket = UdpSocket::bind((ip, 0)).expect("a free port");
        socket.connect(listener).expect("the loopback is there");
        socket.set_read_timeout(Some(PATIENCE.0)).expect("a timeout can be set");
        Self { socket, id }
    }

    /// The whole handshake.
    pub fn call(&self, wish: &Wish) -> Answer {
        let Some(cookie) = self.induce() else { return Answer::Silence };
        let cookie = if wish.honest { cookie } else { cookie ^ 1 };
        let (flags, extensions) = wish.extensions();
        let words = [wish.version, u32::from(flags), 1000, 1500, 8192, u32::MAX, self.id, cookie, 0, 0, 0, 0];
        let packet = control(0, 0, &[words.map(u32::to_be_bytes).concat(), extensions].concat());
        // Silence is what a wrong cookie is to be answered with: there is no need to ask for it twice.
        let tries = if wish.honest { PATIENCE.1 } else { 1 };
        (0..tries).find_map(|_| self.ask(&packet)).map_or(Answer::Silence, |answer| read(&answer))
    }

    /// The first half: the cookie.
    fn induce(&self) -> Option<u32> {
        let packet = induction(self.id);
        let answer = (0..PATIENCE.1).find_map(|_| self.ask(&packet))?;
        Some(word(&answer, HEAD + 28))
    }

    /// Says goodbye to this id of the listener.
    pub fn shut_down(&self, listener: u32) {
        self.send(&control(5, listener, &[0; 4]));
    }

    /// Sends anything.
    pub fn send(&self, data: &[u8]) {
        self.socket.send(data).expect("the loopback takes it");
    }

    /// Sends a packet and gives the first handshake that comes back.
    fn ask(&self, packet: &[u8]) -> Option<Vec<u8>> {
        self.send(packet);
        let mut buffer = [0; 1500];
        while let Ok(length) = self.socket.recv(&mut buffer) {
            if length >= EXTENSIONS && buffer.starts_with(&[0x80, 0]) {
                return Some(buffer[..length].to_vec());
            }
        }
        None
    }
}

/// A caller's first packet.
pub fn induction(id: u32) -> Vec<u8> {
    let words = [4, 2, 1000, 1500, 8192, 1, id, 0, 0, 0, 0, 0];
    control(0, 0, &words.map(u32::to_be_bytes).concat())
}

/// A control packet.
pub fn control(kind: u16, destination: u32, body: &[u8]) -> Vec<u8> {
    let words = [0x8000_0000 | u32::from(kind) << 16, 0, 0, destination];
    [words.map(u32::to_be_bytes).concat(), body.to_vec()].concat()
}

fn read(answer: &[u8]) -> Answer {
    match word(answer, HEAD + 20) {
        u32::MAX => {
            // The listener's hello is its first extension.
            let delays = word(answer, EXTENSIONS + 12);
            Answer::Open(word(answer, HEAD + 24), [(delays >> 16) as u16, delays as u16])
        }
        code => Answer::Refused(code.saturating_sub(1000)),
    }
}

fn word(data: &[u8], at: usize) -> u32 {
    data.get(at..at + 4).map_or(0, |word| u32::from_be_bytes(word.try_into().expect("four bytes")))
}
