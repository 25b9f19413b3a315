//! A stream in WebSocket messages: shared bytes that were headed once for all viewers.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::BytesMut;
use rtmpd_core::{Close, Error, Instant, Media, Note, Output};

use super::super::packaging::Endless;
use super::super::wire::Response;
use super::super::ws::close::{GOING_AWAY, NORMAL};
use super::super::ws::{self, Incoming, NoUpgrade, Opcode, Upgrade};
use super::live::Beginning;
use super::{HttpServer, Manner, Stage};

/// A viewer's side of things.
#[derive(Debug)]
pub(super) struct Viewer {
    reader: ws::Reader,
    beginning: Beginning,
    ping: Duration,
    ping_at: Instant,
    /// Nothing has come since the last ping.
    silent: bool,
}

impl Viewer {
    fn new(now: Instant, ping: Duration, form: &Endless) -> Self {
        Self {
            reader: ws::Reader::skipping(ws::Role::Server),
            beginning: Beginning::new(form),
            ping,
            ping_at: now + ping,
            silent: false,
        }
    }

    /// What viewers say does not matter; that they are there does.
    pub(super) fn receive(&mut self, mut data: &[u8], out: &mut VecDeque<Output>) -> Result<(), Error> {
        self.silent = false;
        loop {
            match self.reader.read(&mut data) {
                Ok(None) => return Ok(()),
                Ok(Some(Incoming::Ping(payload))) => send(out, Opcode::Pong, &payload),
                Ok(Some(Incoming::Pong(_) | Incoming::Message { .. })) => {}
                Ok(Some(Incoming::Close { code, .. })) => {
                    // §5.5.1: the code comes back; 1005 stands for none and never travels.
                    say_close(out, if ws::close::may_travel(code) { code } else { NORMAL }, "");
                    // The peer waits for our close frame: a connection that is merely gone would not be sent it.
                    out.push_back(Output::Close(Close::Done));
                    return Ok(());
                }
                Err(broken) => {
                    say_close(out, broken.close, &broken.error.to_string());
                    return Err(broken.error);
                }
            }
        }
    }

    /// Passes media on; true when the stream is over.
    pub(super) fn media(&mut self, media: &Media<'_>, out: &mut VecDeque<Output>) -> bool {
        let data = match media {
            Media::Start { preamble, .. } => match self.beginning.renew(preamble) {
                Some(0) => (*preamble).clone(),
                Some(skip) => ws::reframe(preamble, skip),
                None => {
                    say_close(out, NORMAL, "the stream goes on with other tracks");
                    return true;
                }
            },
            Media::Packet(packet) => packet.data.clone(),
            Media::Gap => return false,
            Media::Ended => {
                say_close(out, NORMAL, "the stream ended");
                return true;
            }
        };
        if !data.is_empty() {
            out.push_back(Output::Transmit(data));
        }
        false
    }

    pub(super) fn handle_timeout(&mut self, now: Instant, out: &mut VecDeque<Output>) -> Result<(), Error> {
        if now >= self.ping_at {
            if std::mem::replace(&mut self.silent, true) {
                return Err(Error::TimedOut("the answer to a WebSocket ping"));
            }
            self.ping_at = now + self.ping;
            send(out, Opcode::Ping, &[]);
        }
        Ok(())
    }

    pub(super) fn poll_timeout(&self) -> Instant {
        self.ping_at
    }

    pub(super) fn say_going_away(&self, out: &mut VecDeque<Output>) {
        say_close(out, GOING_AWAY, "the server is shutting down");
    }
}

impl HttpServer {
    pub(super) fn start_websocket(&mut self, now: Instant, upgrade: &Upgrade, form: &Endless) {
        let mut response = Response::new(101)
            .field("Upgrade", "websocket")
            .field("Connection", "Upgrade")
            .field("Sec-WebSocket-Accept", &upgrade.accept);
        if let Some(protocol) = &upgrade.protocol {
            response = response.field("Sec-WebSocket-Protocol", protocol);
        }
        let (head, _) = self.dated(now, response.unsized_body()).finish(true);
        self.transmit(head);
        self.stage = Stage::WebSocket(Box::new(Viewer::new(now, self.settings.ping, form)));
    }

    pub(super) fn refuse_upgrade(&mut self, now: Instant, manner: Manner, refused: &NoUpgrade) {
        self.note(Note::debug(format!("no WebSocket: {refused}")));
        let mut response = Response::text(refused.status, &refused.text);
        if let Some((name, value)) = refused.header {
            response = response.field(name, value);
        }
        self.respond(now, manner, response);
    }
}

fn send(out: &mut VecDeque<Output>, opcode: Opcode, payload: &[u8]) {
    let mut bytes = BytesMut::new();
    ws::put_frame(&mut bytes, opcode, payload, None);
    out.push_back(Output::Transmit(bytes.freeze()));
}

fn say_close(out: &mut VecDeque<Output>, code: u16, reason: &str) {
    let mut bytes = BytesMut::new();
    ws::put_close(&mut bytes, code, reason, None);
    out.push_back(Output::Transmit(bytes.freeze()));
}
