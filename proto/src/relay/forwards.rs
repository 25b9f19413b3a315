//! The attendant that makes a relay for each stream and target of the rules.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rtmpd_core::media::Packaging;
use rtmpd_core::policy::mark;
use rtmpd_core::{Attendant, Attending, Dice, Instant, Machine, Peer, Request, Transport};

use super::board::Status;
use super::{Board, Destination, Relay, Rules, Scheme, Way};

/// A connection that was made, for the machine that is to speak on it.
#[derive(Debug)]
pub struct Begin<'a> {
    /// The time.
    pub now: Instant,
    /// Both ends.
    pub peer: Peer,
    /// What is to be done there.
    pub destination: &'a Destination,
    /// Our stream.
    pub request: &'a Request,
    /// The servers that the stream has passed, see [`rtmpd_core::policy::mark`].
    pub via: &'a str,
    /// The machine's own randomness.
    pub dice: Dice,
}

/// Makes the machines that speak with other servers.
pub trait Legs: Send + Sync {
    /// The packaging in which streams go out by this scheme; `None` where they cannot.
    fn packaging(&self, scheme: Scheme) -> Option<Packaging>;

    /// A machine that publishes [`Begin::request`] there. It ends with its connection.
    ///
    /// # Errors
    /// When the destination asks for what cannot be; it is tried again later all the same.
    fn publisher(&self, begin: Begin<'_>) -> Result<Box<dyn Machine>, String>;

    /// A machine that plays there and publishes [`Begin::request`] here. It ends with its connection.
    ///
    /// # Errors
    /// As for [`Self::publisher`].
    fn player(&self, begin: Begin<'_>) -> Result<Box<dyn Machine>, String>;
}

/// What all forwards of a server share.
pub struct Forwarding {
    rules: Mutex<Arc<Rules>>,
    legs: Arc<dyn Legs>,
    /// What this server calls itself.
    pub(super) origin: u32,
    /// Where this server listens.
    pub(super) doors: Vec<(Transport, u16)>,
    board: Board,
}

impl Forwarding {
    /// Forwards by these rules. `origin` is what this server calls itself, `doors` are the ports where it listens.
    pub fn new(rules: Rules, legs: Arc<dyn Legs>, origin: u32, doors: Vec<(Transport, u16)>) -> Self {
        Self { rules: Mutex::new(Arc::new(rules)), legs, origin, doors, board: Board::default() }
    }

    /// How all forwards are.
    pub fn board(&self) -> &Board {
        &self.board
    }

    /// Takes other rules from now on: forwards that they do not have come to their end within a second or two. For streams that
    /// are being published already, new ones begin when the shards' attendants are asked again
    /// ([`rtmpd_core::shard::Shard::attend_anew`]).
    pub fn set_rules(&self, rules: Rules) {
        *self.rules.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
    }

    /// The rules of this moment.
    pub fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn legs(&self) -> &dyn Legs {
        &*self.legs
    }

    pub(super) fn enter(&self, request: &Request, destination: &Destination) -> Arc<Status> {
        self.board.enter(request.key.clone(), destination.to_string().into())
    }
}

impl fmt::Debug for Forwarding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forwarding").field("rules", &self.rules()).finish_non_exhaustive()
    }
}

/// See the module's text.
#[derive(Debug)]
pub struct Forwards {
    forwarding: Arc<Forwarding>,
    dice: Dice,
}

impl Forwards {
    /// An attendant for one shard.
    pub fn new(forwarding: Arc<Forwarding>, dice: Dice) -> Self {
        Self { forwarding, dice }
    }
}

impl Attendant for Forwards {
    fn name(&self) -> &'static str {
        "forward"
    }

    fn attend(&mut self, now: Instant, request: &Request, out: &mut Vec<Attending>) {
        for destination in self.forwarding.rules().destinations(request) {
            let Some(packaging) = self.forwarding.legs().packaging(destination.url.scheme) else { continue };
            let part = destination.part().into();
            let via = mark(request, self.forwarding.origin);
            let dice = self.dice.fork();
            let forwarding = Arc::clone(&self.forwarding);
            let relay =
                Relay::new(now, forwarding, (request.clone(), Way::Out(packaging)), destination, (via, dice));
            out.push(Attending { part, machine: Box::new(relay) });
        }
    }
}
