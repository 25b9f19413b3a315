//! An endless FLV as the body of a response: shared bytes, passed on as they are.

use std::sync::Arc;

use rtmpd_core::media::Description;
use rtmpd_core::{Close, Instant, Media, Refusal};

use super::super::wire::{Failure, Response};
use super::super::ws::Upgrade;
use super::{HttpServer, Manner, Stage};
use crate::bytes::tail;
use crate::container::flv::HEADER_LEN;

/// A request for a stream that the shard is looking for.
#[derive(Debug)]
pub(super) struct Asking {
    pub(super) manner: Manner,
    pub(super) form: Form,
}

/// How the stream is to be sent.
#[derive(Debug)]
pub(super) enum Form {
    Flv,
    WebSocket(Box<Upgrade>),
}

impl Form {
    /// What logs and API call it.
    pub(super) fn protocol(&self) -> &'static str {
        match self {
            Self::Flv => "http-flv",
            Self::WebSocket(_) => "ws-flv",
        }
    }

    /// The response's head: no length, the connection's end is the stream's. `Range` has no meaning for what has no
    /// beginning and no end, so it is passed over (RFC 9110 §14.2).
    pub(super) fn flv_head() -> Response {
        Response::new(200)
            .field("Content-Type", "video/x-flv")
            .field("Cache-Control", "no-cache, no-store")
            .field("Accept-Ranges", "none")
            .field("Connection", "close")
            .unsized_body()
    }
}

impl HttpServer {
    pub(super) fn answer_play(
        &mut self,
        now: Instant,
        asking: Asking,
        result: Result<Arc<Description>, Refusal>,
    ) {
        match (result, asking.form) {
            (Ok(_), Form::Flv) => {
                let (head, _) = self.dated(now, Form::flv_head()).finish(true);
                self.transmit(head);
                self.stage = Stage::Live(false);
            }
            (Ok(_), Form::WebSocket(accepted)) => self.start_websocket(now, &accepted),
            (Err(refusal), _) => {
                let failure = Failure::new(status(&refusal), refusal.to_string());
                self.answer_failure(now, asking.manner, &failure);
            }
        }
    }

    pub(super) fn live_media(&mut self, headed: bool, media: &Media<'_>) {
        match media {
            // In the middle of a stream the tracks may change, but a file has one header.
            Media::Start { preamble, .. } if headed => self.transmit(tail(preamble, HEADER_LEN)),
            Media::Start { preamble, .. } => self.transmit((*preamble).clone()),
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
        Refusal::Busy(_) => 409,
        Refusal::Unsupported(_) => 415,
        Refusal::NotYet(_) | Refusal::ShuttingDown => 503,
    }
}
