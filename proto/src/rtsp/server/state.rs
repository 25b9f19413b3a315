//! All transitions of a client's session.
//!
//! Spec: RFC 2326 §A.2 (the server's state machine); what it forbids is answered 455 and changes nothing.

/// Where a session is.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// Nothing was asked for, or it is over again.
    Init,
    /// A stream was described, and tracks may be set up for playing.
    Described,
    /// Some tracks are set up for playing.
    ReadyToPlay,
    /// Media goes out.
    Playing,
    /// Tracks were announced, and may be set up for recording.
    Announced,
    /// Some tracks are set up for recording.
    ReadyToRecord,
    /// Media comes in.
    Recording,
    /// The connection ends.
    Over,
}

/// What happens to it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// A description was given: by DESCRIBE, or by SETUP of a client that has it from elsewhere.
    Describe,
    /// The tracks of a publisher were taken.
    Announce,
    /// A track was set up.
    SetUp,
    /// PLAY.
    Play,
    /// PAUSE.
    Pause,
    /// RECORD.
    Record,
    /// TEARDOWN.
    TearDown,
    /// The connection ends.
    End,
}

impl State {
    /// The state after this; `None` when it must not happen here.
    pub(super) fn after(self, step: Step) -> Option<Self> {
        Some(match (self, step) {
            (_, Step::End) => Self::Over,
            (Self::Over, _) => return None,
            (_, Step::TearDown) => Self::Init,
            (Self::Init | Self::Described, Step::Describe) => Self::Described,
            // Some players ask again while they play, as the first answer was for another program of theirs.
            (state @ (Self::ReadyToPlay | Self::Playing), Step::Describe) => state,
            (Self::Init | Self::Described, Step::Announce) => Self::Announced,
            (Self::Described | Self::ReadyToPlay, Step::SetUp) => Self::ReadyToPlay,
            (Self::Announced | Self::ReadyToRecord, Step::SetUp) => Self::ReadyToRecord,
            (Self::ReadyToPlay | Self::Playing, Step::Play) => Self::Playing,
            (Self::ReadyToPlay | Self::Playing, Step::Pause) => Self::ReadyToPlay,
            (Self::ReadyToRecord | Self::Recording, Step::Record) => Self::Recording,
            (Self::Recording | Self::ReadyToRecord, Step::Pause) => Self::ReadyToRecord,
            (
                Self::Init
                | Self::Described
                | Self::ReadyToPlay
                | Self::Playing
                | Self::Announced
                | Self::ReadyToRecord
                | Self::Recording,
                Step::Describe | Step::Announce | Step::SetUp | Step::Play | Step::Pause | Step::Record,
            ) => return None,
        })
    }
}
