//! Media out: packets that all players share, to this one by the ways it set up, with sender reports of its own.
//!
//! Specs: RFC 2326 §10.12 (interleaving), RFC 3550 §6.4.1 (sender reports), §6.6 (BYE).

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use rtmpd_core::media::{Description, Packet};
use rtmpd_core::{Datagram, Event, Instant, Leg, Output, WallClock};

use super::pacer::Pacer;
use crate::bytes::Reader;
use crate::rtp::rtcp::{self, SenderReport};
use crate::rtp::{DOLLAR, HEADER_LEN, INTERLEAVED_LEN, Lane, interleaved};

/// How often a player hears what the time is.
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// What our sources are called (RFC 3550 §6.5.1): all of a server's have one clock.
pub(in crate::rtsp) const CNAME: &str = "smart_rtmpd";

/// How a track reaches its player.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(in crate::rtsp) enum Way {
    /// Inside the RTSP connection, on this channel and the next.
    Tcp(u8),
    /// By datagrams: RTP from `leg` to the first address, RTCP from its companion to the second.
    Udp {
        /// Of RTP.
        leg: Leg,
        /// Where they go.
        to: [SocketAddr; 2],
        /// They go to where the player's own first packet came from.
        follows: bool,
    },
}

/// A track on its way to a player.
#[derive(Debug)]
struct Route {
    lane: Lane,
    /// The channel that its packets have as they are.
    channel: u8,
    /// `None`: the player did not ask for it.
    way: Option<Way>,
    packets: u32,
    octets: u32,
    report_at: Option<Instant>,
}

/// All tracks of a stream on their way to one player.
#[derive(Debug)]
pub(in crate::rtsp) struct Outgoing {
    routes: Vec<Route>,
    /// What was asked for, by the tracks' places, before the tracks were known.
    ways: Vec<(usize, Way)>,
    wall: WallClock,
    /// A moment by the calendar (µs since 1970) and in the stream's time (ns): all tracks' reports agree on it.
    anchor: Option<(u64, i128)>,
    pacer: Pacer,
}

impl Outgoing {
    pub(in crate::rtsp) fn new(wall: WallClock) -> Self {
        Self { routes: Vec::new(), ways: Vec::new(), wall, anchor: None, pacer: Pacer::default() }
    }

    /// The player wants the track at this place by this way.
    pub(in crate::rtsp) fn set_way(&mut self, place: usize, way: Way) {
        self.ways.retain(|(at, _)| *at != place);
        self.ways.push((place, way));
        if let Some(route) = self.routes.get_mut(place) {
            route.way = Some(way);
        }
    }

    /// The track at this place has no way any more; gives the leg that it had.
    pub(in crate::rtsp) fn clear_way(&mut self, place: usize) -> Option<Leg> {
        let way = self.way(place)?;
        self.ways.retain(|(at, _)| *at != place);
        if let Some(route) = self.routes.get_mut(place) {
            route.way = None;
        }
        match way {
            Way::Udp { leg, .. } => {
                self.pacer.forget(leg);
                Some(leg)
            }
            Way::Tcp(_) => None,
        }
    }

    /// The way of the track at this place.
    pub(in crate::rtsp) fn way(&self, place: usize) -> Option<Way> {
        self.ways.iter().find(|(at, _)| *at == place).map(|(_, way)| *way)
    }

    /// All ways.
    pub(in crate::rtsp) fn ways(&self) -> impl Iterator<Item = (usize, Way)> {
        self.ways.iter().copied()
    }

    /// Whether any track goes by datagrams.
    pub(in crate::rtsp) fn uses_datagrams(&self) -> bool {
        self.ways.iter().any(|(_, way)| matches!(way, Way::Udp { .. }))
    }

    /// The tracks as they are from here on; false when a player that knows the old ones cannot take them.
    pub(in crate::rtsp) fn start(&mut self, description: &Description, preamble: &[u8]) -> bool {
        let lanes = Lane::parse_all(preamble, description);
        let same = |(route, lane): (&Route, &Lane)| {
            (route.lane.codec, route.lane.payload_type) == (lane.codec, lane.payload_type)
                && route.lane.clock_rate == lane.clock_rate
        };
        if !self.routes.is_empty() {
            let fits = self.routes.len() == lanes.len() && self.routes.iter().zip(&lanes).all(same);
            for (route, lane) in self.routes.iter_mut().zip(lanes).filter(|_| fits) {
                if route.lane.ssrc != lane.ssrc {
                    route.report_at = None;
                }
                route.lane = lane;
            }
            return fits;
        }
        let route = |(place, lane): (usize, Lane)| Route {
            lane,
            channel: u8::try_from(place * 2).unwrap_or(u8::MAX - 1),
            way: self.ways.iter().find(|(at, _)| *at == place).map(|(_, way)| *way),
            packets: 0,
            octets: 0,
            report_at: None,
        };
        self.routes = lanes.into_iter().enumerate().map(route).collect();
        true
    }

    /// Where the player begins, for RTP-Info: for each track that it set up its place, the sequence number of its first
    /// packet, where that is known, and the timestamp of the moment when the first packet is due.
    pub(in crate::rtsp) fn begins(&self, packet: &Packet) -> Vec<(usize, Option<u16>, u32)> {
        let Some(first) = self.routes.iter().find(|route| route.lane.track == packet.stamp.track) else {
            return Vec::new();
        };
        let time = nanos(packet.stamp.dts + i64::from(packet.stamp.cts), first.lane.track_rate);
        let of = |(place, route): (usize, &Route)| {
            route.way?;
            let lane = &route.lane;
            if lane.track == packet.stamp.track {
                let mut reader = Reader::new(&packet.data);
                reader.skip(INTERLEAVED_LEN + 2)?;
                return Some((place, reader.u16(), reader.u32()?));
            }
            let ticks = time * i128::from(lane.track_rate) / NANOS;
            Some((place, None, lane.timestamp(i64::try_from(ticks).ok()?)))
        };
        self.routes.iter().enumerate().filter_map(of).collect()
    }

    /// Takes the next packet of the stream.
    pub(in crate::rtsp) fn send(&mut self, now: Instant, packet: &Packet, out: &mut VecDeque<Output>) {
        let Some(at) = self.routes.iter().position(|route| route.lane.track == packet.stamp.track) else {
            return;
        };
        self.report(now, at, packet, out);
        let Some(route) = self.routes.get_mut(at) else { return };
        match route.way {
            None => {}
            Some(Way::Tcp(channel)) => {
                route.count(&packet.data);
                let data =
                    if channel == route.channel { packet.data.clone() } else { on(channel, &packet.data) };
                out.push_back(Output::Transmit(data));
            }
            Some(Way::Udp { leg, to: [rtp, _], .. }) => {
                route.count(&packet.data);
                self.pacer.push(now, leg, rtp, &packet.data, out);
            }
        }
    }

    /// Sends on what had to wait.
    pub(in crate::rtsp) fn handle_timeout(&mut self, now: Instant, out: &mut VecDeque<Output>) {
        self.pacer.run(now, out);
    }

    pub(in crate::rtsp) fn poll_timeout(&self) -> Option<Instant> {
        self.pacer.poll_timeout()
    }

    /// Whether more media is taken.
    pub(in crate::rtsp) fn has_room(&self) -> bool {
        self.pacer.is_empty()
    }

    /// The player's own packet came from there: media goes there when that is wanted, for behind address translation
    /// the ports that it told are not those it is reached by.
    pub(in crate::rtsp) fn heard(&mut self, leg: Leg, from: SocketAddr) {
        let moved = |way: &mut Way| {
            if let Way::Udp { leg: first, to: [rtp, rtcp], follows: true } = way {
                if *first == leg {
                    *rtp = from;
                } else if first.companion() == leg {
                    *rtcp = from;
                }
            }
        };
        self.ways.iter_mut().for_each(|(_, way)| moved(way));
        self.routes.iter_mut().filter_map(|route| route.way.as_mut()).for_each(moved);
    }

    /// Gives the sockets back.
    pub(in crate::rtsp) fn unbind(&self, out: &mut VecDeque<Output>) {
        for (_, way) in self.ways() {
            if let Way::Udp { leg, .. } = way {
                out.push_back(Output::Event(Event::Unbind(leg)));
            }
        }
    }

    /// The stream is over, or the player's part of it (RFC 3550 §6.6).
    pub(in crate::rtsp) fn say_bye(&self, out: &mut VecDeque<Output>) {
        for route in self.routes.iter().filter(|route| route.packets > 0) {
            route.control(rtcp::bye(route.lane.ssrc, CNAME), out);
        }
    }

    /// A sender report before the first packet of a track, and every few seconds.
    fn report(&mut self, now: Instant, at: usize, packet: &Packet, out: &mut VecDeque<Output>) {
        let Some(route) = self.routes.get_mut(at) else { return };
        if route.way.is_none() || route.report_at.is_some_and(|at| now < at) {
            return;
        }
        let lane = route.lane;
        let pts = packet.stamp.dts + i64::from(packet.stamp.cts);
        let time = nanos(pts, lane.track_rate);
        let (calendar, origin) = *self.anchor.get_or_insert((self.wall.unix_micros(packet.at), time));
        let micros = i128::from(calendar) + (time - origin) / 1000;
        route.report_at = Some(now + REPORT_EVERY);
        let report = SenderReport {
            ssrc: lane.ssrc,
            ntp: rtcp::ntp(u64::try_from(micros).unwrap_or_default()),
            timestamp: lane.timestamp(pts),
            packets: route.packets,
            octets: route.octets,
        };
        route.control(rtcp::sender_report(&report, &[], CNAME), out);
    }
}

const NANOS: i128 = 1_000_000_000;

fn nanos(ticks: i64, rate: u32) -> i128 {
    i128::from(ticks) * NANOS / i128::from(rate.max(1))
}

impl Route {
    fn count(&mut self, data: &Bytes) {
        for packet in interleaved(data) {
            let octets = packet.len().saturating_sub(HEADER_LEN);
            self.packets = self.packets.wrapping_add(1);
            self.octets = self.octets.wrapping_add(u32::try_from(octets).unwrap_or(u32::MAX));
        }
    }

    /// Sends a compound RTCP packet.
    fn control(&self, body: Bytes, out: &mut VecDeque<Output>) {
        match self.way {
            Some(Way::Tcp(channel)) => {
                out.push_back(Output::Transmit(interleave(channel.wrapping_add(1), &body)));
            }
            Some(Way::Udp { leg, to: [_, rtcp], .. }) => {
                out.push_back(Output::Datagram(leg.companion(), Datagram::new(rtcp, body)));
            }
            None => {}
        }
    }
}

/// An interleaved frame.
pub(in crate::rtsp) fn interleave(channel: u8, body: &[u8]) -> Bytes {
    let mut framed = BytesMut::with_capacity(INTERLEAVED_LEN + body.len());
    framed.put_slice(&[DOLLAR, channel]);
    framed.put_u16(u16::try_from(body.len()).unwrap_or(u16::MAX));
    framed.put_slice(body);
    framed.freeze()
}

/// The same packets on another channel.
fn on(channel: u8, data: &Bytes) -> Bytes {
    let mut moved = BytesMut::with_capacity(data.len());
    for packet in interleaved(data) {
        let packet = data.get(packet).unwrap_or_default();
        moved.put_slice(&[DOLLAR, channel]);
        moved.put_u16(u16::try_from(packet.len()).unwrap_or(u16::MAX));
        moved.put_slice(packet);
    }
    moved.freeze()
}
