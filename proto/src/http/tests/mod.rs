//! HTTP: tables, the machine in conversation, any cutting, any bytes.
#![allow(clippy::unwrap_used)]

mod admission;
mod any;
mod bodies;
mod browsers;
mod client;
mod connections;
mod films;
mod forms;
mod heads;
mod library;
mod machine;
mod passes;
mod paths;
mod players;
mod properties;
mod ranges;
mod shelves;
mod sockets;
mod streams;
mod tables;
mod uploads;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rtmpd_core::media::{Description, Kind, Packaging, Packet};
use rtmpd_core::{
    Answer, Call, Close, Error, Event, Input, Instant, Machine, Media, Output, Peer, Refusal, Reply,
};

use super::{HttpServer, Settings};

/// A machine and what a shard would do for it: pages are `page:PATH`, `/live/none.flv` has no publisher.
struct Talk {
    machine: HttpServer,
    now: Instant,
    sent: Vec<u8>,
    played: Vec<(String, Packaging)>,
    closed: Option<Close>,
    error: Option<Error>,
}

impl Talk {
    fn new() -> Self {
        let address = "127.0.0.1:8080".parse().unwrap();
        let now = Instant::from_millis(1000);
        let machine =
            HttpServer::new(now, Arc::new(Settings::default()), Peer { local: address, remote: address });
        Self { machine, now, sent: Vec::new(), played: Vec::new(), closed: None, error: None }
    }

    fn input(&mut self, input: Input<'_>) {
        if self.error.is_some() || self.closed.is_some() {
            return;
        }
        self.error = self.machine.handle_input(self.now, input).err();
        let mut replies = Vec::new();
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Transmit(data) => self.sent.extend_from_slice(&data),
                Output::Close(why) => self.closed = Some(why),
                Output::Event(Event::Call(call)) => replies.push(Reply::Call(answer(call))),
                Output::Event(Event::Play(request, packaging)) => {
                    self.played
                        .push((format!("{} {} {}", request.key, request.vhost, request.params), packaging));
                    replies.push(Reply::Play(match request.key.name() {
                        "none" => Err(Refusal::NotFound(request.key.to_string())),
                        _ => Ok(Arc::default()),
                    }));
                }
                Output::Event(_) | Output::Datagram(..) => {}
            }
        }
        for reply in replies {
            self.input(Input::Reply(reply));
        }
    }

    fn say(&mut self, text: &str) -> String {
        self.input(Input::Bytes(text.as_bytes()));
        self.take()
    }

    fn take(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.sent)).into_owned()
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        if self.machine.poll_timeout().is_some_and(|at| at <= self.now) {
            self.input(Input::Timeout);
        }
    }

    fn start(&mut self, preamble: &'static [u8]) {
        let description = Arc::new(Description::default());
        let preamble = Bytes::from_static(preamble);
        self.input(Input::Media(Media::Start { description: &description, preamble: &preamble }));
    }

    fn packet(&mut self, data: &'static [u8]) {
        let data = Bytes::from_static(data);
        let packet = Packet {
            at: self.now,
            revision: 1,
            kind: Kind::Video,
            key: true,
            stamp: rtmpd_core::media::Stamp::default(),
            data,
        };
        self.input(Input::Media(Media::Packet(&packet)));
    }
}

fn answer(call: Call) -> Answer {
    let Call::Page { path, if_none_match, .. } = call else { return Answer::NotFound };
    match &*path {
        "/folder" => Answer::Folder,
        "/missing" | "/abc/x.flv" => Answer::NotFound,
        "/broken" => Answer::Failed("disk".into()),
        path => Answer::Page {
            content_type: "text/html",
            etag: "\"1\"".into(),
            body: Bytes::from(format!("page:{path}")),
            not_modified: if_none_match.is_some_and(|tag| &*tag == "\"1\""),
            gzip: false,
        },
    }
}

/// A response's status line, and its body.
fn split(response: &str) -> (&str, &str) {
    let (head, body) = response.split_once("\r\n\r\n").unwrap_or((response, ""));
    (head.split("\r\n").next().unwrap(), body)
}
