//! Listens to what a machine tells its shard.

use std::sync::{Arc, Mutex};

use rtmpd_core::media::{Description, Frame};
use rtmpd_core::{Call, Error, Event, Input, Instant, Machine, Output, Peer, Service};

/// What a machine has said.
#[derive(Default, Debug)]
pub(in crate::rtsp::tests) struct Seen {
    pub(in crate::rtsp::tests) frames: Vec<(Instant, Frame)>,
    pub(in crate::rtsp::tests) tracks: Vec<Arc<Description>>,
    pub(in crate::rtsp::tests) notes: Vec<String>,
    /// Other events, in short.
    pub(in crate::rtsp::tests) said: Vec<String>,
    /// How it ended, when it ended itself.
    pub(in crate::rtsp::tests) end: Option<String>,
    /// Datagrams sent.
    pub(in crate::rtsp::tests) datagrams: u64,
}

impl Seen {
    fn see(&mut self, now: Instant, output: &Output) {
        match output {
            Output::Event(Event::Frame(frame)) => self.frames.push((now, frame.clone())),
            Output::Event(Event::Tracks(tracks)) => self.tracks.push(tracks.clone()),
            Output::Event(Event::Count(..)) | Output::Transmit(_) => {}
            Output::Event(Event::Note(note)) => self.notes.push(note.text.clone()),
            Output::Event(event) => {
                let text = format!("{event:?}");
                self.said.push(text.split(['(', ' ']).next().unwrap().to_owned());
            }
            Output::Close(why) => self.end = Some(why.to_string()),
            Output::Datagram(..) => self.datagrams += 1,
        }
    }
}

/// A machine that is listened to.
pub(in crate::rtsp::tests) struct Spy {
    pub(in crate::rtsp::tests) machine: Box<dyn Machine>,
    pub(in crate::rtsp::tests) seen: Arc<Mutex<Seen>>,
    pub(in crate::rtsp::tests) now: Instant,
}

impl Machine for Spy {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) -> Result<(), Error> {
        self.now = now;
        let outcome = self.machine.handle_input(now, input);
        if let Err(error) = &outcome {
            self.seen.lock().unwrap().end = Some(error.to_string());
        }
        outcome
    }

    fn poll_output(&mut self) -> Option<Output> {
        let output = self.machine.poll_output();
        output.iter().for_each(|output| self.seen.lock().unwrap().see(self.now, output));
        output
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.machine.poll_timeout()
    }

    fn has_room(&self) -> bool {
        self.machine.has_room()
    }

    fn last_call(&mut self) -> Option<Call> {
        self.machine.last_call()
    }
}

/// A service whose machines are listened to.
pub(super) struct SpyService {
    pub(super) service: Box<dyn Service>,
    pub(super) all: Arc<Mutex<Vec<Arc<Mutex<Seen>>>>>,
}

impl Service for SpyService {
    fn name(&self) -> &'static str {
        self.service.name()
    }

    fn accept(&mut self, now: Instant, peer: Peer) -> Box<dyn Machine> {
        let seen: Arc<Mutex<Seen>> = Arc::default();
        self.all.lock().unwrap().push(seen.clone());
        Box::new(Spy { machine: self.service.accept(now, peer), seen, now })
    }
}
