//! Any bytes, in any cutting.

use proptest::prelude::*;
use rtmpd_core::{Dice, Input, Instant, Machine, Output};

use super::desk::{Desk, call, connect, hello, message_bytes, play, publish};
use crate::amf::Value;
use crate::rtmp::command::Command;
use crate::rtmp::message::{self, Aggregate, Control};
use crate::rtmp::{RtmpPlayer, RtmpPublisher, Settings, Target, chunk};

/// One message of a session: sensible, or nearly so.
fn part() -> impl Strategy<Value = Vec<u8>> {
    let text = prop_oneof!["[a-z]{0,6}", Just("s?hevc=legacy".to_owned()), Just("mp4:a//b".to_owned())];
    let number = prop_oneof![Just(0.0), Just(1.0), Just(-2.0), any::<f64>()];
    let names = [
        "connect",
        "createStream",
        "publish",
        "play",
        "pause",
        "receiveAudio",
        "receiveVideo",
        "deleteStream",
        "closeStream",
        "FCPublish",
        "FCUnpublish",
        "seek",
        "whatever",
    ];
    let command = (proptest::sample::select(names.to_vec()), text, number, any::<bool>(), 0_u32..3).prop_map(
        |(name, text, number, truth, stream)| {
            let command = call(
                name,
                number.abs(),
                [Value::Text(text.into()), Value::Number(number), Value::Bool(truth)],
            );
            message_bytes(message::COMMAND, stream, 0, &command.write())
        },
    );
    let likely =
        prop_oneof![Just(publish("s")), Just(play("s")), Just(connect(&[("app", Value::text("live"))]))];
    let likely = likely.prop_map(|command: Command| message_bytes(message::COMMAND, 1, 0, &command.write()));
    let media = (
        proptest::sample::select(vec![8_u8, 9, 15, 18, 22]),
        any::<u32>(),
        proptest::collection::vec(any::<u8>(), 0..40),
    )
        .prop_map(|(kind, time, body)| message_bytes(kind, 1, time, &body));
    let sound = any::<u32>().prop_map(|time| message_bytes(message::AUDIO, 1, time, b"\x72\x01\x02"));
    let control = (0_u8..8, proptest::collection::vec(0_u8..8, 0..8))
        .prop_map(|(kind, body)| message_bytes(kind, 0, 0, &body));
    let junk = proptest::collection::vec(any::<u8>(), 0..30);
    prop_oneof![4 => command, 4 => likely, 1 => media, 4 => sound, 1 => control, 1 => junk]
}

fn run(
    session: &[u8],
    step: usize,
) -> (Vec<String>, String, Option<Result<rtmpd_core::Close, rtmpd_core::Error>>) {
    let mut desk = Desk::new();
    for piece in session.chunks(step) {
        if desk.end.is_none() {
            desk.bytes(piece);
        }
    }
    (desk.heard(), format!("{:?}", desk.events), desk.end)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn sessions_are_the_same_in_any_cutting(
        parts in proptest::collection::vec(part(), 0..25),
        step in 1_usize..300,
    ) {
        let connect = message_bytes(message::COMMAND, 0, 0, &connect(&[("app", Value::text("live"))]).write());
        let session = [hello(), connect, parts.concat()].concat();
        prop_assert_eq!(run(&session, step), run(&session, session.len()));
    }

    #[test]
    fn any_bytes_end(data in proptest::collection::vec(any::<u8>(), 0..600)) {
        run(&data, 97);
        run(&[hello(), data].concat(), 97);
    }

    #[test]
    fn clients_take_anything(data in proptest::collection::vec(any::<u8>(), 0..600), proper in any::<bool>()) {
        let target = || Target { tc_url: "rtmp://h/live".into(), app: "live".into(), name: "s".into(), via: String::new() };
        let settings = Settings::default();
        let request = super::pairs::request();
        let server = if proper { [hello(), data].concat() } else { data };
        let mut machines: [Box<dyn Machine>; 2] = [
            Box::new(RtmpPublisher::new(Instant::ZERO, target(), request.clone(), &settings, Dice::new(1))),
            Box::new(RtmpPlayer::new(Instant::ZERO, target(), request, &settings, Dice::new(1))),
        ];
        for machine in &mut machines {
            let _ = machine.handle_input(Instant::ZERO, Input::Bytes(&server));
            while let Some(output) = machine.poll_output() {
                prop_assert!(!matches!(output, Output::Transmit(data) if data.len() > 1 << 20));
            }
        }
    }

    #[test]
    fn any_message_can_be_read(kind in any::<u8>(), payload in proptest::collection::vec(any::<u8>(), 0..120)) {
        let message = chunk::Message { kind, stream: 0, timestamp: 0, payload: payload.into() };
        let _ = Control::parse(&message);
        let _ = Command::parse(&message.payload);
        let mut parts = Aggregate::new(message);
        while let Ok(Some(_)) = parts.read() {}
    }
}
