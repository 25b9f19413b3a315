//! What lies between the hosts.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use rtmpd_core::shard::ConnId;
use rtmpd_core::{Dice, Instant};

use super::HostId;
use crate::rtsp::wire::{Decoder, Message};

/// Names a connection by TCP.
pub(in crate::rtsp::tests) type WireId = usize;

/// Where a machine is.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(super) struct MachineAt {
    pub(super) host: HostId,
    pub(super) shard: usize,
    pub(super) conn: ConnId,
}

/// How long a datagram takes.
const DELAY: Duration = Duration::from_millis(5);
/// How much longer one may take that is overtaken, in ms.
const DETOUR: u64 = 30;

/// How bytes of connections are cut.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(in crate::rtsp::tests) enum Cut {
    /// Into pieces of this size.
    Every(usize),
    /// Anywhere, up to this size.
    Anywhere(u64),
}

/// What befalls datagrams, in thousandths.
#[derive(Copy, Clone, Default, Debug)]
pub(in crate::rtsp::tests) struct Weather {
    pub(in crate::rtsp::tests) lost: u64,
    pub(in crate::rtsp::tests) doubled: u64,
    pub(in crate::rtsp::tests) overtaken: u64,
}

/// One end of a connection.
pub(super) enum Side {
    Machine(MachineAt),
    /// What the test has heard.
    Test(Vec<u8>),
    Closed,
}

struct Wire {
    sides: [Side; 2],
    /// Bytes on their way to each side.
    flows: [Vec<u8>; 2],
    /// The other side has closed.
    ended: [bool; 2],
    /// The side does not read.
    stuck: [bool; 2],
}

/// A datagram on its way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::rtsp::tests) struct Flight {
    pub(in crate::rtsp::tests) from: SocketAddr,
    pub(in crate::rtsp::tests) to: SocketAddr,
    pub(in crate::rtsp::tests) data: Vec<u8>,
}

/// See the module's text.
pub(in crate::rtsp::tests) struct Network {
    dice: Dice,
    pub(in crate::rtsp::tests) cut: Cut,
    pub(in crate::rtsp::tests) weather: Weather,
    wires: Vec<Wire>,
    flying: BTreeMap<(Instant, u64), Flight>,
    launched: u64,
    /// How many were lost.
    pub(in crate::rtsp::tests) lost: u64,
    /// Datagrams for addresses where no machine is: for the test.
    pub(in crate::rtsp::tests) astray: Vec<Flight>,
    next_port: u16,
}

impl Network {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            dice: Dice::new(seed),
            cut: Cut::Every(usize::MAX),
            weather: Weather::default(),
            wires: Vec::new(),
            flying: BTreeMap::new(),
            launched: 0,
            lost: 0,
            astray: Vec::new(),
            next_port: 40_000,
        }
    }

    pub(super) fn free_port(&mut self) -> u16 {
        self.next_port += 1;
        self.next_port
    }

    pub(super) fn wire(&mut self, client: Side, server: Side) -> WireId {
        let sides = [client, server];
        self.wires.push(Wire { sides, flows: Default::default(), ended: [false; 2], stuck: [false; 2] });
        self.wires.len() - 1
    }

    /// `side` says something to the other one.
    pub(super) fn send(&mut self, wire: WireId, side: usize, data: &[u8]) {
        let wire = &mut self.wires[wire];
        match &mut wire.sides[1 - side] {
            Side::Machine(_) => wire.flows[1 - side].extend_from_slice(data),
            Side::Test(heard) => heard.extend_from_slice(data),
            Side::Closed => {}
        }
    }

    /// Takes bytes of a machine's connection; gives how many.
    pub(super) fn send_from(&mut self, at: MachineAt, data: &[u8]) -> usize {
        let Some((wire, side)) = self.find(at) else { return data.len() };
        if self.wires[wire].stuck[1 - side] {
            return 0;
        }
        self.send(wire, side, data);
        data.len()
    }

    /// The test stops reading.
    pub(in crate::rtsp::tests) fn stick(&mut self, wire: WireId) {
        self.wires[wire].stuck[0] = true;
    }

    fn find(&self, at: MachineAt) -> Option<(WireId, usize)> {
        let is_it = |side: &Side| matches!(side, Side::Machine(machine) if *machine == at);
        let mut wires = self.wires.iter().enumerate();
        wires.find_map(|(wire, ends)| ends.sides.iter().position(is_it).map(|side| (wire, side)))
    }

    /// A machine has closed its connection.
    pub(super) fn close(&mut self, at: MachineAt) {
        if let Some((wire, side)) = self.find(at) {
            self.wires[wire].sides[side] = Side::Closed;
            self.wires[wire].ended[1 - side] = true;
        }
    }

    /// The test hangs up.
    pub(in crate::rtsp::tests) fn hang_up(&mut self, wire: WireId) {
        self.wires[wire].sides[0] = Side::Closed;
        self.wires[wire].ended[1] = true;
    }

    /// Whether the machine that the test talks to has closed.
    pub(in crate::rtsp::tests) fn is_closed(&self, wire: WireId) -> bool {
        matches!(self.wires[wire].sides[1], Side::Closed)
    }

    /// What the test has heard since it last asked.
    pub(in crate::rtsp::tests) fn heard(&mut self, wire: WireId) -> Vec<u8> {
        match &mut self.wires[wire].sides[0] {
            Side::Test(heard) => std::mem::take(heard),
            _ => Vec::new(),
        }
    }

    /// The same as messages; what is not whole stays.
    pub(in crate::rtsp::tests) fn messages(&mut self, wire: WireId) -> Vec<Message> {
        let heard = self.heard(wire);
        let mut decoder = Decoder::default();
        decoder.push(&heard);
        let mut all = Vec::new();
        while let Some(message) = decoder.next_message().unwrap() {
            all.push(message);
        }
        assert_eq!(decoder.waiting(), 0, "half a message");
        all
    }

    /// Bytes for a machine, cut, and whether they are the last.
    pub(super) fn next_bytes(&mut self) -> Option<(MachineAt, Vec<Vec<u8>>, bool)> {
        for wire in &mut self.wires {
            for side in 0..2 {
                let Side::Machine(at) = wire.sides[side] else { continue };
                let ended = std::mem::take(&mut wire.ended[side]);
                if wire.flows[side].is_empty() && !ended {
                    continue;
                }
                let flow = std::mem::take(&mut wire.flows[side]);
                return Some((at, cut(&flow, self.cut, &mut self.dice), ended));
            }
        }
        None
    }

    /// A datagram sets out.
    pub(in crate::rtsp::tests) fn launch(&mut self, now: Instant, flight: Flight) {
        if self.happens(self.weather.lost) {
            self.lost += 1;
            return;
        }
        if self.happens(self.weather.doubled) {
            self.fly(now, flight.clone());
        }
        self.fly(now, flight);
    }

    fn fly(&mut self, now: Instant, flight: Flight) {
        let detour = if self.happens(self.weather.overtaken) { self.dice.next_u64() % DETOUR } else { 0 };
        self.launched += 1;
        let landing = now + DELAY + Duration::from_millis(detour);
        self.flying.insert((landing, self.launched), flight);
    }

    fn happens(&mut self, thousandths: u64) -> bool {
        thousandths > 0 && self.dice.next_u64() % 1000 < thousandths
    }

    pub(super) fn next_landing(&self) -> Option<Instant> {
        self.flying.keys().next().map(|(at, _)| *at)
    }

    pub(super) fn next_landed(&mut self, now: Instant) -> Option<Flight> {
        let first = self.flying.first_entry().filter(|entry| entry.key().0 <= now)?;
        Some(first.remove())
    }
}

fn cut(flow: &[u8], cut: Cut, dice: &mut Dice) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    let mut rest = flow;
    while !rest.is_empty() {
        let size = match cut {
            Cut::Every(size) => size,
            Cut::Anywhere(most) => 1 + usize::try_from(dice.next_u64() % most).unwrap(),
        };
        let (piece, after) = rest.split_at(size.min(rest.len()));
        pieces.push(piece.to_vec());
        rest = after;
    }
    pieces
}
