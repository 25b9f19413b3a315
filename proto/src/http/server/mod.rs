//! The machine: keep-alive, pipelining, one responder at a time.
//!
//! Specs: RFC 9112 §9 (connections), RFC 9110 §9 (methods). - `exchange`: requests to responders · `admitting`, `passing`: who may
//! have them · `page`, `live`,
//! `websocket`, `shelf`, `streams`, `library` (files out), `upload` (files in): the responders
//!
//! ```text
//!  ┌─▶ head ──▶ body ──▶ page ──answer──┐
//!  │                └──▶ asking ──yes──▶ live, websocket ──▶ over
//!  └────────────────────────────────────┘
//! ```

mod admitting;
mod exchange;
mod library;
mod live;
mod page;
mod passing;
mod shelf;
mod streams;
mod upload;
mod websocket;

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use rtmpd_core::files::{FileCall, FileChange, Place};
use rtmpd_core::{
    Call, Close, Error, Event, Input, Instant, Machine, Media, Note, Output, Peer, Refusal, Reply, Request,
    Service,
};

use super::Settings;
use super::pass::{Passes, Session};
use super::wire::{Body, Failure, Head, HeadReader, Response, imf_fixdate};
use admitting::Admitting;
use library::Borrowing;
use live::{Asking, Beginning};
use page::Waiting;
use shelf::Fetching;
pub use shelf::{Fresh, Wanted};
use streams::Asked;
use upload::Upload;
use websocket::Viewer;

/// Most bytes of later requests kept while one is answered.
const MAX_AHEAD: usize = 64 << 10;
/// Most bytes that a driver reads at a time.
const MAX_UNREAD: usize = 1 << 20;
/// Room for this many outputs is kept: a viewer needs one at a time.
const KEEP: usize = 2;

/// Makes the machines of an HTTP listener.
#[derive(Debug)]
pub struct HttpService {
    settings: Arc<Settings>,
    passes: Option<Arc<Passes>>,
}

impl HttpService {
    /// A service with these settings.
    pub fn new(settings: Settings) -> Self {
        Self { settings: Arc::new(settings), passes: None }
    }

    /// The same, where a gate decides who may have what; who may have a playlist gets a pass for what it names.
    #[must_use]
    pub fn guarded(self, passes: Arc<Passes>) -> Self {
        Self { passes: Some(passes), ..self }
    }
}

impl Service for HttpService {
    fn name(&self) -> &'static str {
        "http"
    }

    fn accept(&mut self, now: Instant, peer: Peer) -> Box<dyn Machine> {
        let server = HttpServer::new(now, self.settings.clone(), peer);
        Box::new(HttpServer { passes: self.passes.clone(), ..server })
    }
}

/// One client's connection.
#[derive(Debug)]
pub struct HttpServer {
    settings: Arc<Settings>,
    peer: Peer,
    /// A gate decides who may have what; who was let in has a pass.
    pub(super) passes: Option<Arc<Passes>>,
    /// Who the request that is being answered is of, where it has a pass.
    session: Option<Box<Session>>,
    stage: Stage,
    /// Bytes of later requests.
    ahead: Vec<u8>,
    /// The client will send no more, but reads on.
    half_closed: bool,
    /// A request was answered.
    served: bool,
    /// Files of an upload that is not whole.
    unfinished: Option<Box<Place>>,
    deadline: Option<Instant>,
    out: VecDeque<Output>,
}

#[derive(Debug)]
enum Stage {
    /// A request's head is awaited.
    Head(HeadReader),
    /// Its body is passed over.
    Body(Box<(Body, Head)>),
    /// The shard was asked whether the client may come in.
    Admitting(Box<Admitting>),
    /// The embedding program looks for a page.
    Page(Box<Waiting>),
    /// The embedding program looks for a file or a folder, or reads it.
    Library(Box<Borrowing>),
    /// A form with files comes in, and is written.
    Upload(Box<Upload>),
    /// The embedding program looks for streams.
    Streams(Box<Asked>),
    /// The shard was asked for an object of a stream.
    Fetching(Box<Fetching>),
    /// The shard was asked for a stream.
    Asking(Box<Asking>),
    /// An endless stream.
    Live(Beginning),
    /// A stream in WebSocket messages.
    WebSocket(Box<Viewer>),
    /// Nothing more is listened to.
    Over,
}

/// What of a request its response depends on.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
struct Manner {
    /// HEAD: no body.
    head_only: bool,
    keep_alive: bool,
    is_1_1: bool,
}

impl Manner {
    /// Says whether the connection goes on.
    fn word(self, response: Response) -> Response {
        match (self.keep_alive, self.is_1_1) {
            (false, _) => response.field("Connection", "close"),
            (true, false) => response.field("Connection", "keep-alive"),
            (true, true) => response,
        }
    }
}

/// Of a request that is the last, whatever it was.
const LAST: Manner = Manner { head_only: false, keep_alive: false, is_1_1: true };

impl HttpServer {
    /// A client has connected.
    pub fn new(now: Instant, settings: Arc<Settings>, peer: Peer) -> Self {
        Self {
            peer,
            passes: None,
            session: None,
            stage: Stage::Head(HeadReader::default()),
            ahead: Vec::new(),
            half_closed: false,
            served: false,
            unfinished: None,
            deadline: Some(now + settings.head_timeout),
            out: VecDeque::with_capacity(KEEP),
            settings,
        }
    }

    /// What the machine takes up in memory, in bytes, but for what a busy stage holds in boxes.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        size_of::<Self>() + self.ahead.capacity() + self.out.capacity() * size_of::<Output>()
    }

    fn receive(&mut self, now: Instant, mut data: &[u8]) -> Result<(), Error> {
        loop {
            let failure = match &mut self.stage {
                Stage::Head(reader) => {
                    let was_empty = reader.is_empty();
                    match reader.read(&mut data) {
                        Ok(Some(head)) => self.begin(now, head).err(),
                        Ok(None) => {
                            if was_empty && !reader.is_empty() {
                                self.deadline = Some(now + self.settings.head_timeout);
                            }
                            return Ok(());
                        }
                        Err(failure) => Some(failure),
                    }
                }
                Stage::Body(pending) => match pending.0.skip(&mut data) {
                    Ok(()) if pending.0.is_done() => self.body_done(now).err(),
                    Ok(()) => return Ok(()),
                    Err(failure) => Some(failure),
                },
                Stage::Upload(upload) if upload.ended => return self.keep(data, MAX_AHEAD),
                Stage::Upload(_) => match self.upload_bytes(now, &mut data) {
                    Ok(()) if data.is_empty() => return Ok(()),
                    Ok(()) => None,
                    Err(failure) => {
                        self.answer_failure(now, LAST, &failure);
                        return Ok(());
                    }
                },
                Stage::Page(_)
                | Stage::Library(_)
                | Stage::Streams(_)
                | Stage::Fetching(_)
                | Stage::Asking(_) => return self.keep(data, MAX_AHEAD),
                // The shard reads no more while it asks.
                Stage::Admitting(_) => return self.keep(data, MAX_UNREAD),
                // A viewer of an endless response has nothing more to say.
                Stage::Live(_) | Stage::Over => return Ok(()),
                Stage::WebSocket(viewer) => return viewer.receive(data, &mut self.out),
            };
            if let Some(failure) = failure {
                return Err(self.fail(now, failure));
            }
        }
    }

    fn keep(&mut self, data: &[u8], most: usize) -> Result<(), Error> {
        if self.ahead.len() + data.len() > most {
            let text = format!("more than {most} bytes of requests behind one that is being answered");
            return Err(Error::limit(text, "RFC 9112 §9.3.2"));
        }
        self.ahead.extend_from_slice(data);
        Ok(())
    }

    /// The connection cannot go on: says why. The error that is returned ends it, and nothing else may.
    fn fail(&mut self, now: Instant, failure: Failure) -> Error {
        self.send_response(now, LAST, Response::text(failure.status, &failure.text));
        self.stop();
        match failure.status {
            413 | 414 | 431 => Error::limit(failure.text, "RFC 9112 §2"),
            _ => Error::malformed(failure.text, "RFC 9112 §2"),
        }
    }

    /// Sends a whole response and goes on to the next request, or to the end.
    fn respond(&mut self, now: Instant, manner: Manner, response: Response) {
        self.send_response(now, manner, response);
        self.responded(now, manner);
    }

    /// A response is out: on to the next request, or to the end.
    fn responded(&mut self, now: Instant, manner: Manner) {
        self.served = true;
        if manner.keep_alive {
            self.stage = Stage::Head(HeadReader::default());
            self.deadline = Some(now + self.settings.keep_alive);
        } else {
            self.end(Close::Done);
        }
    }

    fn send_response(&mut self, now: Instant, manner: Manner, response: Response) {
        let (head, body) = self.dated(now, manner.word(response)).finish(manner.head_only);
        self.transmit(head);
        self.transmit(body);
    }

    fn dated(&self, now: Instant, response: Response) -> Response {
        response.field("Date", &imf_fixdate(self.settings.wall.unix_micros(now) / 1_000_000))
    }

    /// Takes up the requests that came while one was answered.
    fn go_on(&mut self, now: Instant) -> Result<(), Error> {
        let ahead = std::mem::take(&mut self.ahead);
        self.receive(now, &ahead)?;
        if self.half_closed && matches!(self.stage, Stage::Head(_) | Stage::Body(_)) {
            self.end(Close::Done);
        }
        Ok(())
    }

    fn handle_reply(&mut self, now: Instant, reply: Reply) -> Result<(), Error> {
        match (reply, std::mem::replace(&mut self.stage, Stage::Over)) {
            (Reply::Call(answer), Stage::Page(waiting)) => self.answer_page(now, &waiting, answer),
            (Reply::Call(answer), Stage::Library(borrowing)) => self.answer_library(now, borrowing, answer),
            (Reply::Call(answer), Stage::Upload(upload)) => self.answer_upload(now, upload, answer),
            (Reply::Call(answer), Stage::Streams(asked)) => self.answer_streams(now, &asked, answer),
            (Reply::Play(result), Stage::Asking(asking)) => self.answer_play(now, *asking, result),
            (Reply::Asked(result), Stage::Admitting(admitting)) => {
                if let Err(failure) = self.answer_ask(now, *admitting, result) {
                    return Err(self.fail(now, failure));
                }
            }
            (Reply::Fetch(result), Stage::Fetching(fetching)) => self.answer_fetch(now, *fetching, result),
            (
                Reply::Call(_)
                | Reply::Play(_)
                | Reply::Asked(_)
                | Reply::Fetch(_)
                | Reply::Publish(_)
                | Reply::Bound(_)
                | Reply::Dialled(_)
                | Reply::Watched(_),
                stage,
            ) => {
                self.stage = stage;
                return Ok(());
            }
        }
        self.go_on(now)
    }

    fn handle_eof(&mut self) {
        match &self.stage {
            // Some clients say all they have to say and then close their side.
            Stage::Admitting(_)
            | Stage::Page(_)
            | Stage::Library(_)
            | Stage::Streams(_)
            | Stage::Fetching(_) => {
                self.half_closed = true;
            }
            Stage::Upload(upload) if upload.ended => self.half_closed = true,
            // What they were answered may still be on its way: it is not to be thrown away.
            Stage::Head(_) | Stage::Body(_) if self.served => self.end(Close::Done),
            Stage::Head(_)
            | Stage::Body(_)
            | Stage::Upload(_)
            | Stage::Asking(_)
            | Stage::Live(_)
            | Stage::WebSocket(_)
            | Stage::Over => self.end(Close::PeerGone),
        }
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        if let Stage::WebSocket(viewer) = &mut self.stage {
            return viewer.handle_timeout(now, &mut self.out);
        }
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return Ok(());
        }
        match &self.stage {
            Stage::Head(reader) if reader.is_empty() => self.end(Close::Done),
            Stage::Head(_) | Stage::Body(_) | Stage::Upload(_) => {
                let failure = Failure::new(408, "the request did not come in time");
                self.fail(now, failure);
                return Err(Error::TimedOut("the request"));
            }
            Stage::Admitting(_)
            | Stage::Page(_)
            | Stage::Library(_)
            | Stage::Streams(_)
            | Stage::Fetching(_)
            | Stage::Asking(_)
            | Stage::Live(_)
            | Stage::WebSocket(_)
            | Stage::Over => {
                self.deadline = None;
            }
        }
        Ok(())
    }

    fn handle_shutdown(&mut self, now: Instant) {
        match &mut self.stage {
            Stage::WebSocket(viewer) => viewer.say_going_away(&mut self.out),
            Stage::Fetching(fetching) if fetching.fetch.from > 0 => {}
            Stage::Admitting(_)
            | Stage::Page(_)
            | Stage::Upload(_)
            | Stage::Streams(_)
            | Stage::Fetching(_)
            | Stage::Asking(_) => {
                let text = Refusal::ShuttingDown.to_string();
                self.send_response(now, LAST, Response::text(503, &text));
            }
            Stage::Head(_) | Stage::Body(_) | Stage::Library(_) | Stage::Live(_) | Stage::Over => {}
        }
        self.end(Close::Shutdown);
    }

    fn end(&mut self, why: Close) {
        self.stop();
        self.out.push_back(Output::Close(why));
    }

    /// Nothing more is listened to.
    fn stop(&mut self) {
        self.stage = Stage::Over;
        self.deadline = None;
        self.ahead = Vec::new();
    }

    fn transmit(&mut self, data: Bytes) {
        if !data.is_empty() {
            self.out.push_back(Output::Transmit(data));
        }
    }

    fn note(&mut self, note: Note) {
        self.out.push_back(Output::Event(Event::Note(note)));
    }

    fn handle_media(&mut self, media: &Media<'_>) {
        match &mut self.stage {
            Stage::Live(_) => self.live_media(media),
            Stage::WebSocket(viewer) => {
                if viewer.media(media, &mut self.out) {
                    self.end(Close::StreamEnded);
                }
            }
            Stage::Head(_)
            | Stage::Body(_)
            | Stage::Admitting(_)
            | Stage::Page(_)
            | Stage::Library(_)
            | Stage::Upload(_)
            | Stage::Streams(_)
            | Stage::Fetching(_)
            | Stage::Asking(_)
            | Stage::Over => {}
        }
    }
}

impl Machine for HttpServer {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) -> Result<(), Error> {
        match input {
            _ if matches!(self.stage, Stage::Over) => {}
            Input::Bytes(data) => self.receive(now, data)?,
            Input::Eof => self.handle_eof(),
            Input::Timeout => self.handle_timeout(now)?,
            Input::Reply(reply) => self.handle_reply(now, reply)?,
            Input::Media(media) => self.handle_media(&media),
            Input::Shutdown => self.handle_shutdown(now),
            Input::Datagram { .. } | Input::Handed(_) => {}
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        let output = self.out.pop_front();
        if output.is_none() && self.out.capacity() > KEEP {
            self.out.shrink_to(KEEP);
        }
        output
    }

    fn poll_timeout(&self) -> Option<Instant> {
        match &self.stage {
            Stage::WebSocket(viewer) => Some(viewer.poll_timeout()),
            Stage::Upload(upload) if upload.busy => None,
            Stage::Head(_) | Stage::Body(_) | Stage::Upload(_) => self.deadline,
            Stage::Admitting(_)
            | Stage::Page(_)
            | Stage::Library(_)
            | Stage::Streams(_)
            | Stage::Fetching(_)
            | Stage::Asking(_)
            | Stage::Live(_)
            | Stage::Over => None,
        }
    }

    fn last_call(&mut self) -> Option<Call> {
        let hold = self.unfinished.take()?;
        Some(Call::File(FileCall::Write(vec![FileChange::Discard(*hold)])))
    }
}

/// Asks the shard for a stream.
fn play(request: Request, packaging: rtmpd_core::media::Packaging) -> Output {
    Output::Event(Event::Play(Box::new(request), packaging))
}
