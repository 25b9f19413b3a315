//! What one side writes the other reads, however it is cut; and nothing upsets a reader.

use proptest::prelude::*;

use super::*;

/// Something to say, and in how many frames.
#[derive(Clone, Debug)]
struct Saying {
    what: Incoming,
    pieces: usize,
}

fn saying() -> impl Strategy<Value = Saying> {
    let bytes = |most| prop::collection::vec(any::<u8>(), 0..most).prop_map(Bytes::from);
    let what = prop_oneof![
        bytes(400).prop_map(|data| Incoming::Message { binary: true, data }),
        ".{0,100}".prop_map(|text| Incoming::Message { binary: false, data: text.into() }),
        bytes(126).prop_map(Incoming::Ping),
        bytes(126).prop_map(Incoming::Pong),
    ];
    (what, 1..5usize).prop_map(|(what, pieces)| Saying { what, pieces })
}

/// Writes it with our own writers; the FIN bits of fragments are put right by hand.
fn put(out: &mut BytesMut, saying: &Saying, mask: Option<[u8; 4]>) {
    let (opcode, data) = match &saying.what {
        Incoming::Message { binary: true, data } => (Opcode::Binary, data),
        Incoming::Message { binary: false, data } => (Opcode::Text, data),
        Incoming::Ping(data) => return put_frame(out, Opcode::Ping, data, mask),
        Incoming::Pong(data) => return put_frame(out, Opcode::Pong, data, mask),
        Incoming::Close { code, reason } => return put_close(out, *code, reason, mask),
    };
    let size = data.len().div_ceil(saying.pieces).max(1);
    for piece in 0..saying.pieces {
        let opcode = if piece == 0 { opcode } else { Opcode::Continuation };
        let from = (piece * size).min(data.len());
        let to = (from + size).min(data.len());
        let at = out.len();
        put_frame(out, opcode, &data[from..to], mask);
        if piece + 1 < saying.pieces {
            out[at] &= 0x7F;
        }
    }
}

/// The same bytes, cut into pieces of these lengths over and over.
fn cut<'a>(mut wire: &'a [u8], lengths: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    for length in lengths.iter().cycle() {
        if wire.is_empty() {
            break;
        }
        let (piece, rest) = wire.split_at((*length).min(wire.len()));
        pieces.push(piece);
        wire = rest;
    }
    pieces
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_written_is_read(
        sayings in prop::collection::vec(saying(), 0..8),
        mask in any::<Option<[u8; 4]>>(),
        lengths in prop::collection::vec(1..40usize, 1..6),
    ) {
        let mut wire = BytesMut::new();
        for saying in &sayings {
            put(&mut wire, saying, mask);
        }
        put_close(&mut wire, close::GOING_AWAY, "over", mask);
        let mut expected: Vec<Incoming> = sayings.into_iter().map(|saying| saying.what).collect();
        expected.push(Incoming::Close { code: close::GOING_AWAY, reason: "over".to_owned() });
        let role = if mask.is_some() { Role::Server } else { Role::Client };
        prop_assert_eq!(read_all(Reader::new(role, MAX), &cut(&wire, &lengths)), (expected.clone(), None));

        expected.retain(|incoming| !matches!(incoming, Incoming::Message { .. }));
        prop_assert_eq!(read_all(Reader::skipping(role), &cut(&wire, &lengths)), (expected, None));
    }

    #[test]
    fn any_bytes_mean_the_same_however_cut(
        wire in prop::collection::vec(prop_oneof![any::<u8>(), 0x80..0x83u8, 0..6u8], 0..200),
        server in any::<bool>(),
        lengths in prop::collection::vec(1..9usize, 1..6),
    ) {
        let role = if server { Role::Server } else { Role::Client };
        let whole = read_all(Reader::new(role, 64), &[&wire]);
        let pieces = read_all(Reader::new(role, 64), &cut(&wire, &lengths));
        prop_assert_eq!(&whole, &pieces);
        for incoming in &whole.0 {
            if let Incoming::Message { data, .. } = incoming {
                prop_assert!(data.len() <= 64);
            }
        }
        prop_assert_eq!(
            read_all(Reader::skipping(role), &[&wire]),
            read_all(Reader::skipping(role), &cut(&wire, &lengths))
        );
    }

    #[test]
    fn masking_is_a_byte_at_a_time(
        data in prop::collection::vec(any::<u8>(), 0..40),
        mask in any::<[u8; 4]>(),
        phase in 0..4u8,
    ) {
        let expected: Vec<u8> = data
            .iter()
            .zip(mask.iter().cycle().skip(usize::from(phase)))
            .map(|(byte, mask)| byte ^ mask)
            .collect();
        let mut masked = data;
        apply_mask(&mut masked, mask, phase);
        prop_assert_eq!(masked, expected);
    }

    #[test]
    fn any_headers_are_answered(value in ".{0,40}", which in 0..5usize) {
        let names =
            ["Upgrade", "Connection", "Sec-WebSocket-Version", "Sec-WebSocket-Key", "Sec-WebSocket-Protocol"];
        let changed = [(names[which], value.as_str())];
        match check_upgrade(headers(&changed)) {
            Ok(upgrade) => prop_assert_eq!(upgrade.accept.len(), 28),
            Err(refused) => prop_assert!(refused.status == 400 || refused.status == 426),
        }
    }
}
