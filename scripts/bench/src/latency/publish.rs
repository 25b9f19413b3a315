//! The publisher: one small frame every interval, stamped just before it is written.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::FrameMaker;
use crate::error::Fault;
use crate::rtmp::{Role, Session};
use crate::target::{RtmpTarget, Target};

/// A publisher in its own thread.
#[derive(Debug)]
pub struct Publisher {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<u64, Fault>>,
}

impl Publisher {
    /// Connects, publishes and goes on until [`Publisher::finish`]. Fails when the server refuses.
    pub fn start(target: &Target, maker: FrameMaker, epoch: Instant) -> Result<Self, Fault> {
        let Target::Rtmp(target) = target else {
            return Err(Fault::new("--publish: expected an rtmp:// URL"));
        };
        let (socket, session) = set_up(target)?;
        drain(socket.try_clone()?);
        let stop = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stop);
        let thread = thread::spawn(move || send_frames(socket, session, maker, (epoch, flag)));
        Ok(Self { stop, thread })
    }

    /// Ends the stream; the number of frames sent. Fails when the connection was lost before.
    pub fn finish(self) -> Result<u64, Fault> {
        self.stop.store(true, Ordering::Release);
        self.thread.join().map_err(|_| Fault::new("the publisher's thread panicked"))?
    }
}

fn set_up(target: &RtmpTarget) -> Result<(TcpStream, Session), Fault> {
    let mut socket =
        TcpStream::connect(target.addr).map_err(|e| Fault::new(format!("connect {}: {e}", target.addr)))?;
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut session = Session::new(target.clone(), Role::Publish);
    let mut buffer = [0; 8192];
    while !session.is_live() {
        socket.write_all(&session.take_output())?;
        let count = socket.read(&mut buffer)?;
        if count == 0 {
            return Err(Fault::new("publish: closed by the server"));
        }
        session.push(&buffer[..count])?;
    }
    socket.set_read_timeout(None)?;
    Ok((socket, session))
}

/// Reads and forgets what the server says, so that its buffers never fill; ends with the connection.
fn drain(mut socket: TcpStream) {
    thread::spawn(move || {
        let mut buffer = [0; 8192];
        while socket.read(&mut buffer).is_ok_and(|count| count > 0) {}
    });
}

fn send_frames(
    mut socket: TcpStream,
    mut session: Session,
    mut maker: FrameMaker,
    (epoch, stop): (Instant, Arc<AtomicBool>),
) -> Result<u64, Fault> {
    session.send(FrameMaker::header());
    let interval = Duration::from_millis(maker.interval_ms());
    let mut due = Instant::now();
    let mut sent = 0;
    while !stop.load(Ordering::Acquire) {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        due += interval;
        session.send(maker.next_frame(epoch.elapsed().as_nanos() as u64));
        socket.write_all(&session.take_output())?;
        sent += 1;
    }
    socket.shutdown(std::net::Shutdown::Both)?;
    Ok(sent)
}
