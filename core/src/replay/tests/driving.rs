//! Whole replays, with the toy protocol.

use std::net::SocketAddr;

use proptest::prelude::*;

use super::making::{data, packet, pcap};
use crate::machine::{Input, Machine, Output, Service};
use crate::replay::link::Segment;
use crate::replay::{Cutting, ReplayError, Setup, Transcript, run};
use crate::request::Peer;
use crate::shard::tests::toy::{ToyService, make_packager};
use crate::{Error, Instant};

const MS: u64 = 1_000_000;

/// A capture in the making: what clients send, at ms.
#[derive(Default)]
struct Tale {
    packets: Vec<(u64, Vec<u8>)>,
    sent: [u32; 4],
}

impl Tale {
    fn client(n: usize) -> SocketAddr {
        SocketAddr::new("10.0.0.1".parse().unwrap(), 5000 + u16::try_from(n).unwrap())
    }

    fn add(&mut self, at: u64, segment: &Segment<'_>) {
        self.packets.push((1_700_000_000_000 * MS + at * MS, packet(segment)));
    }

    fn opens(mut self, at: u64, n: usize) -> Self {
        let segment = data(Self::client(n), "10.0.0.2:1935".parse().unwrap(), 0, b"");
        self.add(at, &Segment { syn: true, ack: false, ..segment });
        self.sent[n] = 1;
        self
    }

    fn says(mut self, at: u64, n: usize, text: &str) -> Self {
        let segment = data(Self::client(n), "10.0.0.2:1935".parse().unwrap(), self.sent[n], text.as_bytes());
        self.add(at, &segment);
        self.sent[n] += u32::try_from(text.len()).unwrap();
        self
    }

    fn leaves(mut self, at: u64, n: usize) -> Self {
        let segment = data(Self::client(n), "10.0.0.2:1935".parse().unwrap(), self.sent[n], b"");
        self.add(at, &Segment { fin: true, ..segment });
        self
    }

    fn file(&self) -> Vec<u8> {
        pcap(false, true, &self.packets)
    }
}

fn setup(cutting: Cutting) -> Setup {
    Setup { cutting, ..Setup::new(vec![(1935, Box::new(ToyService))], make_packager()) }
}

fn replay(tale: &Tale, cutting: Cutting) -> Transcript {
    run(&tale.file(), setup(cutting)).unwrap()
}

fn a_publisher_and_a_player() -> Tale {
    Tale::default()
        .opens(0, 0)
        .says(10, 0, "publish live/a\ntracks h264 aac\nframe 0 0 k 3\nfra")
        .says(50, 0, "me 1 0 k\n")
        .opens(60, 1)
        .says(61, 1, "play live/a\n")
        .says(90, 0, "frame 0 40 -\nframe 0 80 -\n")
        .says(130, 0, "frame 0 120 k\n")
        .leaves(200, 1)
        .says(210, 0, "frame 0 160 -\n")
        .leaves(220, 0)
}

#[test]
fn a_transcript() {
    let text = replay(&a_publisher_and_a_player(), Cutting::AsCaptured).by_connection();
    let expected = include_str!("expected.txt");
    assert_eq!(text, expected);
}

#[test]
fn in_the_order_of_their_happening() {
    let text = replay(&a_publisher_and_a_player(), Cutting::AsCaptured).to_string();
    let of = |part: &str| text.find(part).unwrap();
    assert!(of("c1 Frame a0 dts=0") < of("c2 Open"));
    assert!(of("+0.090 c1 Frame v0 dts=40") < of("+0.090 c2 < Packet"));
}

#[test]
fn three_cuttings_one_story() {
    let tale = a_publisher_and_a_player();
    let as_captured = replay(&tale, Cutting::AsCaptured);
    for cutting in [Cutting::ByteByByte, Cutting::AllAtOnce] {
        assert_eq!(replay(&tale, cutting).without_times(), as_captured.without_times());
    }
}

#[test]
fn refusals_faults_and_long_silences() {
    let tale = Tale::default()
        .opens(0, 0)
        .says(1, 0, "publish abc/a\n")
        .opens(2, 1)
        .says(3, 1, "play live/none\nnonsense\n")
        .says(3_600_000_000, 0, "quit\n")
        .says(3_600_000_001, 1, "never heard\n");
    let text = replay(&tale, Cutting::AsCaptured).by_connection();
    for expected in [
        "+0.001 c1 < Publish refused: app 'abc' does not exist here, expected 'live' or 'rec'\n",
        "+600.003 c1 Close done\n",
        "+0.003 c2 < Play refused: stream 'live/none' has no publisher\n",
        "+0.003 c2 Close malformed: command 'nonsense' (toy, byte 0)\n",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
    assert!(!text.contains("never heard"));
}

#[test]
fn a_hole_in_the_capture() {
    let mut tale = Tale::default().opens(0, 0).says(1, 0, "publish live/a\n");
    tale.sent[0] += 100;
    let text = replay(&tale.says(2, 0, "tracks aac\n"), Cutting::AsCaptured).by_connection();
    assert!(
        text.contains("c1 the capture misses 100 bytes from byte 15 on: the rest is left out\n"),
        "{text}"
    );
    assert!(text.contains("c1 Close peer closed the connection\n"), "{text}");
    assert!(!text.contains("Tracks"), "{text}");
}

#[test]
fn a_file_that_is_cut_short() {
    let mut file = a_publisher_and_a_player().file();
    file.truncate(file.len() - 5);
    let text = run(&file, setup(Cutting::AsCaptured)).unwrap().by_connection();
    assert!(text.starts_with("+0.210 capture: the file ends in the middle of the packet"), "{text}");
    assert!(text.contains("c1 still open, sent"), "{text}");
}

#[test]
fn captures_of_something_else() {
    let file = a_publisher_and_a_player().file();
    let elsewhere =
        Setup::new(vec![(1936, Box::new(ToyService)), (8080, Box::new(ToyService))], make_packager());
    assert_eq!(
        run(&file, elsewhere).unwrap_err().to_string(),
        "the capture has nothing for port 1936 or 8080; what is in it goes to 10.0.0.2:1935"
    );
    let empty = pcap(false, false, &[]);
    assert_eq!(
        run(&empty, setup(Cutting::AsCaptured)).unwrap_err().to_string(),
        "the capture has nothing for port 1935; it has neither connections nor datagrams"
    );
    let mut radio = file;
    radio[20] = 127;
    assert_eq!(run(&radio, setup(Cutting::AsCaptured)).unwrap_err(), ReplayError::Link(127));
}

/// A protocol that takes whatever comes: the toy misunderstands what is not text.
struct Deaf;

impl Service for Deaf {
    fn name(&self) -> &'static str {
        "deaf"
    }

    fn accept(&mut self, _now: Instant, _peer: Peer) -> Box<dyn Machine> {
        Box::new(Self)
    }
}

impl Machine for Deaf {
    fn handle_input(&mut self, _now: Instant, _input: Input<'_>) -> Result<(), Error> {
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        None
    }

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}

proptest! {
    #[test]
    fn any_damage_and_any_cut_end(at in 0_usize..2000, byte in any::<u8>(), length in 0_usize..2000) {
        let mut file = a_publisher_and_a_player().file();
        let at = at % file.len();
        file[at] = byte;
        file.truncate(length);
        for cutting in [Cutting::AsCaptured, Cutting::ByteByByte, Cutting::AllAtOnce] {
            let setup = Setup::new(vec![(1935, Box::new(Deaf))], make_packager());
            let _ = run(&file, Setup { cutting, ..setup });
        }
    }
}
