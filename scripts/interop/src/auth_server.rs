//! An auth server that says yes to `token=good`, and can be told to misbehave.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How it answers.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Mood {
    /// 200 to who says `token=good`, 403 to others.
    Fair,
    /// The same, after so many ms.
    Slow(u64),
    /// It takes the request and says nothing.
    Silent,
    /// Half a head, then the end.
    Half,
    /// A body that is cut short.
    HalfBody,
    /// 500 to everybody.
    Broken,
}

/// A running auth server, on threads that end with the test.
#[derive(Clone, Debug)]
pub struct AuthServer {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug)]
struct Shared {
    mood: Mood,
    lines: Vec<String>,
    connections: usize,
}

impl AuthServer {
    /// Starts one on a free port.
    ///
    /// # Panics
    /// When there is none.
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("a port has an address");
        let shared = Shared { mood: Mood::Fair, lines: Vec::new(), connections: 0 };
        let server = Self { address, shared: Arc::new(Mutex::new(shared)) };
        let accepting = server.clone();
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let serving = accepting.clone();
                serving.with(|shared| shared.connections += 1);
                thread::spawn(move || serving.serve(socket));
            }
        });
        server
    }

    /// Its `host:port`.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes how it answers.
    pub fn set(&self, mood: Mood) {
        self.with(|shared| shared.mood = mood);
    }

    /// The request lines that came since this was last asked, without the version.
    pub fn lines(&self) -> Vec<String> {
        self.with(|shared| std::mem::take(&mut shared.lines))
    }

    /// How many connections were made to it.
    pub fn connections(&self) -> usize {
        self.with(|shared| shared.connections)
    }

    fn with<T>(&self, of: impl FnOnce(&mut Shared) -> T) -> T {
        of(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn serve(&self, mut socket: TcpStream) {
        let Ok(reading) = socket.try_clone() else { return };
        let mut lines = BufReader::new(reading).lines().map_while(Result::ok);
        while let Some(request) = lines.next() {
            if !lines.by_ref().any(|line| line.is_empty()) {
                return;
            }
            let target = request.trim_end_matches(" HTTP/1.1").to_owned();
            let is_good = target.contains("token=good");
            self.with(|shared| shared.lines.push(target));
            let (status, length) = if is_good { ("200 OK", 2) } else { ("403 Forbidden", 2) };
            let fair = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{{}}");
            let (answer, goes_on) = match self.with(|shared| shared.mood) {
                Mood::Fair => (fair, true),
                Mood::Slow(ms) => {
                    thread::sleep(Duration::from_millis(ms));
                    (fair, true)
                }
                Mood::Silent => continue,
                Mood::Half => ("HTTP/1.1 200 OK\r\nContent-Le".to_owned(), false),
                Mood::HalfBody => ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf".to_owned(), false),
                Mood::Broken => ("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n".to_owned(), true),
            };
            if socket.write_all(answer.as_bytes()).is_err() || !goes_on {
                return;
            }
        }
    }
}
