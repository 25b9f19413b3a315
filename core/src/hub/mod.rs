//! The hub: how one publisher's frames reach the viewers of every shard without a lock on the way.
//!
//! - [`directory`]: stream name → the shard its publisher is on; locked when people publish, play or stop, never
//!   when frames move
//! - [`home`]: the publisher's side of a stream: repaired time, the GOP since the last keyframe, and one [`lane`]
//!   for each packaging that somebody wants
//! - [`replica`]: one shard's copy of a lane's ring, with that shard's viewers on it; payload bytes are shared
//! - [`tally`]: how many there are of what is limited
//! - [`mail`]: what shards tell each other, through bounded lock-free boxes

pub(crate) mod directory;
pub(crate) mod gop;
pub(crate) mod home;
pub(crate) mod lane;
pub(crate) mod mail;
pub(crate) mod replica;
pub(crate) mod tally;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::admission::{Gate, MakeGate};
use crate::media::{FRAMES, MakePackager, Passing, RingLimits};
use crate::policy::Limits;
use crate::request::StreamKey;
use crate::stats::{Counters, Totals};
use directory::Directory;
use mail::{Inbox, Mailboxes};
use tally::Tally;

/// Names a shard: one thread's worth of connections.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ShardId(pub u16);

/// What tunes the hub and its shards.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct HubSettings {
    /// What this server calls itself on the way of a forwarded stream; 0: nothing.
    pub origin: u32,
    /// How many shards share this hub; at least one.
    pub shards: u16,
    /// GOP cache and lag limit.
    pub ring: RingLimits,
    /// How long viewers are kept for a publisher's return.
    pub hold: Duration,
    /// A publisher that was silent this long gives way to a second one.
    pub silence: Duration,
    /// Most bytes that may wait in a viewer's send queue.
    pub max_queue: usize,
    /// A peer that accepts no byte for this long is closed.
    pub stall: Duration,
    /// As `stall`, for one that has more of a file to get: players pause films.
    pub file_stall: Duration,
    /// How long a packaging is still made after its last viewer left.
    pub linger: Duration,
    /// How long objects that players fetch by name are kept and made after they were last asked for.
    pub shelf_linger: Duration,
    /// How much is let in.
    pub limits: Limits,
    /// Most time a frame may wait so that several go out in one write.
    pub elapse: Duration,
}

impl Default for HubSettings {
    fn default() -> Self {
        Self {
            origin: 0,
            shards: 1,
            ring: RingLimits::default(),
            hold: Duration::from_secs(30),
            silence: Duration::from_secs(2),
            max_queue: 256 << 10,
            stall: Duration::from_secs(10),
            file_stall: Duration::from_secs(300),
            linger: Duration::from_secs(10),
            shelf_linger: Duration::from_secs(60),
            limits: Limits::default(),
            elapse: Duration::from_millis(10),
        }
    }
}

/// What all shards of a process share.
pub struct Hub {
    settings: HubSettings,
    make_packager: MakePackager,
    make_gate: MakeGate,
    directory: Directory,
    tally: Tally,
    mailboxes: Mailboxes,
    counters: Vec<Counters>,
}

impl Hub {
    /// A hub for `settings.shards` shards whose streams are muxed by what `make_packager` makes. Everybody may come in.
    pub fn new(settings: HubSettings, make_packager: MakePackager) -> Arc<Self> {
        Self::guarded(settings, make_packager, Arc::new(|| None))
    }

    /// As [`Self::new`], with a gate for each shard.
    pub fn guarded(settings: HubSettings, make_packager: MakePackager, make_gate: MakeGate) -> Arc<Self> {
        let shards = settings.shards.max(1);
        Arc::new(Self {
            settings: HubSettings { shards, ..settings },
            make_packager: Arc::new(move |packaging, key| match packaging {
                FRAMES => Some(Box::new(Passing::default())),
                other => make_packager(other, key),
            }),
            make_gate,
            directory: Directory::default(),
            tally: Tally::new(settings.limits),
            mailboxes: Mailboxes::new(shards),
            counters: (0..shards).map(|_| Counters::default()).collect(),
        })
    }

    /// What tunes this hub.
    pub fn settings(&self) -> &HubSettings {
        &self.settings
    }

    /// The streams that have a publisher or wait for its return, in order of their names.
    pub fn streams(&self) -> Vec<StreamKey> {
        self.directory.streams()
    }

    /// The sum of all shards' counters.
    pub fn totals(&self) -> Totals {
        self.counters.iter().fold(Totals::default(), |sum, counters| sum + counters.read())
    }

    pub(crate) fn make_packager(&self) -> &MakePackager {
        &self.make_packager
    }

    pub(crate) fn make_gate(&self) -> Option<Box<dyn Gate>> {
        (self.make_gate)()
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    pub(crate) fn mailboxes(&self) -> &Mailboxes {
        &self.mailboxes
    }

    pub(crate) fn take_inbox(&self, shard: ShardId) -> Option<Inbox> {
        self.mailboxes.take_inbox(shard)
    }

    pub(crate) fn counters(&self, shard: ShardId) -> Option<&Counters> {
        self.counters.get(usize::from(shard.0))
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("settings", &self.settings).finish_non_exhaustive()
    }
}
