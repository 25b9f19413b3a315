//! The publisher's side of a stream: repaired time, the GOP since the last keyframe, one lane per wanted packaging.

use std::sync::Arc;
use std::time::Duration;

use super::HubSettings;
use super::gop::Gop;
use super::lane::Lane;
use super::mail::{Legacy, Start};
use crate::media::{Description, Frame, MakePackager, Packaging, Repair, Timeline};
use crate::request::{Request, StreamKey};
use crate::shard::ConnId;
use crate::time::Instant;

/// How long a returning publisher's first keyframe is waited for before anything is let through.
const KEY_PATIENCE: Duration = Duration::from_secs(5);

pub(crate) struct Home {
    pub(crate) key: StreamKey,
    /// Who publishes; `None` while the stream waits for a publisher's return.
    pub(crate) publisher: Option<Publisher>,
    description: Option<Arc<Description>>,
    revision: u32,
    timeline: Timeline,
    gop: Gop,
    pub(crate) lanes: Vec<Lane>,
    /// Until when a returning publisher's frames are held back for a keyframe.
    key_gate: Option<Instant>,
    /// When the stream is over unless somebody publishes.
    pub(crate) ends_at: Option<Instant>,
}

/// The publisher of a [`Home`].
#[derive(Debug)]
pub(crate) struct Publisher {
    pub(crate) conn: ConnId,
    pub(crate) request: Request,
    /// When its last frame, or itself, came in.
    pub(crate) active_at: Instant,
}

/// What [`Home::describe`] found.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Change {
    /// Decoders must be set up anew.
    Tracks,
    /// Only what is said in words, for those who join later.
    Words,
}

impl Home {
    /// A home without a publisher, that continues what an earlier home left.
    pub(crate) fn new(key: StreamKey, legacy: Legacy) -> Self {
        Self {
            key,
            publisher: None,
            description: None,
            revision: legacy.revision,
            timeline: Timeline::new(legacy.resume),
            gop: Gop::default(),
            lanes: Vec::new(),
            key_gate: None,
            ends_at: None,
        }
    }

    /// Takes a publisher in.
    pub(crate) fn adopt(&mut self, now: Instant, conn: ConnId, request: Request) {
        self.publisher = Some(Publisher { conn, request, active_at: now });
        self.ends_at = None;
        let resume = self.timeline.resume_point();
        self.key_gate = resume.map(|_| now + KEY_PATIENCE);
        self.timeline = Timeline::new(resume);
        self.description = None;
    }

    /// The publisher has left; the stream waits for one until `ends_at`.
    pub(crate) fn abandon(&mut self, ends_at: Instant) {
        self.publisher = None;
        self.ends_at = Some(ends_at);
        self.gop.clear();
        for lane in &mut self.lanes {
            lane.seal();
            lane.finish(false);
        }
    }

    /// Nobody came back to publish.
    pub(crate) fn end(&mut self) {
        for lane in &mut self.lanes {
            lane.finish(true);
        }
    }

    /// What a home on another shard needs to continue this stream.
    pub(crate) fn legacy(&self) -> Legacy {
        Legacy { resume: self.timeline.resume_point(), revision: self.revision }
    }

    /// Takes over what an earlier home left if this one came to be before it was known: a publisher of this shard was
    /// quicker than the letter. True when all subscribers must be told the tracks anew, under a number they do not know.
    pub(crate) fn inherit(&mut self, now: Instant, legacy: Legacy) -> bool {
        if self.timeline.resume_point().is_none() && legacy.resume.is_some() {
            self.timeline = Timeline::new(legacy.resume);
            self.key_gate = self.publisher.is_some().then(|| now + KEY_PATIENCE);
        }
        if self.revision > legacy.revision {
            return false;
        }
        self.revision = legacy.revision;
        let Some(description) = self.description.take() else { return false };
        self.revision = self.revision.wrapping_add(1);
        self.description = Some(Arc::new(Description { revision: self.revision, ..(*description).clone() }));
        true
    }

    /// Takes the publisher's tracks in; [`Change::Tracks`] must be told to all subscribers before the next frame.
    pub(crate) fn describe(&mut self, described: &Description) -> Change {
        let change = match &self.description {
            Some(current) if current.same_tracks(described) => Change::Words,
            Some(_) | None => Change::Tracks,
        };
        if change == Change::Tracks {
            self.revision = self.revision.wrapping_add(1);
            self.gop.clear();
        }
        self.description = Some(Arc::new(Description { revision: self.revision, ..described.clone() }));
        change
    }

    /// Takes a frame in and muxes it for every lane. Returns what was done to its time.
    pub(crate) fn push(&mut self, now: Instant, mut frame: Frame, settings: &HubSettings) -> Repair {
        if let Some(publisher) = &mut self.publisher {
            publisher.active_at = now;
        }
        let Some(description) = self.description.clone() else { return Repair::None };
        let Some(track) = description.track(frame.track) else { return Repair::None };
        let key = description.can_begin_with(track, &frame);
        if self.is_gated(now, key) {
            return Repair::None;
        }
        let repair = self.timeline.repair(now, track, &mut frame);
        self.gop.push(now, &frame, key, &settings.ring);
        for lane in &mut self.lanes {
            lane.push(now, &frame, self.revision);
        }
        repair
    }

    /// The lane for `packaging`, made and filled if nobody wanted it before; `None` when it cannot be made.
    pub(crate) fn lane(
        &mut self,
        now: Instant,
        packaging: Packaging,
        make: &MakePackager,
        settings: &HubSettings,
    ) -> Option<&mut Lane> {
        if let Some(index) = self.lanes.iter().position(|lane| lane.packaging == packaging) {
            return self.lanes.get_mut(index);
        }
        let mut lane = Lane::new(packaging, make(packaging, &self.key)?, settings.ring);
        if let Some(description) = self.description.as_ref().filter(|_| self.publisher.is_some()) {
            lane.describe(now, description);
            lane.replay(&self.gop, self.revision);
        }
        self.lanes.push(lane);
        self.lanes.last_mut()
    }

    /// Renders every lane's start anew; each pairs with its lane by index.
    pub(crate) fn restart_lanes(&mut self, now: Instant) -> Vec<Start> {
        let Some(description) = &self.description else { return Vec::new() };
        self.lanes.iter_mut().map(|lane| lane.describe(now, description)).collect()
    }

    /// Stops packagings that nobody has wanted for `linger`.
    pub(crate) fn drop_unwanted(&mut self, now: Instant, linger: Duration) {
        self.lanes.retain(|lane| lane.unwanted_since.is_none_or(|since| now.since(since) < linger));
    }

    fn is_gated(&mut self, now: Instant, key: bool) -> bool {
        let Some(until) = self.key_gate else { return false };
        if key || now >= until {
            self.key_gate = None;
            return false;
        }
        true
    }
}
