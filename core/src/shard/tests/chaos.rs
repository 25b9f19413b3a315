//! Random publishers and viewers on four shards with small limits: whatever happens, viewers see whole streams and
//! nothing is left behind.

use std::time::Duration;

use super::{Cluster, Link};
use crate::Dice;
use crate::hub::HubSettings;
use crate::media::RingLimits;

const SHARDS: u64 = 4;
const NAMES: u64 = 3;
/// Keyframes are told from others by how long they are.
const KEY: usize = 11;
const OTHER: usize = 10;

struct Publisher {
    link: Link,
    dts: i64,
    frames: u64,
}

struct Viewer {
    link: Link,
    paused: bool,
    seen: Seen,
}

/// What a viewer has been given so far.
#[derive(Default)]
struct Seen {
    text: String,
    revision: u32,
    started: bool,
    dts: i64,
    /// The next packet must be a keyframe.
    wants_key: bool,
}

struct Chaos {
    cluster: Cluster,
    dice: Dice,
    publishers: Vec<Publisher>,
    viewers: Vec<Viewer>,
}

impl Chaos {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let ring =
            RingLimits { max_bytes: 2000, max_lag: Duration::from_millis(800), ..RingLimits::default() };
        let settings = HubSettings {
            shards: SHARDS as u16,
            ring,
            hold: Duration::from_secs(3),
            max_queue: 100,
            stall: Duration::from_secs(5),
            linger: Duration::from_secs(1),
            elapse: Duration::from_millis(if dice.next_u64().is_multiple_of(2) { 0 } else { 50 }),
            ..HubSettings::default()
        };
        let cluster = Cluster::with(settings, seed);
        Self { cluster, dice, publishers: Vec::new(), viewers: Vec::new() }
    }

    fn roll(&mut self, sides: u64) -> u64 {
        self.dice.next_u64() % sides
    }

    fn pick(&mut self, length: usize) -> Option<usize> {
        (length > 0).then(|| usize::try_from(self.roll(length as u64)).unwrap())
    }

    fn open(&mut self) -> Link {
        let shard = usize::try_from(self.roll(SHARDS)).unwrap();
        self.cluster.open(shard)
    }

    fn turn(&mut self) {
        match self.roll(20) {
            0 | 1 => self.publish(),
            2..=4 => self.play(),
            5 => self.unpublish(),
            6 => self.leave(),
            7 => self.pause(),
            8 => self.squeeze(),
            9 => {
                let time = Duration::from_millis(self.roll(1500));
                self.cluster.pass(time);
            }
            _ => self.frames(),
        }
        if self.roll(4) == 0 {
            let busy = Duration::from_micros(self.roll(3000));
            let shard = usize::try_from(self.roll(SHARDS)).unwrap();
            self.cluster.spent(shard, busy);
        }
        self.look();
    }

    fn publish(&mut self) {
        let (link, name, codec) = (self.open(), self.roll(NAMES), self.roll(2));
        let params = if self.roll(2) == 0 { " same=person" } else { "" };
        let codec = ["h264", "h265"][usize::try_from(codec).unwrap()];
        self.cluster.send_quietly(link, &format!("publish live/{name}{params}"));
        if self.roll(2) == 0 {
            self.cluster.run();
        }
        self.cluster.send_quietly(link, &format!("tracks {codec}"));
        let dts = i64::try_from(self.roll(1 << 33)).unwrap();
        self.publishers.push(Publisher { link, dts, frames: 0 });
    }

    fn play(&mut self) {
        let (link, name) = (self.open(), self.roll(NAMES));
        self.cluster.send_quietly(link, &format!("play live/{name} {}", self.dice.next_u64() % 4000));
        self.viewers.push(Viewer { link, paused: false, seen: Seen::default() });
    }

    fn unpublish(&mut self) {
        let Some(index) = self.pick(self.publishers.len()) else { return };
        let publisher = self.publishers.swap_remove(index);
        if self.roll(2) == 0 {
            self.cluster.send_quietly(publisher.link, "stop");
            self.cluster.send_quietly(publisher.link, "quit");
        } else {
            self.cluster.hang_up(publisher.link);
        }
    }

    fn leave(&mut self) {
        let Some(index) = self.pick(self.viewers.len()) else { return };
        let viewer = self.viewers.swap_remove(index);
        self.cluster.hang_up(viewer.link);
    }

    fn pause(&mut self) {
        let Some(index) = self.pick(self.viewers.len()) else { return };
        let viewer = &mut self.viewers[index];
        viewer.paused = !viewer.paused;
        let verb = if viewer.paused { "pause" } else { "resume" };
        self.cluster.send(viewer.link, verb);
    }

    fn squeeze(&mut self) {
        let room = [None, Some(0), Some(57)][usize::try_from(self.roll(3)).unwrap()];
        let Some(index) = self.pick(self.viewers.len()) else { return };
        self.cluster.limit(self.viewers[index].link, room);
    }

    fn frames(&mut self) {
        for _ in 0..1 + self.roll(6) {
            let Some(index) = self.pick(self.publishers.len()) else { return };
            let publisher = &mut self.publishers[index];
            let key = publisher.frames.is_multiple_of(6);
            let (flag, pad) = if key { ("k", KEY) } else { ("-", OTHER) };
            publisher.frames += 1;
            publisher.dts += 40;
            let line = format!("frame 0 {} {flag} {pad}", publisher.dts);
            self.cluster.send_quietly(publisher.link, &line);
            let time = Duration::from_millis(self.roll(60));
            self.cluster.pass(time);
        }
    }

    fn look(&mut self) {
        for viewer in &mut self.viewers {
            let news = self.cluster.take(viewer.link);
            viewer.seen.take(&news);
        }
    }

    /// Everybody leaves, and time passes.
    fn finish(mut self) {
        for viewer in &self.viewers {
            self.cluster.limit(viewer.link, None);
        }
        self.look();
        let links = self.publishers.iter().map(|p| p.link).chain(self.viewers.iter().map(|v| v.link));
        for link in links.collect::<Vec<_>>() {
            self.cluster.hang_up(link);
        }
        self.cluster.pass(Duration::from_secs(30));
        self.cluster.pass(Duration::from_secs(30));
        assert!(self.cluster.hub.streams().is_empty());
        self.cluster.assert_bare();
    }
}

impl Seen {
    /// Reads on, as far as what was sent is whole.
    fn take(&mut self, news: &str) {
        self.text.push_str(news);
        loop {
            let text = std::mem::take(&mut self.text);
            let Some(rest) = self.take_one(&text) else {
                self.text = text;
                return;
            };
            self.text = rest.to_owned();
        }
    }

    fn take_one<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        if let Some(packet) = text.strip_prefix("[0:") {
            let (dts, rest) = packet.split_once(']')?;
            let pad = rest.bytes().take_while(|&byte| byte == b'.').count();
            // Whether a packet is whole shows by what follows it.
            if pad < OTHER || (pad == OTHER && rest.len() == pad) {
                return None;
            }
            self.packet(dts.parse().unwrap(), pad == KEY);
            return Some(&rest[pad..]);
        }
        let (line, rest) = text.split_once('\n')?;
        match line.split(' ').next().unwrap() {
            "start" => {
                let revision = line.split(' ').nth(1).unwrap().parse().unwrap();
                assert!(revision >= self.revision, "{line} behind {}", self.revision);
                (self.revision, self.started, self.wants_key) = (revision, true, true);
            }
            "gap" => self.wants_key = true,
            "play" | "ended" => {}
            _ => panic!("{line}"),
        }
        Some(rest)
    }

    fn packet(&mut self, dts: i64, key: bool) {
        assert!(self.started, "a packet before any start");
        assert!(key || !self.wants_key, "play begins with a keyframe");
        assert!(dts >= self.dts, "{dts} behind {}", self.dts);
        (self.dts, self.wants_key) = (dts, false);
    }
}

#[test]
fn whatever_happens() {
    for seed in 0..200 {
        let mut chaos = Chaos::new(seed);
        for _ in 0..120 {
            chaos.turn();
        }
        chaos.finish();
    }
}
