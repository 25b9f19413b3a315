//! `connect`: who the client is, where it wants to go, what it can take.
//!
//! Specs: RTMP 1.0 §7.2.1.1; Enhanced RTMP v2, "Enhancing NetConnection connect Command".

use std::sync::Arc;

use bytes::BytesMut;
use rtmpd_core::policy::check_app;
use rtmpd_core::{Error, Instant};

use super::super::command::Command;
use super::super::message;
use super::super::url::Place;
use super::state::Step;
use super::{LOITER, RtmpServer};
use crate::amf::Value;

/// Bytes after which we want an acknowledgement, and the bandwidth we offer: what servers have always said.
const WINDOW: u32 = 5_000_000;
/// Set Peer Bandwidth limit type: dynamic.
const DYNAMIC: u8 = 2;
/// Longest client name kept, in bytes.
const MAX_AGENT: usize = 128;

/// `capsEx`: several tracks of a kind.
const CAN_MULTITRACK: u32 = 0x02;
/// `capsEx`: message extensions.
const CAN_MODEX: u32 = 0x04;
/// `capsEx`: times finer than ms.
const CAN_NANOSECONDS: u32 = 0x08;
/// `videoFourCcInfoMap`: passes it on without decoding.
const CAN_FORWARD: f64 = 4.0;

const VIDEO_CODECS: [&str; 5] = ["avc1", "hvc1", "av01", "vp09", "vp08"];
const AUDIO_CODECS: [&str; 6] = ["mp4a", "Opus", "fLaC", "ac-3", "ec-3", ".mp3"];

/// What `connect` said.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) place: Place,
    /// `flashVer`.
    pub(super) agent: Arc<str>,
    /// Takes several tracks of a kind.
    pub(super) multitrack: bool,
}

impl RtmpServer {
    pub(super) fn connect(&mut self, now: Instant, command: &Command) -> Result<(), Error> {
        let object = command.values.first().unwrap_or(&Value::Null);
        let text = |name: &str| object.find(name).and_then(Value::as_text).map(|text| &**text);
        let place = Place::new(text("app"), text("tcUrl"));
        let agent = text("flashVer").unwrap_or_default();
        let agent = agent.get(..agent.floor_char_boundary(MAX_AGENT)).unwrap_or_default().into();
        let caps_ex = object.find("capsEx").and_then(Value::as_number).unwrap_or_default() as u32;
        self.greet();
        if let Err(refusal) = check_app(&place.app) {
            let code = "NetConnection.Connect.Rejected";
            self.send(0, &Command::error(command.transaction, code, &refusal.to_string()));
            self.refuse(refusal);
            return Ok(());
        }
        let enhanced = ["fourCcList", "videoFourCcInfoMap", "audioFourCcInfoMap", "capsEx"]
            .iter()
            .any(|name| object.find(name).is_some());
        let encoding = object.find("objectEncoding").and_then(Value::as_number).unwrap_or_default();
        self.step(Step::Connected)?;
        self.send(0, &accepted(command.transaction, encoding, enhanced));
        self.client = Some(Box::new(Client { place, agent, multitrack: caps_ex & CAN_MULTITRACK != 0 }));
        self.active_at = now;
        self.give_up_at = now + LOITER;
        Ok(())
    }

    /// What comes before the answer: our window, bandwidth and chunk size.
    fn greet(&mut self) {
        let mut out = BytesMut::new();
        message::put_number(&mut out, message::WINDOW_SIZE, WINDOW);
        let [a, b, c, d] = WINDOW.to_be_bytes();
        message::put_control(&mut out, message::PEER_BANDWIDTH, &[a, b, c, d, DYNAMIC]);
        message::put_number(&mut out, message::SET_CHUNK_SIZE, self.settings.chunk_size);
        self.transmit(out.freeze());
    }
}

fn accepted(transaction: f64, encoding: f64, enhanced: bool) -> Command {
    let mut properties = vec![
        field("fmsVer", Value::text("FMS/3,0,1,123")),
        field("capabilities", Value::Number(31.0)),
        field("mode", Value::Number(1.0)),
    ];
    let mut information = vec![
        field("level", Value::text("status")),
        field("code", Value::text("NetConnection.Connect.Success")),
        field("description", Value::text("Connection succeeded.")),
        field("objectEncoding", Value::Number(encoding)),
    ];
    if enhanced {
        // The spec's text says one place and its examples another: clients look in either.
        properties.extend(capabilities());
        information.extend(capabilities());
    }
    Command::result(transaction, [Value::Object(properties), Value::Object(information)])
}

fn capabilities() -> [(Arc<str>, Value); 4] {
    let list = VIDEO_CODECS.iter().chain(&AUDIO_CODECS).map(|fourcc| Value::text(*fourcc)).collect();
    let caps = CAN_MULTITRACK | CAN_MODEX | CAN_NANOSECONDS;
    [
        field("capsEx", Value::Number(caps.into())),
        field("fourCcList", Value::StrictArray(list)),
        field("videoFourCcInfoMap", forwards(&VIDEO_CODECS)),
        field("audioFourCcInfoMap", forwards(&AUDIO_CODECS)),
    ]
}

fn forwards(codecs: &[&str]) -> Value {
    Value::Object(codecs.iter().map(|fourcc| field(fourcc, Value::Number(CAN_FORWARD))).collect())
}

fn field(name: &str, value: Value) -> (Arc<str>, Value) {
    (name.into(), value)
}
