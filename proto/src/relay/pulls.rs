//! The attendant that makes a relay for each stream that comes from elsewhere: always, or while somebody plays it.

use std::sync::Arc;
use std::time::Duration;

use rtmpd_core::policy::mark;
use rtmpd_core::{Attendant, Attending, Dice, Instant, Request, StreamKey};

use super::{Destination, Forwarding, Relay, Way};

/// See the module's text.
#[derive(Debug)]
pub struct Pulls {
    forwarding: Arc<Forwarding>,
    dice: Dice,
}

impl Pulls {
    /// An attendant for one shard.
    pub fn new(forwarding: Arc<Forwarding>, dice: Dice) -> Self {
        Self { forwarding, dice }
    }

    fn pull(&mut self, now: Instant, key: &StreamKey, source: Destination, on_demand: bool) -> Attending {
        let request = Request {
            vhost: source.host.as_str().into(),
            key: key.clone(),
            params: "".into(),
            protocol: source.url.scheme.name(),
            agent: format!("pull {source}").into(),
            patience: Duration::ZERO,
        };
        let via = mark(&request, self.forwarding.origin);
        let (forwarding, dice) = (Arc::clone(&self.forwarding), self.dice.fork());
        let relay = Relay::new(now, forwarding, (request, Way::In { on_demand }), source, (via, dice));
        Attending::only(relay)
    }
}

impl Attendant for Pulls {
    fn name(&self) -> &'static str {
        "pull"
    }

    fn attend(&mut self, _now: Instant, _request: &Request, _out: &mut Vec<Attending>) {}

    fn wanted(&mut self, now: Instant, request: &Request, out: &mut Vec<Attending>) {
        if let Some((source, on_demand)) = self.forwarding.rules().source(&request.key) {
            out.push(self.pull(now, &request.key, source, on_demand));
        }
    }

    fn always(&mut self, now: Instant, out: &mut Vec<(StreamKey, Attending)>) {
        let rules = self.forwarding.rules();
        for pull in rules.pulls.iter().filter(|pull| !pull.on_demand) {
            let Some(key) = pull.key() else { continue };
            let Some(source) = pull.source(&key) else { continue };
            let attending = self.pull(now, &key, source, false);
            out.push((key, attending));
        }
    }
}
