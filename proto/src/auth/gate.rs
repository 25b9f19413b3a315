//! The gate of a shard: the server's own rules first, then the auth server.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rtmpd_core::policy::{Access, Rules};
use rtmpd_core::{Ask, Gate, Instant, Machine, Verdict, WallClock};

use super::asker::Asker;
use super::jwt::Keys;
use super::server::AuthServer;
use super::shown::{shown, stream_of};

/// Puts something around machines that ask: TLS.
pub type Wrap = Arc<dyn Fn(Box<dyn Machine>) -> Box<dyn Machine> + Send + Sync>;

/// Who decides who may come in.
#[derive(Clone)]
pub struct Guard {
    /// Our own rules.
    pub rules: Rules,
    /// By which tokens are signed.
    pub keys: Keys,
    /// Who is asked about those that no rule lets in.
    pub server: Option<AuthServer>,
    /// What connections to the server go through.
    pub wrap: Option<Wrap>,
    /// For tokens that end.
    pub wall: WallClock,
}

impl Guard {
    /// Whether everybody may come in.
    pub fn is_open(&self) -> bool {
        self.server.is_none() && self.rules.is_empty()
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("server", &self.server).finish_non_exhaustive()
    }
}

/// See the module's text.
#[derive(Clone, Debug)]
pub struct AuthGate {
    guard: Arc<Guard>,
}

impl AuthGate {
    /// A gate that decides as this says.
    pub fn new(guard: Arc<Guard>) -> Self {
        Self { guard }
    }
}

impl Gate for AuthGate {
    fn judge(&mut self, now: Instant, ask: &Ask) -> Verdict {
        let Guard { rules, keys, server, wall, .. } = &*self.guard;
        if let Err(why) = rules.addresses.check(ask.remote.ip()) {
            return Verdict::No(why);
        }
        let shown = shown(ask, keys, wall.unix_micros(now) / 1_000_000);
        match (rules.judge(ask.role, &stream_of(ask), &shown), server) {
            (Access::Granted, _) | (Access::Open, None) => Verdict::Yes,
            (Access::Refused(why), None) => Verdict::No(why),
            (Access::Open | Access::Refused(_), Some(server)) => match server.question(ask) {
                Ok(question) => Verdict::Ask(question),
                Err(why) => Verdict::No(why),
            },
        }
    }

    fn lets_connect(&mut self, address: IpAddr) -> Result<(), String> {
        self.guard.rules.addresses.check(address)
    }

    fn asker(&mut self) -> Box<dyn Machine> {
        let asker = match &self.guard.server {
            Some(server) => Box::new(Asker::new(server)),
            None => Box::new(Asker::idle("is not there")),
        };
        match &self.guard.wrap {
            Some(wrap) => wrap(asker),
            None => asker,
        }
    }

    fn patience(&self) -> Duration {
        self.guard.server.as_ref().map_or(Duration::ZERO, |server| server.timeout)
    }
}
