//! A file of the site, which the embedding program reads.

use std::sync::Arc;

use rtmpd_core::{Answer, Instant, Note};

use super::super::route::not_found;
use super::super::wire::{Failure, Response, shown};
use super::{HttpServer, Manner};
use crate::bytes::encode_path;

/// A request whose page is being looked for.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) manner: Manner,
    pub(super) path: Arc<str>,
    /// Verbatim, without its `?`.
    pub(super) query: Box<str>,
}

impl HttpServer {
    pub(super) fn answer_page(&mut self, now: Instant, waiting: &Waiting, answer: Answer) {
        let Waiting { manner, path, query } = waiting;
        let response = match answer {
            Answer::Page { etag, not_modified: true, .. } => kept_by(304, &etag).unsized_body(),
            Answer::Page { content_type, etag, body, gzip, .. } => {
                let response = kept_by(200, &etag).field("X-Content-Type-Options", "nosniff");
                let response = if gzip { response.field("Content-Encoding", "gzip") } else { response };
                response.body(content_type, body)
            }
            Answer::Folder => {
                let there = match &**query {
                    "" => format!("{}/", encode_path(path)),
                    query => format!("{}/?{query}", encode_path(path)),
                };
                Response::text(301, &there).field("Location", &there)
            }
            Answer::NotFound => {
                self.note_wrong_app(path);
                return self.answer_failure(now, *manner, &Failure::new(404, not_found(path)));
            }
            Answer::File(_)
            | Answer::Data(_)
            | Answer::Listing { .. }
            | Answer::Done
            | Answer::Streams(_)
            | Answer::Exists
            | Answer::Unfit(_)
            | Answer::Full(_) => Response::text(500, "the page could not be read"),
            Answer::Failed(text) => {
                self.note(Note::warn(format!("page {}: {text}", shown(path))));
                Response::text(500, "the page could not be read")
            }
        };
        self.respond(now, *manner, response);
    }
}

/// What caches are to know: every body has a validator, and who cannot unpack gets another one (RFC 9110 §12.5.5).
fn kept_by(status: u16, etag: &str) -> Response {
    let response = Response::new(status).field("ETag", etag);
    response.field("Cache-Control", "no-cache").field("Vary", "Accept-Encoding")
}
