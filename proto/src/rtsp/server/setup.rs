//! SETUP: how a track travels.
//!
//! Spec: RFC 2326 §10.4, §12.39 (Transport).

use std::net::{IpAddr, SocketAddr};

use rtmpd_core::{Bind, Event, Leg, Refusal, Way as SocketWay};

use super::state::Step;
use super::{RtspServer, Waiting};
use crate::rtsp::casting::Membership;
use crate::rtsp::transport::{Lower, Transport};
use crate::rtsp::wire::{Request, Response};
use crate::rtsp::{incoming, outgoing};

/// Most tracks of a session: each has two sockets or channels.
pub(super) const MAX_TRACKS: usize = 16;

/// A track that waits for its sockets.
#[derive(Debug)]
pub(super) struct Binding {
    request: Request,
    transport: Transport,
    place: usize,
    leg: Leg,
    to: [SocketAddr; 2],
}

impl RtspServer {
    pub(super) fn set_up(&mut self, request: Request) {
        if self.publishing.is_none() && self.player.is_none() {
            return self.ask_to_play(request, Waiting::SetUp);
        }
        let Some(place) = self.place_of(&request) else { return self.refuse(&request, 404) };
        let offered = match Transport::parse_all(request.header("Transport").unwrap_or_default()) {
            Ok(offered) => offered,
            Err(error) => return self.complain(&request, 400, &error),
        };
        let state = self.state;
        if state.after(Step::SetUp).is_none() {
            return self.refuse(&request, 455);
        }
        match offered.into_iter().find(|transport| self.takes(transport)) {
            None => self.refuse(&request, 461),
            Some(transport) if transport.multicast => self.set_up_multicast(&request, place, transport),
            Some(transport) if transport.lower == Lower::Tcp => self.set_up_tcp(&request, place, transport),
            Some(transport) => self.set_up_udp(request, place, transport),
        }
    }

    /// Whether this server speaks that transport.
    fn takes(&self, transport: &Transport) -> bool {
        if !transport.is_plain() {
            return false;
        }
        match transport.lower {
            Lower::Tcp => !transport.multicast,
            Lower::Udp if transport.multicast => {
                self.publishing.is_none() && self.settings.multicast.is_some()
            }
            // Through HTTP there is no way back for datagrams' addresses, and nobody asks for it.
            Lower::Udp => transport.client_port.is_some() && !self.tunnel.is_used(),
        }
    }

    /// Which track a SETUP is about.
    fn place_of(&self, request: &Request) -> Option<usize> {
        match (&self.publishing, &self.player) {
            (Some(publishing), _) => publishing.place_of(&request.uri),
            (None, Some(player)) => player.place_of(&request.uri),
            (None, None) => None,
        }
    }

    /// Inside the RTSP connection.
    fn set_up_tcp(&mut self, request: &Request, place: usize, offered: Transport) {
        let taken: Vec<u8> = self.channels(place).collect();
        let wanted = offered.interleaved.map(|(first, _)| first);
        // One who asks for channels that he has given to another track, as some NVRs do, gets the next free ones.
        let is_free =
            |first: &u8| *first < u8::MAX && !taken.contains(first) && !taken.contains(&(first + 1));
        let free = wanted.filter(is_free).or_else(|| (0..u8::MAX).step_by(2).find(is_free));
        let Some(channel) = free else { return self.refuse(request, 461) };
        self.unbind_track(place);
        let receiver = self.settings.receiver(self.dice.next_u64() as u32, true);
        match (&mut self.publishing, &mut self.player) {
            (Some(publishing), _) => publishing.set_way(place, incoming::Way::Tcp(channel), &receiver),
            (None, Some(player)) => player.playing.set_way(place, outgoing::Way::Tcp(channel)),
            (None, None) => {}
        }
        let transport = Transport { interleaved: Some((channel, channel + 1)), ..offered };
        self.answer_set_up(request, &transport)
    }

    /// Channels of the other tracks.
    fn channels(&self, place: usize) -> impl Iterator<Item = u8> {
        let published = self.publishing.iter().flat_map(|publishing| publishing.channels());
        let played = self.player.iter().flat_map(|player| player.playing.ways());
        let played = played.filter_map(|(at, way)| match way {
            outgoing::Way::Tcp(channel) => Some((at, channel)),
            outgoing::Way::Udp { .. } => None,
        });
        published.chain(played).filter(move |(at, _)| *at != place).flat_map(|(_, first)| [first, first + 1])
    }

    /// By datagrams to a group, which another machine sends.
    fn set_up_multicast(&mut self, request: &Request, place: usize, offered: Transport) {
        let (Some(casts), Some(player)) = (&self.settings.multicast, &mut self.player) else {
            return self.refuse(request, 461);
        };
        if player.membership.is_none() {
            player.membership = player.key.clone().and_then(|key| Membership::new(casts, key));
        }
        let group = player.membership.as_ref().map(|membership| membership.group);
        let (Some(group), Some(ports)) = (group, casts.ports(place)) else {
            return self.refuse(request, 453);
        };
        let transport = Transport {
            destination: Some(IpAddr::V4(group)),
            port: Some(ports),
            ttl: Some(casts.ttl()),
            client_port: None,
            ..offered
        };
        self.unbind_track(place);
        self.answer_set_up(request, &transport);
    }

    /// By datagrams: sockets first.
    fn set_up_udp(&mut self, request: Request, place: usize, transport: Transport) {
        let Some((rtp, rtcp)) = transport.client_port else { return self.refuse(&request, 461) };
        let Some(leg) = u8::try_from(place * 2).ok().filter(|_| place < MAX_TRACKS).map(Leg) else {
            return self.refuse(&request, 461);
        };
        // Where media goes is where the request came from and nowhere else: nobody is to be flooded by another's wish
        // (RFC 2326 §12.39 leaves `destination` to the server's discretion).
        let to = [rtp, rtcp].map(|port| SocketAddr::new(self.peer.remote.ip(), port));
        self.unbind_track(place);
        let way = if self.publishing.is_some() || self.settings.follow {
            SocketWay::Own
        } else {
            SocketWay::Shared
        };
        self.event(Event::Bind(Box::new(Bind { first: leg, way, remotes: to })));
        self.waiting = Some(Waiting::Bind(Box::new(Binding { request, transport, place, leg, to })));
    }

    /// One who sets a track up again changes how it travels.
    fn unbind_track(&mut self, place: usize) {
        let leg = match (&mut self.publishing, &mut self.player) {
            (Some(publishing), _) => publishing.clear_way(place),
            (None, Some(player)) => player.playing.clear_way(place),
            (None, None) => None,
        };
        if let Some(leg) = leg {
            self.event(Event::Unbind(leg));
        }
    }

    /// The sockets are there, or not.
    pub(super) fn bound(&mut self, binding: Binding, result: Result<u16, Refusal>) {
        let Binding { request, transport, place, leg, to } = binding;
        let port = match result {
            Ok(port) => port,
            Err(refusal) => return self.say_no(&request, &refusal),
        };
        let receiver = self.settings.receiver(self.dice.next_u64() as u32, false);
        match (&mut self.publishing, &mut self.player) {
            (Some(publishing), _) => publishing.set_way(place, incoming::Way::Udp(leg, to[1]), &receiver),
            (None, Some(player)) => {
                let follows = self.settings.follow;
                player.playing.set_way(place, outgoing::Way::Udp { leg, to, follows });
            }
            (None, None) => {}
        }
        let source = self.settings.outside.filter(|_| is_outside(self.peer.remote.ip()));
        let transport = Transport { server_port: Some((port, port.saturating_add(1))), source, ..transport };
        self.answer_set_up(&request, &transport)
    }

    fn answer_set_up(&mut self, request: &Request, transport: &Transport) {
        self.open_session();
        self.step(Step::SetUp);
        let response = self.with_session(Response::new(200)).with("Transport", &transport.write());
        self.answer(request, response)
    }
}

/// Whether an address is one that only the internet leads to (RFC 1918, RFC 6598, RFC 4193).
fn is_outside(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            let shared = a == 100 && (64..128).contains(&b);
            !(ip.is_private() || ip.is_loopback() || ip.is_link_local() || shared)
        }
        IpAddr::V6(ip) => !(ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()),
    }
}
