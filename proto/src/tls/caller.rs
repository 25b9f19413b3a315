//! The calling end of a machine that makes its own connections, one after the other.

use bytes::BytesMut;
use rtmpd_core::{Call, Error, Event, Input, Instant, Machine, Note, Output, Reply};
use rustls::ClientConnection;
use rustls::pki_types::ServerName;

use super::outbox::Outbox;
use super::session::Session;
use super::trust::Trust;

/// A machine that dials, each of whose connections is TLS. What is wrong with one ends that one only: the machine is told
/// that it is over, and the log why.
pub struct TlsCaller {
    inner: Box<dyn Machine>,
    name: ServerName<'static>,
    trust: Trust,
    /// `None` between connections.
    session: Option<Session>,
    out: Outbox,
}

impl TlsCaller {
    /// Around this machine; `host` is the name that the server's certificate must bear.
    ///
    /// # Errors
    /// When the host can stand in no certificate.
    pub fn new(inner: Box<dyn Machine>, host: &str, trust: Trust) -> Result<Self, Error> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| {
            Error::violation(format!("host '{host}' is no name that a certificate can bear"), "RFC 6125")
        })?;
        Ok(Self { inner, name, trust, session: None, out: Outbox::default() })
    }

    /// The connection is there: the handshake begins.
    fn begin(&mut self) -> Result<(), Error> {
        let connection = ClientConnection::new(self.trust.config(), self.name.clone())
            .map_err(|error| Error::violation(format!("TLS: {error}"), "RFC 8446"))?;
        let session = self.session.insert(Session::new(connection));
        let mut records = BytesMut::new();
        session.flush(&mut records);
        self.out.transmit(records);
        Ok(())
    }

    fn receive(&mut self, now: Instant, data: &[u8]) -> Result<(), Error> {
        let Some(session) = &mut self.session else { return Ok(()) };
        let (mut plain, mut records) = (Vec::new(), BytesMut::new());
        let result = session.receive(data, &mut plain, &mut records);
        let peer_closed = session.peer_closed();
        self.out.transmit(records);
        if let Err(error) = result {
            self.out.event(Event::Note(Note::warn(error.to_string())));
            return self.end(now);
        }
        if !plain.is_empty() {
            self.inner.handle_input(now, Input::Bytes(&plain))?;
        }
        if peer_closed { self.end(now) } else { Ok(()) }
    }

    /// The connection is over.
    fn end(&mut self, now: Instant) -> Result<(), Error> {
        self.drain()?;
        if self.session.take().is_some() {
            self.out.event(Event::HangUp);
        }
        self.inner.handle_input(now, Input::Eof)
    }

    fn drain(&mut self) -> Result<(), Error> {
        self.out.drain_between(self.inner.as_mut(), &mut self.session)
    }
}

impl Machine for TlsCaller {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) -> Result<(), Error> {
        let result = match input {
            Input::Bytes(data) => self.receive(now, data),
            Input::Eof => {
                self.session = None;
                self.inner.handle_input(now, input)
            }
            Input::Reply(Reply::Dialled(Ok(_))) => {
                self.begin().and_then(|()| self.inner.handle_input(now, input))
            }
            Input::Datagram { .. }
            | Input::Handed(_)
            | Input::Timeout
            | Input::Reply(_)
            | Input::Media(_)
            | Input::Shutdown => self.inner.handle_input(now, input),
        };
        let drained = self.drain();
        result.and(drained)
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.inner.poll_timeout()
    }

    fn has_room(&self) -> bool {
        self.inner.has_room()
    }

    fn last_call(&mut self) -> Option<Call> {
        self.inner.last_call()
    }
}
