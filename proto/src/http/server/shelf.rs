//! Objects of a live stream – playlists, segments, parts – fetched by name and sent as they are.
//!
//! Specs: RFC 9112 §7.1 (chunked), RFC 8216bis §6.2.5 (blocking reload, delta updates), RFC 9111 §5.2 (caching).

use std::sync::Arc;

use bytes::Bytes;
use rtmpd_core::media::{Fetched, Packaging};
use rtmpd_core::{Close, Event, Fetch, Instant, Note, Output, Refusal};

use super::super::mime;
use super::super::pass::Session;
use super::super::wire::{Failure, Response};
use super::live::status;
use super::{HttpServer, Manner, Stage};

/// What is asked for of which stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// In which packaging.
    pub packaging: Packaging,
    /// The object's name.
    pub name: Arc<str>,
    /// In which version, or a later one.
    pub at_least: u64,
    /// How long caches may keep it.
    pub fresh: Fresh,
}

/// How long caches between us and the player may keep an object.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Fresh {
    /// It changes all the time.
    Briefly,
    /// It is one state of something that changes: whoever asks for this state may have it.
    AWhile,
    /// It never changes.
    Forever,
}

impl Fresh {
    fn cache_control(self) -> &'static str {
        match self {
            Self::Briefly => "public, max-age=1",
            Self::AWhile => "public, max-age=10",
            Self::Forever => "public, max-age=3600, immutable",
        }
    }
}

/// A request for an object that the shard is looking for.
#[derive(Debug)]
pub(super) struct Fetching {
    pub(super) manner: Manner,
    pub(super) fetch: Fetch,
    pub(super) fresh: Fresh,
    /// Of whom, where that matters.
    pub(super) session: Option<Box<Session>>,
}

impl HttpServer {
    /// Asks the shard for an object.
    pub(super) fn ask_fetch(&mut self, fetching: Fetching) {
        self.out.push_back(Output::Event(Event::Fetch(Box::new(fetching.fetch.clone()))));
        self.stage = Stage::Fetching(Box::new(fetching));
    }

    pub(super) fn answer_fetch(
        &mut self,
        now: Instant,
        mut fetching: Fetching,
        result: Result<Fetched, Refusal>,
    ) {
        let begun = fetching.fetch.from > 0;
        match result {
            Ok(fetched) if fetched.whole && !begun => self.send_whole(now, &fetching, &fetched),
            Ok(fetched) => {
                if !begun {
                    self.begin_growing(now, &mut fetching);
                }
                self.send_pieces(now, fetching, &fetched);
            }
            // The head has gone out: all that is left to say is that this is not the end.
            Err(refusal) if begun => {
                self.note(Note::debug(format!("{} was cut short: {refusal}", fetching.fetch.name)));
                self.end(Close::Done);
            }
            Err(refusal) => {
                let failure = Failure::new(status(&refusal), refusal.to_string());
                self.answer_failure(now, fetching.manner, &failure);
            }
        }
    }

    fn send_whole(&mut self, now: Instant, fetching: &Fetching, fetched: &Fetched) {
        let manner = fetching.manner;
        if let Some(session) = fetching.session.as_deref().filter(|_| is_playlist(&fetching.fetch.name)) {
            let text: Vec<u8> = fetched.news().iter().flat_map(|piece| piece.iter().copied()).collect();
            let head = self.head_of(fetching);
            return self.send_playlist(now, (manner, head), session, (&fetching.fetch.name, &text));
        }
        let head = self.head_of(fetching).field("Content-Length", &fetched.len().to_string()).unsized_body();
        let (head, _) = self.dated(now, manner.word(head)).finish(true);
        self.transmit(head);
        if !manner.head_only {
            for piece in fetched.news() {
                self.transmit(piece.clone());
            }
        }
        self.responded(now, manner);
    }

    /// The head of a body whose length nobody knows yet.
    fn begin_growing(&mut self, now: Instant, fetching: &mut Fetching) {
        let mut head = self.head_of(fetching).unsized_body();
        if fetching.manner.is_1_1 {
            head = head.field("Transfer-Encoding", "chunked");
        } else {
            fetching.manner.keep_alive = false;
        }
        let (head, _) = self.dated(now, fetching.manner.word(head)).finish(true);
        self.transmit(head);
    }

    fn send_pieces(&mut self, now: Instant, mut fetching: Fetching, fetched: &Fetched) {
        let manner = fetching.manner;
        if manner.head_only {
            return self.responded(now, manner);
        }
        for piece in fetched.news().iter().filter(|piece| !piece.is_empty()) {
            if manner.is_1_1 {
                self.transmit(Bytes::from(format!("{:x}\r\n", piece.len())));
            }
            self.transmit(piece.clone());
            if manner.is_1_1 {
                self.transmit(Bytes::from_static(b"\r\n"));
            }
        }
        if fetched.whole {
            if manner.is_1_1 {
                self.transmit(Bytes::from_static(b"0\r\n\r\n"));
            }
            return self.responded(now, manner);
        }
        fetching.fetch.from = fetched.pieces.len();
        self.ask_fetch(fetching);
    }
}

impl HttpServer {
    fn head_of(&self, fetching: &Fetching) -> Response {
        Response::new(200)
            .field("Content-Type", content_type(&fetching.fetch.name))
            .field("Cache-Control", &self.cache_control(fetching.fresh.cache_control()))
    }
}

/// Whether it names other objects.
pub(super) fn is_playlist(name: &str) -> bool {
    name.ends_with(".m3u8") || name.ends_with(".mpd")
}

/// CMAF objects of sound are said to be sound: some players sort by this.
fn content_type(name: &str) -> &'static str {
    let is_sound = name.starts_with('a');
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("m4s" | "mp4") if is_sound => "audio/mp4",
        Some("m4s" | "mp4") => "video/mp4",
        _ => mime::of(name),
    }
}
