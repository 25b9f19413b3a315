//! Media in: what a publisher announced, and by which ways it comes.
//!
//! Specs: RFC 2326 §10.11 (RECORD), RFC 3550 §6.4 (reports).

use std::collections::VecDeque;
use std::net::SocketAddr;

use bytes::Bytes;
use rtmpd_core::{Datagram, Error, Event, Instant, Leg, Note, Output, Refusal};

use super::outgoing::{CNAME, interleave};
use crate::rtp::rtcp::{self, Compound};
use crate::rtp::sdp::Session;
use crate::rtp::{Header, Ingest, ReceiverSettings};
use crate::rtsp::url::{Url, names};

/// How a track reaches us.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(in crate::rtsp) enum Way {
    /// Inside the RTSP connection, on this channel and the next.
    Tcp(u8),
    /// By datagrams to this leg and its companion. Reports go to where the publisher said that its own come from.
    Udp(Leg, SocketAddr),
}

/// A track that was announced.
struct Announced {
    /// What its control URL ends with.
    control: String,
    way: Option<Way>,
    /// Its place among those that we take; `None`: it is let go by.
    taken: Option<usize>,
}

/// A publisher.
pub(in crate::rtsp) struct Incoming {
    tracks: Vec<Announced>,
    ingest: Ingest,
    /// When media last came.
    pub(in crate::rtsp) heard_at: Instant,
}

impl Incoming {
    /// A publisher that announced this, and remarks on what of it is not taken.
    ///
    /// # Errors
    /// When nothing of it is.
    pub(in crate::rtsp) fn new(
        now: Instant,
        session: &Session,
        settings: &ReceiverSettings,
    ) -> Result<(Self, Vec<Note>), Error> {
        let (mut ingest, errors) = Ingest::new(&session.formats(), settings);
        let mut next = 0;
        let tracks: Vec<Announced> = session
            .media
            .iter()
            .enumerate()
            .map(|(place, media)| {
                let taken = !errors.iter().any(|(at, _)| *at == place);
                let taken = taken.then(|| {
                    next += 1;
                    next - 1
                });
                let control = media.control.clone().unwrap_or_default();
                Announced { control, way: None, taken }
            })
            .collect();
        for (track, media) in tracks.iter().zip(&session.media) {
            track.taken.into_iter().for_each(|place| ingest.pass_over(place, &media.others));
        }
        if next == 0 {
            let why = errors.into_iter().next().map(|(_, error)| error);
            let nothing =
                || Error::Refused(Refusal::Unsupported("the announced session has no tracks".into()));
            return Err(why.unwrap_or_else(nothing));
        }
        let note = |(place, error): (usize, Error)| Note::warn(format!("track {place} is left out: {error}"));
        let notes = errors.into_iter().map(note).collect();
        Ok((Self { tracks, ingest, heard_at: now }, notes))
    }

    /// Which track a URL is about: the one whose control URL it ends with, as it may stand behind any base.
    pub(in crate::rtsp) fn place_of(&self, uri: &str) -> Option<usize> {
        if let Some(place) = self.tracks.iter().position(|track| names(uri, &track.control)) {
            return Some(place);
        }
        let track = Url::parse(uri).ok()?.track;
        match (track, self.tracks.len()) {
            (Some(place), count) => (place < count).then_some(place),
            (None, 1) => Some(0),
            (None, _) => self.tracks.iter().position(|track| track.way.is_none()),
        }
    }

    pub(in crate::rtsp) fn set_way(&mut self, place: usize, way: Way, receiver: &ReceiverSettings) {
        if let Some(track) = self.tracks.get_mut(place) {
            track.way = Some(way);
            if let Some(taken) = track.taken {
                self.ingest.set_receiver(taken, receiver);
            }
        }
    }

    /// The track at this place has no way any more; gives the leg that it had.
    pub(in crate::rtsp) fn clear_way(&mut self, place: usize) -> Option<Leg> {
        let leg = self.leg(place);
        if let Some(track) = self.tracks.get_mut(place) {
            track.way = None;
        }
        leg
    }

    /// Whether this track is one that we take.
    pub(in crate::rtsp) fn takes(&self, place: usize) -> bool {
        self.tracks.get(place).is_some_and(|track| track.taken.is_some())
    }

    /// Opens a way through address translation and firewalls for what will come: an empty RTP packet and a receiver
    /// report, as other clients do.
    pub(in crate::rtsp) fn knock(&self, leg: Leg, [rtp, rtcp]: [SocketAddr; 2], out: &mut VecDeque<Output>) {
        let packet = Bytes::copy_from_slice(&Header::default().write());
        out.push_back(Output::Datagram(leg, Datagram::new(rtp, packet)));
        let report = rtcp::receiver_report(0, &[], CNAME);
        out.push_back(Output::Datagram(leg.companion(), Datagram::new(rtcp, report)));
    }

    /// The first channel of each track that has channels.
    pub(in crate::rtsp) fn channels(&self) -> impl Iterator<Item = (usize, u8)> {
        self.tracks.iter().enumerate().filter_map(|(place, track)| match track.way {
            Some(Way::Tcp(channel)) => Some((place, channel)),
            Some(Way::Udp(..)) | None => None,
        })
    }

    /// The leg of a track that has one.
    fn leg(&self, place: usize) -> Option<Leg> {
        match self.tracks.get(place)?.way? {
            Way::Udp(leg, _) => Some(leg),
            Way::Tcp(_) => None,
        }
    }

    /// Gives the sockets back.
    pub(in crate::rtsp) fn unbind(&self, out: &mut VecDeque<Output>) {
        let legs = (0..self.tracks.len()).filter_map(|place| self.leg(place));
        out.extend(legs.map(|leg| Output::Event(Event::Unbind(leg))));
    }

    /// An interleaved packet. Channels that nobody set up are passed over: some cameras send what was not asked for.
    pub(in crate::rtsp) fn receive_interleaved(
        &mut self,
        now: Instant,
        channel: u8,
        data: &[u8],
        out: &mut VecDeque<Output>,
    ) {
        let is_of = |track: &&Announced| matches!(track.way, Some(Way::Tcp(first)) if first == channel || first.wrapping_add(1) == channel);
        let Some(track) = self.tracks.iter().find(is_of) else { return };
        let is_rtp = matches!(track.way, Some(Way::Tcp(first)) if first == channel);
        let Some(place) = track.taken else { return };
        self.receive(now, place, is_rtp, data, out);
    }

    /// A datagram.
    pub(in crate::rtsp) fn receive_datagram(
        &mut self,
        now: Instant,
        leg: Leg,
        from: SocketAddr,
        data: &[u8],
        out: &mut VecDeque<Output>,
    ) {
        let is_of = |track: &&mut Announced| matches!(track.way, Some(Way::Udp(first, _)) if first == leg || first == leg.companion());
        let Some(track) = self.tracks.iter_mut().find(is_of) else { return };
        let is_rtp = matches!(track.way, Some(Way::Udp(first, _)) if first == leg);
        // Reports go to where the publisher's own come from.
        if let Some(Way::Udp(_, to)) = track.way.as_mut().filter(|_| !is_rtp) {
            *to = from;
        }
        let Some(place) = track.taken else { return };
        self.receive(now, place, is_rtp, data, out);
    }

    /// What is no packet is left out: one broken sender's packet is not the end of a stream.
    fn receive(&mut self, now: Instant, place: usize, is_rtp: bool, data: &[u8], out: &mut VecDeque<Output>) {
        if is_rtp {
            self.heard_at = now;
            // What is wrong with it is counted where it is received.
            let _ = self.ingest.push_rtp(now, place, data, out);
        } else if let Ok(compound) = Compound::parse(data) {
            self.ingest.push_rtcp(now, place, &compound);
        }
        self.report(now, out);
    }

    /// Sends the receiver reports that are due.
    fn report(&mut self, now: Instant, out: &mut VecDeque<Output>) {
        for (place, body) in self.ingest.reports(now) {
            let way = self.tracks.iter().find(|track| track.taken == Some(place)).and_then(|track| track.way);
            out.extend(way.map(|way| control(way, body)));
        }
    }

    pub(in crate::rtsp) fn handle_timeout(&mut self, now: Instant, out: &mut VecDeque<Output>) {
        self.ingest.handle_timeout(now, out);
        self.report(now, out);
    }

    pub(in crate::rtsp) fn poll_timeout(&self) -> Option<Instant> {
        self.ingest.poll_timeout()
    }

    /// What the answer to PLAY says of where tracks begin: RFC 2326 §12.33.
    pub(in crate::rtsp) fn rtp_info(&mut self, now: Instant, header: &str) {
        for stream in header.split(',') {
            let field = |name: &str| stream.split(';').find_map(|part| part.trim().strip_prefix(name));
            let (Some(url), Some(time)) = (field("url="), field("rtptime=")) else { continue };
            let place = self.place_of(url.trim().trim_matches('"'));
            let taken = place.and_then(|place| self.tracks.get(place)).and_then(|track| track.taken);
            if let (Some(place), Ok(time)) = (taken, time.trim().parse()) {
                self.ingest.rtp_info(now, place, time);
            }
        }
    }

    /// Nothing will follow.
    pub(in crate::rtsp) fn finish(&mut self, now: Instant, out: &mut VecDeque<Output>) {
        self.ingest.finish(now, out);
    }
}

/// RTCP to the publisher.
fn control(way: Way, body: Bytes) -> Output {
    match way {
        Way::Tcp(channel) => Output::Transmit(interleave(channel.wrapping_add(1), &body)),
        Way::Udp(leg, to) => Output::Datagram(leg.companion(), Datagram::new(to, body)),
    }
}
