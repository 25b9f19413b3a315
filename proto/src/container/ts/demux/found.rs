//! What reading an elementary stream yields. Specs: named where it is read.

use bytes::Bytes;
use rtmpd_core::Note;

use super::pes::Time;
use crate::codec::{Size, Sound};

/// In the order in which it is to be taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Found {
    /// The pictures' parameters from here on.
    Pictures { config: Bytes, size: Size },
    /// The sound's parameters from here on.
    Sound { config: Bytes, sound: Sound },
    /// An access unit.
    Unit { time: Time, key: bool, data: Bytes },
    /// An access unit that was broken, and is left out.
    Lost,
    /// For the log.
    Remark(Remark),
}

/// Remarks that are made once.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Remark {
    Unsupported(&'static str),
    Ignored(&'static str),
    Programs(usize),
    Scrambled,
    Gap,
    SyncLost,
    BadSection,
    TooLong,
    OtherLayer,
    SeveralBlocks,
    SeveralPictures,
    RecoveryPoints,
    Silent,
}

impl Remark {
    pub(super) fn note(self) -> Note {
        match self {
            Self::Unsupported(what) => Note::warn(format!("{what} is not carried: left out")),
            Self::Ignored(what) => Note::debug(format!("{what} passed over")),
            Self::Programs(count) => Note::info(format!(
                "{count} programs in the transport stream: the first with sound or pictures is taken"
            )),
            Self::Scrambled => Note::warn("scrambled packets left out"),
            Self::Gap => Note::info("packets are missing: damaged frames left out"),
            Self::SyncLost => Note::info("no sync byte where a packet should begin: searching for the next"),
            Self::BadSection => Note::info("table with a wrong checksum or length left out"),
            Self::TooLong => Note::warn("frame longer than can be held left out"),
            Self::OtherLayer => Note::warn("MPEG audio of layer I or II is not carried: left out"),
            Self::SeveralBlocks => {
                Note::warn("ADTS frames with several raw blocks are not carried: left out")
            }
            Self::SeveralPictures => Note::debug("several pictures in a PES packet: times are estimated"),
            Self::RecoveryPoints => {
                Note::info("no IDR picture for a while: recovery points are taken as keyframes")
            }
            Self::Silent => Note::info("a track that the tables announce sends nothing: going on without it"),
        }
    }
}
