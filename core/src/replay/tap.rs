//! A wrapper around a service that passes everything through and writes down what its machines say and hear.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::said::Said;
use super::transcript::{Transcript, Voice};
use super::wording;
use crate::datagram::Alias;
use crate::error::Error;
use crate::machine::{Call, Event, Input, Machine, Output, Service};
use crate::media::Description;
use crate::request::Peer;
use crate::time::Instant;

/// What all taps of a replay write on.
#[derive(Clone, Debug, Default)]
pub(super) struct Tape(Arc<Mutex<Notebook>>);

#[derive(Debug, Default)]
pub(super) struct Notebook {
    pub(super) transcript: Transcript,
    /// Connections opened so far; the newest has this number.
    pub(super) opened: usize,
    /// Notes of machines that the shard has yet to report, by connection.
    notes: BTreeMap<usize, VecDeque<String>>,
}

impl Tape {
    pub(super) fn notebook(&self) -> MutexGuard<'_, Notebook> {
        // Every line is complete before the guard is dropped.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Notebook {
    /// The shard reports this note: whether it is its own and not one that a machine made and that is written down.
    pub(super) fn is_news(&mut self, conn: usize, text: &str) -> bool {
        let Some(notes) = self.notes.get_mut(&conn) else { return true };
        if notes.front().is_some_and(|note| note == text) {
            notes.pop_front();
            return false;
        }
        true
    }
}

/// See the module's text.
pub(super) struct Tap {
    inner: Box<dyn Service>,
    tape: Tape,
    said: Said,
}

impl Tap {
    /// `said` is what the captured server of this port said.
    pub(super) fn new(inner: Box<dyn Service>, tape: Tape, said: Said) -> Self {
        Self { inner, tape, said }
    }

    fn listen_to(&self, now: Instant, peer: Peer, inner: Box<dyn Machine>) -> Box<dyn Machine> {
        let mut notebook = self.tape.notebook();
        notebook.opened += 1;
        let conn = notebook.opened;
        let text = format!("Open {} {} > {}", self.inner.name(), peer.remote, peer.local);
        notebook.transcript.add(now, Some(conn), Voice::Machine, text);
        drop(notebook);
        Box::new(Tapped { inner, tape: self.tape.clone(), conn, now, tracks: Arc::default() })
    }
}

impl Service for Tap {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn accept(&mut self, now: Instant, peer: Peer) -> Box<dyn Machine> {
        if let Some(said) = self.said.in_connection(peer.remote) {
            self.inner.recall(peer, &said);
        }
        let inner = self.inner.accept(now, peer);
        self.listen_to(now, peer, inner)
    }

    fn alias(&self, from: SocketAddr, data: &[u8]) -> Alias {
        self.inner.alias(from, data)
    }

    fn stray(
        &mut self,
        now: Instant,
        peer: Peer,
        data: &[u8],
        replies: &mut Vec<Bytes>,
    ) -> Option<Box<dyn Machine>> {
        for said in self.said.in_datagrams(peer.remote) {
            self.inner.recall(peer, &said);
        }
        let inner = self.inner.stray(now, peer, data, replies)?;
        Some(self.listen_to(now, peer, inner))
    }
}

struct Tapped {
    inner: Box<dyn Machine>,
    tape: Tape,
    conn: usize,
    /// The time of the input that is being answered.
    now: Instant,
    tracks: Arc<Description>,
}

impl Machine for Tapped {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) -> Result<(), Error> {
        self.now = now;
        if let Some(text) = wording::input(&input) {
            self.tape.notebook().transcript.add(now, Some(self.conn), Voice::Told, text);
        }
        self.inner.handle_input(now, input)
    }

    fn poll_output(&mut self) -> Option<Output> {
        let output = self.inner.poll_output()?;
        if let Output::Event(event) = &output {
            self.write(event);
        }
        Some(output)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.inner.poll_timeout()
    }

    fn has_room(&self) -> bool {
        self.inner.has_room()
    }

    fn last_call(&mut self) -> Option<Call> {
        let call = self.inner.last_call()?;
        self.write(&Event::Call(call.clone()));
        Some(call)
    }
}

impl Tapped {
    fn write(&mut self, event: &Event) {
        if let Event::Tracks(description) = event {
            self.tracks = description.clone();
        }
        let mut notebook = self.tape.notebook();
        if let Event::Note(note) = event {
            notebook.notes.entry(self.conn).or_default().push_back(note.text.clone());
        }
        for text in wording::event(event, &self.tracks) {
            notebook.transcript.add(self.now, Some(self.conn), Voice::Machine, text);
        }
    }
}
