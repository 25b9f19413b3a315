//! Named objects of a stream – segments, parts, playlists – that players fetch one by one.
//!
//! A packager says what changes ([`Shelved`]); its home and every shard with players of it keep a [`Shelf`] of the
//! same state. Bytes are shared: a segment is the list of its parts.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

/// One change of a shelf.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Shelved {
    /// The whole object, in place of what bore its name. `version` never falls for one name.
    Put {
        /// Its name.
        name: Arc<str>,
        /// Which state of it this is; a player may wait for one.
        version: u64,
        /// Its bytes.
        data: Bytes,
    },
    /// The next piece of an object that is not whole yet.
    Grow {
        /// Its name.
        name: Arc<str>,
        /// The bytes behind those it has.
        data: Bytes,
    },
    /// The object is whole now.
    Seal {
        /// Its name.
        name: Arc<str>,
    },
    /// There will be such an object: players wait for it.
    Promise {
        /// Its name.
        name: Arc<str>,
    },
    /// The object is no longer there.
    Drop {
        /// Its name.
        name: Arc<str>,
    },
}

/// What is there of an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fetched {
    /// Which state of it this is.
    pub version: u64,
    /// All pieces there are, shared by everybody who fetches it.
    pub pieces: Arc<[Bytes]>,
    /// Index of the first piece that was asked for.
    pub from: usize,
    /// No piece follows.
    pub whole: bool,
}

impl Fetched {
    /// The pieces that were asked for.
    pub fn news(&self) -> &[Bytes] {
        self.pieces.get(self.from..).unwrap_or_default()
    }

    /// Bytes of the pieces that were asked for.
    pub fn len(&self) -> usize {
        self.news().iter().map(Bytes::len).sum()
    }

    /// Whether there is nothing in them.
    pub fn is_empty(&self) -> bool {
        self.news().iter().all(Bytes::is_empty)
    }
}

/// What a look at a shelf finds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Look {
    /// This much.
    Found(Fetched),
    /// It will come.
    Wait,
    /// There is no such object.
    Absent,
}

/// The objects of one packaging of a stream, by name.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    entries: BTreeMap<Arc<str>, Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    version: u64,
    pieces: Arc<[Bytes]>,
    whole: bool,
}

impl Shelf {
    /// Makes one change.
    pub fn apply(&mut self, change: Shelved) {
        match change {
            Shelved::Put { name, version, data } => {
                self.entries.insert(name, Entry { version, pieces: Arc::new([data]), whole: true });
            }
            Shelved::Grow { name, data } => {
                let entry = self.entries.entry(name).or_insert_with(Entry::promised);
                entry.pieces = entry.pieces.iter().cloned().chain([data]).collect();
            }
            Shelved::Seal { name } => {
                self.entries.entry(name).or_insert_with(Entry::promised).whole = true;
            }
            Shelved::Promise { name } => {
                self.entries.entry(name).or_insert_with(Entry::promised);
            }
            Shelved::Drop { name } => {
                self.entries.remove(&name);
            }
        }
    }

    /// What is there of `name`, in version `at_least` or a later one, from its piece number `from` on.
    pub fn look(&self, name: &str, at_least: u64, from: usize) -> Look {
        let Some(entry) = self.entries.get(name) else { return Look::Absent };
        let ready = if entry.whole { entry.version >= at_least } else { entry.pieces.len() > from };
        if !ready {
            return Look::Wait;
        }
        let Entry { version, pieces, whole } = entry.clone();
        Look::Found(Fetched { version, pieces, from, whole })
    }

    /// The changes that make an empty shelf this one.
    pub fn changes(&self) -> Vec<Shelved> {
        let mut out = Vec::new();
        for (name, entry) in &self.entries {
            let name = || Arc::clone(name);
            match (entry.whole, &*entry.pieces) {
                (true, [data]) => {
                    out.push(Shelved::Put { name: name(), version: entry.version, data: data.clone() });
                }
                (whole, pieces) => {
                    out.push(Shelved::Promise { name: name() });
                    out.extend(pieces.iter().map(|data| Shelved::Grow { name: name(), data: data.clone() }));
                    if whole {
                        out.push(Shelved::Seal { name: name() });
                    }
                }
            }
        }
        out
    }

    /// Whether nothing was ever put, promised or kept.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Entry {
    fn promised() -> Self {
        Self { version: 0, pieces: Arc::new([]), whole: false }
    }
}
