//! Who may have what: the question before the responder.

use rtmpd_core::{Ask, Event, Instant, Output, Refusal, Role};

use super::super::library::{Area, Library};
use super::super::route::Route;
use super::super::wire::{Failure, Head, Target};
use super::live::status;
use super::{HttpServer, Manner, Stage};

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
        self.guarded && role_of(route, "").is_some()
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
            path: target.path.as_str().into(),
            params: target.query.as_str().into(),
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
                self.dispatch(now, &head, &target, Ok(route));
                Ok(())
            }
            (Err(refusal), route) => {
                // The body of an upload is not waited for.
                let is_upload = matches!(route, Route::Upload(_));
                let manner = Manner::of(&head);
                let manner = Manner { keep_alive: manner.keep_alive && !is_upload, ..manner };
                let failure = Failure::new(status(&refusal), refusal.to_string());
                self.answer_failure(now, manner, &failure);
                Ok(())
            }
        }
    }
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
