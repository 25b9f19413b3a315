//! Opus and G.711 → payloads that are nothing but sound.
//!
//! Specs: RFC 7587 §4.2 (one Opus packet), RFC 3551 §4.5.14 (samples). The marker would say that sound begins after silence,
//! which is not known.

use super::Put;

/// See the module's text.
#[derive(Copy, Clone, Debug)]
pub(super) enum Whole {
    /// They cannot be cut: what is too long is left out.
    Packets,
    /// They can be cut between samples of one byte.
    Samples { channels: usize },
}

impl Whole {
    pub(super) fn samples(channels: u8) -> Self {
        Self::Samples { channels: usize::from(channels.max(1)) }
    }

    pub(super) fn packetize(self, frame: &[u8], limit: usize, put: &mut Put<'_>) {
        match self {
            Self::Packets if frame.len() <= limit => put(&[frame], false),
            Self::Packets => {}
            Self::Samples { channels } => {
                let most = (limit / channels).max(1) * channels;
                frame.chunks(most).for_each(|samples| put(&[samples], false));
            }
        }
    }
}
