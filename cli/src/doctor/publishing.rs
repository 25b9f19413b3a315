//! Publishes the test stream by RTMP, in real time, until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use rtmpd_core::media::{Packager, Packet, Stamp};
use rtmpd_core::{Dice, Event, Input, Media, Reply, Request};
use rtmpd_proto::rtmp::client::{RtmpPublisher, Target};
use rtmpd_proto::rtmp::{PACKAGING, RtmpPackager, Settings};

use super::line::{Line, now};
use super::sample::Sample;

/// A publisher in a thread of its own.
pub(super) struct Publishing {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<(), String>>,
}

impl Publishing {
    /// Begins, and waits until the server has let it publish.
    ///
    /// # Errors
    /// Why it did not, in words.
    pub(super) fn start(to: SocketAddr, request: &Request, sample: Arc<Sample>) -> Result<Self, String> {
        let settings = Settings::default();
        let target = Target {
            tc_url: format!("rtmp://{to}/{}", request.key.app()),
            app: request.key.app().into(),
            name: request.key.name().into(),
            via: String::new(),
        };
        let machine = RtmpPublisher::new(now(), target, request.clone(), &settings, Dice::new(1));
        let mut line = Line::tcp(to, machine)?;
        while !matches!(line.next()?, Some(Event::Play(..))) {}
        line.tell(Input::Reply(Reply::Play(Ok(Arc::clone(&sample.description)))))?;
        let stop = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stop);
        let thread = thread::Builder::new()
            .name("test stream".into())
            .spawn(move || send(&mut line, &sample, &settings, &flag))
            .map_err(|error| error.to_string())?;
        Ok(Self { stop, thread })
    }

    /// Ends the stream.
    ///
    /// # Errors
    /// What ended it before.
    pub(super) fn finish(self) -> Result<(), String> {
        self.stop.store(true, Ordering::Release);
        self.thread.join().map_err(|_| "the test stream's thread panicked".to_owned())?
    }
}

fn send(
    line: &mut Line<RtmpPublisher>,
    sample: &Sample,
    settings: &Settings,
    stop: &AtomicBool,
) -> Result<(), String> {
    let Some(mut packager) = RtmpPackager::of(PACKAGING, settings) else {
        return Err("there is no packager for RTMP".to_owned());
    };
    let description = &sample.description;
    let preamble = packager.start(description);
    line.tell(Input::Media(Media::Start { description, preamble: &preamble }))?;
    let (began, mut packed) = (Instant::now(), Vec::new());
    let mut number = 0;
    while !stop.load(Ordering::Acquire) {
        line.next()?;
        while let Some((frame, due)) = sample.frame(number)
            && u128::from(due) <= began.elapsed().as_millis()
        {
            number += 1;
            packager.push(&frame, &mut packed);
            for one in packed.drain(..) {
                let (at, revision, stamp) = (now(), description.revision, Stamp::default());
                let packet = Packet { at, revision, kind: one.kind, key: one.key, stamp, data: one.data };
                line.tell(Input::Media(Media::Packet(&packet)))?;
            }
        }
    }
    // The farewell; the server may close before it is over.
    let _over = line.tell(Input::Media(Media::Ended)).and_then(|()| line.next());
    Ok(())
}
