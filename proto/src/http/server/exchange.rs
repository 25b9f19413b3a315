//! A request → its responder.

use std::sync::Arc;

use bytes::Bytes;
use rtmpd_core::files::{Place, Root};
use rtmpd_core::media::Packaging;
use rtmpd_core::{Call, Event, Fetch, Instant, Note, Output, Request, StreamKey};

use super::super::library::{Area, Library, kept};
use super::super::route::{Route, allowed, route, wrong_app};
use super::super::wire::{Body, Conditions, Failure, Head, Response, Target, accepts_gzip, host_name, shown};
use super::super::ws;
use super::library::Borrowing;
use super::live::{Asking, Form, live_head};
use super::page::Waiting;
use super::shelf::{Fetching, Wanted};
use super::{HttpServer, Manner, Stage, play};
use crate::bytes::iso8601;

/// Longest client name kept, in bytes.
const MAX_AGENT: usize = 256;

impl HttpServer {
    /// A head has come.
    pub(super) fn begin(&mut self, now: Instant, head: Head) -> Result<(), Failure> {
        let length = head.body_len()?;
        let waits = head.expects_continue()?;
        if let Ok(Route::Upload(folder)) =
            Target::parse(&head.target).and_then(|target| decide(&head, &target))
        {
            return self.begin_upload_of(now, head, folder);
        }
        let body = Body::new(length);
        if body.as_ref().is_ok_and(Body::is_done) {
            return self.handle(now, head);
        }
        if let Err(failure) = Target::parse(&head.target).and_then(|target| decide(&head, &target))
            && (waits || body.is_err())
        {
            // The client hears why before it sends the rest.
            let manner = Manner { keep_alive: false, ..Manner::of(&head) };
            self.refuse(now, manner, &head.target, &failure);
            return Ok(());
        }
        if waits && body.is_ok() {
            self.transmit(Response::interim());
        }
        self.stage = Stage::Body(Box::new((body?, head)));
        self.deadline = Some(now + self.settings.head_timeout);
        Ok(())
    }

    /// The body behind the head has passed.
    pub(super) fn body_done(&mut self, now: Instant) -> Result<(), Failure> {
        let Stage::Body(pending) = std::mem::replace(&mut self.stage, Stage::Over) else { return Ok(()) };
        self.handle(now, pending.1)
    }

    fn begin_upload_of(&mut self, now: Instant, head: Head, folder: String) -> Result<(), Failure> {
        if self.passes.is_none() {
            return self.begin_upload(now, &head, &folder);
        }
        let target = Target::parse(&head.target)?;
        self.ask_first(head, target, Route::Upload(folder));
        Ok(())
    }

    fn handle(&mut self, now: Instant, head: Head) -> Result<(), Failure> {
        if head.method == "OPTIONS" && head.target == "*" {
            self.respond(now, Manner::of(&head), preflight(&head));
            return Ok(());
        }
        let target = Target::parse(&head.target)?;
        self.deadline = None;
        match decide(&head, &target) {
            Ok(route) if self.is_guarded(&route) => self.check_pass(now, head, target, route),
            decided => self.dispatch(now, &head, &target, decided),
        }
        Ok(())
    }

    /// Makes the responder.
    pub(super) fn dispatch(
        &mut self,
        now: Instant,
        head: &Head,
        target: &Target,
        decided: Result<Route, Failure>,
    ) {
        let manner = Manner::of(head);
        match decided {
            Ok(Route::Preflight) => self.respond(now, manner, preflight(head)),
            Ok(Route::Page(path)) => self.ask_page(manner, head, target, path),
            Ok(Route::Live(_, _, form)) if manner.head_only => {
                let (head, _) = self.dated(now, live_head(form)).finish(true);
                self.transmit(head);
                self.end(rtmpd_core::Close::Done);
            }
            Ok(Route::Live(key, packaging, form)) => {
                self.ask_play(manner, head, target, (key, packaging), Form { endless: form, upgrade: None });
            }
            Ok(Route::Library(library)) => self.borrow_file(now, head, target, library),
            // Its head went another way, as its body is wanted.
            Ok(Route::Upload(_)) => {}
            Ok(Route::Streams) => {
                let host = self.host_of(head, target);
                self.ask_streams(manner, &host);
            }
            Ok(Route::Redirect(there)) => {
                let response = Response::text(302, &there).field("Location", &there);
                self.respond(now, manner, response);
            }
            Ok(Route::Time) => {
                let micros = self.settings.wall.unix_micros(now);
                let text = iso8601(i64::try_from(micros).unwrap_or(i64::MAX));
                let response = Response::new(200).field("Cache-Control", "no-store");
                self.respond(now, manner, response.body("text/plain", Bytes::from(text)));
            }
            Ok(Route::Shelf(key, wanted)) => {
                let Wanted { packaging, name, at_least, fresh } = wanted;
                let request = self.request(head, target, key, "http-hls");
                let wait = self.settings.shelf_wait;
                let fetch = Fetch { request, packaging, name, at_least, from: 0, wait };
                let session = self.session.take();
                self.ask_fetch(Fetching { manner, fetch, fresh, session });
            }
            Ok(Route::WebSocket(key, packaging, form)) => match check_upgrade(head) {
                Ok(accepted) => {
                    let form = Form { endless: form, upgrade: Some(Box::new(accepted)) };
                    self.ask_play(manner, head, target, (key, packaging), form);
                }
                Err(refused) => self.refuse_upgrade(now, manner, &refused),
            },
            Err(failure) => {
                self.note_wrong_app(&target.path);
                self.refuse(now, manner, &head.target, &failure);
            }
        }
    }

    fn borrow_file(&mut self, now: Instant, head: &Head, target: &Target, library: Library) {
        let manner = Manner::of(head);
        let Library { area, path, aim } = library;
        let root = match &area {
            Area::Vod => Root::Vod,
            Area::Rec(Some(vhost)) => Root::Rec { vhost: vhost.as_str().into() },
            Area::Rec(None) => Root::Rec { vhost: self.host_of(head, target) },
        };
        let mut borrowing = Borrowing::new(manner, area, Place::new(root, &path), aim);
        borrowing.conditions = Conditions::of(head);
        borrowing.session = self.session.take();
        borrowing.kept = self.with_pass_kept(now, &kept(&target.query), borrowing.session.as_deref()).into();
        borrowing.download = target.param("download") == Some("1");
        self.ask_library(borrowing);
    }

    /// Says that this target, or this method on it, leads nowhere.
    fn refuse(&mut self, now: Instant, manner: Manner, target: &str, failure: &Failure) {
        if failure.status != 405 {
            return self.answer_failure(now, manner, failure);
        }
        self.note(Note::debug(format!("answers 405: {}", failure.text)));
        let path = Target::parse(target).map(|target| target.path).unwrap_or_default();
        self.respond(now, manner, Response::text(405, &failure.text).field("Allow", allowed(&path)));
    }

    /// Somebody asks for a stream that there cannot be: an operator wants to know.
    pub(super) fn note_wrong_app(&mut self, path: &str) {
        if let Some(refusal) = wrong_app(path) {
            self.note(Note::warn(format!("refused {}: {refusal}", shown(path))));
        }
    }

    /// Says no, and goes on with the connection.
    pub(super) fn answer_failure(&mut self, now: Instant, manner: Manner, failure: &Failure) {
        self.note(Note::debug(format!("answers {}: {}", failure.status, failure.text)));
        let response = Response::text(failure.status, &failure.text);
        let response = if failure.status == 503 { response.field("Retry-After", "2") } else { response };
        self.respond(now, manner, response);
    }

    fn ask_page(&mut self, manner: Manner, head: &Head, target: &Target, path: Arc<str>) {
        let if_none_match = head.field("if-none-match").map(Into::into);
        let gzip = accepts_gzip(head);
        let query = target.query.as_str().into();
        self.stage = Stage::Page(Box::new(Waiting { manner, path: path.clone(), query }));
        self.out.push_back(Output::Event(Event::Call(Call::Page { path, if_none_match, gzip })));
    }

    fn ask_play(
        &mut self,
        manner: Manner,
        head: &Head,
        target: &Target,
        (key, packaging): (StreamKey, Packaging),
        form: Form,
    ) {
        let request = self.request(head, target, key, form.protocol());
        self.stage = Stage::Asking(Box::new(Asking { manner, form }));
        self.out.push_back(play(request, packaging));
    }

    /// Who asks for a stream, and how.
    fn request(&self, head: &Head, target: &Target, key: StreamKey, protocol: &'static str) -> Request {
        let agent = head.field("user-agent").unwrap_or_default();
        Request {
            vhost: self.host_of(head, target),
            key,
            params: target.query.as_str().into(),
            protocol,
            agent: agent.get(..agent.floor_char_boundary(MAX_AGENT)).unwrap_or_default().into(),
            patience: self.settings.patience,
        }
    }

    /// The host name the client used, without its port; our address where it used none.
    pub(super) fn host_of(&self, head: &Head, target: &Target) -> Arc<str> {
        let host = target.host.as_deref().or(head.field("host")).unwrap_or_default();
        let name = host_name(host).unwrap_or_default();
        if name.is_empty() { self.peer.local.ip().to_string().into() } else { name.into() }
    }
}

impl Manner {
    pub(super) fn of(head: &Head) -> Self {
        Self { head_only: head.method == "HEAD", keep_alive: head.keeps_alive(), is_1_1: head.is_1_1 }
    }
}

/// Where a request goes. Only a GET can become a WebSocket (RFC 6455 §4.1).
fn decide(head: &Head, target: &Target) -> Result<Route, Failure> {
    let upgrade = head.method == "GET" && head.lists("upgrade", "websocket");
    if upgrade && !head.is_1_1 {
        return Err(Failure::new(400, "a WebSocket is asked for with HTTP/1.0, expected HTTP/1.1"));
    }
    route(&head.method, target, upgrade)
}

/// Lists may come in several fields of one name (RFC 9110 §5.3).
fn check_upgrade(head: &Head) -> Result<ws::Upgrade, ws::NoUpgrade> {
    let lists = ["connection", "upgrade", "sec-websocket-protocol"]
        .map(|name| (name, head.all(name).collect::<Vec<_>>().join(",")));
    ws::check_upgrade(|name| {
        let list = lists.iter().find(|(list, _)| list.eq_ignore_ascii_case(name));
        list.map(|(_, values)| values.as_str()).or(head.field(name))
    })
}

/// Fetch §3.2.2: yes to pages from anywhere, also from public ones to a server in a private network.
fn preflight(head: &Head) -> Response {
    let path = Target::parse(&head.target).map(|target| target.path).unwrap_or_default();
    let allowed = allowed(&path);
    let mut response = Response::new(204)
        .field("Allow", allowed)
        .field("Access-Control-Allow-Methods", allowed)
        .field("Access-Control-Max-Age", "86400");
    if let Some(fields) = head.field("access-control-request-headers") {
        response = response.field("Access-Control-Allow-Headers", fields);
    }
    if head.field("access-control-request-private-network").is_some() {
        response = response.field("Access-Control-Allow-Private-Network", "true");
    }
    response.unsized_body()
}
