//! A player's conversation with the server, and what it counts once it plays.
//! Follows RFC 2326 sections 10.1 to 10.5 and 12.39.

use std::collections::VecDeque;
use std::fmt::Write;

use super::hop::Hop;
use super::report;
use super::sdp;
use super::sequence::Tally;
use super::track::Track;
use super::wire::{Item, Response, Splitter};
use crate::error::Fault;
use crate::media::Message;
use crate::target::{RtspTarget, RtspWay};

/// A player's RTP and RTCP ports for one track.
pub type Ports = (u16, u16);

/// Which answer is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Options,
    Describe,
    /// Not an answer but the player's own ports.
    Ports,
    SetUp(usize),
    Play,
    Live,
}

/// A player's state. Feed it with [`RtspSession::push`], send what [`RtspSession::take_output`] gives.
#[derive(Debug)]
pub struct RtspSession {
    target: RtspTarget,
    out: Vec<u8>,
    stage: Stage,
    sequence: u32,
    id: Option<String>,
    base: String,
    ports: Vec<Ports>,
    tracks: Vec<Track>,
    splitter: Splitter,
    /// Set once packets are only counted.
    hop: Option<Hop>,
    ready: VecDeque<Message>,
}

impl RtspSession {
    /// Begins with OPTIONS in the output.
    pub fn new(target: &RtspTarget) -> Self {
        let mut session = Self {
            base: target.url.clone(),
            target: target.clone(),
            out: Vec::new(),
            stage: Stage::Options,
            sequence: 0,
            id: None,
            ports: Vec::new(),
            tracks: Vec::new(),
            splitter: Splitter::default(),
            hop: None,
            ready: VecDeque::new(),
        };
        session.ask("OPTIONS", &target.url, "");
        session
    }

    /// Takes bytes of the connection. Fails when the server refuses or talks nonsense.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        if let Some(hop) = &mut self.hop {
            return hop.push(bytes, |channel, head| note(&mut self.tracks, channel, head));
        }
        self.splitter.push(bytes);
        while let Some(item) = self.splitter.take_next()? {
            match item {
                Item::Response(response) => self.answered(&response)?,
                Item::Frame(channel, packet) => {
                    if let Some(place) = self.tracks.iter().position(|track| track.channel == channel) {
                        self.packet(place, &packet);
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes a packet of the track at this place: all of it, or its first bytes where it is only counted.
    pub fn packet(&mut self, place: usize, packet: &[u8]) {
        let Some(track) = self.tracks.get_mut(place) else { return };
        track.note(packet);
        if self.hop.is_none() {
            self.ready.extend(track.message(packet));
        }
    }

    /// What is to be sent now.
    pub fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// For how many tracks ports are wanted before it can go on.
    pub fn wants_ports(&self) -> Option<usize> {
        (self.stage == Stage::Ports).then_some(self.tracks.len())
    }

    /// Goes on with these ports, one pair for each track.
    pub fn give_ports(&mut self, ports: Vec<Ports>) {
        self.ports = ports;
        self.set_up(0);
    }

    /// True once PLAY is on its way.
    pub fn is_asked(&self) -> bool {
        matches!(self.stage, Stage::Play | Stage::Live)
    }

    /// True once PLAY has been agreed to.
    pub fn is_live(&self) -> bool {
        self.stage == Stage::Live
    }

    /// The next packet as a message.
    pub fn next_media(&mut self) -> Option<Message> {
        self.ready.pop_front()
    }

    /// From now on packets are only counted. Fails when what waits is not a frame.
    pub fn count_only(&mut self) -> Result<(), Fault> {
        let rest = self.splitter.take_rest();
        self.hop = Some(Hop::default());
        self.ready = VecDeque::new();
        self.push(&rest)
    }

    /// Packets received and expected so far, all tracks together.
    pub fn tally(&self) -> Tally {
        self.tracks.iter().fold(Tally::default(), |sum, track| sum.plus(track.sequence.tally()))
    }

    /// A report about the track at this place, and the server's port that it goes to.
    pub fn report(&self, place: usize) -> Option<(Vec<u8>, u16)> {
        let track = self.tracks.get(place)?;
        let own = track.ssrc ^ u32::from(self.ports.get(place)?.0) << 16;
        Some((report::receiver_report(own, track), track.remote.1))
    }

    fn answered(&mut self, response: &Response) -> Result<(), Fault> {
        if response.status != "200" {
            let stage = self.stage;
            return Err(Fault::new(format!("rtsp status: {:?} to {stage:?}, expected 200", response.status)));
        }
        match self.stage {
            Stage::Options => {
                self.stage = Stage::Describe;
                let url = self.target.url.clone();
                self.ask("DESCRIBE", &url, "Accept: application/sdp\r\n");
            }
            Stage::Describe => self.described(response)?,
            Stage::SetUp(place) => self.was_set_up(place, response)?,
            Stage::Play => self.stage = Stage::Live,
            Stage::Ports | Stage::Live => {}
        }
        Ok(())
    }

    fn described(&mut self, response: &Response) -> Result<(), Fault> {
        if let Some(base) = response.header("Content-Base") {
            base.clone_into(&mut self.base);
        }
        self.tracks = sdp::tracks(&response.body, &self.base);
        if self.tracks.is_empty() {
            return Err(Fault::new("rtsp description: no tracks"));
        }
        match self.target.way {
            RtspWay::Udp => self.stage = Stage::Ports,
            RtspWay::Tcp => self.set_up(0),
        }
        Ok(())
    }

    fn set_up(&mut self, place: usize) {
        let Some(track) = self.tracks.get(place) else {
            self.stage = Stage::Play;
            let url = self.base.clone();
            return self.ask("PLAY", &url, "Range: npt=0.000-\r\n");
        };
        let control = track.control.clone();
        let transport = match self.ports.get(place) {
            Some((rtp, rtcp)) => format!("Transport: RTP/AVP;unicast;client_port={rtp}-{rtcp}\r\n"),
            None => {
                format!("Transport: RTP/AVP/TCP;unicast;interleaved={}-{}\r\n", place * 2, place * 2 + 1)
            }
        };
        self.stage = Stage::SetUp(place);
        self.ask("SETUP", &control, &transport);
    }

    fn was_set_up(&mut self, place: usize, response: &Response) -> Result<(), Fault> {
        let id = response.header("Session").and_then(|id| id.split(';').next());
        self.id = id.map(str::to_owned).or(self.id.take());
        let transport = response.header("Transport").unwrap_or_default();
        let name = if self.target.way == RtspWay::Tcp { "interleaved=" } else { "server_port=" };
        let pair = transport.split(';').find_map(|part| pair(part.trim().strip_prefix(name)?));
        let wrong = || Fault::new(format!("rtsp Transport {transport:?}: expected {name}N-N"));
        let (first, second) = pair.ok_or_else(wrong)?;
        let track = &mut self.tracks[place];
        match self.target.way {
            RtspWay::Tcp => track.channel = u8::try_from(first).map_err(|_| wrong())?,
            RtspWay::Udp => track.remote = (first, second),
        }
        self.set_up(place + 1);
        Ok(())
    }

    fn ask(&mut self, method: &str, url: &str, headers: &str) {
        self.sequence += 1;
        let mut text = format!("{method} {url} RTSP/1.0\r\nCSeq: {}\r\n", self.sequence);
        // Writing to a String does not fail.
        let _ = write!(text, "User-Agent: rtmpd-load\r\n{headers}");
        if let Some(id) = &self.id {
            let _ = write!(text, "Session: {id}\r\n");
        }
        text.push_str("\r\n");
        self.out.extend_from_slice(text.as_bytes());
    }
}

fn note(tracks: &mut [Track], channel: u8, head: &[u8]) {
    if let Some(track) = tracks.iter_mut().find(|track| track.channel == channel) {
        track.note(head);
    }
}

/// `N-N`, or `N` alone.
fn pair(text: &str) -> Option<(u16, u16)> {
    let (first, second) = text.split_once('-').unwrap_or((text, ""));
    let first: u16 = first.parse().ok()?;
    Some((first, second.parse().unwrap_or(first.wrapping_add(1))))
}
