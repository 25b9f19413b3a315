//! Players behind address translation, and servers behind it.

use std::net::{IpAddr, SocketAddr};

use super::caller::Caller;
use super::world::Flight;
use crate::rtp::rtcp;
use crate::rtsp::Settings;

const UDP: &str = "RTP/AVP;unicast;client_port=5000-5001";

/// Where the caller's media goes.
fn goes_to(caller: &mut Caller) -> Vec<u16> {
    caller.pass_ms(100);
    caller.world.network.astray.clear();
    caller.pass_ms(1000);
    let mut ports: Vec<u16> = caller.world.network.astray.iter().map(|flight| flight.to.port()).collect();
    ports.dedup();
    ports.retain(|port| port % 2 == 0);
    ports.dedup();
    ports
}

#[test]
fn media_goes_to_where_the_players_packet_came_from() {
    let mut caller = Caller::with(&Settings { follow: true, ..Settings::default() }).filmed();
    let answer = caller.set_up("cam/trackID=0", UDP);
    assert!(answer.header("Transport").unwrap().contains("server_port=20000-20001"), "sockets of its own");
    caller.status("PLAY", "cam");
    assert_eq!(goes_to(&mut caller), [5000]);
    let server = caller.world.address(caller.server).ip();
    let stranger = SocketAddr::from(([192, 0, 2, 8], 61_000));
    let player = SocketAddr::from(([192, 0, 2, 7], 62_000));
    for (from, port) in [(stranger, 5000), (player, 62_000)] {
        let data = rtcp::receiver_report(1, &[], "them").to_vec();
        caller.world.network.launch(caller.world.now, Flight { from, to: (server, 20_000).into(), data });
        assert_eq!(goes_to(&mut caller), [port]);
    }
    assert_eq!(caller.status("TEARDOWN", "cam"), 200);
    assert_eq!(caller.world.pairs(caller.server), 0);
}

#[test]
fn media_stays_where_it_goes_otherwise() {
    let mut caller = Caller::with_camera();
    caller.set_up("cam/trackID=0", UDP);
    caller.status("PLAY", "cam");
    let server = caller.world.address(caller.server).ip();
    let data = rtcp::receiver_report(1, &[], "them").to_vec();
    let from = SocketAddr::from(([192, 0, 2, 7], 62_000));
    caller.world.network.launch(caller.world.now, Flight { from, to: (server, 6000).into(), data });
    assert_eq!(goes_to(&mut caller), [5000]);
}

#[test]
fn players_outside_are_told_the_address_outside() {
    let outside: IpAddr = [203, 0, 113, 5].into();
    let settings = Settings { outside: Some(outside), ..Settings::default() };
    for (from, told) in [([192, 0, 2, 7], true), ([10, 0, 0, 77], false), ([192, 168, 1, 2], false)] {
        let mut caller = Caller::with(&settings).filmed();
        caller.wire = caller.world.call(caller.server, 0, SocketAddr::from((from, 1000)));
        let answer = caller.set_up("cam/trackID=0", UDP);
        let transport = answer.header("Transport").unwrap();
        assert_eq!(transport.contains("source=203.0.113.5"), told, "{from:?}: {transport}");
    }
}
