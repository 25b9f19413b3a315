//! What has come of a stream: its track, its access units, its counts. Specs: see [`super`].

use bytes::Bytes;
use rtmpd_core::media::Track;

use super::super::{Counts, Unit};
use crate::codec::{Size, Sound};

/// See the module's text.
#[derive(Debug)]
pub(super) struct Outlet {
    track: Track,
    is_known: bool,
    pub(super) counts: Counts,
    /// A configuration that no unit has told of.
    news: Option<Bytes>,
}

/// Where a reader puts what it finds.
pub(super) struct Place<'a> {
    pub(super) outlet: &'a mut Outlet,
    pub(super) out: &'a mut Vec<Unit>,
}

/// A track, and whether it is known well enough for decoders.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) track: Track,
    pub(super) is_known: bool,
}

impl Outlet {
    pub(super) fn new(known: Known) -> Self {
        let Known { track, is_known } = known;
        Self { track, is_known, counts: Counts::default(), news: None }
    }

    pub(super) fn track(&self) -> Option<&Track> {
        self.is_known.then_some(&self.track)
    }
}

impl Place<'_> {
    /// Pictures are configured like this from here on.
    pub(super) fn pictures(&mut self, config: Bytes, size: Size) {
        let track = &mut self.outlet.track;
        (track.width, track.height) = (size.width, size.height);
        self.configure(config);
    }

    /// Sound is configured like this from here on.
    pub(super) fn sound(&mut self, config: Bytes, sound: Sound) {
        let track = &mut self.outlet.track;
        (track.sample_rate, track.channels) = (sound.sample_rate, sound.channels);
        self.configure(config);
    }

    fn configure(&mut self, config: Bytes) {
        self.outlet.is_known = true;
        if !config.is_empty() && config != self.outlet.track.config {
            self.outlet.track.config = config.clone();
            self.outlet.news = Some(config);
        }
    }

    pub(super) fn give(&mut self, timestamp: i64, key: bool, data: Bytes) {
        let config = self.outlet.news.take();
        self.out.push(Unit { timestamp, key, data, config });
    }

    pub(super) fn damaged(&mut self) {
        self.outlet.counts.damaged += 1;
    }

    pub(super) fn waiting(&mut self) {
        self.outlet.counts.waiting += 1;
    }

    pub(super) fn malformed(&mut self) {
        self.outlet.counts.malformed += 1;
    }
}
