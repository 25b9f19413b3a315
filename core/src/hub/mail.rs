//! What shards tell each other, through one bounded lock-free box per shard.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use super::ShardId;
use crate::error::Refusal;
use crate::media::{Description, Packaging, Packet, Resume, Shelved};
use crate::request::StreamKey;
use crate::shard::ConnId;

/// Letters a box holds; beyond that, packets are dropped forward to the next keyframe and control mail waits.
const CAPACITY: usize = 4096;

/// What a joiner is given before packets of its revision.
#[derive(Clone, Debug)]
pub(crate) struct Start {
    pub(crate) description: Arc<Description>,
    pub(crate) preamble: Bytes,
}

/// What a stream's new home takes over from the old one.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Legacy {
    pub(crate) resume: Option<Resume>,
    pub(crate) revision: u32,
}

/// A home's answer to a second publisher on another shard.
#[derive(Clone, Debug)]
pub(crate) enum Cession {
    /// The asking shard is the home now.
    Granted(Legacy),
    /// The present publisher stays.
    Refused(Refusal),
    /// There is no home here any more: ask the directory again.
    Gone,
}

#[derive(Clone, Debug)]
pub(crate) enum Mail {
    /// To a home: this shard has viewers of this packaging.
    Subscribe { key: StreamKey, packaging: Packaging, from: ShardId },
    /// To a home: this shard has none any more.
    Unsubscribe { key: StreamKey, packaging: Packaging, from: ShardId },
    /// To a replica: the tracks as they are from the next packet on.
    Start { key: StreamKey, packaging: Packaging, start: Start },
    /// To a replica: the next packets. `gap`: some before them were dropped.
    Packets { key: StreamKey, packaging: Packaging, packets: Arc<[Packet]>, gap: bool },
    /// To a replica: changes of its shelf. `anew`: of an empty one.
    Shelve { key: StreamKey, packaging: Packaging, changes: Arc<[Shelved]>, anew: bool },
    /// To replicas: this packaging cannot be made.
    Unsupported { key: StreamKey, packaging: Packaging },
    /// To replicas: the publisher has left and may return.
    Left { key: StreamKey },
    /// To replicas: the stream is over.
    Ended { key: StreamKey },
    /// To shards with viewers: the stream's home is there now.
    Homed { key: StreamKey, home: ShardId },
    /// To a home: a second publisher asks for the stream.
    Claim { key: StreamKey, from: ShardId, conn: ConnId, params: Arc<str> },
    /// To a connection, from another.
    Handed { conn: ConnId, data: Bytes },
    /// The answer to a claim.
    Ceded { key: StreamKey, conn: ConnId, cession: Cession },
}

/// All shards' boxes.
#[derive(Debug)]
pub(crate) struct Mailboxes {
    boxes: Vec<Mailbox>,
    inboxes: Mutex<Vec<Option<Inbox>>>,
}

#[derive(Debug)]
struct Mailbox {
    sender: SyncSender<Mail>,
    waiting: Arc<AtomicBool>,
}

/// A shard's end of its box.
#[derive(Debug)]
pub(crate) struct Inbox {
    receiver: Receiver<Mail>,
    waiting: Arc<AtomicBool>,
}

/// What became of a letter.
#[derive(Debug)]
pub(crate) enum Posted {
    /// It is in the box; the owner must be woken if `wake`.
    Done { wake: bool },
    /// The box is full.
    Full(Mail),
}

impl Mailboxes {
    pub(crate) fn new(shards: u16) -> Self {
        let (boxes, inboxes) = (0..shards)
            .map(|_| {
                let (sender, receiver) = sync_channel(CAPACITY);
                let waiting = Arc::new(AtomicBool::new(false));
                (Mailbox { sender, waiting: waiting.clone() }, Some(Inbox { receiver, waiting }))
            })
            .unzip();
        Self { boxes, inboxes: Mutex::new(inboxes) }
    }

    /// The receiving end for `shard`; it can be taken once.
    pub(crate) fn take_inbox(&self, shard: ShardId) -> Option<Inbox> {
        self.inboxes.lock().unwrap_or_else(PoisonError::into_inner).get_mut(usize::from(shard.0))?.take()
    }

    pub(crate) fn post(&self, to: ShardId, mail: Mail) -> Posted {
        let Some(mailbox) = self.boxes.get(usize::from(to.0)) else {
            debug_assert!(false, "no shard {to:?}");
            return Posted::Done { wake: false };
        };
        match mailbox.sender.try_send(mail) {
            Ok(()) => Posted::Done { wake: !mailbox.waiting.swap(true, Ordering::AcqRel) },
            Err(TrySendError::Full(mail)) => Posted::Full(mail),
            // The shard is gone: the process is going down.
            Err(TrySendError::Disconnected(_)) => Posted::Done { wake: false },
        }
    }
}

impl Inbox {
    /// Says that the box is about to be emptied: whoever posts from here on must wake its owner again.
    pub(crate) fn open(&self) {
        self.waiting.swap(false, Ordering::AcqRel);
    }

    pub(crate) fn take(&self) -> Option<Mail> {
        self.receiver.try_recv().ok()
    }
}
