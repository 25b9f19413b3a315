//! The service under test: a machine that takes one command per line.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rtmpd_core::files::FileCall;
use rtmpd_core::media::{Codec, Description, Frame, Packaging, Track, TrackId};
use rtmpd_core::{
    Answer, Call, Close, Error, Event, Input, Instant, Machine, Media, Output, Peer, Reply, Request, Service,
    StreamKey,
};

/// The only packaging there is: the frame as it is.
pub(crate) const RAW: Packaging = Packaging("raw");

pub(crate) struct Lines {
    pub(crate) worker: usize,
}

impl Service for Lines {
    fn name(&self) -> &'static str {
        "lines"
    }

    fn accept(&mut self, _now: Instant, peer: Peer) -> Box<dyn Machine> {
        let (line, out) = (Vec::new(), VecDeque::new());
        Box::new(Talk { worker: self.worker, peer, line, sink: false, frames: 0, out })
    }
}

struct Talk {
    worker: usize,
    peer: Peer,
    line: Vec<u8>,
    /// Everything from here on is thrown away.
    sink: bool,
    frames: i64,
    out: VecDeque<Output>,
}

impl Machine for Talk {
    fn handle_input(&mut self, _now: Instant, input: Input<'_>) -> Result<(), Error> {
        match input {
            Input::Bytes(data) => data.iter().for_each(|&byte| self.push(byte)),
            Input::Eof => self.end("eof\n", Close::Done),
            Input::Shutdown => self.end("goodbye\n", Close::Shutdown),
            Input::Timeout | Input::Datagram { .. } | Input::Handed(_) => {}
            Input::Reply(reply) => self.replied(reply),
            Input::Media(Media::Packet(packet)) => self.out.push_back(Output::Transmit(packet.data.clone())),
            Input::Media(Media::Ended) => self.end("ended\n", Close::StreamEnded),
            Input::Media(Media::Start { .. } | Media::Gap) => {}
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}

impl Talk {
    fn push(&mut self, byte: u8) {
        if self.sink {
            return;
        }
        if byte != b'\n' {
            return self.line.push(byte);
        }
        let line = String::from_utf8(std::mem::take(&mut self.line)).expect("tests speak UTF-8");
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        self.obey(verb, rest);
    }

    fn obey(&mut self, verb: &str, rest: &str) {
        match verb {
            "echo" => self.say(format!("{rest}\n")),
            "worker" => self.say(format!("{}\n", self.worker)),
            "peer" => self.say(format!("{} {}\n", self.peer.remote, self.peer.local)),
            "sink" => self.sink = true,
            "give" => self.give(rest.parse().expect("a number")),
            "bye" => self.end("bye\n", Close::Done),
            "ask" => {
                self.event(Event::Call(Call::Page { path: rest.into(), if_none_match: None, gzip: false }))
            }
            "write" => self.event(Event::Call(Call::File(FileCall::Write(Vec::new())))),
            "publish" => self.event(Event::Publish(Box::new(request(rest)))),
            "play" => self.event(Event::Play(Box::new(request(rest)), RAW)),
            "frame" => self.frame(rest),
            _ => panic!("no such verb: {verb}"),
        }
    }

    fn replied(&mut self, reply: Reply) {
        match reply {
            Reply::Call(Answer::Page { body, .. }) => self.out.push_back(Output::Transmit(body)),
            Reply::Call(answer) => self.say(format!("{answer:?}\n")),
            Reply::Publish(Ok(())) => {
                let mut audio = Track::new(TrackId(0), 0, Codec::Aac, 1000);
                (audio.sample_rate, audio.channels) = (44_100, 2);
                let tracks = Description { revision: 1, tracks: vec![audio], metadata: None };
                self.event(Event::Tracks(Arc::new(tracks)));
                self.say("publishing\n".into());
            }
            Reply::Play(Ok(_)) => self.say("playing\n".into()),
            Reply::Asked(_) | Reply::Fetch(_) | Reply::Bound(_) | Reply::Dialled(_) | Reply::Watched(_) => {
                panic!("nothing of that was asked for")
            }
            Reply::Publish(Err(refusal)) | Reply::Play(Err(refusal)) => self.say(format!("{refusal}\n")),
        }
    }

    fn frame(&mut self, text: &str) {
        let data = Bytes::from(format!("{text}\n"));
        let dts = self.frames * 23;
        self.frames += 1;
        let frame = Frame { track: TrackId(0), dts, cts: 0, offset_ns: 0, key: true, data };
        self.event(Event::Frame(frame));
    }

    fn give(&mut self, bytes: usize) {
        let block = Bytes::from(pattern());
        for _ in 0..bytes / block.len() {
            self.out.push_back(Output::Transmit(block.clone()));
        }
    }

    fn say(&mut self, text: String) {
        self.out.push_back(Output::Transmit(text.into()));
    }

    fn event(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }

    fn end(&mut self, text: &str, why: Close) {
        self.say(text.into());
        self.out.push_back(Output::Close(why));
    }
}

/// What `give` repeats: 64 KiB in which no two neighbouring KiB are alike.
pub(crate) fn pattern() -> Vec<u8> {
    (0..65_536u32).map(|i| (i / 1024 * 7 + i) as u8).collect()
}

fn request(name: &str) -> Request {
    Request {
        vhost: "localhost".into(),
        key: StreamKey::new("live", name).expect("a good name"),
        params: "".into(),
        protocol: "lines",
        agent: "".into(),
        patience: Duration::from_secs(20),
    }
}
