//! Bad weather for the RTP and RTCP that RTSP clients and a server agree about.
//!
//! The RTSP connection passes through; in its Transport headers the ports are exchanged for the relay's, so that to
//! the client the relay is the server, and to the server the client. Interleaved data passes through as it is.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use mio::net::UdpSocket;

use super::engine::{Engine, Order};
use super::relay::{free, pair};
use super::transport::{self, Part};
use super::{Counts, Weather};

/// How often threads look whether they are to end.
const LOOK: Duration = Duration::from_millis(50);

/// Most connections, one after the other or at once.
const CONNECTIONS: usize = 64;

/// Most SETUPs of one connection without an answer that names ports.
const PENDING: usize = 16;

/// A running relay of RTSP on a free port of the loopback. Dropping it ends it and cuts its connections.
#[derive(Debug)]
pub struct RtspRelay {
    addr: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    target: SocketAddr,
    engine: Mutex<Engine>,
    ends: AtomicBool,
}

/// One RTSP connection's transports that the server has not answered yet.
type Pending = Arc<Mutex<Vec<Setup>>>;

/// A SETUP that is under way: sockets in pairs or alone.
struct Setup {
    /// The client's own first port.
    client: u16,
    /// What the server was told instead.
    back: Vec<(UdpSocket, u16)>,
    /// What the client will be told instead of the server's ports.
    front: Vec<(UdpSocket, u16)>,
}

/// One direction of a connection.
struct Pump {
    from: TcpStream,
    to: TcpStream,
    /// From the server to the client.
    answers: bool,
    pending: Pending,
    shared: Arc<Shared>,
}

impl RtspRelay {
    /// Starts a relay to an RTSP server.
    pub fn start(target: SocketAddr, weather: Weather) -> Self {
        let listener = TcpListener::bind(free(target)).expect("a free port");
        let addr = listener.local_addr().expect("it is bound");
        listener.set_nonblocking(true).expect("it can be asked");
        let engine = Mutex::new(Engine::start(weather));
        let shared = Arc::new(Shared { target, engine, ends: AtomicBool::new(false) });
        let accepting = Arc::clone(&shared);
        let thread = Some(std::thread::spawn(move || accept(&listener, &accepting)));
        Self { addr, shared, thread }
    }

    /// Where clients are to connect to; also the host and port of their URLs.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What has happened to RTP and RTCP so far.
    pub fn counts(&self) -> Counts {
        self.shared.engine.lock().unwrap_or_else(PoisonError::into_inner).counts()
    }
}

impl Drop for RtspRelay {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::Relaxed);
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            eprintln!("the relay of RTSP has panicked");
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut pumps = Vec::new();
    while !shared.ends.load(Ordering::Relaxed) {
        match listener.accept() {
            // A server that is away is what the client would have met too.
            Ok((client, _)) if pumps.len() < 2 * CONNECTIONS => {
                pumps.extend(connect(client, shared).into_iter().flatten());
            }
            Ok(_) => {}
            Err(_) => std::thread::sleep(LOOK / 5),
        }
    }
    for pump in pumps {
        pump.join().ok();
    }
}

fn connect(client: TcpStream, shared: &Arc<Shared>) -> io::Result<[JoinHandle<()>; 2]> {
    let server = TcpStream::connect(shared.target)?;
    let pending = Pending::default();
    for stream in [&client, &server] {
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LOOK))?;
        stream.set_write_timeout(Some(Duration::from_secs(10)))?;
    }
    let asks = Pump {
        from: client.try_clone()?,
        to: server.try_clone()?,
        answers: false,
        pending: Arc::clone(&pending),
        shared: Arc::clone(shared),
    };
    let answers = Pump { from: server, to: client, answers: true, pending, shared: Arc::clone(shared) };
    Ok([asks, answers].map(|pump| std::thread::spawn(move || pump.run())))
}

impl Pump {
    fn run(mut self) {
        // A connection that breaks is the test's business, on both its ends.
        self.pass_on().ok();
        self.to.shutdown(Shutdown::Write).ok();
    }

    fn pass_on(&mut self) -> io::Result<()> {
        let (mut buffer, mut block) = (Vec::new(), vec![0; 64 * 1024]);
        // What is known to be passed on as it is.
        let mut plain = 0;
        while !self.shared.ends.load(Ordering::Relaxed) {
            match self.from.read(&mut block) {
                Ok(0) => return self.to.write_all(&buffer),
                Ok(length) => buffer.extend_from_slice(&block[..length]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) => return Err(error),
            }
            loop {
                let now = plain.min(buffer.len());
                self.to.write_all(&buffer[..now])?;
                buffer.drain(..now);
                plain -= now;
                match transport::part(&buffer) {
                    Part::Unfinished => break,
                    Part::Plain(length) => plain = length,
                    Part::Nonsense => return Err(ErrorKind::InvalidData.into()),
                    Part::Head(head, body) => {
                        let text = String::from_utf8_lossy(&buffer[..head]).into_owned();
                        self.to.write_all(self.exchanged(text).as_bytes())?;
                        buffer.drain(..head);
                        plain = body;
                    }
                }
            }
        }
        Ok(())
    }

    /// The head as the other side is to see it.
    fn exchanged(&self, head: String) -> String {
        let ports =
            |name| transport::field(&head, "transport").and_then(|value| transport::ports(value, name));
        let Some((client, last)) = ports("client_port") else { return head };
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.answers {
            let count = if last.is_some() { 2 } else { 1 };
            let sockets = || pair(free(self.shared.target).ip()).into_iter().take(count).collect::<Vec<_>>();
            let (back, front) = (sockets(), sockets());
            let told = transport::with_ports(&head, "client_port", back[0].1);
            // Those that were refused, for want of a password for instance.
            if pending.len() >= PENDING {
                pending.remove(0);
            }
            pending.push(Setup { client, back, front });
            return told;
        }
        let Some(at) = pending.iter().position(|setup| setup.back[0].1 == client) else { return head };
        let setup = pending.remove(at);
        let told = transport::with_ports(&head, "client_port", setup.client);
        let Some((server, _)) = ports("server_port") else { return told };
        let told = transport::with_ports(&told, "server_port", setup.front[0].1);
        self.begin(setup, server);
        told
    }

    /// From here on what is sent goes through the weather.
    fn begin(&self, setup: Setup, server: u16) {
        let Ok(client) = self.to.peer_addr() else { return };
        let engine = self.shared.engine.lock().unwrap_or_else(PoisonError::into_inner);
        for (n, ((front, _), (back, _))) in (0..).zip(setup.front.into_iter().zip(setup.back)) {
            let client = SocketAddr::new(client.ip(), setup.client + n);
            let server = SocketAddr::new(self.shared.target.ip(), server + n);
            engine.order(Order::Couple((front, client), (back, server)));
        }
    }
}
