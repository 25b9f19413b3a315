//! The list of live streams. Spec: the contract of `GET /api/live`.

use bytes::Bytes;
use rtmpd_core::{Answer, Call, Event, Instant, Note, Output};

use super::super::wire::Response;
use super::{HttpServer, Manner, Stage};
use crate::bytes::json_strings;

/// A request for the list.
#[derive(Debug)]
pub(super) struct Asked {
    manner: Manner,
    /// The host name the client used: its URLs are for the client.
    host: String,
}

impl HttpServer {
    pub(super) fn ask_streams(&mut self, manner: Manner, host: &str) {
        self.stage = Stage::Streams(Box::new(Asked { manner, host: host.to_owned() }));
        self.out.push_back(Output::Event(Event::Call(Call::Streams)));
    }

    pub(super) fn answer_streams(&mut self, now: Instant, asked: &Asked, answer: Answer) {
        let manner = asked.manner;
        let Answer::Streams(keys) = answer else {
            self.note(Note::warn("the streams could not be listed"));
            return self.respond(now, manner, Response::text(503, "the streams cannot be listed at present"));
        };
        let host = if asked.host.contains(':') { format!("[{}]", asked.host) } else { asked.host.clone() };
        let port = self.settings.rtmp_port;
        let origin = format!("rtmp://{host}:{port}");
        let urls: Vec<String> = keys.iter().map(|key| format!("{origin}/{key}")).collect();
        let body = format!("{{\"stream\":{}}}", json_strings(urls.iter().map(String::as_str)));
        // An empty list, too, must tell a page where one can push to.
        let response = Response::new(200)
            .field("Cache-Control", "no-cache")
            .field("Publish-To", &format!("{origin}/live"));
        self.respond(now, manner, response.body("application/json", Bytes::from(body)));
    }
}
