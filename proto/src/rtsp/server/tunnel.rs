//! RTSP through HTTP, for clients behind proxies: one connection to send by, another to receive by.
//!
//! Spec: Apple's "Tunnelling RTSP and RTP over HTTP": the client GETs on one connection, which everything to it goes by,
//! and POSTs its requests on another, in base64; a cookie tells that they belong together.

use std::sync::Arc;

use bytes::Bytes;
use rtmpd_core::{Error, Event, Output};

use super::RtspServer;
use super::state::State;
use crate::rtsp::wire::{Base64, Method, Request};

/// Longest cookie, in bytes.
const MAX_COOKIE: usize = 128;

/// This connection's part in a tunnel.
#[derive(Debug, Default)]
pub(super) enum Tunnel {
    /// It is no tunnel.
    #[default]
    None,
    /// Everything to the client goes by this connection; its requests come from another.
    Down,
    /// Requests come by this connection, for the one that is met under the cookie.
    Up(Arc<str>, Base64),
}

impl Tunnel {
    /// Whether what comes by this connection is for another.
    pub(super) fn leads_up(&self) -> bool {
        matches!(self, Self::Up(..))
    }

    /// Whether media goes by this connection through HTTP.
    pub(super) fn is_used(&self) -> bool {
        !matches!(self, Self::None)
    }
}

impl RtspServer {
    /// One half of a tunnel begins.
    pub(super) fn open_tunnel(&mut self, request: &Request) -> Result<(), Error> {
        let cookie =
            request.header("x-sessioncookie").filter(|cookie| (1..=MAX_COOKIE).contains(&cookie.len()));
        let Some(cookie) = cookie.filter(|_| self.state == State::Init && !self.tunnel.is_used()) else {
            let answer = "HTTP/1.0 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
            self.transmit(Bytes::from_static(answer.as_bytes()));
            let what = format!(
                "x-sessioncookie is not 1 to {MAX_COOKIE} bytes long: this port speaks RTSP, not HTTP"
            );
            return Err(Error::malformed(what, "Tunnelling RTSP and RTP over HTTP"));
        };
        let cookie: Arc<str> = format!("rtsp {cookie}").into();
        self.greeted = true;
        if request.method == Method::Post {
            self.tunnel = Tunnel::Up(cookie, Base64::default());
            let rest = self.decoder.take_rest();
            return self.pass_up(&rest);
        }
        let answer = "HTTP/1.0 200 OK\r\nServer: smart_rtmpd\r\nConnection: close\r\nCache-Control: no-store\r\n\
                      Pragma: no-cache\r\nContent-Type: application/x-rtsp-tunnelled\r\n\r\n";
        self.transmit(Bytes::from_static(answer.as_bytes()));
        self.tunnel = Tunnel::Down;
        self.event(Event::Meet(cookie));
        Ok(())
    }

    /// Requests in base64, for the other connection.
    pub(super) fn pass_up(&mut self, data: &[u8]) -> Result<(), Error> {
        if let Tunnel::Up(cookie, base64) = &mut self.tunnel {
            let decoded = base64.push(data)?;
            if !decoded.is_empty() {
                let event = Event::Hand(cookie.clone(), decoded);
                self.out.push_back(Output::Event(event));
            }
        }
        Ok(())
    }
}
