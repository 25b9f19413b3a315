//! Frames cross from the publisher's worker to the players' workers.

use rtmpd_netloop::Settings;

use crate::harness::{Client, start_with};

#[test]
fn players_on_all_workers_get_every_frame() {
    let (_server, addr) = start_with(Settings { threads: 3, share_ports: false, ..Settings::default() });
    let mut publisher = Client::connect(addr);
    assert_eq!(publisher.ask("publish cross"), "publishing");
    publisher.send("frame first");
    let mut players: Vec<_> = (0..30).map(|_| Client::connect(addr)).collect();
    for player in &mut players {
        assert_eq!(player.ask("play cross"), "playing");
        assert_eq!(player.line(), "first");
    }
    for round in 0..50 {
        publisher.send(&format!("frame {round}"));
        for player in &mut players {
            assert_eq!(player.line(), round.to_string());
        }
    }
}

#[test]
fn a_player_that_waits_is_served_when_the_publisher_comes() {
    let (_server, addr) = start_with(Settings { threads: 2, share_ports: false, ..Settings::default() });
    let mut players: Vec<_> = (0..4).map(|_| Client::connect(addr)).collect();
    players.iter_mut().for_each(|player| player.send("play later"));
    let mut publisher = Client::connect(addr);
    assert_eq!(publisher.ask("publish later"), "publishing");
    publisher.send("frame now");
    for player in &mut players {
        assert_eq!((player.line(), player.line()), ("playing".into(), "now".into()));
    }
}
