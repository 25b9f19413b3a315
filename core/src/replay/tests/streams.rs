//! Reassembly.

use std::net::SocketAddr;

use proptest::prelude::*;

use super::making::data;
use crate::Instant;
use crate::replay::link::Segment;
use crate::replay::reassembly::{Reassembly, Step, What};

fn client() -> SocketAddr {
    "10.0.0.1:5000".parse().unwrap()
}

fn server() -> SocketAddr {
    "10.0.0.2:1935".parse().unwrap()
}

fn part(seq: u32, payload: &[u8]) -> Segment<'_> {
    data(client(), server(), seq, payload)
}

fn syn(seq: u32) -> Segment<'static> {
    Segment { syn: true, ack: false, ..part(seq, b"") }
}

fn fin(seq: u32, payload: &[u8]) -> Segment<'_> {
    Segment { fin: true, ..part(seq, payload) }
}

fn play(segments: &[Segment<'_>]) -> Vec<Step> {
    let mut reassembly = Reassembly::default();
    let mut steps = Vec::new();
    for segment in segments {
        reassembly.push(Instant::ZERO, segment, &mut steps);
    }
    reassembly.finish(Instant::ZERO, &mut steps);
    steps
}

/// A word for each step, data as it is.
fn told(segments: &[Segment<'_>]) -> String {
    let word = |step: Step| match step.what {
        What::Open { midway: false, .. } => format!("open{}", step.flow),
        What::Open { midway: true, .. } => format!("midway{}", step.flow),
        What::Data(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
        What::Gap { offset, missing } => format!("gap{offset}+{missing}"),
        What::End => "end".to_owned(),
        What::Datagram { .. } => "datagram".to_owned(),
    };
    play(segments).into_iter().map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn in_order_twice_and_swapped() {
    let [a, b, c] = [part(101, b"abc"), part(104, b"def"), fin(107, b"gh")];
    assert_eq!(told(&[syn(100), a, b, c]), "open0 abc def gh end");
    assert_eq!(told(&[syn(100), syn(100), a, a, b, a, c, b]), "open0 abc def gh end");
    assert_eq!(told(&[syn(100), c, b, a]), "open0 abc def gh end");
}

#[test]
fn overlap_and_keep_alive() {
    let again = [syn(100), part(101, b"abc"), part(102, b"bcdef"), part(106, b"f"), part(105, b"efgh")];
    assert_eq!(told(&again), "open0 abc def gh");
    let early = [syn(100), part(103, b"cd"), part(103, b"cdef"), part(101, b"abc")];
    assert_eq!(told(&early), "open0 abc def");
}

#[test]
fn begins_in_the_middle() {
    assert_eq!(
        told(&[part(101, b""), part(101, b"abc"), part(99, b"xxabc"), part(104, b"d")]),
        "midway0 abc d"
    );
    assert_eq!(told(&[part(101, b""), fin(101, b"")]), "");
}

#[test]
fn ends_by_reset_and_port_is_used_again() {
    let reset = Segment { rst: true, ..part(104, b"") };
    let steps = [syn(100), part(101, b"abc"), reset, part(104, b"late"), syn(500), part(501, b"new")];
    assert_eq!(told(&steps), "open0 abc end open1 new");
    assert_eq!(told(&[syn(100), part(101, b"abc"), syn(500), part(501, b"new")]), "open0 abc end open1 new");
}

#[test]
fn what_the_capture_misses() {
    assert_eq!(
        told(&[syn(100), part(101, b"abc"), part(110, b"x"), part(113, b"y")]),
        "open0 abc gap3+6 x gap10+2 y"
    );
    assert_eq!(told(&[syn(100), part(101, b"abc"), fin(106, b"")]), "open0 abc gap3+2 end");
    let far = part(101_u32.wrapping_add(1 << 31), b"stray");
    assert_eq!(told(&[syn(100), far, part(101, b"abc")]), "open0 abc");
}

#[test]
fn memory_is_bounded() {
    let block = vec![b'x'; 60_000];
    let mut reassembly = Reassembly::default();
    let mut steps = Vec::new();
    reassembly.push(Instant::ZERO, &syn(100), &mut steps);
    for n in 0..100_u32 {
        reassembly.push(Instant::ZERO, &part(200 + n * 60_000, &block), &mut steps);
    }
    assert!(steps.iter().any(|step| step.what == What::Gap { offset: 0, missing: 99 }));
}

proptest! {
    /// Cut anywhere, in any order, as often as it likes: one flow, also where sequence numbers wrap.
    #[test]
    fn any_order_gives_the_same_flow(
        first in prop_oneof![any::<u32>(), u32::MAX - 300..u32::MAX],
        flow in prop::collection::vec(any::<u8>(), 1..600),
        pieces in prop::collection::vec((0_usize..600, 1_usize..80), 0..40),
        order in any::<prop::sample::Index>(),
    ) {
        let at = |offset: usize| first.wrapping_add(1).wrapping_add(u32::try_from(offset).unwrap());
        let mut segments: Vec<Segment<'_>> = flow.chunks(50).enumerate().map(|(n, piece)| part(at(n * 50), piece)).collect();
        for &(begin, length) in &pieces {
            let begin = begin % flow.len();
            let end = flow.len().min(begin + length);
            segments.push(part(at(begin), &flow[begin..end]));
        }
        segments.push(fin(at(flow.len()), b""));
        // A shuffle that follows from the generated numbers.
        for (n, &(a, b)) in pieces.iter().enumerate() {
            let (x, y) = ((a * 7 + n + order.index(97)) % segments.len(), (b * 13 + n) % segments.len());
            segments.swap(x, y);
        }
        segments.insert(0, syn(first));
        let mut got = Vec::new();
        let steps = play(&segments);
        prop_assert_eq!(steps.last().map(|step| &step.what), Some(&What::End));
        for step in steps {
            match step.what {
                What::Data(bytes) => got.extend_from_slice(&bytes),
                What::Gap { .. } => prop_assert!(false, "gap"),
                What::Open { .. } | What::End | What::Datagram { .. } => {}
            }
        }
        prop_assert_eq!(got, flow);
    }

    #[test]
    fn any_segments_end(parts in prop::collection::vec((any::<u32>(), 0_usize..30, any::<[bool; 3]>()), 0..60)) {
        let bytes = [b'x'; 30];
        let segments: Vec<Segment<'_>> = parts
            .iter()
            .map(|&(seq, n, [syn, fin, rst])| Segment { syn, fin, rst, ..part(seq, &bytes[..n]) })
            .collect();
        play(&segments);
    }
}
