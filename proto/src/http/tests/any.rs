//! Any cutting gives the same bytes; any bytes end in something.

use proptest::prelude::*;
use rtmpd_core::Input;

use super::Talk;

fn outcome(pieces: impl Iterator<Item = Vec<u8>>) -> (Vec<u8>, String) {
    let mut talk = Talk::new();
    for piece in pieces {
        talk.input(Input::Bytes(&piece));
    }
    (talk.sent, format!("{:?} {:?} {:?}", talk.closed, talk.error, talk.played))
}

const ROWS: [&str; 5] = [
    "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhelloGET /3 HTTP/1.0\r\n\r\n",
    "GET /live/a.flv HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
    "POST /5 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nt: u\r\n\r\nGET /x HTTP/9\r\n\r\n",
    "GET /live/a.flv HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\u{1}\u{2}",
    "GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_cutting_is_the_same(row in 0..ROWS.len(), cuts in prop::collection::vec(1usize..40, 1..20)) {
        let bytes = ROWS[row].as_bytes();
        let mut at = 0;
        let mut sizes = cuts.iter().cycle();
        let pieces = std::iter::from_fn(|| {
            let size = (*sizes.next()?).min(bytes.len() - at);
            at += size;
            (size > 0).then(|| bytes[at - size..at].to_vec())
        });
        prop_assert_eq!(outcome(pieces), outcome(std::iter::once(bytes.to_vec())));
    }

    #[test]
    fn any_bytes_end_in_something(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..8)) {
        outcome(pieces.into_iter());
    }

    #[test]
    fn nearly_right_bytes_end_in_something(row in 0..ROWS.len(), at in 0usize..120, byte: u8) {
        let mut bytes = ROWS[row].as_bytes().to_vec();
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        outcome(std::iter::once(bytes));
    }
}
