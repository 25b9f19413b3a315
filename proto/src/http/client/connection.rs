//! One connection to one server.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use rtmpd_core::{Dial, Event, Input, Instant, Output, Reply};

use super::response::{Answered, ResponseReader};

/// How long a connection is kept that nothing is asked by: most servers keep it a minute.
const IDLE: Duration = Duration::from_secs(30);

/// What became of a request: the answer, or why there is none.
pub type Outcome = Result<Answered, String>;

/// Asks one thing after the other. The machine around it passes its inputs in and its outputs out.
#[derive(Debug)]
pub struct HttpClient {
    dial: Dial,
    patience: Duration,
    line: Line,
    asking: Option<Asking>,
    /// Until when a connection that nothing is asked by is kept.
    idle_until: Option<Instant>,
    out: VecDeque<Output>,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Line {
    None,
    Dialling,
    /// `used`: it has carried an answer.
    Open {
        used: bool,
    },
}

#[derive(Debug)]
struct Asking {
    request: Bytes,
    until: Instant,
    reader: ResponseReader,
}

impl HttpClient {
    /// A client of this server that waits so long for each answer, with whatever it takes to connect.
    pub fn new(dial: Dial, patience: Duration) -> Self {
        let out = VecDeque::new();
        Self { dial, patience, line: Line::None, asking: None, idle_until: None, out }
    }

    /// Sends a request, which is safe to be sent twice. It must have had the outcome of the one before.
    pub fn ask(&mut self, now: Instant, request: Bytes) {
        debug_assert!(self.asking.is_none(), "one at a time");
        self.idle_until = None;
        let asking = Asking { request, until: now + self.patience, reader: ResponseReader::default() };
        if self.line != Line::None {
            self.transmit(&asking.request);
        }
        self.asking = Some(asking);
        if self.line == Line::None {
            self.connect(now);
        }
    }

    /// Takes an input; the outcome of the request, when there is one.
    pub fn handle_input(&mut self, now: Instant, input: &Input<'_>) -> Option<Outcome> {
        match input {
            Input::Bytes(data) => self.receive(now, data),
            Input::Eof => self.lost(now),
            Input::Timeout => self.handle_timeout(now),
            Input::Reply(Reply::Dialled(Ok(_))) if self.line == Line::Dialling => {
                self.line = Line::Open { used: false };
                if let Some(asking) = &self.asking {
                    let request = asking.request.clone();
                    self.transmit(&request);
                }
                None
            }
            Input::Reply(Reply::Dialled(Err(why))) if self.line == Line::Dialling => {
                self.line = Line::None;
                self.asking.take().map(|_| Err(format!("cannot be reached: {why}")))
            }
            Input::Reply(_)
            | Input::Datagram { .. }
            | Input::Handed(_)
            | Input::Media(_)
            | Input::Shutdown => None,
        }
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// When the time is of interest next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.asking.as_ref().map(|asking| asking.until).or(self.idle_until)
    }

    fn transmit(&mut self, request: &Bytes) {
        if matches!(self.line, Line::Open { .. }) {
            self.out.push_back(Output::Transmit(request.clone()));
        }
    }

    fn connect(&mut self, now: Instant) {
        let until = self.asking.as_ref().map_or(now, |asking| asking.until);
        let dial = Dial { patience: until.since(now), ..self.dial.clone() };
        self.line = Line::Dialling;
        self.out.push_back(Output::Event(Event::Dial(Box::new(dial))));
    }

    fn hang_up(&mut self) {
        self.idle_until = None;
        if std::mem::replace(&mut self.line, Line::None) != Line::None {
            self.out.push_back(Output::Event(Event::HangUp));
        }
    }

    fn receive(&mut self, now: Instant, mut data: &[u8]) -> Option<Outcome> {
        let Some(asking) = &mut self.asking else {
            // Nobody has asked: whatever it is, it must not be taken for the next answer.
            self.hang_up();
            return None;
        };
        let outcome = asking.reader.read(&mut data).transpose()?;
        self.asking = None;
        match &outcome {
            Ok(answered) if answered.keeps_alive && data.is_empty() => {
                self.line = Line::Open { used: true };
                self.idle_until = Some(now + IDLE);
            }
            Ok(_) | Err(_) => self.hang_up(),
        }
        Some(outcome)
    }

    fn lost(&mut self, now: Instant) -> Option<Outcome> {
        let was_used = self.line == Line::Open { used: true };
        self.hang_up();
        let asking = self.asking.as_mut()?;
        if let Some(answered) = asking.reader.end() {
            self.asking = None;
            return Some(Ok(answered));
        }
        if was_used && asking.reader.is_empty() {
            // It was closing just when we asked (RFC 9112 §9.3.1).
            self.connect(now);
            return None;
        }
        let half = if asking.reader.is_empty() { "without an answer" } else { "in the middle of its answer" };
        self.asking = None;
        Some(Err(format!("closed the connection {half}")))
    }

    fn handle_timeout(&mut self, now: Instant) -> Option<Outcome> {
        if self.idle_until.is_some_and(|until| until <= now) {
            self.hang_up();
        }
        let asking = self.asking.take_if(|asking| asking.until <= now)?;
        let what = match (self.line, asking.reader.is_empty()) {
            (Line::None | Line::Dialling, _) => "could not be reached",
            (Line::Open { .. }, true) => "gave no answer",
            (Line::Open { .. }, false) => "gave only half an answer",
        };
        self.hang_up();
        Some(Err(format!("{what} in {} ms", self.patience.as_millis())))
    }
}
