//! The sending half: payloads become packets, are kept until they have arrived, and are sent again when they have not.
//!
//! Spec: draft-sharabayko-srt §4.5.2, §4.6, §4.8, §5.1.
//!
//! A payload waits until the [`pace`] lets it go; then it gets its number and moves to the window, where an
//! acknowledgement takes it out. Only what is sent has a number, so what became too old while it waited leaves no gap.
//!
//! - [`sender`]: waiting and window · [`repeat`]: what is sent again · [`pace`]: how fast

mod pace;
mod repeat;
mod sender;

pub(super) use sender::{Route, Sender, timestamp};
