//! Our clients against our server: a camera's host publishes to a server, and another host plays from there.

mod datagrams;
mod inside;
mod weather;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rtmpd_core::{Dice, WallClock};

use super::judge::{Judged, judge};
use super::world::{HostId, Scene, Seen, WireId, World, wish};
use crate::rtsp::Settings;
use crate::rtsp::client::{RtspPlayer, RtspPublisher, Target, Transport};

/// A camera's host, a server, and a host that plays.
pub(super) struct Stage {
    pub(super) world: World,
    pub(super) camera: HostId,
    pub(super) server: HostId,
    pub(super) viewer: HostId,
}

impl Stage {
    pub(super) fn new(seed: u64) -> Self {
        Self::with(seed, &Settings::default())
    }

    pub(super) fn with(seed: u64, settings: &Settings) -> Self {
        let mut world = World::new(seed);
        let plain = Settings::default();
        let [camera, server, viewer] = [&plain, settings, &plain].map(|settings| world.host(1, settings));
        Self { world, camera, server, viewer }
    }

    pub(super) fn target(&self, name: &str, transport: Transport) -> Target {
        let server = self.world.address(self.server);
        let target = Target::new(&format!("rtsp://{server}/live/{name}"), server);
        Target { transport, ..target }
    }

    /// The camera's host publishes `live/NAME` on the server.
    pub(super) fn publish(&mut self, name: &str, transport: Transport) -> (WireId, Arc<Mutex<Seen>>) {
        self.publish_to(self.target(name, transport), name)
    }

    pub(super) fn publish_to(&mut self, target: Target, name: &str) -> (WireId, Arc<Mutex<Seen>>) {
        let publisher = RtspPublisher::new(self.world.now, target, wish(name), WallClock::default());
        self.world.connect(self.camera, self.server, publisher)
    }

    /// The viewer's host plays `live/NAME` from the server.
    pub(super) fn play(&mut self, name: &str, transport: Transport) -> (WireId, Arc<Mutex<Seen>>) {
        self.play_from(self.target(name, transport), name)
    }

    pub(super) fn play_from(&mut self, target: Target, name: &str) -> (WireId, Arc<Mutex<Seen>>) {
        let player = RtspPlayer::new(self.world.now, target, wish(name), Settings::default(), Dice::new(77));
        self.world.connect(self.viewer, self.server, player)
    }

    pub(super) fn pass_ms(&mut self, millis: u64) {
        self.world.pass(Duration::from_millis(millis));
    }

    /// A scene of so many seconds goes from the camera to the viewer; what came in at the server and at the viewer.
    pub(super) fn relay(&mut self, scene: &Scene, ways: [Transport; 2]) -> [Judged; 2] {
        let seconds = scene.frames.last().unwrap().0.as_secs() + 1;
        self.world.camera(self.camera, "cam", scene);
        self.publish("cam", ways[0]);
        self.pass_ms(200);
        let (_, viewed) = self.play("cam", ways[1]);
        self.world.pass(Duration::from_secs(seconds));
        let served = self.world.served(self.server, 0);
        [&served, &viewed].map(|seen| judge(scene, &seen.lock().unwrap()))
    }
}
