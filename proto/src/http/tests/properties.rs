//! Whatever comes in: the same outputs whichever way it is cut, and an end in order or in an error.

use proptest::prelude::*;
use rtmpd_core::Close;

use super::client::{Client, get};

const ASK: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// What a connection makes of these pieces.
fn run<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<u8>, usize, Vec<String>, Option<Close>) {
    let mut client = Client::new();
    // A player's bytes and the stream's come in any order.
    client.dry = true;
    for piece in pieces {
        client.send(piece);
    }
    (client.received, client.calls.len() + client.plays.len(), client.notes, client.closed)
}

fn request() -> impl Strategy<Value = Vec<u8>> {
    let path = prop_oneof![
        Just("/"),
        Just("/sub"),
        Just("/nothing"),
        Just("/live/a.flv"),
        Just("/live/x.flv"),
        Just("/live/a.b"),
        Just("/%2e%2e/x"),
        Just("*"),
        Just("http://o:1/a")
    ];
    let lines = prop_oneof![
        Just(String::new()),
        Just("Connection: close\r\n".into()),
        Just("Content-Length: 5\r\n\r\nhello".into()),
        Just("Transfer-Encoding: chunked\r\n\r\n2;x\r\nab\r\n0\r\nT: 1\r\n".into()),
        Just("Transfer-Encoding: chunked\r\n\r\nzz".into()),
        Just("Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx".into()),
        Just(" folded\r\n".into()),
        Just(ASK.into()),
        "[ -~]{0,40}\r\n",
    ];
    (prop_oneof![Just("GET"), Just("HEAD"), Just("OPTIONS"), Just("POST")], path, lines)
        .prop_map(|(method, path, lines)| get(path, &lines).replacen("GET", method, 1).into_bytes())
}

fn client_frame() -> impl Strategy<Value = Vec<u8>> {
    (any::<u8>(), prop_oneof![Just(0x80_u8), any::<u8>()], proptest::collection::vec(any::<u8>(), 0..40))
        .prop_map(|(first, mask, payload)| {
            // Mostly well-formed: a good opcode, the mask bit, the right length.
            let first =
                if first & 3 == 0 { first } else { [0x81, 0x82, 0x89, 0x01, 0x80][usize::from(first) % 5] };
            [&[first, mask & 0x80 | payload.len() as u8, 1, 2, 3, 4][..], &payload].concat()
        })
}

fn talk() -> impl Strategy<Value = Vec<u8>> {
    let junk = proptest::collection::vec(any::<u8>(), 0..80);
    let requests = proptest::collection::vec(prop_oneof![8 => request(), 1 => junk], 1..6);
    let socket = proptest::collection::vec(client_frame(), 0..6)
        .prop_map(|frames| [get("/live/a", ASK).into_bytes(), frames.concat()]);
    prop_oneof![requests.prop_map(|all| all.concat()), socket.prop_map(|all| all.concat())]
}

proptest! {
    #[test]
    fn every_split_says_the_same(data in talk(), sizes in proptest::collection::vec(1..60_usize, 1..20)) {
        let whole = run([&data[..]].into_iter());
        prop_assert_eq!(&run(data.chunks(1)), &whole);
        let mut rest = &data[..];
        let mut sizes = sizes.iter().cycle();
        let pieces = std::iter::from_fn(|| {
            let (piece, after) = rest.split_at(rest.len().min(*sizes.next()?));
            rest = after;
            (!piece.is_empty()).then_some(piece)
        });
        prop_assert_eq!(&run(pieces), &whole);
    }

    #[test]
    fn any_bytes_are_survived(data in proptest::collection::vec(any::<u8>(), 0..2000)) {
        run(data.chunks(7));
        run([&get("/live/a", ASK).into_bytes()[..], &data].into_iter());
        run([&get("/", "Transfer-Encoding: chunked\r\n").into_bytes()[..], &data].into_iter());
    }
}
