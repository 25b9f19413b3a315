//! Marks of forwarded streams.

use std::time::Duration;

use super::*;
use crate::request::StreamKey;

fn request(agent: &str, params: &str) -> Request {
    Request {
        vhost: "".into(),
        key: StreamKey::new("live", "a").unwrap(),
        params: params.into(),
        protocol: "rtmp",
        agent: agent.into(),
        patience: Duration::ZERO,
    }
}

#[test]
fn a_mark_grows_from_server_to_server() {
    let first = request("OBS Studio", "token=1");
    assert!(passed(&first).is_empty());
    let mark_of_one = mark(&first, 1);
    assert_eq!(mark_of_one, "00000001");
    let second = request(&format!("smart_rtmpd via {mark_of_one})"), "");
    assert_eq!(mark(&second, 0xABCD), "00000001.0000abcd");
    let third = request("libsrt 1.5.4", "x=1&via=00000001.0000abcd&y=2");
    assert_eq!(passed(&third), [1, 0xABCD]);
    assert!(check_route(&third, 2).is_ok());
    assert!(check_route(&third, 0).is_ok());
    assert_eq!(check_route(&third, 0xABCD), Err(Refusal::Looped("live/a".into())));
}

#[test]
fn other_texts_are_no_marks() {
    for text in ["via", "via ", "via x", "arrived via the net", "via 0000000g", "via 000000\u{e9}\u{e9}"] {
        assert!(passed(&request(text, "")).is_empty(), "{text}");
    }
}

#[test]
fn the_way_is_not_endless() {
    let ids: Vec<String> = (1..=20).map(|id: u32| format!("{id:08x}")).collect();
    let agent = |n: usize| format!("via {}", ids.get(..n).unwrap().join("."));
    assert!(check_route(&request(&agent(MAX_HOPS), ""), 99).is_ok());
    assert!(check_route(&request(&agent(MAX_HOPS + 1), ""), 99).is_err());
    assert_eq!(passed(&request(&agent(20), "")).len(), MAX_HOPS + 1);
}
