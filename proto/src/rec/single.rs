//! One file: an FLV or a fragmented MP4, which are whole wherever they end.

use bytes::{Bytes, BytesMut};
use rtmpd_core::files::FileChange;
use rtmpd_core::media::{Description, Frame, Packager};

use super::tape::{Files, Tape};
use crate::segment::Cut;

/// A recording in one file.
pub(super) struct SingleTape {
    files: Files,
    ending: &'static str,
    packager: Box<dyn Packager>,
    preamble: Option<Bytes>,
    part: BytesMut,
}

impl SingleTape {
    pub(super) fn new(
        files: Files,
        ending: &'static str,
        mut packager: Box<dyn Packager>,
        description: &Description,
    ) -> Self {
        let preamble = Some(packager.start(description));
        Self { files, ending, packager, preamble, part: BytesMut::new() }
    }

    fn close_part(&mut self) {
        if self.part.is_empty() {
            return;
        }
        let data = self.part.split().freeze();
        match self.preamble.take() {
            Some(preamble) => self.files.create(self.ending, [preamble, data].concat().into()),
            None => self.files.append(self.ending, data),
        }
    }
}

impl Tape for SingleTape {
    fn arrive(&mut self, _frame: &Frame) {}

    fn cut(&mut self, cut: Cut, _at: i64) {
        if cut != Cut::None {
            self.close_part();
        }
        if cut == Cut::Segment && self.preamble.is_none() {
            self.files.sync(self.ending);
        }
    }

    fn push(&mut self, frame: &Frame, _at: i64) {
        let mut packed = Vec::new();
        self.packager.push(frame, &mut packed);
        for packed in packed {
            self.part.extend_from_slice(&packed.data);
        }
    }

    fn finish(&mut self, _at: i64) {
        self.close_part();
    }

    fn changes(&mut self, out: &mut Vec<FileChange>) {
        self.files.take(out);
    }
}
