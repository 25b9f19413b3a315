//! Who may have what: the question before the responder.

use std::net::IpAddr;
use std::sync::Arc;

use rtmpd_core::{Ask, Event, Instant, Output, Refusal, Role};

use super::super::library::{Aim, Area, Library, film_of};
use super::super::pass::{PASS, Visitor};
use super::super::route::Route;
use super::super::wire::{Failure, Head, Response, Target};
use super::live::status;
use super::{HttpServer, Manner, Stage};
use crate::cmaf::CMAF;

/// RFC 7617 §2.
const CHALLENGE: &str = "Basic realm=\"smart_rtmpd\", charset=\"UTF-8\"";

/// A request that waits to be let in.
#[derive(Debug)]
pub(super) struct Admitting {
    head: Head,
    target: Target,
    route: Route,
}

impl HttpServer {
    /// Whether somebody decides who may have this.
    pub(super) fn is_guarded(&self, route: &Route) -> bool {
        self.passes.is_some() && role_of(route, "").is_some()
    }

    /// Serves who has a pass, and asks about everybody else.
    pub(super) fn check_pass(&mut self, now: Instant, head: Head, target: Target, route: Route) {
        let Some((passes, scope)) = self.passes.as_ref().zip(scope_of(&route, &self.host_of(&head, &target)))
        else {
            return self.ask_first(head, target, route);
        };
        match passes.find(now, &visitor(&scope, &head, &target, self.peer.remote.ip())) {
            Some(session) => {
                self.session = Some(Box::new(session));
                self.dispatch(now, &head, &target, Ok(route));
            }
            None => self.ask_first(head, target, route),
        }
    }

    /// Asks whether the client may have it.
    pub(super) fn ask_first(&mut self, head: Head, target: Target, route: Route) {
        let Some((role, protocol)) = role_of(&route, &target.path) else { return };
        let key = match &route {
            Route::Live(key, ..) | Route::WebSocket(key, ..) | Route::Shelf(key, _) => Some(key.clone()),
            Route::Library(_)
            | Route::Upload(_)
            | Route::Redirect(_)
            | Route::Streams
            | Route::Time
            | Route::Page(_)
            | Route::Preflight => None,
        };
        let ask = Ask {
            role,
            protocol,
            path: path_of(&route, &target),
            params: without_pass(&target.query).into(),
            vhost: self.host_of(&head, &target),
            key,
            user: Default::default(),
            credentials: head.field("authorization").unwrap_or_default().into(),
            remote: self.peer.remote,
        };
        self.deadline = None;
        self.stage = Stage::Admitting(Box::new(Admitting { head, target, route }));
        self.out.push_back(Output::Event(Event::Ask(Box::new(ask))));
    }

    pub(super) fn answer_ask(
        &mut self,
        now: Instant,
        admitting: Admitting,
        result: Result<(), Refusal>,
    ) -> Result<(), Failure> {
        let Admitting { head, target, route } = admitting;
        match (result, route) {
            (Ok(()), Route::Upload(folder)) => self.begin_upload(now, &head, &folder),
            (Ok(()), route) => {
                if let Some((passes, scope)) =
                    self.passes.as_ref().zip(scope_of(&route, &self.host_of(&head, &target)))
                {
                    let visitor = visitor(&scope, &head, &target, self.peer.remote.ip());
                    self.session = Some(Box::new(passes.remember(now, &visitor)));
                }
                self.dispatch(now, &head, &target, Ok(route));
                Ok(())
            }
            (Err(refusal), route) => {
                // The body of an upload is not waited for.
                let is_upload = matches!(route, Route::Upload(_));
                let manner = Manner::of(&head);
                let manner = Manner { keep_alive: manner.keep_alive && !is_upload, ..manner };
                let might_log_in = self.passes.as_ref().is_some_and(|passes| passes.has_users())
                    && head.field("authorization").is_none();
                if might_log_in {
                    let response = Response::text(401, &refusal.to_string());
                    self.respond(now, manner, response.field("WWW-Authenticate", CHALLENGE));
                    return Ok(());
                }
                let failure = Failure::new(status(&refusal), refusal.to_string());
                self.answer_failure(now, manner, &failure);
                Ok(())
            }
        }
    }
}

/// What one pass is good for: a live stream, a day's recordings of a stream, a film.
fn scope_of(route: &Route, host: &str) -> Option<String> {
    match route {
        Route::Shelf(key, _) => Some(key.to_string()),
        Route::Library(Library { area: Area::Rec(vhost), path, aim: Aim::Serve }) => {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            Some(format!("rec/{}/{folder}", vhost.as_deref().unwrap_or(host)))
        }
        Route::Library(Library { area: Area::Vod, path, aim: Aim::Serve }) => {
            film_of(path).map(|film| format!("vod/{film}"))
        }
        Route::Library(Library { area: Area::Vod, path, aim: Aim::Cut(..) }) => Some(format!("vod/{path}")),
        Route::Library(_)
        | Route::Live(..)
        | Route::WebSocket(..)
        | Route::Upload(_)
        | Route::Redirect(_)
        | Route::Streams
        | Route::Time
        | Route::Page(_)
        | Route::Preflight => None,
    }
}

fn visitor<'a>(scope: &'a str, head: &'a Head, target: &'a Target, ip: IpAddr) -> Visitor<'a> {
    let credentials = head.field("authorization").unwrap_or_default();
    Visitor { scope, query: &target.query, credentials, cookies: head.all("cookie").collect(), ip }
}

/// What is asked about: of a live stream its playlist, whatever of it was fetched.
fn path_of(route: &Route, target: &Target) -> Arc<str> {
    let Route::Shelf(key, wanted) = route else { return target.path.as_str().into() };
    let is_dash = wanted.packaging == CMAF && !wanted.name.contains(".m3u8");
    format!("/{key}{}", if is_dash { ".mpd" } else { ".m3u8" }).into()
}

fn without_pass(query: &str) -> String {
    let pairs = query.split('&').filter(|pair| pair.split('=').next() != Some(PASS));
    pairs.collect::<Vec<_>>().join("&")
}

/// What one who asks for this does, and how it is called; `None` for what everybody may have.
fn role_of(route: &Route, path: &str) -> Option<(Role, &'static str)> {
    match route {
        Route::Live(_, _, form) => Some((Role::Player, form.protocols[0])),
        Route::WebSocket(_, _, form) => Some((Role::Player, form.protocols[1])),
        Route::Shelf(..) => Some((Role::Player, "http-hls")),
        Route::Library(_) | Route::Streams if path.starts_with("/api/") => Some((Role::Api, "http")),
        Route::Library(Library { area: Area::Rec(_), .. }) => Some((Role::Player, "http")),
        Route::Library(_) => Some((Role::Download, "http")),
        Route::Streams => Some((Role::Api, "http")),
        Route::Upload(_) => Some((Role::Upload, "http")),
        Route::Redirect(_) | Route::Time | Route::Page(_) | Route::Preflight => None,
    }
}
