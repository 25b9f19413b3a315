//! The gate of a shard.

use std::sync::Arc;
use std::time::Duration;

use rtmpd_core::{Ask, Gate, Instant, Machine, Verdict};

use super::asker::Asker;
use super::server::AuthServer;

/// Asks the auth server about everybody.
#[derive(Clone, Debug)]
pub struct ServerGate {
    server: Arc<AuthServer>,
}

impl ServerGate {
    /// A gate that asks this server.
    pub fn new(server: Arc<AuthServer>) -> Self {
        Self { server }
    }
}

impl Gate for ServerGate {
    fn judge(&mut self, _now: Instant, ask: &Ask) -> Verdict {
        match self.server.question(ask) {
            Ok(question) => Verdict::Ask(question),
            Err(why) => Verdict::No(why),
        }
    }

    fn asker(&mut self) -> Box<dyn Machine> {
        Box::new(Asker::new(&self.server))
    }

    fn patience(&self) -> Duration {
        self.server.timeout
    }
}
