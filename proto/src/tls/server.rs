//! The accepting end: TLS or plain, by the first byte.
//!
//! Spec: RFC 8446 §5.1: a handshake record begins with 22, which no RTMP, RTSP or HTTP peer begins with.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use rtmpd_core::{Call, Error, Input, Instant, Machine, Output, Peer, Service};
use rustls::ServerConnection;

use super::identity::Identities;
use super::outbox::Outbox;
use super::session::Session;

/// ContentType handshake.
const HANDSHAKE: u8 = 22;
/// How long a handshake may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Puts TLS around what another service makes.
pub struct TlsService {
    inner: Box<dyn Service>,
    identities: Arc<Identities>,
}

impl TlsService {
    /// Around this service; new connections see the identity that is valid when they begin.
    pub fn new(inner: Box<dyn Service>, identities: Arc<Identities>) -> Self {
        Self { inner, identities }
    }
}

impl Service for TlsService {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn accept(&mut self, now: Instant, peer: Peer) -> Box<dyn Machine> {
        let is_http = self.inner.name().starts_with("http");
        let machine = self.inner.accept(now, peer);
        Box::new(TlsServer::new(now, machine, Arc::clone(&self.identities), is_http))
    }

    fn alias(&self, from: SocketAddr, data: &[u8]) -> rtmpd_core::Alias {
        self.inner.alias(from, data)
    }
}

/// A machine behind TLS, or not: the peer chooses.
pub struct TlsServer {
    inner: Box<dyn Machine>,
    stage: Stage,
    out: Outbox,
}

enum Stage {
    /// Nothing came yet.
    Unknown {
        identities: Arc<Identities>,
        is_http: bool,
        until: Instant,
    },
    Plain,
    Tls {
        session: Box<Session>,
        until: Option<Instant>,
    },
}

impl TlsServer {
    /// Around this machine.
    pub fn new(now: Instant, inner: Box<dyn Machine>, identities: Arc<Identities>, is_http: bool) -> Self {
        let stage = Stage::Unknown { identities, is_http, until: now + PATIENCE };
        Self { inner, stage, out: Outbox::default() }
    }

    fn begin(&mut self, first: u8) -> Result<(), Error> {
        let Stage::Unknown { identities, is_http, until } = &self.stage else { return Ok(()) };
        self.stage = if first == HANDSHAKE {
            let config = identities.current().config(*is_http);
            let connection = ServerConnection::new(config)
                .map_err(|error| Error::violation(format!("TLS: {error}"), "RFC 8446"))?;
            Stage::Tls { session: Box::new(Session::new(connection)), until: Some(*until) }
        } else {
            Stage::Plain
        };
        Ok(())
    }

    fn receive(&mut self, now: Instant, data: &[u8]) -> Result<(), Error> {
        let Stage::Tls { session, until } = &mut self.stage else {
            return self.inner.handle_input(now, Input::Bytes(data));
        };
        let (mut plain, mut records) = (Vec::new(), BytesMut::new());
        let result = session.receive(data, &mut plain, &mut records);
        self.out.transmit(records);
        if session.is_open() {
            *until = None;
        }
        result?;
        if !plain.is_empty() {
            self.inner.handle_input(now, Input::Bytes(&plain))?;
        }
        if session.peer_closed() {
            self.inner.handle_input(now, Input::Eof)?;
        }
        Ok(())
    }

    fn deadline(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Unknown { until, .. } => Some(*until),
            Stage::Tls { until, .. } => *until,
            Stage::Plain => None,
        }
    }

    fn drain(&mut self) -> Result<(), Error> {
        match &mut self.stage {
            Stage::Tls { session, .. } => self.out.drain(self.inner.as_mut(), session),
            Stage::Unknown { .. } | Stage::Plain => Ok(()),
        }
    }
}

impl Machine for TlsServer {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) -> Result<(), Error> {
        let is_timeout = matches!(input, Input::Timeout);
        let result = if let Input::Bytes(data) = input {
            data.first().map_or(Ok(()), |first| self.begin(*first).and_then(|()| self.receive(now, data)))
        } else if is_timeout && self.deadline().is_some_and(|until| until <= now) {
            Err(Error::TimedOut("the TLS handshake"))
        } else if is_timeout && self.inner.poll_timeout().is_none_or(|at| at > now) {
            Ok(())
        } else {
            self.inner.handle_input(now, input)
        };
        // After an error too: the farewell has to go out.
        let drained = self.drain();
        result.and(drained)
    }

    fn poll_output(&mut self) -> Option<Output> {
        match &self.stage {
            Stage::Tls { .. } => self.out.pop(),
            Stage::Unknown { .. } | Stage::Plain => self.inner.poll_output(),
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        [self.deadline(), self.inner.poll_timeout()].into_iter().flatten().min()
    }

    fn has_room(&self) -> bool {
        self.inner.has_room()
    }

    fn last_call(&mut self) -> Option<Call> {
        self.inner.last_call()
    }
}
