//! What all forms of recording have in common: where the files lie, and the order in which they are written.

use bytes::Bytes;
use rtmpd_core::files::{FileChange, Place, Root};
use rtmpd_core::media::Frame;

use crate::segment::Cut;

/// A recording that is being written.
pub(super) trait Tape: Send {
    /// A frame of the stream has come: whatever waited for its time need not wait.
    fn arrive(&mut self, frame: &Frame);

    /// This ends at `at`, in ticks of 90 kHz, which is in front of a frame.
    fn cut(&mut self, cut: Cut, at: i64);

    /// Takes the frame in, which is decoded at `at`.
    fn push(&mut self, frame: &Frame, at: i64);

    /// Nothing will follow.
    fn finish(&mut self, at: i64);

    /// What is to be written, in order, since this was last asked.
    fn changes(&mut self, out: &mut Vec<FileChange>);
}

/// The files of a recording.
#[derive(Clone, Debug)]
pub(super) struct Files {
    root: Root,
    /// `stream/2022-05-21/18-22-11`: what all its files' names begin with.
    stem: String,
    pending: Vec<FileChange>,
}

impl Files {
    pub(super) fn new(root: Root, stem: String) -> Self {
        Self { root, stem, pending: Vec::new() }
    }

    /// The name of a file as its neighbours call it.
    pub(super) fn name(&self, ending: &str) -> String {
        format!("{}{ending}", self.stem.rsplit('/').next().unwrap_or_default())
    }

    /// A file that must not be there yet.
    pub(super) fn create(&mut self, ending: &str, data: Bytes) {
        let place = self.place(ending);
        self.pending.push(FileChange::Create { place, data });
    }

    pub(super) fn append(&mut self, ending: &str, data: Bytes) {
        let place = self.place(ending);
        self.pending.push(FileChange::Append { place, data: vec![data] });
    }

    pub(super) fn replace(&mut self, ending: &str, text: String) {
        let place = self.place(ending);
        self.pending.push(FileChange::Replace { place, data: text.into() });
    }

    pub(super) fn sync(&mut self, ending: &str) {
        let place = self.place(ending);
        self.pending.push(FileChange::Sync(place));
    }

    pub(super) fn take(&mut self, out: &mut Vec<FileChange>) {
        out.append(&mut self.pending);
    }

    fn place(&self, ending: &str) -> Place {
        Place::new(self.root.clone(), &format!("{}{ending}", self.stem))
    }
}
