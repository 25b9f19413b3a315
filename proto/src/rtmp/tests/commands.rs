//! Every command that needs no media.

use super::desk::{Desk, call, play, publish};
use crate::amf::Value;
use crate::rtmp::command::Command;

/// What is heard after `command` on a connection that is idle.
fn heard(stream: u32, command: &Command) -> Vec<String> {
    let mut desk = Desk::connected();
    desk.command(stream, command);
    assert_eq!(desk.end, None);
    desk.heard()
}

fn name() -> [Value; 1] {
    [Value::text("s")]
}

#[test]
fn commands_and_their_answers() {
    let cases: [(Command, &[&str]); 16] = [
        (call("releaseStream", 2.0, name()), &["_result 2"]),
        (call("FCPublish", 3.0, name()), &["onFCPublish@0 NetStream.Publish.Start", "_result 3"]),
        (call("FCUnpublish", 3.0, name()), &["onFCUnpublish@0 NetStream.Unpublish.Success", "_result 3"]),
        (call("FCSubscribe", 3.0, name()), &["onFCSubscribe@0 NetStream.Play.Start", "_result 3"]),
        (call("FCUnsubscribe", 3.0, name()), &["_result 3"]),
        (call("createStream", 4.0, []), &["_result 4"]),
        (call("_checkbw", 5.0, []), &["_result 5"]),
        (call("checkBandwidth", 5.0, []), &["_result 5"]),
        (call("getStreamLength", 6.0, name()), &["_result 6"]),
        (call("set_playlist", 7.0, []), &["_result 7"]),
        (call("set_playlist", 0.0, []), &[]),
        (call("play2", 8.0, []), &["_error 8 NetStream.Play.Failed"]),
        (call("pause", 9.0, [Value::Bool(true)]), &["_error 9 NetStream.Failed"]),
        (call("deleteStream", 0.0, [Value::Number(1.0)]), &[]),
        (call("closeStream", 0.0, []), &[]),
        (call("receiveVideo", 0.0, [Value::Bool(false)]), &[]),
    ];
    for (command, expected) in cases {
        assert_eq!(heard(0, &command), expected, "{}", command.name);
    }
    assert_eq!(heard(1, &call("seek", 0.0, [Value::Number(9.0)])), ["onStatus@1 NetStream.Seek.Failed"]);
    for answer in ["_result", "_error", "onStatus", "onBWDone"] {
        assert_eq!(heard(0, &call(answer, 0.0, [])), [""; 0]);
    }
}

#[test]
fn streams_are_numbered() {
    let mut desk = Desk::connected();
    for number in 1..=1024 {
        desk.command(0, &call("createStream", 4.0, []));
        assert_eq!(desk.last_command().number(0), Some(f64::from(number)));
    }
    desk.command(0, &call("createStream", 4.0, []));
    assert_eq!(desk.last_command().code(), Some("NetConnection.Call.Failed"));
    assert_eq!(desk.end, None);
}

#[test]
fn a_length_is_a_number() {
    let mut desk = Desk::connected();
    desk.command(0, &call("getStreamLength", 6.0, name()));
    assert_eq!(desk.last_command().values, [Value::Null, Value::Number(0.0)]);
}

#[test]
fn a_command_without_a_transaction_id() {
    let mut desk = Desk::connected();
    desk.message(20, 1, 0, b"\x02\0\x04play\x05\x02\0\x01s");
    assert_eq!(desk.said(), ["play live/s as rtmp"]);
}

#[test]
fn one_connection_does_one_thing_at_a_time() {
    let mut desk = Desk::publishing();
    desk.command(1, &publish("s"));
    assert_eq!((desk.heard().len(), desk.said().len(), &desk.end), (0, 0, &None), "said twice");
    desk.command(2, &publish("other"));
    assert!(desk.error().contains("Publish(2) must not happen while Publishing(1)"), "{}", desk.error());
    let mut desk = Desk::publishing();
    desk.command(2, &play("other"));
    assert!(desk.error().contains("Play(2) must not happen while Publishing(1)"), "{}", desk.error());
    let mut desk = Desk::playing();
    desk.command(1, &publish("mine"));
    assert_eq!(desk.said(), ["stop", "publish live/mine"]);
    assert_eq!(desk.heard(), ["onStatus@1 NetStream.Publish.Start"]);
}

#[test]
fn a_connection_may_be_used_again() {
    let mut desk = Desk::publishing();
    desk.command(1, &call("FCUnpublish", 6.0, name()));
    assert_eq!(
        desk.heard(),
        [
            "onStatus@1 NetStream.Unpublish.Success",
            "onFCUnpublish@0 NetStream.Unpublish.Success",
            "_result 6"
        ]
    );
    desk.command(0, &call("deleteStream", 7.0, [Value::Number(1.0)]));
    assert_eq!(desk.said(), ["stop"], "once is enough");
    desk.command(2, &publish("next"));
    desk.command(2, &call("closeStream", 0.0, []));
    desk.command(3, &play("other"));
    desk.command(0, &call("deleteStream", 0.0, [Value::Number(2.0)]));
    desk.command(0, &call("deleteStream", 0.0, [Value::Number(3.0)]));
    assert_eq!(desk.said(), ["stop", "publish live/next", "stop", "play live/other as rtmp", "stop"]);
    assert_eq!(desk.end, None);
}
