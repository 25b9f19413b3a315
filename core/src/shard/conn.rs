//! One connection: its machine, its send queue and its part in the media.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use slab::Slab;

use super::PortId;
use super::gatehouse::{Asking, Wish};
use super::queue::Queue;
use crate::admission::Role as Part;
use crate::datagram::{Alias, Datagram, Leg};
use crate::dial::Transport;
use crate::error::Close;
use crate::hub::mail::Start;
use crate::hub::replica::Replica;
use crate::machine::{Call, Input, Machine, Media, Output};
use crate::media::{Cursor, Description};
use crate::report::{Ended, Session};
use crate::request::{Peer, Request, StreamKey};
use crate::time::Instant;

/// Names a connection of one shard; never names a later one that took its place.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId {
    index: u32,
    generation: u32,
}

impl ConnId {
    /// A small dense number: where drivers keep the connection's socket. It is used again after the
    /// [`super::Action::Close`] of this connection.
    pub fn index(self) -> usize {
        self.index as usize
    }
}

impl fmt::Debug for ConnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{}.{}", self.index, self.generation)
    }
}

/// All connections of a shard.
#[derive(Default)]
pub(crate) struct Conns {
    slab: Slab<(u32, Conn)>,
    generation: u32,
}

impl Conns {
    pub(crate) fn insert(&mut self, conn: Conn) -> ConnId {
        self.generation = self.generation.wrapping_add(1);
        let index = self.slab.insert((self.generation, conn));
        ConnId { index: u32::try_from(index).unwrap_or(u32::MAX), generation: self.generation }
    }

    pub(crate) fn find(&self, id: ConnId) -> Option<&Conn> {
        self.slab.get(id.index()).filter(|(generation, _)| *generation == id.generation).map(|(_, conn)| conn)
    }

    pub(crate) fn find_mut(&mut self, id: ConnId) -> Option<&mut Conn> {
        let (generation, conn) = self.slab.get_mut(id.index())?;
        (*generation == id.generation).then_some(conn)
    }

    pub(crate) fn remove(&mut self, id: ConnId) {
        if self.find(id).is_some() {
            self.slab.remove(id.index());
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.slab.len()
    }

    pub(crate) fn ids(&self) -> Vec<ConnId> {
        let id = |(index, (generation, _)): (usize, &(u32, Conn))| ConnId {
            index: u32::try_from(index).unwrap_or(u32::MAX),
            generation: *generation,
        };
        self.slab.iter().map(id).collect()
    }
}

pub(crate) struct Conn {
    machine: Box<dyn Machine>,
    pub(crate) queue: Queue,
    pub(crate) role: Role,
    pub(crate) peer: Peer,
    /// What it came in by, in logs.
    pub(crate) service: &'static str,
    /// What carries its bytes.
    pub(crate) line: Line,
    /// The stream it goes along with, and as what part of its attendant's.
    pub(crate) attends: Option<(StreamKey, Arc<str>)>,
    /// We made it ourselves: nobody is asked whether it may come in.
    pub(crate) is_ours: bool,
    /// It is one of its address's connections.
    pub(crate) is_counted: bool,
    /// It is one of this stream's players.
    pub(crate) watches: Option<StreamKey>,
    /// It waits to be let in.
    pub(crate) asking: Option<Box<Asking>>,
    /// What it has asked for and may do, until it does it.
    pub(crate) admitted: Option<(Part, StreamKey)>,
    /// The name under which others hand it bytes.
    pub(crate) meets: Option<Arc<str>>,
    /// Its UDP sockets.
    pub(crate) legs: Vec<LegAt>,
    /// By what it is told on those that it shares.
    pub(crate) aliases: Vec<(PortId, Alias)>,
    /// The deadline on file in the shard's timers.
    pub(crate) timer: Option<Instant>,
    /// Set once the connection is to end: what is queued is still sent.
    pub(crate) closing: Option<Close>,
    /// [`super::Action::Close`] has been given out.
    pub(crate) dead: bool,
    /// The socket takes nothing at present.
    pub(crate) blocked: bool,
    /// An [`super::Action::Send`] is under way.
    pub(crate) sending: bool,
    /// A question that waits for room in the queue: its answer will need it.
    pub(crate) held_call: Option<Box<Call>>,
    /// Changes of files are under way: the peer's next bytes wait.
    pub(crate) writing: bool,
    /// Waits in the shard's list of those to be fed at once.
    pub(crate) hot: bool,
    /// When the peer last took a byte, or the queue began to fill.
    pub(crate) progress_at: Instant,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
}

/// One of a connection's UDP sockets.
#[derive(Copy, Clone, Debug)]
pub(crate) struct LegAt {
    /// What the machine calls it.
    pub(crate) leg: Leg,
    pub(crate) port: PortId,
}

/// What carries the bytes of a connection.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Line {
    /// The socket that it came by.
    Accepted,
    /// Nothing: it goes along with a stream, or makes its own connection.
    None,
    /// The driver is connecting.
    Dialling(Transport),
    /// A connection that its machine asked for.
    Dialled,
    /// A connection that its machine has given up; the driver does not know yet.
    Parting,
    /// Datagrams to a server, by the connection's own legs.
    Datagrams,
}

/// What a machine wants done, but for bytes of its stream; kept for its capacity.
#[derive(Default)]
pub(crate) struct Outputs {
    pub(crate) rest: Vec<Output>,
    pub(crate) datagrams: Vec<(Leg, Datagram)>,
}

/// What a connection is to the hub.
pub(crate) enum Role {
    Idle,
    /// Asked another shard for a stream that has a publisher there.
    Claiming(Box<Claim>),
    Publisher(Box<Publishing>),
    Viewer(Viewing),
}

pub(crate) struct Claim {
    pub(crate) request: Request,
    pub(crate) tries: u8,
}

pub(crate) struct Publishing {
    /// Index of the stream's home on this shard.
    pub(crate) home: usize,
    pub(crate) tenure: Tenure,
    /// The publish line has been logged.
    pub(crate) reported: bool,
    /// When a jump of its time was last logged: one that jumps with every frame must not fill the log.
    pub(crate) jump_logged_at: Option<Instant>,
}

pub(crate) struct Viewing {
    /// Index of the replica on this shard.
    pub(crate) replica: usize,
    /// Its place on the replica's ring; `None` while it waits for a publisher.
    pub(crate) cursor: Option<Cursor>,
    /// The revision it was last given the start of.
    pub(crate) revision: Option<u32>,
    pub(crate) paused: bool,
    /// When it was last fed it could not take all there was: it does not wait for the next round.
    pub(crate) behind: bool,
    pub(crate) gaps: u32,
    pub(crate) tenure: Box<Tenure>,
}

/// What the log line at the end will need.
pub(crate) struct Tenure {
    pub(crate) request: Request,
    pub(crate) description: Option<Arc<Description>>,
    pub(crate) since: Instant,
    /// The connection's byte counter at the beginning.
    pub(crate) bytes_before: u64,
}

impl Tenure {
    pub(crate) fn session(&self) -> Box<Session> {
        Box::new(Session { request: self.request.clone(), description: self.description.clone() })
    }

    pub(crate) fn ended(&self, now: Instant, bytes: u64, why: Option<Close>) -> Ended {
        let lasted: Duration = now.since(self.since);
        Ended { lasted, bytes: bytes.saturating_sub(self.bytes_before), why }
    }
}

impl Conn {
    pub(crate) fn new(now: Instant, machine: Box<dyn Machine>, service: &'static str, peer: Peer) -> Self {
        Self {
            machine,
            queue: Queue::default(),
            role: Role::Idle,
            peer,
            service,
            line: Line::Accepted,
            attends: None,
            is_ours: false,
            is_counted: false,
            watches: None,
            asking: None,
            admitted: None,
            meets: None,
            legs: Vec::new(),
            aliases: Vec::new(),
            timer: None,
            closing: None,
            dead: false,
            blocked: false,
            sending: false,
            held_call: None,
            writing: false,
            hot: false,
            progress_at: now,
            bytes_in: 0,
            bytes_out: 0,
        }
    }

    /// Gives the machine one input and drains it: bytes go to the queue, the rest to `out`.
    pub(crate) fn turn(&mut self, now: Instant, input: Input<'_>, out: &mut Outputs) {
        let (machine, queue) = (&mut self.machine, &mut self.queue);
        let was_empty = queue.is_empty();
        let called = catch_unwind(AssertUnwindSafe(|| {
            let result = machine.handle_input(now, input);
            while let Some(output) = machine.poll_output() {
                match output {
                    Output::Transmit(data) => queue.push(data),
                    Output::Datagram(leg, datagram) => out.datagrams.push((leg, datagram)),
                    Output::Event(_) | Output::Close(_) => out.rest.push(output),
                }
            }
            result
        }));
        match called {
            Ok(Ok(())) => {}
            Ok(Err(error)) => out.rest.push(Output::Close(Close::Error(error))),
            Err(panic) => {
                // A defect costs this connection only; tests want to see it.
                if cfg!(debug_assertions) {
                    std::panic::resume_unwind(panic);
                }
                out.rest.push(Output::Close(Close::Bug(panic_text(panic.as_ref()))));
            }
        }
        if was_empty {
            self.progress_at = now;
        }
    }

    /// What the machine leaves to be done. One that panics here, as after a defect it may, leaves nothing.
    pub(crate) fn last_call(&mut self) -> Option<Call> {
        let machine = &mut self.machine;
        catch_unwind(AssertUnwindSafe(|| machine.last_call())).ok().flatten()
    }

    /// Its machine has asked whether its peer may come in: what the peer says meanwhile stays where it is.
    pub(crate) fn waits_to_go_on(&self) -> bool {
        self.asking.as_ref().is_some_and(|asking| matches!(asking.wish, Wish::Ask))
    }

    /// Whether it can be given more media now.
    pub(crate) fn has_room(&self, max_queue: usize) -> bool {
        self.queue.bytes() < max_queue && self.machine.has_room()
    }

    /// When the machine, or its end, wants to hear of the time.
    pub(crate) fn machine_timeout(&self) -> Option<Instant> {
        self.machine.poll_timeout()
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (None, Some(text)) => text.clone(),
        (None, None) => "panic".to_owned(),
    }
}

/// Gives a viewer the start that packets of `revision` need.
pub(crate) fn restart(now: Instant, state: &mut Conn, replica: &Replica, revision: u32, out: &mut Outputs) {
    let Some(Start { description, preamble }) = replica.start_of(revision) else { return };
    if let Role::Viewer(viewing) = &mut state.role {
        viewing.tenure.description = Some(description.clone());
    }
    state.turn(now, Input::Media(Media::Start { description, preamble }), out);
}
