//! Multicast: one sender for each stream, for as long as somebody wants it.
//!
//! Specs: RFC 2326 §12.39 (`multicast`), RFC 2365 (administratively scoped groups), RFC 3550 §6 (reports go to the group).
//!
//! A [`Caster`] goes along with each stream, on the publisher's shard; players say in [`Casts`] that they want it, which
//! happens at SETUP and at the end, never when media flows. While nobody does, it takes no media.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use rtmpd_core::media::Description;
use rtmpd_core::{
    Attendant, Attending, Bind, Close, Error, Event, Input, Instant, Leg, Machine, Media, Note, Output,
    Reply, Request, StreamKey, WallClock, Way as SocketWay,
};

use super::Multicast;
use super::outgoing::{Outgoing, Way};
use crate::rtp::{RTP, carried};

/// How often is looked whether somebody wants the stream.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Most groups: those behind the first that are still groups of the same /16.
const MAX_GROUPS: u32 = 4096;

/// Which streams are wanted by multicast, and in which groups they are.
#[derive(Debug)]
pub struct Casts {
    settings: Multicast,
    wanted: Mutex<BTreeMap<StreamKey, Wanted>>,
}

#[derive(Copy, Clone, Debug)]
struct Wanted {
    /// Behind the first group.
    index: u32,
    players: usize,
}

impl Casts {
    /// None is wanted yet.
    pub fn new(settings: Multicast) -> Self {
        Self { settings, wanted: Mutex::default() }
    }

    /// How many routers packets may cross.
    pub(super) fn ttl(&self) -> u8 {
        self.settings.ttl
    }

    /// One player more wants this stream; gives its group, or nothing when there are none left.
    fn join(&self, key: &StreamKey) -> Option<Ipv4Addr> {
        let mut wanted = self.lock();
        let free = (0..MAX_GROUPS).find(|index| wanted.values().all(|wanted| wanted.index != *index));
        let index = match wanted.get_mut(key) {
            Some(wanted) => {
                wanted.players += 1;
                wanted.index
            }
            None => {
                let index = free?;
                wanted.insert(key.clone(), Wanted { index, players: 1 });
                index
            }
        };
        self.group(index)
    }

    /// One player less wants it.
    fn leave(&self, key: &StreamKey) {
        let mut wanted = self.lock();
        if let Some(entry) = wanted.get_mut(key) {
            entry.players = entry.players.saturating_sub(1);
            if entry.players == 0 {
                wanted.remove(key);
            }
        }
    }

    /// Where this stream goes, if anybody wants it.
    fn find(&self, key: &StreamKey) -> Option<Ipv4Addr> {
        let index = self.lock().get(key).map(|wanted| wanted.index)?;
        self.group(index)
    }

    fn group(&self, index: u32) -> Option<Ipv4Addr> {
        let group = u32::from(self.settings.group).checked_add(index).map(Ipv4Addr::from);
        group.filter(Ipv4Addr::is_multicast)
    }

    /// RTP and RTCP ports of the track at this place.
    pub(super) fn ports(&self, place: usize) -> Option<(u16, u16)> {
        let rtp = self.settings.port.checked_add(u16::try_from(place * 2).ok()?)?;
        Some((rtp, rtp.checked_add(1)?))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<StreamKey, Wanted>> {
        // Each change is complete before the guard is dropped.
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A player's wish for a stream by multicast: over when it is dropped.
#[derive(Debug)]
pub(super) struct Membership {
    casts: Arc<Casts>,
    key: StreamKey,
    /// The stream's group.
    pub(super) group: Ipv4Addr,
}

impl Membership {
    /// One player more; `None` when there are no groups left.
    pub(super) fn new(casts: &Arc<Casts>, key: StreamKey) -> Option<Self> {
        let group = casts.join(&key)?;
        Some(Self { casts: casts.clone(), key, group })
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.casts.leave(&self.key);
    }
}

/// Makes casters.
#[derive(Debug)]
pub struct Casters {
    casts: Arc<Casts>,
    wall: WallClock,
}

impl Casters {
    /// Casters for these.
    pub fn new(casts: Arc<Casts>, wall: WallClock) -> Self {
        Self { casts, wall }
    }
}

impl Attendant for Casters {
    fn name(&self) -> &'static str {
        "multicast"
    }

    fn attend(&mut self, now: Instant, request: &Request, out: &mut Vec<Attending>) {
        out.push(Attending::only(Caster {
            casts: self.casts.clone(),
            request: request.clone(),
            wall: self.wall,
            stage: Stage::Idle,
            tracks: 0,
            start: None,
            outgoing: None,
            look_at: now,
            out: VecDeque::new(),
        }));
    }
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Stage {
    /// Nothing was asked for.
    Idle,
    /// The stream is there, and nobody wants it.
    Watching,
    /// The shard was asked for the sockets of the track at this place, for this group.
    Binding(usize, Ipv4Addr),
    /// Media goes to this group.
    Casting(Ipv4Addr),
}

/// The sender of one stream.
pub(super) struct Caster {
    casts: Arc<Casts>,
    request: Request,
    wall: WallClock,
    stage: Stage,
    tracks: usize,
    /// The tracks as they are, with what their packets need: told once, while groups come and go.
    start: Option<(Arc<Description>, Bytes)>,
    outgoing: Option<Outgoing>,
    look_at: Instant,
    out: VecDeque<Output>,
}

impl Caster {
    fn look(&mut self, now: Instant) {
        self.look_at = now + LOOK_EVERY;
        match (self.stage, self.casts.find(&self.request.key)) {
            (Stage::Idle, _) => {
                let request = Request { patience: Duration::ZERO, ..self.request.clone() };
                self.event(Event::Play(Box::new(request), RTP));
            }
            (Stage::Watching, Some(group)) => {
                let mut outgoing = Outgoing::new(self.wall);
                if let Some((description, preamble)) = &self.start {
                    outgoing.start(description, preamble);
                }
                self.outgoing = Some(outgoing);
                self.bind(0, group);
            }
            (Stage::Casting(group), wanted) if wanted != Some(group) => self.stop(),
            (Stage::Watching | Stage::Binding(..) | Stage::Casting(_), _) => {}
        }
    }

    /// Asks for the sockets of the tracks from this place on; then for media.
    fn bind(&mut self, place: usize, group: Ipv4Addr) {
        let address = |port| SocketAddr::new(IpAddr::V4(group), port);
        let ports = self.casts.ports(place).filter(|_| place < self.tracks);
        let Some(((rtp, rtcp), leg)) = ports.zip(leg(place)) else {
            self.stage = Stage::Casting(group);
            return self.event(Event::Pause(false));
        };
        self.stage = Stage::Binding(place, group);
        let way = SocketWay::Multicast(self.casts.ttl());
        self.event(Event::Bind(Box::new(Bind { first: leg, way, remotes: [address(rtp), address(rtcp)] })));
    }

    fn bound(&mut self, place: usize, group: Ipv4Addr) {
        if let (Some((rtp, rtcp)), Some(leg), Some(outgoing)) =
            (self.casts.ports(place), leg(place), &mut self.outgoing)
        {
            let to = [rtp, rtcp].map(|port| SocketAddr::new(IpAddr::V4(group), port));
            outgoing.set_way(place, Way::Udp { leg, to, follows: false });
        }
        self.bind(place + 1, group);
    }

    fn stop(&mut self) {
        self.event(Event::Pause(true));
        if let Some(outgoing) = self.outgoing.take() {
            outgoing.say_bye(&mut self.out);
            outgoing.unbind(&mut self.out);
        }
        self.stage = Stage::Watching;
    }

    fn described(&mut self, description: &Description) {
        self.event(Event::Pause(true));
        self.tracks = carried(description).count();
        self.stage = Stage::Watching;
    }

    fn handle_media(&mut self, now: Instant, media: &Media<'_>) {
        match media {
            Media::Start { description, preamble } => {
                self.tracks = carried(description).count();
                self.start = Some(((*description).clone(), (*preamble).clone()));
                // Other tracks: players have to ask again, and the group begins anew.
                if self.outgoing.as_mut().is_some_and(|outgoing| !outgoing.start(description, preamble)) {
                    self.stop();
                }
            }
            Media::Packet(packet) => {
                if let Some(outgoing) = &mut self.outgoing {
                    outgoing.send(now, packet, &mut self.out);
                }
            }
            Media::Gap => {}
            Media::Ended => {
                if let Some(outgoing) = &self.outgoing {
                    outgoing.say_bye(&mut self.out);
                }
                self.out.push_back(Output::Close(Close::StreamEnded));
            }
        }
    }

    fn event(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }
}

fn leg(place: usize) -> Option<Leg> {
    u8::try_from(place * 2).ok().map(Leg)
}

impl Machine for Caster {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) -> Result<(), Error> {
        match (input, self.stage) {
            (Input::Timeout, _) => {
                if let Some(outgoing) = &mut self.outgoing {
                    outgoing.handle_timeout(now, &mut self.out);
                }
                if now >= self.look_at {
                    self.look(now);
                }
            }
            (Input::Reply(Reply::Play(Ok(description))), _) => self.described(&description),
            (Input::Reply(Reply::Play(Err(refusal))), _) => {
                self.out.push_back(Output::Close(Close::Error(Error::Refused(refusal))));
            }
            (Input::Reply(Reply::Bound(Ok(_))), Stage::Binding(place, group)) => self.bound(place, group),
            (Input::Reply(Reply::Bound(Err(refusal))), Stage::Binding(..)) => {
                self.event(Event::Note(Note::warn(format!("no multicast: {refusal}"))));
                self.stop();
            }
            (Input::Media(media), _) => self.handle_media(now, &media),
            (Input::Shutdown, _) => self.out.push_back(Output::Close(Close::Shutdown)),
            (
                Input::Reply(_) | Input::Bytes(_) | Input::Datagram { .. } | Input::Handed(_) | Input::Eof,
                _,
            ) => {}
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let media = self.outgoing.as_ref().and_then(|outgoing| outgoing.poll_timeout());
        Some(media.map_or(self.look_at, |at| at.min(self.look_at)))
    }

    fn has_room(&self) -> bool {
        self.outgoing.as_ref().is_none_or(|outgoing| outgoing.has_room())
    }
}
