//! Handshake and `connect`.

use super::desk::{Desk, call, connect, hello, message_bytes, publish};
use crate::amf::Value;
use crate::rtmp::Settings;
use crate::rtmp::command::Command;
use crate::rtmp::message;
use rtmpd_core::{Close, Error, Input, Refusal};

const TO_LIVE: (&str, &str) = ("app", "live");

fn to(app: &str) -> Command {
    connect(&[("app", Value::text(app))])
}

#[test]
fn connect_is_answered() {
    let mut desk = Desk::greeted();
    assert!(desk.sent.iter().all(|data| data.is_empty()));
    desk.command(0, &to("live"));
    let expected = [
        "control 5 5000000",
        "control 6 5000000",
        "control 1 8192",
        "_result 1 NetConnection.Connect.Success",
    ];
    assert_eq!(desk.heard(), expected);
    assert_eq!(desk.end, None);
}

#[test]
fn all_that_a_client_says_may_come_at_once() {
    let mut desk = Desk::new();
    let connect = message_bytes(message::COMMAND, 0, 0, &to("live").write());
    let create = message_bytes(message::COMMAND, 0, 0, &call("createStream", 2.0, []).write());
    let publish = message_bytes(message::COMMAND, 1, 0, &publish("s").write());
    desk.bytes(&[hello(), connect, create, publish].concat());
    assert_eq!(
        desk.heard()[3..],
        ["_result 1 NetConnection.Connect.Success", "_result 2", "onStatus@1 NetStream.Publish.Start"]
    );
    assert_eq!(desk.said(), ["publish live/s"]);
}

#[test]
fn object_encoding_is_as_the_client_says() {
    for encoding in [0.0, 3.0] {
        let mut desk = Desk::greeted();
        let fields = [(TO_LIVE.0, Value::text(TO_LIVE.1)), ("objectEncoding", Value::Number(encoding))];
        desk.command(0, &connect(&fields));
        let answer = desk.last_command();
        assert_eq!(answer.values[1].find("objectEncoding"), Some(&Value::Number(encoding)));
        assert_eq!(answer.values[1].find("videoFourCcInfoMap"), None);
    }
}

#[test]
fn amf3_wrapped_commands_are_understood() {
    let mut desk = Desk::greeted();
    let wrapped = [&[0][..], &to("live").write()].concat();
    desk.message(message::COMMAND_AMF3, 0, 0, &wrapped);
    assert_eq!(desk.heard().last().unwrap(), "_result 1 NetConnection.Connect.Success");
    // Values behind the switch byte 0x11 are AMF3: here null and a text.
    let create = b"\0\x02\0\x0CcreateStream\0\x40\0\0\0\0\0\0\0\x11\x01";
    desk.message(message::COMMAND_AMF3, 0, 0, create);
    assert_eq!(desk.heard(), ["_result 2"]);
    let publish = b"\0\x02\0\x07publish\0\x40\x08\0\0\0\0\0\0\x05\x11\x06\x03s\x02\0\x04live";
    desk.message(message::COMMAND_AMF3, 1, 0, publish);
    assert_eq!(desk.heard(), ["onStatus@1 NetStream.Publish.Start"]);
    assert_eq!(desk.request().key.as_str(), "live/s");
}

#[test]
fn enhanced_clients_hear_what_we_can() {
    let wants = [
        ("fourCcList", Value::StrictArray(vec![Value::text("*")])),
        ("capsEx", Value::Number(1.0)),
        ("videoFourCcInfoMap", Value::object([("hvc1", Value::Number(1.0))])),
    ];
    for want in wants {
        let mut desk = Desk::greeted();
        desk.command(0, &connect(&[(TO_LIVE.0, Value::text(TO_LIVE.1)), want]));
        let answer = desk.last_command();
        for object in &answer.values {
            assert_eq!(object.find("capsEx"), Some(&Value::Number(14.0)));
            let pictures = object.find("videoFourCcInfoMap").unwrap();
            assert_eq!(pictures.find("av01"), Some(&Value::Number(4.0)));
            assert!(object.find("audioFourCcInfoMap").unwrap().find("Opus").is_some());
        }
    }
}

#[test]
fn a_wrong_app_is_rejected_in_words() {
    for (app, word) in [("abc", "app 'abc' does not exist"), ("", "app ''")] {
        let mut desk = Desk::greeted();
        desk.command(0, &to(app));
        let answer = desk.last_command();
        assert_eq!((&*answer.name, answer.transaction), ("_error", 1.0));
        assert_eq!(answer.code(), Some("NetConnection.Connect.Rejected"));
        assert!(answer.is_bad_news());
        assert!(answer.description().unwrap().contains(word));
        assert!(matches!(&desk.end, Some(Ok(Close::Error(Error::Refused(Refusal::UnknownApp(_)))))));
        // Nothing more is listened to.
        desk.heard();
        desk.command(0, &to("live"));
        assert_eq!(desk.heard(), [""; 0]);
    }
}

#[test]
fn what_must_not_happen() {
    let mut desk = Desk::greeted();
    desk.command(0, &call("createStream", 2.0, []));
    assert!(desk.error().contains("command 'createStream' before 'connect'"));
    let mut desk = Desk::connected();
    desk.command(0, &to("live"));
    assert!(desk.error().contains("Connected must not happen while Idle"), "{}", desk.error());
    for payload in [&b"\x05"[..], b"\0\0\0", b"", b"\x02\0\x09a"] {
        let mut desk = Desk::connected();
        desk.message(message::COMMAND, 0, 0, payload);
        assert!(desk.error().starts_with("malformed: "), "{}", desk.error());
    }
}

#[test]
fn other_protocols_are_named() {
    for (hello, word) in [(&b"GET / HTTP/1.1\r\n"[..], "HTTP"), (b"\x16\x03\x01", "TLS"), (b"\xFF", "0xff")] {
        let mut desk = Desk::new();
        desk.bytes(hello);
        assert!(desk.error().contains(word), "{}", desk.error());
    }
}

#[test]
fn those_who_say_nothing_are_closed() {
    let mut silent = Desk::new();
    silent.pass(9_999);
    assert_eq!(silent.end, None);
    silent.pass(1);
    assert_eq!(silent.end, Some(Err(Error::TimedOut("handshake and connect"))));
    let mut greeted = Desk::greeted();
    greeted.pass(10_000);
    assert_eq!(greeted.end, Some(Err(Error::TimedOut("handshake and connect"))));
    let mut idle = Desk::connected();
    idle.pass(59_000);
    assert_eq!(idle.end, None);
    idle.pass(2_000);
    assert_eq!(idle.end, Some(Err(Error::TimedOut("publish or play"))));
}

#[test]
fn long_messages_are_for_publishers() {
    let mut desk = Desk::connected();
    desk.message(message::DATA, 0, 0, &vec![0; 65_537]);
    assert!(desk.error().contains("65537 bytes long, at most 65536"), "{}", desk.error());
    let mut desk = Desk::publishing();
    desk.message(message::DATA, 1, 0, &vec![5; 100_000]);
    assert_eq!(desk.end, None);
}

#[test]
fn acknowledgements_are_sent_each_time_the_window_went_by() {
    let mut desk = Desk::connected();
    desk.message(message::WINDOW_SIZE, 0, 0, &10_000_u32.to_be_bytes());
    for _ in 0..10 {
        desk.message(message::ABORT, 0, 0, &[0; 2988]); // 3000 bytes less the chunk headers that are counted too
    }
    let heard = desk.heard();
    assert_eq!(heard, ["control 3 10000", "control 3 20000", "control 3 30000"], "{heard:?}");
    // Those who want one for each byte do not get it.
    desk.message(message::WINDOW_SIZE, 0, 0, &1_u32.to_be_bytes());
    desk.message(message::ABORT, 0, 0, &[0; 3000]);
    assert!(desk.heard().len() <= 1);
}

#[test]
fn pings_are_answered_and_other_events_taken() {
    let mut desk = Desk::connected();
    desk.message(message::USER_CONTROL, 0, 0, b"\0\x06\x01\x02\x03\x04");
    assert_eq!(desk.heard(), ["event 7 16909060"]);
    desk.message(message::USER_CONTROL, 0, 0, b"\0\x03\0\0\0\x01\0\0\x0B\xB8"); // SetBufferLength
    desk.message(message::PEER_BANDWIDTH, 0, 0, b"\0\0\0\0\x02");
    desk.message(message::ACKNOWLEDGEMENT, 0, 0, b"\0\0\0\0");
    desk.message(16, 0, 0, b"shared object");
    desk.message(19, 0, 0, b"shared object");
    desk.message(99, 0, 0, b"?");
    assert_eq!(desk.heard(), [""; 0]);
    assert_eq!(desk.end, None);
    desk.message(message::SET_CHUNK_SIZE, 0, 0, b"\0\x01");
    assert!(desk.error().contains("Set Chunk Size has 2 bytes, expected 4"));
}

#[test]
fn the_server_goes_down() {
    for mut desk in [Desk::new(), Desk::greeted()] {
        desk.tell(Input::Shutdown);
        assert_eq!(desk.heard(), [""; 0]);
        assert_eq!(desk.end, Some(Ok(Close::Shutdown)));
    }
    let mut desk = Desk::connected();
    desk.tell(Input::Shutdown);
    assert_eq!(desk.heard(), ["onStatus@0 NetConnection.Connect.AppShutdown"]);
}

#[test]
fn the_chunk_size_is_as_configured() {
    let mut desk = Desk::with(Settings { chunk_size: 128, ..Settings::default() });
    desk.bytes(&hello());
    desk.command(0, &to("live"));
    assert_eq!(desk.heard()[2..], ["control 1 128", "_result 1 NetConnection.Connect.Success"]);
}
