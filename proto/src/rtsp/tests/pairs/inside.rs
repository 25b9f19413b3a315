//! Media inside the connection.

use rtmpd_core::media::TrackId;

use super::super::judge::assert_decoding_times;
use super::super::world::{Cut, Scene};
use super::*;

const TCP: Transport = Transport::Tcp;

#[test]
fn everything_comes_through_however_it_is_cut() {
    let scene = Scene::new(3);
    for cut in [Cut::Every(usize::MAX), Cut::Every(1), Cut::Anywhere(40), Cut::Anywhere(3000)] {
        let mut stage = Stage::new(1);
        stage.world.network.cut = cut;
        let [served, viewed] = stage.relay(&scene, [TCP, TCP]);
        assert_eq!((served.pictures, served.sounds, served.resumed), (75, 140, 0), "{cut:?}");
        // What sounded before the first keyframe was there is not for those who join later.
        assert_eq!((viewed.pictures, viewed.sounds, viewed.resumed), (75, 138, 0), "{cut:?}");
        assert_decoding_times(&scene, &stage.world.served(stage.server, 0).lock().unwrap());
        let totals = stage.world.hosts[stage.server].hub.totals();
        assert_eq!((totals.packets_lost, totals.units_dropped, totals.faults, totals.bugs), (0, 0, 0, 0));
    }
}

#[test]
fn tracks_arrive_as_they_were_announced() {
    let scene = Scene::new(1);
    let mut stage = Stage::new(1);
    stage.relay(&scene, [TCP, TCP]);
    let seen = stage.world.served(stage.server, 0);
    let seen = seen.lock().unwrap();
    let [tracks] = &seen.tracks[..] else { panic!("{:?}", seen.tracks) };
    for (told, shown) in tracks.tracks.iter().zip(&scene.description.tracks) {
        assert_eq!((told.codec, &told.config), (shown.codec, &shown.config));
        assert_eq!((told.width, told.height), (shown.width, shown.height));
        assert_eq!((told.sample_rate, told.channels), (shown.sample_rate, shown.channels));
    }
}

#[test]
fn one_kind_alone() {
    for (scene, pictures, sounds) in [(Scene::sound(2), 0, 93), (Scene::pictures(2), 50, 0)] {
        let mut stage = Stage::new(1);
        let [served, viewed] = stage.relay(&scene, [TCP, TCP]);
        assert_eq!((served.pictures, served.sounds), (pictures, sounds));
        // Sound begins for a player where it is.
        assert!(viewed.pictures == pictures && viewed.sounds + 15 >= sounds, "{viewed:?}");
    }
}

#[test]
fn one_who_joins_later_begins_with_the_last_keyframe() {
    let scene = Scene::new(5);
    let mut stage = Stage::new(1);
    stage.world.camera(stage.camera, "cam", &scene);
    stage.publish("cam", TCP);
    stage.pass_ms(2500);
    let (_, viewed) = stage.play("cam", TCP);
    stage.pass_ms(3000);
    let viewed = viewed.lock().unwrap();
    assert_eq!(judge(&scene, &viewed), Judged { pictures: 75, sounds: 140, resumed: 0 });
    let shown = scene.by_data();
    let pictures = viewed.frames.iter().map(|(_, frame)| shown[&frame.data[..]]);
    let first = pictures.filter(|frame| frame.track == TrackId(0)).map(|frame| frame.dts).next();
    assert_eq!(first, Some(50 * 3600));
}

#[test]
fn a_farewell_is_heard_at_the_other_end() {
    let scene = Scene::new(20);
    let mut stage = Stage::new(1);
    stage.world.camera(stage.camera, "cam", &scene);
    let (publishes, _) = stage.publish("cam", TCP);
    stage.pass_ms(1000);
    let (_, viewed) = stage.play("cam", TCP);
    stage.pass_ms(1000);
    stage.world.network.hang_up(publishes);
    stage.pass_ms(1000);
    assert_eq!(viewed.lock().unwrap().end, None, "the publisher may return");
    // Half a minute for the return; the player hears nothing for ten seconds of it.
    stage.pass_ms(31_000);
    let end = viewed.lock().unwrap().end.clone().unwrap();
    assert!(end.contains("media from the RTSP server"), "{end}");
    assert_eq!(stage.world.connections(stage.server), 0);
}
