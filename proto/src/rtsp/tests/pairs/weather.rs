//! Media by datagrams, on networks that lose, double and reorder them.

use super::super::judge::judge_within;
use super::super::world::{Scene, Weather};
use super::*;

const UDP: Transport = Transport::Udp;
const TCP: Transport = Transport::Tcp;
/// Where reports are lost, pictures and sound are together as their packets came.
const LOOSE: Duration = Duration::from_millis(100);

/// What came of a scene at the server and at a player, with datagrams on the ways that have them.
fn through(seed: u64, weather: Weather, scene: &Scene, ways: [Transport; 2]) -> (Stage, [Judged; 2]) {
    let mut stage = Stage::new(seed);
    stage.world.network.weather = weather;
    stage.world.camera(stage.camera, "cam", scene);
    stage.publish("cam", ways[0]);
    stage.pass_ms(1500);
    let (_, viewed) = stage.play("cam", ways[1]);
    stage.world.pass(scene.frames.last().unwrap().0);
    let served = stage.world.served(stage.server, 0);
    let judged = [served, viewed].map(|seen| judge_within(scene, &seen.lock().unwrap(), LOOSE));
    (stage, judged)
}

#[test]
fn disorder_costs_nothing() {
    let scene = Scene::new(6);
    for seed in 1..6 {
        let weather = Weather { lost: 0, doubled: 50, overtaken: 200 };
        let (stage, [served, viewed]) = through(seed, weather, &scene, [UDP, UDP]);
        // When the very first packet is overtaken, nobody waits for it: it begins a keyframe later.
        assert_eq!((served.sounds, served.resumed), (281, 0), "{seed}");
        assert!(matches!(served.pictures, 125 | 150), "{seed}: {served:?}");
        assert!(matches!((viewed.pictures, viewed.resumed), (100 | 125, 0)), "{seed}: {viewed:?}");
        let totals = stage.world.hosts[stage.server].hub.totals();
        assert!(totals.packets_doubled > 10, "{totals:?}");
        assert_eq!(totals.packets_lost, 0, "{seed}");
        assert!(totals.packets_late <= 5 && totals.units_dropped <= 25, "only at the beginning: {totals:?}");
    }
}

#[test]
fn what_is_lost_on_the_way_in_is_left_out_and_counted() {
    let scene = Scene::new(10);
    for (seed, lost) in [(1, 10), (2, 50), (3, 100), (4, 10), (5, 50), (6, 100)] {
        let weather = Weather { lost, doubled: 10, overtaken: 50 };
        let (stage, [served, viewed]) = through(seed, weather, &scene, [UDP, TCP]);
        assert!(served.pictures < 250 && served.resumed > 0, "{seed}: {served:?}");
        assert!(served.pictures > 0 && served.sounds > 300, "{seed}: {served:?}");
        // What the server has, its player gets whole.
        assert!(viewed.pictures <= served.pictures && viewed.sounds <= served.sounds);
        assert!(viewed.pictures + 30 >= served.pictures, "{seed}: {served:?} {viewed:?}");
        let totals = stage.world.hosts[stage.server].hub.totals();
        let astray = stage.world.network.lost;
        assert!(totals.packets_lost > 0 && totals.packets_lost <= astray, "{seed}: {totals:?} of {astray}");
        assert!(totals.packets_lost + 20 >= astray, "reports are few: {totals:?} of {astray}");
        assert!(totals.units_dropped > 0 && totals.packets_doubled > 0, "{totals:?}");
    }
}

#[test]
fn what_is_lost_on_the_way_out_is_left_out_by_players() {
    let scene = Scene::new(10);
    for (seed, lost) in [(1, 10), (2, 50), (3, 100)] {
        let weather = Weather { lost, doubled: 10, overtaken: 50 };
        let (stage, [served, viewed]) = through(seed, weather, &scene, [TCP, UDP]);
        assert_eq!(served, Judged { pictures: 250, sounds: 468, resumed: 0 });
        assert!(viewed.pictures < 225 && viewed.resumed > 0, "{seed}: {viewed:?}");
        assert!(viewed.pictures > 0 && viewed.sounds > 250, "{seed}: {viewed:?}");
        let totals = stage.world.hosts[stage.viewer].hub.totals();
        assert!(totals.packets_lost > 0 && totals.units_dropped > 0, "{totals:?}");
        assert_eq!(stage.world.hosts[stage.server].hub.totals().packets_lost, 0);
    }
}

#[test]
fn a_network_that_is_away_for_a_while_comes_back() {
    let scene = Scene::new(12);
    let mut stage = Stage::new(1);
    stage.world.camera(stage.camera, "cam", &scene);
    stage.publish("cam", UDP);
    stage.pass_ms(3000);
    stage.world.network.weather = Weather { lost: 1000, ..Weather::default() };
    stage.pass_ms(4000);
    stage.world.network.weather = Weather::default();
    stage.pass_ms(6000);
    let served = stage.world.served(stage.server, 0);
    let judged = judge(&scene, &served.lock().unwrap());
    assert_eq!(judged.resumed, 1);
    assert!((170..=200).contains(&judged.pictures) && judged.sounds > 360, "{judged:?}");
}
