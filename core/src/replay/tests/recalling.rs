//! Services of a replay hear what the captured servers said, and datagrams find their way.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::making::{data, datagram, packet, pcap};
use crate::datagram::Alias;
use crate::machine::{Machine, Service};
use crate::replay::link::Segment;
use crate::replay::{Cutting, Setup, run};
use crate::request::Peer;
use crate::shard::tests::toy::{ToyService, make_packager};
use crate::time::Instant;

const MS: u64 = 1_000_000;

/// The toy, and what it was told before which connection.
struct Forgetful(Arc<Mutex<Vec<String>>>);

impl Forgetful {
    fn write(&self, text: String) {
        self.0.lock().unwrap().push(text);
    }
}

impl Service for Forgetful {
    fn name(&self) -> &'static str {
        "toy"
    }

    fn accept(&mut self, now: Instant, peer: Peer) -> Box<dyn Machine> {
        self.write(format!("accept {}", peer.remote));
        ToyService.accept(now, peer)
    }

    fn alias(&self, from: SocketAddr, data: &[u8]) -> Alias {
        ToyService.alias(from, data)
    }

    fn stray(
        &mut self,
        now: Instant,
        peer: Peer,
        data: &[u8],
        replies: &mut Vec<Bytes>,
    ) -> Option<Box<dyn Machine>> {
        self.write(format!("stray {} {}", peer.remote, String::from_utf8_lossy(data)));
        ToyService.stray(now, peer, data, replies)
    }

    fn recall(&mut self, peer: Peer, said: &[u8]) {
        self.write(format!("recall {} {}", peer.remote, String::from_utf8_lossy(said)));
    }
}

fn heard(packets: &[(u64, Vec<u8>)], cutting: Cutting) -> Vec<String> {
    let heard = Arc::new(Mutex::default());
    let service = Box::new(Forgetful(Arc::clone(&heard)));
    let setup = Setup { cutting, ..Setup::new(vec![(1935, service)], make_packager()) };
    run(&pcap(false, true, packets), setup).unwrap();
    std::mem::take(&mut *heard.lock().unwrap())
}

fn client(port: u16) -> SocketAddr {
    SocketAddr::new("10.0.0.1".parse().unwrap(), port)
}

fn server(port: u16) -> SocketAddr {
    SocketAddr::new("10.0.0.2".parse().unwrap(), port)
}

#[test]
fn connections_know_what_the_server_will_say_in_them() {
    let of = |port: u16, ms: u64| {
        let asks = data(client(port), server(1935), 10, b"");
        let answers = data(server(1935), client(port), 70, b"");
        let segments = [
            Segment { syn: true, ack: false, ..asks },
            Segment { syn: true, ..answers },
            Segment { seq: 11, length: 3, payload: b"hi\n", ..asks },
            // In the wrong order and twice.
            Segment { seq: 74, length: 3, payload: b"def", ..answers },
            Segment { seq: 71, length: 3, payload: b"abc", ..answers },
            Segment { seq: 71, length: 3, payload: b"abc", ..answers },
        ];
        segments.map(|segment| (ms * MS, packet(&segment)))
    };
    let packets = [of(5000, 0), of(5001, 10)].concat();
    let expected = [5000, 5001].map(|port| {
        let client = client(port);
        [format!("recall {client} abcdef"), format!("accept {client}")]
    });
    assert_eq!(heard(&packets, Cutting::AsCaptured), expected.concat());
}

#[test]
fn callers_by_datagrams_too() {
    let (a, b, ours) = (client(5000), client(5001), server(1935));
    let packets = [
        (0, datagram(a, ours, b"ping")),
        (1, datagram(ours, a, b"cookie")),
        (2, datagram(b, ours, b"hello")),
        (3, datagram(a, ours, b"hello")),
        (4, datagram(server(1), a, b"of another server")),
        // These are the connections'.
        (5, datagram(a, ours, b"more")),
        (6, datagram(b, ours, b"more")),
    ];
    let packets = packets.map(|(ms, packet)| (ms * MS, packet));
    let expected = [
        format!("recall {a} cookie"),
        format!("stray {a} ping"),
        format!("stray {b} hello"),
        format!("stray {a} hello"),
    ];
    for cutting in [Cutting::AsCaptured, Cutting::ByteByByte, Cutting::AllAtOnce] {
        assert_eq!(heard(&packets, cutting), expected, "{cutting:?}");
    }
}
