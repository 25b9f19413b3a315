//! Media by datagrams, when the weather is fine.

use super::super::judge::assert_decoding_times;
use super::super::world::{Flight, Scene};
use super::*;

const UDP: Transport = Transport::Udp;
const TCP: Transport = Transport::Tcp;

#[test]
fn everything_comes_through() {
    let scene = Scene::new(3);
    for ways in [[UDP, UDP], [UDP, TCP], [TCP, UDP]] {
        let mut stage = Stage::new(1);
        let [served, viewed] = stage.relay(&scene, ways);
        assert_eq!((served.pictures, served.sounds, served.resumed), (75, 140, 0), "{ways:?}");
        assert_eq!((viewed.pictures, viewed.sounds, viewed.resumed), (75, 138, 0), "{ways:?}");
        assert_decoding_times(&scene, &stage.world.served(stage.server, 0).lock().unwrap());
        let totals = stage.world.hosts[stage.server].hub.totals();
        assert_eq!((totals.packets_lost, totals.units_dropped, totals.datagrams_dropped), (0, 0, 0));
    }
}

#[test]
fn sockets_are_taken_and_given_back() {
    let scene = Scene::new(9);
    let mut stage = Stage::new(1);
    stage.world.camera(stage.camera, "cam", &scene);
    let (published, _) = stage.publish("cam", UDP);
    stage.pass_ms(500);
    assert_eq!((stage.world.pairs(stage.camera), stage.world.pairs(stage.server)), (2, 2));
    let (played, _) = stage.play("cam", UDP);
    stage.pass_ms(500);
    assert_eq!(stage.world.pairs(stage.viewer), 2);
    assert_eq!(stage.world.pairs(stage.server), 2, "players share a pair");
    stage.world.network.hang_up(played);
    stage.world.network.hang_up(published);
    stage.pass_ms(500);
    assert_eq!(stage.world.pairs(stage.server), 0);
    assert_eq!(stage.world.connections(stage.server), 0);
}

#[test]
fn a_server_without_sockets_says_so() {
    let scene = Scene::new(2);
    let mut stage = Stage::new(1);
    stage.world.hosts[stage.server].most_pairs = 1;
    stage.world.camera(stage.camera, "cam", &scene);
    let (_, publishes) = stage.publish("cam", UDP);
    stage.pass_ms(500);
    let end = publishes.lock().unwrap().end.clone().unwrap();
    assert!(end.contains("answered 453 to SETUP"), "{end}");
    assert_eq!((stage.world.pairs(stage.server), stage.world.connections(stage.server)), (0, 0));
}

#[test]
fn strangers_are_not_heard() {
    let scene = Scene::new(3);
    let mut stage = Stage::new(1);
    stage.world.camera(stage.camera, "cam", &scene);
    stage.publish("cam", UDP);
    stage.pass_ms(100);
    stage.play("cam", UDP);
    let server = stage.world.address(stage.server).ip();
    for n in 0..280_u16 {
        // A stranger speaks to each socket, in RTP that looks like the publisher's, in RTCP, and in nothing.
        for port in [20_000, 20_001, 20_002, 20_003, 6000, 6001] {
            let header = crate::rtp::Header { payload_type: 96, sequence: n, ssrc: 5, ..Default::default() };
            for data in
                [[&header.write()[..], &[0x65; 500]].concat(), vec![0x80, 203, 0, 1, 0, 0, 0, 5], vec![]]
            {
                let from = ([192, 0, 2, 66], 1000 + n).into();
                stage.world.network.launch(stage.world.now, Flight { from, to: (server, port).into(), data });
            }
        }
        stage.pass_ms(10);
    }
    stage.pass_ms(500);
    let served = stage.world.served(stage.server, 0);
    assert_eq!(judge(&scene, &served.lock().unwrap()), Judged { pictures: 75, sounds: 140, resumed: 0 });
    let totals = stage.world.hosts[stage.server].hub.totals();
    assert_eq!((totals.packets_lost, totals.packets_doubled, totals.units_dropped), (0, 0, 0));
    assert!(totals.datagrams_stray > 0);
}
