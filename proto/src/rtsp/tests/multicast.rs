//! One sender for all who want a stream by multicast.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use super::caller::Caller;
use super::world::{Scene, WireId};
use crate::rtp::rtcp::{Compound, Message};
use crate::rtsp::{Casts, Multicast, Settings};

const MULTICAST: &str = "RTP/AVP;multicast";

fn caller() -> Caller {
    let multicast = Multicast { group: Ipv4Addr::new(239, 1, 2, 3), port: 7000, ttl: 5 };
    Caller::with(&Settings { multicast: Some(Arc::new(Casts::new(multicast))), ..Settings::default() })
        .filmed()
}

/// Where datagrams for groups went, since this was last asked.
fn cast(caller: &mut Caller) -> Vec<SocketAddr> {
    let astray = std::mem::take(&mut caller.world.network.astray);
    astray.iter().filter(|flight| flight.to.ip().is_multicast()).map(|flight| flight.to).collect()
}

/// Joins with both tracks and plays.
fn join(caller: &mut Caller, path: &str) {
    for track in 0..2 {
        assert_eq!(caller.set_up(&format!("{path}/trackID={track}"), MULTICAST).status, 200);
    }
    assert_eq!(caller.status("PLAY", path), 200);
}

/// Another client takes the caller's place; gives the one before.
fn another(caller: &mut Caller) -> WireId {
    let wire = caller.world.call(caller.server, 1, caller.from);
    std::mem::replace(&mut caller.wire, wire)
}

#[test]
fn a_group_gets_what_somebody_wants() {
    let mut caller = caller();
    caller.pass_ms(2000);
    assert_eq!(cast(&mut caller), [], "nobody wants it");
    let answer = caller.set_up("cam/trackID=0", MULTICAST);
    let transport = answer.header("Transport").unwrap();
    for part in ["multicast", "destination=239.1.2.3", "port=7000-7001", "ttl=5"] {
        assert!(transport.contains(part), "{transport}");
    }
    join(&mut caller, "cam");
    caller.pass_ms(3000);
    let ports: Vec<u16> = cast(&mut caller).iter().map(SocketAddr::port).collect();
    assert!((7000..7004).all(|port| ports.contains(&port)), "media and reports of both tracks");
    let first = another(&mut caller);
    join(&mut caller, "cam");
    cast(&mut caller);
    caller.pass_ms(1000);
    let both = cast(&mut caller).len();
    caller.world.network.hang_up(first);
    caller.pass_ms(1000);
    cast(&mut caller);
    caller.pass_ms(1000);
    let one = cast(&mut caller).len();
    assert!(both > 50 && both.abs_diff(one) < 20, "it is sent once: {both}, {one}");
    assert_eq!(caller.status("TEARDOWN", "cam"), 200);
    caller.pass_ms(1000);
    cast(&mut caller);
    caller.pass_ms(1000);
    assert_eq!(cast(&mut caller), [], "nobody wants it any more");
    assert_eq!(caller.world.pairs(caller.server), 0);
}

#[test]
fn one_who_comes_right_after_another_has_left() {
    for gap in [300, 700, 1500, 4000] {
        let mut caller = caller();
        join(&mut caller, "cam");
        caller.pass_ms(1300);
        caller.status("TEARDOWN", "cam");
        caller.pass_ms(gap);
        cast(&mut caller);
        join(&mut caller, "cam");
        caller.pass_ms(3000);
        assert!(cast(&mut caller).len() > 100, "after {gap} ms");
    }
}

#[test]
fn each_stream_has_its_group() {
    let mut caller = caller();
    caller.world.camera(caller.server, "other", &Scene::new(30));
    caller.pass_ms(500);
    join(&mut caller, "cam");
    another(&mut caller);
    join(&mut caller, "other");
    caller.pass_ms(2000);
    let groups: Vec<IpAddr> = cast(&mut caller).iter().map(SocketAddr::ip).collect();
    let count = |last| groups.iter().filter(|ip| **ip == IpAddr::V4(Ipv4Addr::new(239, 1, 2, last))).count();
    assert!(count(3) > 50 && count(4) > 50 && count(3) + count(4) == groups.len());
}

#[test]
fn a_group_is_told_of_the_end() {
    let mut caller = caller();
    join(&mut caller, "cam");
    caller.pass_ms(1000);
    caller.status("TEARDOWN", "cam");
    caller.pass_ms(500);
    let astray = &caller.world.network.astray;
    let byes = astray.iter().filter(|flight| flight.to.ip().is_multicast() && flight.to.port() % 2 == 1);
    let byes = byes.filter_map(|flight| Compound::parse(&flight.data).ok());
    let byes =
        byes.flat_map(|compound| compound.messages).filter(|message| matches!(message, Message::Bye(_)));
    assert_eq!(byes.count(), 2);
}

#[test]
fn a_member_has_to_give_signs_of_life() {
    let mut caller = caller();
    join(&mut caller, "cam");
    caller.pass_ms(11_000);
    assert!(caller.is_closed());
}
