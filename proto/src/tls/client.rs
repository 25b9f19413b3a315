//! The calling end.

use bytes::BytesMut;
use rtmpd_core::{Call, Error, Input, Instant, Machine, Output};
use rustls::ClientConnection;
use rustls::pki_types::ServerName;

use super::outbox::Outbox;
use super::session::Session;
use super::trust::Trust;

/// A machine that calls a server through TLS, on a connection that was just made.
pub struct TlsClient {
    inner: Box<dyn Machine>,
    session: Session,
    out: Outbox,
}

impl TlsClient {
    /// Around this machine; `host` is the name that the server's certificate must bear. Drain it once to begin.
    ///
    /// # Errors
    /// When the host can stand in no certificate.
    pub fn new(inner: Box<dyn Machine>, host: &str, trust: &Trust) -> Result<Self, Error> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| {
            Error::violation(format!("host '{host}' is no name that a certificate can bear"), "RFC 6125")
        })?;
        let connection = ClientConnection::new(trust.config(), name)
            .map_err(|error| Error::violation(format!("TLS: {error}"), "RFC 8446"))?;
        let mut client = Self { inner, session: Session::new(connection), out: Outbox::default() };
        let mut records = BytesMut::new();
        client.session.flush(&mut records);
        client.out.transmit(records);
        client.drain()?;
        Ok(client)
    }

    fn receive(&mut self, now: Instant, data: &[u8]) -> Result<(), Error> {
        let (mut plain, mut records) = (Vec::new(), BytesMut::new());
        let result = self.session.receive(data, &mut plain, &mut records);
        self.out.transmit(records);
        result?;
        if !plain.is_empty() {
            self.inner.handle_input(now, Input::Bytes(&plain))?;
        }
        if self.session.peer_closed() {
            self.inner.handle_input(now, Input::Eof)?;
        }
        Ok(())
    }

    fn drain(&mut self) -> Result<(), Error> {
        self.out.drain(self.inner.as_mut(), &mut self.session)
    }
}

impl Machine for TlsClient {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) -> Result<(), Error> {
        let result = if let Input::Bytes(data) = input {
            self.receive(now, data)
        } else {
            self.inner.handle_input(now, input)
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
