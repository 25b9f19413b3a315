//! A net that loses, delays, reorders and repeats, by a seed.

use std::collections::BTreeMap;
use std::time::Duration;

use rtmpd_core::{Dice, Instant};

use crate::srt::wire::{Outgoing, Packet};

/// How bad a net is.
#[derive(Copy, Clone, Debug)]
pub(super) struct Weather {
    /// One way.
    pub(super) delay: Duration,
    /// Up to so much more, each packet for itself.
    pub(super) jitter: Duration,
    /// Of a thousand datagrams so many are lost.
    pub(super) loss: u64,
    /// Of a thousand datagrams so many come twice.
    pub(super) twice: u64,
}

impl Weather {
    pub(super) const FINE: Self =
        Self { delay: Duration::from_millis(1), jitter: Duration::ZERO, loss: 0, twice: 0 };
}

/// What the net did to data packets.
#[derive(Copy, Clone, Default, Debug)]
pub(super) struct Fate {
    pub(super) carried: u64,
    pub(super) lost_first: u64,
    pub(super) lost_again: u64,
    pub(super) repeated: u64,
}

/// One direction.
pub(super) struct Net {
    pub(super) weather: Weather,
    dice: Dice,
    flying: BTreeMap<(Instant, u64), Vec<u8>>,
    count: u64,
    pub(super) fate: Fate,
}

impl Net {
    pub(super) fn new(seed: u64, weather: Weather) -> Self {
        Self { weather, dice: Dice::new(seed), flying: BTreeMap::new(), count: 0, fate: Fate::default() }
    }

    fn happens(&mut self, per_mille: u64) -> bool {
        self.dice.next_u64() % 1000 < per_mille
    }

    pub(super) fn send(&mut self, now: Instant, datagram: &Outgoing) {
        let data = datagram.to_vec();
        let kind = match Packet::parse(&data).unwrap() {
            Packet::Data(head, _) => Some(head.retransmitted),
            Packet::Control { .. } => None,
        };
        if self.happens(self.weather.loss) {
            self.fate.lost_first += u64::from(kind == Some(false));
            self.fate.lost_again += u64::from(kind == Some(true));
            return;
        }
        self.fate.carried += u64::from(kind.is_some());
        if self.happens(self.weather.twice) {
            self.fate.repeated += u64::from(kind.is_some());
            self.fly(now, data.clone());
        }
        self.fly(now, data);
    }

    fn fly(&mut self, now: Instant, data: Vec<u8>) {
        let jitter = self.weather.jitter.as_micros() as u64;
        let more = if jitter == 0 { 0 } else { self.dice.next_u64() % jitter };
        self.count += 1;
        self.flying.insert((now + self.weather.delay + Duration::from_micros(more), self.count), data);
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.flying.keys().next().map(|(at, _)| *at)
    }

    pub(super) fn take(&mut self, now: Instant) -> Option<Vec<u8>> {
        if self.next()? > now {
            return None;
        }
        self.flying.pop_first().map(|(_, data)| data)
    }
}
