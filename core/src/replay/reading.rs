//! From the bytes of a capture file to what each server in it saw of its clients.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use bytes::Bytes;

use super::ReplayError;
use super::link::{self, Datagram, Held, Segment};
use super::pcap::{Packets, PcapError};
use super::reassembly::{NO_FLOW, Reassembly, Step, What};
use crate::time::Instant;

/// Most servers remembered for an error text.
const MAX_NAMED: usize = 8;

/// What a capture tells.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// In the order of their happening; times never go back.
    pub(super) steps: Vec<Step>,
    /// The servers' directions of connections, each as if the server were the client.
    pub(super) answers: Vec<Step>,
    /// The time of the last packet, since the first.
    pub(super) end: Instant,
    /// The file ends in the middle of a packet.
    pub(super) cut_short: Option<PcapError>,
    /// Where connections and datagrams to other ports go to.
    pub(super) elsewhere: BTreeSet<SocketAddr>,
    /// Something in it is for one of the servers.
    pub(super) concerns_us: bool,
    reassembly: Reassembly,
    answering: Reassembly,
    first_ns: Option<u64>,
}

impl Reading {
    /// Reads a whole capture; `ports` are those of the servers.
    pub(super) fn read(capture: &[u8], ports: &BTreeSet<u16>) -> Result<Self, ReplayError> {
        let mut reading = Self::default();
        let mut packets = Packets::open(capture).map_err(ReplayError::Capture)?;
        loop {
            let packet = match packets.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => break,
                Err(error @ PcapError::CutShort { .. }) => {
                    reading.cut_short = Some(error);
                    break;
                }
                Err(error @ PcapError::Malformed { .. }) => return Err(ReplayError::Capture(error)),
            };
            if !link::is_known(packet.link) {
                return Err(ReplayError::Link(packet.link));
            }
            let first = *reading.first_ns.get_or_insert(packet.at_ns);
            let at = Instant::from_micros(packet.at_ns.saturating_sub(first) / 1000);
            // A clock that was set back during the capture stands still until it has caught up.
            reading.end = reading.end.max(at);
            match link::held(packet.link, packet.data) {
                Some(Held::Segment(segment)) => reading.sort(&segment, ports),
                Some(Held::Datagram(datagram)) => reading.keep(&datagram, ports),
                None => {}
            }
        }
        reading.reassembly.finish(reading.end, &mut reading.steps);
        reading.answering.finish(reading.end, &mut reading.answers);
        Ok(reading)
    }

    /// Which ports a server has bound is known later: all are kept.
    fn keep(&mut self, datagram: &Datagram<'_>, ports: &BTreeSet<u16>) {
        let Datagram { from, to, payload } = *datagram;
        self.concerns_us |= ports.contains(&to.port());
        if !ports.contains(&to.port()) && !ports.contains(&from.port()) && self.elsewhere.len() < MAX_NAMED {
            self.elsewhere.insert(to);
        }
        let what = What::Datagram { from, to, data: Bytes::copy_from_slice(payload) };
        self.steps.push(Step { at: self.end, flow: NO_FLOW, what });
    }

    /// To a server of ours, from one, or neither.
    fn sort(&mut self, segment: &Segment<'_>, ports: &BTreeSet<u16>) {
        let at = self.end;
        if ports.contains(&segment.to.port()) {
            self.concerns_us = true;
            self.reassembly.push(at, segment, &mut self.steps);
        } else if ports.contains(&segment.from.port()) {
            if segment.rst {
                self.reassembly.reset(at, segment.to, segment.from, &mut self.steps);
            }
            self.answering.push(at, segment, &mut self.answers);
        } else if segment.syn && !segment.ack && self.elsewhere.len() < MAX_NAMED {
            self.elsewhere.insert(segment.to);
        }
    }
}
