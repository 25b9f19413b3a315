//! Both sides against each other, and against captured facts.
#![allow(clippy::unwrap_used)]

use rtmpd_core::{Dice, Instant};

use super::digest::{self, Schema, Side};
use super::{Answerer, Caller, LEN};

const NOW: Instant = Instant::from_millis(77);

fn answer(bytes: &[u8]) -> (Answerer, Vec<u8>) {
    let mut answerer = Answerer::new(Dice::new(5));
    let mut data = bytes;
    let out = answerer.read(NOW, &mut data).unwrap().unwrap();
    (answerer, out.to_vec())
}

#[test]
fn our_client_and_server_agree_on_digests_in_any_cutting() {
    for step in [1, 7, 1536, 10_000] {
        let (mut caller, c01) = Caller::new(Dice::new(1));
        let mut answerer = Answerer::new(Dice::new(2));
        let (mut to_client, mut to_server) = (Vec::new(), Vec::new());
        for mut piece in c01.chunks(step) {
            to_client.extend(answerer.read(NOW, &mut piece).unwrap().into_iter().flatten());
        }
        assert_eq!(to_client.len(), 1 + 2 * LEN);
        let s1: &[u8; LEN] = to_client[1..].first_chunk().unwrap();
        assert!(digest::find(s1, Side::Server).is_some());
        for mut piece in to_client.chunks(step) {
            to_server.extend(caller.read(&mut piece).unwrap().into_iter().flatten());
        }
        assert!(caller.is_done() && to_server.len() == LEN);
        to_server.extend(b"rest");
        let mut left = Vec::new();
        for mut piece in to_server.chunks(step) {
            answerer.read(NOW, &mut piece).unwrap();
            left.extend_from_slice(piece);
        }
        assert!(answerer.is_done());
        assert_eq!(left, b"rest");
    }
}

#[test]
fn both_schemas_are_answered_in_kind_and_confirmed() {
    for schema in [Schema::KeyFirst, Schema::DigestFirst] {
        let mut c1 = [0; LEN];
        Dice::new(9).fill(&mut c1);
        let seen = digest::seal(&mut c1, schema, Side::Client);
        let (_, out) = answer(&[&[3], c1.as_slice()].concat());
        let s1: &[u8; LEN] = out[1..].first_chunk().unwrap();
        let s2: &[u8; LEN] = out[1 + LEN..].first_chunk().unwrap();
        assert_eq!(digest::find(s1, Side::Server).unwrap().0, schema);
        assert!(digest::confirms(s2, Side::Server, &seen));
    }
}

#[test]
fn a_plain_client_gets_its_own_bytes_back() {
    let mut c1 = [0x55; LEN];
    c1[4..8].fill(0);
    let (_, out) = answer(&[&[3], c1.as_slice()].concat());
    assert_eq!(out[0], 3);
    assert_eq!(out[5..9], [0; 4]);
    assert_eq!(out[1 + LEN..1 + LEN + 8], [0x55, 0x55, 0x55, 0x55, 0, 0, 0, 77]);
    assert_eq!(out[1 + LEN + 8..], c1[8..]);
}

#[test]
fn other_protocols_are_named() {
    for (first, word) in
        [(b'G', "HTTP"), (0x16, "TLS"), (6, "rtmpe"), (0, "something else"), (200, "something")]
    {
        let error = Answerer::new(Dice::new(1)).read(NOW, &mut [first].as_slice()).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
}
