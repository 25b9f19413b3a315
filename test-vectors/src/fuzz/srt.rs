//! SRT: single packets, conclusions of callers, and connections whose peer sends whatever it likes.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use rtmpd_core::Instant;
use rtmpd_proto::srt::crypto::{Passphrase, Secret};
use rtmpd_proto::srt::wire::{
    Control, DataHead, Extensions, Features, Handshake, Hello, KeyMaterial, KeySlot, Losses, Packet, Stage,
};
use rtmpd_proto::srt::{Answer, Arrival, Connection, Door, Event, Seq, Settings, Wanted};

use super::source::Source;

/// Our socket id.
const ID: u32 = 99;
/// When everything begins.
const BEGIN: Instant = Instant::from_millis(100_000);

/// A datagram: what it says can be written, and is the same when it is read again.
pub fn srt_packet(data: &[u8]) {
    let data = Source::new(data).rest();
    let Ok(packet) = Packet::parse(data) else { return };
    let again = match &packet {
        Packet::Data(head, body) => [&head.write()[..], body].concat(),
        Packet::Control { control, timestamp, destination } => {
            look_into(control);
            control.write(*timestamp, *destination).to_vec()
        }
    };
    assert_eq!(Packet::parse(&again), Ok(packet));
}

fn look_into(control: &Control<'_>) {
    if let Control::Nak(losses) = control {
        let list: Vec<(Seq, Seq)> = losses.ranges().collect();
        assert!(list.iter().all(|(first, last)| last.since(*first) >= 0));
        assert!(list.len() <= losses.as_bytes().len() / 4);
    }
    if let Control::Handshake(body) = control
        && let Ok((handshake, extensions)) = Handshake::parse(body)
        && handshake.stage == Stage::Conclusion
    {
        let _ = Handshake::parse(&handshake.write(&extensions)).map(|(_, again)| {
            assert_eq!(again.request, extensions.request);
            assert_eq!(again.stream_id, extensions.stream_id);
        });
    }
    if let Control::KeyRequest(body) | Control::KeyResponse(body) = control
        && let Ok(material) = KeyMaterial::parse(body)
    {
        assert_eq!(KeyMaterial::parse(&material.write()), Ok(material));
    }
}

/// What follows the 48 bytes of a conclusion whose cookie is right; the listener wants a passphrase, or none.
pub fn srt_handshake(data: &[u8]) {
    let mut source = Source::new(data);
    let passphrase = Passphrase::new("correct horse").ok().filter(|_| source.byte() & 1 == 1);
    let extensions = source.rest();
    let _ = Extensions::parse(extensions);
    let door = door();
    let handshake = handshake(&door, 7);
    let mut body = handshake.write(&Extensions::default());
    body.extend_from_slice(extensions);
    let Some(arrival) = arrive(&door, &body) else { return };
    let _ = Wanted::parse(&arrival.asked().stream_id);
    let mut connection = Connection::answer(BEGIN, arrival, ID, Settings::default(), Secret::new([2; 32]));
    assert!(matches!(connection.poll_event(), Some(Event::Asked(_))));
    connection.accept(BEGIN, passphrase.as_ref());
    assert!(matches!(connection.poll_event(), Some(Event::Opened(_) | Event::Rejected(_))));
    let reply = connection.poll_transmit().map(|reply| reply.to_vec());
    assert!(reply.is_some_and(|reply| Packet::parse(&reply).is_ok()), "a caller is answered");
}

/// A connection: time passes, payloads are sent, and the peer says whatever it likes.
pub fn srt_connection(data: &[u8]) {
    let mut source = Source::new(data);
    let door = door();
    let first = Seq::new(source.number());
    let handshake = Handshake { first, ..handshake(&door, 7) };
    let hello = Hello { version: 0x01_0501, features: Features(0xBF), receive_delay: 20, send_delay: 20 };
    let body = handshake.write(&Extensions { request: Some(hello), ..Extensions::default() });
    let arrival = arrive(&door, &body).expect("this conclusion is good");
    let settings = Settings { window: 256, ..Settings::default() };
    let mut connection = Connection::answer(BEGIN, arrival, ID, settings, Secret::new([2; 32]));
    connection.accept(BEGIN, None);
    let mut peer = Peer { connection, now: BEGIN, first, over: false };
    while !source.is_empty() && !peer.over {
        peer.step(&mut source);
        peer.settle();
    }
}

struct Peer {
    connection: Connection,
    now: Instant,
    first: Seq,
    over: bool,
}

impl Peer {
    fn step(&mut self, source: &mut Source<'_>) {
        match source.byte() % 8 {
            0 => self.now += Duration::from_micros(u64::from(source.number() % 500_000)),
            1 => self.now += Duration::from_millis(u64::from(source.byte())),
            2 => {
                let size = usize::from(source.byte()) + 1;
                for _ in 0..source.byte() % 32 {
                    let _ = self.connection.send(self.now, Bytes::from(vec![1; size]));
                }
            }
            3 => {
                let length = usize::from(source.byte());
                self.connection.handle_datagram(self.now, source.take(length));
            }
            4 => {
                let length = usize::from(source.byte());
                let kind = u32::from(source.byte() % 10) << 16 | 1 << 31;
                let head =
                    [kind, u32::from(source.byte()), source.number(), ID].map(u32::to_be_bytes).concat();
                self.connection.handle_datagram(self.now, &[&head[..], source.take(length)].concat());
            }
            5 => {
                let list =
                    [self.near(source), self.near(source)].map(|seq| seq.value().to_be_bytes()).concat();
                let list = [&[list[0] | 0x80][..], &list[1..]].concat();
                self.say(&Control::Nak(Losses::new(&list)));
            }
            6 => {
                let (first, last) = (self.near(source), self.near(source));
                self.say(&Control::DropRequest { message: 0, first, last });
            }
            _ => self.data(source),
        }
    }

    fn near(&self, source: &mut Source<'_>) -> Seq {
        self.first.plus(u32::from(source.byte()) << (source.byte() % 10)).plus(u32::MAX - 5)
    }

    fn say(&mut self, control: &Control<'_>) {
        self.connection.handle_datagram(self.now, &control.write(0, ID).to_vec());
    }

    fn data(&mut self, source: &mut Source<'_>) {
        let head = DataHead {
            seq: self.near(source),
            message: 1,
            solo: true,
            in_order: true,
            key: KeySlot::Clear,
            retransmitted: source.byte() & 1 == 1,
            timestamp: source.number(),
            destination: ID,
        };
        self.connection.handle_datagram(self.now, &[&head.write()[..], &[5; 188]].concat());
    }

    /// Drains everything; timers that are due must come to rest.
    fn settle(&mut self) {
        for _ in 0..100 {
            let mut datagrams = 0;
            while let Some(datagram) = self.connection.poll_transmit() {
                datagrams += 1;
                assert!(datagram.to_vec().len() <= 1472, "a datagram that does not fit");
            }
            assert!(datagrams <= 2000, "{datagrams} datagrams at once");
            while let Some(event) = self.connection.poll_event() {
                self.over |= matches!(event, Event::Closed | Event::PeerGone | Event::Failed(_));
            }
            match self.connection.poll_timeout() {
                Some(at) if at <= self.now => self.connection.handle_timeout(self.now),
                Some(_) | None => {
                    let stats = self.connection.stats();
                    assert!(stats.delivered + stats.duplicates <= stats.received);
                    return;
                }
            }
        }
        panic!("a timer does not come to rest: {:?} at {:?}", self.connection.poll_timeout(), self.now);
    }
}

fn door() -> Door {
    Door::new(&Secret::new([1; 32]), Settings::default())
}

fn from() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 4000))
}

/// A conclusion with the right cookie.
fn handshake(door: &Door, id: u32) -> Handshake {
    let induction = Handshake {
        version: 4,
        encryption: 0,
        extension: Handshake::DATAGRAM,
        first: Seq::new(1),
        mtu: 1500,
        window: 8192,
        stage: Stage::Induction,
        id,
        cookie: 0,
        address: [0; 16],
    };
    let question = Control::Handshake(&induction.write(&Extensions::default())).write(0, 0).to_vec();
    let Answer::Reply(reply) = door.answer(BEGIN, from(), &question) else { panic!("no cookie") };
    let (reply, _) = Handshake::parse(&reply.body).expect("the door writes what can be read");
    Handshake { version: 5, extension: 5, stage: Stage::Conclusion, cookie: reply.cookie, ..induction }
}

fn arrive(door: &Door, body: &[u8]) -> Option<Box<Arrival>> {
    match door.answer(BEGIN, from(), &Control::Handshake(body).write(0, 0).to_vec()) {
        Answer::Arrival(arrival) => Some(arrival),
        Answer::Nothing | Answer::Reply(_) => None,
    }
}
