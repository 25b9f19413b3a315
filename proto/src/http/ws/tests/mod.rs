//! WebSocket against the examples of RFC 6455, tables of what may and may not travel, and itself.

use bytes::{Bytes, BytesMut};

use super::*;

mod packaging;
mod pair;

const MASK: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];
const MAX: usize = 1 << 17;

/// Everything that a reader makes of these pieces, and what it died of.
fn read_all(mut reader: Reader, pieces: &[&[u8]]) -> (Vec<Incoming>, Option<Broken>) {
    let mut said = Vec::new();
    for piece in pieces {
        let mut rest = *piece;
        loop {
            match reader.read(&mut rest) {
                Ok(Some(incoming)) => said.push(incoming),
                Ok(None) => break,
                Err(broken) => return (said, Some(broken)),
            }
        }
        assert!(rest.is_empty());
    }
    (said, None)
}

fn as_client(wire: &[u8]) -> (Vec<Incoming>, Option<Broken>) {
    read_all(Reader::new(Role::Client, MAX), &[wire])
}

fn text(data: &str) -> Incoming {
    Incoming::Message { binary: false, data: Bytes::copy_from_slice(data.as_bytes()) }
}

fn binary(data: &[u8]) -> Incoming {
    Incoming::Message { binary: true, data: Bytes::copy_from_slice(data) }
}

/// A frame of any kind, allowed or not.
fn raw(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = BytesMut::new();
    put_header(&mut out, Opcode::Text, payload.len(), None);
    out[0] = first;
    out.extend_from_slice(payload);
    out.to_vec()
}

#[test]
fn handshake_of_the_rfc() {
    assert_eq!(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    let upgrade = check_upgrade(headers(&[("Sec-WebSocket-Protocol", "chat, superchat")])).unwrap();
    assert_eq!(upgrade.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_eq!(upgrade.protocol.as_deref(), Some("chat"));
}

/// The headers of the RFC's example, some of them replaced.
fn headers<'a>(changed: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<&'a str> {
    move |name| {
        let find = |table: &[(&'a str, &'a str)]| {
            table.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
        };
        find(changed).or_else(|| {
            find(&[
                ("Upgrade", "websocket"),
                ("Connection", "Upgrade"),
                ("Sec-WebSocket-Version", "13"),
                ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ])
        })
    }
}

#[test]
fn upgrades_that_are_taken() {
    for (name, value, protocol) in [
        ("Connection", "keep-alive, Upgrade", None),
        ("Connection", "UPGRADE", None),
        ("Upgrade", "WebSocket", None),
        ("Upgrade", "h2c, websocket", None),
        ("Sec-WebSocket-Version", " 13 ", None),
        ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAB==", None), // bits in the last character that mean nothing
        ("Sec-WebSocket-Protocol", "", None),
        ("Sec-WebSocket-Protocol", " , flv", Some("flv")),
    ] {
        let upgrade = check_upgrade(headers(&[(name, value)])).unwrap();
        assert_eq!(upgrade.protocol.as_deref(), protocol, "{name}: {value}");
    }
}

#[test]
fn upgrades_that_are_not() {
    for (name, value, status) in [
        ("Upgrade", "", 400),
        ("Upgrade", "websockets", 400),
        ("Connection", "", 400),
        ("Connection", "keep-alive", 400),
        ("Sec-WebSocket-Version", "", 426),
        ("Sec-WebSocket-Version", "8", 426),
        ("Sec-WebSocket-Version", "13, 8", 426),
        ("Sec-WebSocket-Key", "", 400),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ", 400),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25j", 400),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZWQ=", 400),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZWRk", 400),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZWRkZGRkZGRkZGRkZGRkZGRk", 400),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBs!SBub25jZQ==", 400),
        ("Sec-WebSocket-Protocol", "a b", 400),
        ("Sec-WebSocket-Protocol", "a\r\nSet-Cookie: b", 400),
    ] {
        let refused = check_upgrade(headers(&[(name, value)])).unwrap_err();
        assert_eq!(refused.status, status, "{name}: {value}");
        assert_eq!(refused.header.is_some(), status == 426);
        assert!(refused.text.starts_with(name), "{refused}");
    }
}

#[test]
fn frames_of_the_rfc() {
    // §5.7, in its order.
    let said = as_client(&[0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F]);
    assert_eq!(said, (vec![text("Hello")], None));
    let masked = [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58];
    let said = read_all(Reader::new(Role::Server, MAX), &[&masked]);
    assert_eq!(said, (vec![text("Hello")], None));
    let mut out = BytesMut::new();
    put_frame(&mut out, Opcode::Text, b"Hello", Some(MASK));
    assert_eq!(out, masked[..]);
    let said = as_client(&[0x01, 0x03, 0x48, 0x65, 0x6C, 0x80, 0x02, 0x6C, 0x6F]);
    assert_eq!(said, (vec![text("Hello")], None));
    let said = as_client(&[0x89, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F]);
    assert_eq!(said, (vec![Incoming::Ping(Bytes::from_static(b"Hello"))], None));
    assert_eq!(message(Opcode::Binary, &[7; 256])[..4], [0x82, 0x7E, 0x01, 0x00]);
    assert_eq!(message(Opcode::Binary, &[7; 65536])[..10], [0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0]);
}

#[test]
fn lengths_at_their_limits() {
    for (len, header) in [(0, 2), (1, 2), (125, 2), (126, 4), (127, 4), (65535, 4), (65536, 10), (MAX, 10)] {
        let payload = vec![0xA5; len];
        let wire = message(Opcode::Binary, &payload);
        assert_eq!(wire.len(), header + len);
        assert_eq!(as_client(&wire), (vec![binary(&payload)], None));
    }
    // A longer form than needed is taken.
    assert_eq!(as_client(&[0x82, 126, 0, 1, 9]), (vec![binary(&[9])], None));
}

#[test]
fn what_breaks_the_protocol() {
    let long = |opcode| raw(opcode, &[0; 126]);
    let cases: &[(&str, Vec<u8>)] = &[
        ("reserved bits", raw(0xC1, b"")),
        ("reserved bits", raw(0xA9, b"")),
        ("reserved bits", raw(0x92, b"")),
        ("opcode 3 ", raw(0x83, b"")),
        ("opcode 7 ", raw(0x87, b"x")),
        ("opcode 11 ", raw(0x8B, b"")),
        ("opcode 15 ", raw(0x0F, b"")),
        ("Ping frame of 126", long(0x89)),
        ("Pong frame of 126", long(0x8A)),
        ("Close frame of 126", long(0x88)),
        ("Ping frame is fragmented", raw(0x09, b"")),
        ("Close frame is fragmented", raw(0x08, b"")),
        ("continuation frame, but", raw(0x80, b"x")),
        ("continuation frame, but", raw(0x00, b"x")),
        ("Text frame inside", [raw(0x01, b"a"), raw(0x81, b"b")].concat()),
        ("Binary frame inside", [raw(0x02, b""), raw(0x02, b"")].concat()),
        ("continuation frame, but", [raw(0x01, b"a"), raw(0x80, b"b"), raw(0x80, b"c")].concat()),
        ("close frame of 1 byte", raw(0x88, &[3])),
        ("Text frame is masked", vec![0x81, 0x80, 0, 0, 0, 0]),
        ("payload length", vec![0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0]),
    ];
    for (expected, wire) in cases {
        let (said, broken) = as_client(wire);
        let broken = broken.unwrap_or_else(|| panic!("{expected}: taken as {said:?}"));
        assert_eq!(broken.close, close::PROTOCOL_ERROR, "{broken}");
        assert!(broken.to_string().contains(expected), "{broken}");
    }
    let (_, broken) = read_all(Reader::new(Role::Server, MAX), &[&message(Opcode::Ping, b"")]);
    assert!(broken.is_some_and(|broken| broken.to_string().contains("not masked")));
}

#[test]
fn too_long_is_refused_on_the_header_alone() {
    let claims: &[&[u8]] = &[
        &[0x82, 127, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
        &[0x82, 126, 0x10, 0x01],
        &[0x02, 2, 1, 2, 0x80, 126, 0x0F, 0xFF],
        &[0x02, 1, 1, 0x80, 127, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    ];
    for claim in claims {
        let (said, broken) = read_all(Reader::new(Role::Client, 4096), &[claim]);
        assert_eq!((said.len(), broken.map(|broken| broken.close)), (0, Some(close::TOO_BIG)));
    }
    let (said, broken) =
        read_all(Reader::new(Role::Client, 4096), &[&[0x02, 2, 1, 2, 0x80, 126, 0x0F, 0xFE]]);
    assert_eq!((said.len(), broken), (0, None));
}

#[test]
fn controls_stand_between_fragments() {
    let wire = [
        raw(0x01, "α".as_bytes().split_at(1).0),
        raw(0x89, b"1"),
        raw(0x00, "α".as_bytes().split_at(1).1),
        raw(0x8A, b""),
        raw(0x00, b""),
        raw(0x80, b"!"),
        raw(0x82, b"next"),
    ]
    .concat();
    let expected = vec![
        Incoming::Ping(Bytes::from_static(b"1")),
        Incoming::Pong(Bytes::new()),
        text("α!"),
        binary(b"next"),
    ];
    assert_eq!(as_client(&wire), (expected, None));
}

#[test]
fn text_is_utf8() {
    for good in ["", "κόσμε", "\u{10FFFF}", "\u{FFFF}", "\0", "Hello-µ@ßöäüàá-UTF-8!!"] {
        assert_eq!(as_client(&message(Opcode::Text, good.as_bytes())), (vec![text(good)], None));
    }
    let bad: &[&[u8]] =
        &[b"\xCE", b"\xED\xA0\x80", b"\xF4\x90\x80\x80", b"\xC0\x80", b"\xFF", b"ab\x80", b"\xF0\x9F\x98"];
    for bad in bad {
        let (said, broken) = as_client(&message(Opcode::Text, bad));
        assert_eq!((said.len(), broken.map(|broken| broken.close)), (0, Some(close::INVALID_DATA)));
        let reason = [&[0x03, 0xE8], *bad].concat();
        let (said, broken) = as_client(&raw(0x88, &reason));
        assert_eq!((said.len(), broken.map(|broken| broken.close)), (0, Some(close::INVALID_DATA)));
    }
}

#[test]
fn close_codes() {
    for code in
        [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
    {
        let mut out = BytesMut::new();
        put_close(&mut out, code, "bye", None);
        let expected = Incoming::Close { code, reason: "bye".to_owned() };
        assert_eq!(as_client(&out), (vec![expected], None));
    }
    for code in [0u16, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] {
        let (said, broken) = as_client(&raw(0x88, &code.to_be_bytes()));
        assert_eq!(
            (said.len(), broken.map(|broken| broken.close)),
            (0, Some(close::PROTOCOL_ERROR)),
            "{code}"
        );
        let mut out = BytesMut::new();
        put_close(&mut out, code, "left out", None);
        let expected = Incoming::Close { code: close::NO_CODE, reason: String::new() };
        assert_eq!(as_client(&out), (vec![expected], None));
    }
}

#[test]
fn long_close_reasons_are_cut_at_a_character() {
    let mut out = BytesMut::new();
    put_close(&mut out, close::NORMAL, &"é".repeat(100), None);
    let expected = Incoming::Close { code: close::NORMAL, reason: "é".repeat(61) };
    assert_eq!(as_client(&out), (vec![expected], None));
}

#[test]
fn nothing_is_heard_behind_a_close() {
    let wire = [raw(0x88, b""), raw(0x89, b"late"), vec![0xFF; 9]].concat();
    let expected = Incoming::Close { code: close::NO_CODE, reason: String::new() };
    assert_eq!(as_client(&wire), (vec![expected], None));
}

#[test]
fn a_fault_is_told_once_and_where() {
    let wire = [raw(0x82, b"fine"), raw(0x83, b"")].concat();
    let mut reader = Reader::new(Role::Client, MAX);
    let mut rest = &wire[..];
    assert_eq!(reader.read(&mut rest), Ok(Some(binary(b"fine"))));
    let broken = reader.read(&mut rest).unwrap_err();
    assert!(broken.to_string().ends_with("byte 6)"), "{broken}");
    assert_eq!(reader.read(&mut &raw(0x89, b"")[..]), Ok(None));
}

#[test]
fn a_skipping_reader_hears_controls_only() {
    let mut wire = BytesMut::new();
    put_frame(&mut wire, Opcode::Text, b"not \xFF utf-8", Some(MASK));
    put_frame(&mut wire, Opcode::Ping, b"there?", Some(MASK));
    put_frame(&mut wire, Opcode::Binary, &[0; MAX + 1], Some(MASK));
    put_close(&mut wire, close::NORMAL, "", Some(MASK));
    let said = read_all(Reader::skipping(Role::Server), &[&wire]);
    let closed = Incoming::Close { code: close::NORMAL, reason: String::new() };
    assert_eq!(said, (vec![Incoming::Ping(Bytes::from_static(b"there?")), closed], None));
    // It still keeps an eye on the frames.
    let (_, broken) = read_all(Reader::skipping(Role::Server), &[&[0x80, 0x80, 0, 0, 0, 0]]);
    assert!(broken.is_some());
    // The longest message there is, of which nothing is kept.
    let endless = [0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4, 5, 6];
    assert_eq!(read_all(Reader::skipping(Role::Server), &[&endless]), (vec![], None));
}

#[test]
fn an_idle_reader_is_small() {
    assert!(size_of::<Reader>() < 100, "{} bytes", size_of::<Reader>());
}
