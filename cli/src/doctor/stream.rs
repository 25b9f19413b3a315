//! Publishes a test stream to the server and plays it back on every output.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rtmpd_conf::Settings;
use rtmpd_core::{Request, StreamKey};
use rtmpd_proto::srt::crypto::Passphrase;

use super::playing::Played;
use super::publishing::Publishing;
use super::report::Report;
use super::sample::Sample;
use super::{fetching, playing, reachable};
use crate::banner::Doors;

/// Plays the stream of this request.
type Play = Box<dyn FnOnce(&Request, &Sample) -> Played + Send>;
type Output = (&'static str, Box<dyn FnOnce() -> Played + Send>);

/// Does it; `doors` are open.
pub(super) fn check(doors: &Doors, settings: &Settings, report: &mut Report) {
    let what = "test stream";
    let (sample, request) = match (Sample::read(), request()) {
        (Ok(sample), Ok(request)) => (Arc::new(sample), request),
        (Err(error), _) => return report.fail(what, error, "report this"),
        (_, Err(refusal)) => return report.fail(what, refusal, "report this"),
    };
    let to = reachable(doors.rtmp);
    eprintln!("publishing a test stream for a few seconds to rtmp://{to}/{} …", request.key);
    let publishing = match Publishing::start(to, &request, Arc::clone(&sample)) {
        Ok(publishing) => publishing,
        Err(error) => {
            return report.fail(
                what,
                format!("it cannot be published: {error}"),
                "see the server's log, and <authurl>",
            );
        }
    };
    // Players that come first would be told that there is no such stream.
    thread::sleep(Duration::from_millis(500));
    let outputs = outputs(doors, settings, &request, &sample);
    let running: Vec<_> = outputs
        .into_iter()
        .map(|(name, play)| (name, thread::Builder::new().name(name.into()).spawn(play)))
        .collect();
    for (name, thread) in running {
        let played = thread
            .map_err(|error| error.to_string())
            .and_then(|thread| thread.join().unwrap_or_else(|_| Err("its player panicked".to_owned())));
        match played {
            Ok(_) => report.ok(format!("play by {name}"), "the test stream came as it was sent"),
            Err(error) => report.fail(format!("play by {name}"), error, "see the server's log"),
        }
    }
    match publishing.finish() {
        Ok(()) => report.ok(what, format!("rtmp://{to}/{} was published", request.key)),
        Err(error) => report.fail(what, format!("it broke off: {error}"), "see the server's log"),
    }
}

fn request() -> Result<Request, rtmpd_core::Refusal> {
    Ok(Request {
        vhost: "".into(),
        key: StreamKey::new("live", &format!("doctor-{}", std::process::id()))?,
        params: "".into(),
        protocol: "rtmp",
        agent: "doctor".into(),
        patience: Duration::ZERO,
    })
}

fn outputs(doors: &Doors, settings: &Settings, request: &Request, sample: &Arc<Sample>) -> Vec<Output> {
    let mut all: Vec<Output> = Vec::new();
    let mut add = |name, play: Play| {
        let (request, sample) = (request.clone(), Arc::clone(sample));
        all.push((name, Box::new(move || play(&request, &sample))));
    };
    let to = reachable(doors.rtmp);
    add("rtmp", Box::new(move |request, sample| playing::rtmp(to, request, sample)));
    if let Some(to) = doors.rtsp.map(reachable) {
        let account =
            settings.rtsp.auth.as_ref().map(|account| (account.user.clone(), account.password.clone()));
        add("rtsp", Box::new(move |request, sample| playing::rtsp(to, account, request, sample)));
    }
    if let Some(to) = doors.srt.map(reachable) {
        // A passphrase of this one stream's there cannot be.
        let passphrase =
            settings.srt.passphrase.as_ref().and_then(|text| Passphrase::new(text.as_str()).ok());
        add("srt", Box::new(move |request, sample| playing::srt(to, passphrase, request, sample)));
    }
    if let Some(to) = doors.http.map(reachable) {
        by_http(to, &mut add);
    }
    all
}

fn by_http(to: SocketAddr, add: &mut impl FnMut(&'static str, Play)) {
    let path = |request: &Request, ending: &str| format!("/{}.{ending}", request.key);
    add("http-flv", Box::new(move |of, sample| fetching::endless(to, &path(of, "flv"), false, sample)));
    add("ws-flv", Box::new(move |of, sample| fetching::endless(to, &path(of, "flv"), true, sample)));
    add("http-fmp4", Box::new(move |of, sample| fetching::endless(to, &path(of, "mp4"), false, sample)));
    add("http-ts", Box::new(move |of, sample| fetching::transport_stream(to, &path(of, "ts"), sample)));
    add("hls", Box::new(move |of, sample| fetching::hls(to, &path(of, "m3u8"), sample)));
    add("dash", Box::new(move |of, _| fetching::dash(to, &path(of, "mpd"))));
}
