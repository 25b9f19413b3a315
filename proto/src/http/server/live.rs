//! An endless stream as the body of a response: shared bytes, passed on as they are.

use std::sync::Arc;

use bytes::Bytes;
use rtmpd_core::media::Description;
use rtmpd_core::{Close, Instant, Media, Refusal};

use super::super::packaging::{Endless, Renewal};
use super::super::wire::{Failure, Response};
use super::super::ws::Upgrade;
use super::{HttpServer, Manner, Stage};
use crate::bytes::tail;

/// A request for a stream that the shard is looking for.
#[derive(Debug)]
pub(super) struct Asking {
    pub(super) manner: Manner,
    pub(super) form: Form,
}

/// How the stream is to be sent.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) endless: &'static Endless,
    /// In WebSocket messages.
    pub(super) upgrade: Option<Box<Upgrade>>,
}

impl Form {
    /// What logs and API call it.
    pub(super) fn protocol(&self) -> &'static str {
        let [http, ws] = self.endless.protocols;
        if self.upgrade.is_some() { ws } else { http }
    }
}

/// What a viewer has been sent of the beginning.
#[derive(Clone, Debug)]
pub(super) struct Beginning {
    renewal: Renewal,
    /// The preamble it was sent; empty before that.
    sent: Bytes,
}

impl Beginning {
    pub(super) fn new(form: &Endless) -> Self {
        Self { renewal: form.renewal, sent: Bytes::new() }
    }

    /// What of this preamble is to be sent, and how many bytes at its front are not; `None` when the stream cannot go on.
    pub(super) fn renew(&mut self, preamble: &Bytes) -> Option<usize> {
        let first = self.sent.is_empty();
        let same = self.sent == *preamble;
        if first {
            self.sent = preamble.clone();
        }
        match self.renewal {
            _ if first => Some(0),
            Renewal::Without(skip) => Some(skip),
            Renewal::Never if same => Some(preamble.len()),
            Renewal::Never => None,
        }
    }
}

/// The response's head: no length, the connection's end is the stream's. `Range` has no meaning for what has no beginning
/// and no end, so it is passed over (RFC 9110 §14.2).
pub(super) fn live_head(form: &Endless) -> Response {
    Response::new(200)
        .field("Content-Type", form.content_type)
        .field("Cache-Control", "no-cache, no-store")
        .field("Accept-Ranges", "none")
        .field("Connection", "close")
        .unsized_body()
}

impl HttpServer {
    pub(super) fn answer_play(
        &mut self,
        now: Instant,
        asking: Asking,
        result: Result<Arc<Description>, Refusal>,
    ) {
        let Form { endless, upgrade } = asking.form;
        match (result, upgrade) {
            (Ok(_), None) => {
                let (head, _) = self.dated(now, live_head(endless)).finish(true);
                self.transmit(head);
                self.stage = Stage::Live(Beginning::new(endless));
            }
            (Ok(_), Some(accepted)) => self.start_websocket(now, &accepted, endless),
            (Err(refusal), _) => {
                let failure = Failure::new(status(&refusal), refusal.to_string());
                self.answer_failure(now, asking.manner, &failure);
            }
        }
    }

    pub(super) fn live_media(&mut self, media: &Media<'_>) {
        match media {
            Media::Start { preamble, .. } => {
                let Stage::Live(beginning) = &mut self.stage else { return };
                match beginning.renew(preamble) {
                    Some(skip) => self.transmit(tail(preamble, skip)),
                    None => self.end(Close::StreamEnded),
                }
            }
            Media::Packet(packet) => self.transmit(packet.data.clone()),
            Media::Gap => {}
            Media::Ended => self.end(Close::StreamEnded),
        }
    }
}

/// A refusal in the words of HTTP.
pub(super) fn status(refusal: &Refusal) -> u16 {
    match refusal {
        Refusal::UnknownApp(_) | Refusal::BadName(_) | Refusal::NotFound(_) => 404,
        Refusal::Denied => 403,
        Refusal::Busy(_) | Refusal::Looped(_) => 409,
        Refusal::Unsupported(_) => 415,
        Refusal::NotYet(_) | Refusal::NoPort(_) | Refusal::Full(_) | Refusal::ShuttingDown => 503,
    }
}
