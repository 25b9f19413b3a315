//! One of our own client machines on a socket that is waited for: the smallest driver there is.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use rtmpd_core::{Event, Input, Instant, Machine, Output};
use rtmpd_netloop::Clock;

/// How long to wait for bytes at once: timers are not late by more.
const TURN: Duration = Duration::from_millis(5);
/// How long a connection may take.
const CONNECTING: Duration = Duration::from_secs(3);

enum Socket {
    Tcp(TcpStream),
    Udp(UdpSocket, SocketAddr),
}

/// A machine and its socket.
pub(super) struct Line<M> {
    machine: M,
    socket: Socket,
}

impl<M: Machine> Line<M> {
    /// Connects by TCP.
    ///
    /// # Errors
    /// When nobody is there, in words.
    pub(super) fn tcp(to: SocketAddr, machine: M) -> Result<Self, String> {
        let socket = TcpStream::connect_timeout(&to, CONNECTING).map_err(|error| format!("{to}: {error}"))?;
        socket
            .set_read_timeout(Some(TURN))
            .and_then(|()| socket.set_nodelay(true))
            .map_err(|error| error.to_string())?;
        Ok(Self { machine, socket: Socket::Tcp(socket) })
    }

    /// Sends datagrams there.
    ///
    /// # Errors
    /// When there is no socket, in words.
    pub(super) fn udp(to: SocketAddr, machine: M) -> Result<Self, String> {
        let any = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(any).map_err(|error| error.to_string())?;
        socket.set_read_timeout(Some(TURN)).map_err(|error| error.to_string())?;
        Ok(Self { machine, socket: Socket::Udp(socket, to) })
    }

    /// Tells the machine something.
    ///
    /// # Errors
    /// When it wants no more, in words.
    pub(super) fn tell(&mut self, input: Input<'_>) -> Result<(), String> {
        self.machine.handle_input(now(), input).map_err(|error| error.to_string())
    }

    /// What the machine says next; `None` when it had nothing to say for a moment.
    ///
    /// # Errors
    /// When the conversation is over, in words.
    pub(super) fn next(&mut self) -> Result<Option<Event>, String> {
        if let Some(event) = self.drain()? {
            return Ok(Some(event));
        }
        if self.machine.poll_timeout().is_some_and(|at| at <= now()) {
            self.tell(Input::Timeout)?;
        }
        let heard = self.hear();
        let event = self.drain()?;
        // What it said before the end counts.
        heard.map(|()| event)
    }

    fn drain(&mut self) -> Result<Option<Event>, String> {
        while let Some(output) = self.machine.poll_output() {
            match (output, &mut self.socket) {
                (Output::Event(event), _) => return Ok(Some(event)),
                (Output::Transmit(bytes), Socket::Tcp(socket)) => {
                    socket.write_all(&bytes).map_err(|error| error.to_string())?;
                }
                (Output::Datagram(_, datagram), Socket::Udp(socket, to)) => {
                    let whole = [datagram.head.as_slice(), &datagram.body].concat();
                    socket.send_to(&whole, *to).map_err(|error| error.to_string())?;
                }
                (Output::Close(why), _) => return Err(why.to_string()),
                (Output::Transmit(_), Socket::Udp(..)) | (Output::Datagram(..), Socket::Tcp(_)) => {}
            }
        }
        Ok(None)
    }

    fn hear(&mut self) -> Result<(), String> {
        let mut buffer = [0; 65_536];
        let (heard, from) = match &mut self.socket {
            Socket::Tcp(socket) => (socket.read(&mut buffer), None),
            Socket::Udp(socket, to) => (socket.recv(&mut buffer), Some(*to)),
        };
        match (heard, from) {
            (Ok(0), None) => Err("the server closed the connection".to_owned()),
            (Ok(count), None) => self.tell(Input::Bytes(buffer.get(..count).unwrap_or_default())),
            (Ok(count), Some(from)) => {
                let data = buffer.get(..count).unwrap_or_default();
                self.tell(Input::Datagram { leg: rtmpd_core::Leg::FIRST, from, data })
            }
            (Err(error), _) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(()),
            (Err(error), _) => Err(error.to_string()),
        }
    }
}

/// The time that machines are told.
pub(super) fn now() -> Instant {
    Clock::process().now()
}
