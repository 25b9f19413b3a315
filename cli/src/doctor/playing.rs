//! Plays the test stream back by our own client machines: RTMP, RTSP, SRT.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rtmpd_core::{Dice, Event, Input, Machine, Reply, Request};
use rtmpd_netloop::Clock;
use rtmpd_proto::rtmp::client::{RtmpPlayer, Target};
use rtmpd_proto::rtsp::client::{RtspPlayer, Target as RtspTarget};
use rtmpd_proto::srt::crypto::{Passphrase, Secret};
use rtmpd_proto::srt::wire::Cipher;
use rtmpd_proto::srt::{self, Call, CallerKey, SrtPlayer};
use rtmpd_proto::{rtmp, rtsp};

use super::line::{Line, now};
use super::sample::{Sample, is_picture};

/// How many pictures are enough.
pub(super) const ENOUGH: usize = 10;
/// How long they may take to come.
pub(super) const PATIENCE: Duration = Duration::from_secs(12);

/// How many pictures came, all of them the test stream's; or why not, in words.
pub(super) type Played = Result<usize, String>;

/// By RTMP.
pub(super) fn rtmp(to: SocketAddr, request: &Request, sample: &Sample) -> Played {
    let (app, name) = (request.key.app(), request.key.name());
    let target = Target {
        tc_url: format!("rtmp://{to}/{app}"),
        app: app.into(),
        name: name.into(),
        via: String::new(),
    };
    let settings = rtmp::Settings::default();
    play(Line::tcp(to, RtmpPlayer::new(now(), target, request.clone(), &settings, Dice::new(2)))?, sample)
}

/// By RTSP, inside the connection; `account`: user and password.
pub(super) fn rtsp(
    to: SocketAddr,
    account: Option<(String, String)>,
    request: &Request,
    sample: &Sample,
) -> Played {
    let target = RtspTarget { account, ..RtspTarget::new(&format!("rtsp://{to}/{}", request.key), to) };
    let settings = rtsp::Settings { wall: Clock::process().wall(), ..rtsp::Settings::default() };
    play(Line::tcp(to, RtspPlayer::new(now(), target, request.clone(), settings, Dice::new(3)))?, sample)
}

/// By SRT.
pub(super) fn srt(
    to: SocketAddr,
    passphrase: Option<Passphrase>,
    request: &Request,
    sample: &Sample,
) -> Played {
    let mut dice = Dice::new(u64::from(std::process::id()));
    let call = Call {
        id: srt::call_id(&mut dice),
        to,
        stream_id: Some(format!("#!::r={},m=request", request.key)),
        key: passphrase.map(|passphrase| CallerKey { passphrase, length: 16, cipher: Cipher::Ctr }),
    };
    // It protects nothing: the stream is a test card.
    let secret = Secret::new([7; 32]);
    let machine = SrtPlayer::new(now(), call, request.clone(), srt::Settings::default(), secret);
    play(Line::udp(to, machine)?, sample)
}

fn play(mut line: Line<impl Machine>, sample: &Sample) -> Played {
    let (until, mut description, mut pictures) = (Instant::now() + PATIENCE, Arc::default(), 0);
    while pictures < ENOUGH {
        if Instant::now() > until {
            return Err(format!("{pictures} pictures in {} s", PATIENCE.as_secs()));
        }
        let Some(event) = line.next()? else { continue };
        if matches!(event, Event::Publish(_)) {
            line.tell(Input::Reply(Reply::Publish(Ok(()))))?;
        } else if let Event::Tracks(tracks) = event {
            description = tracks;
        } else if let Event::Frame(frame) = event
            && is_picture(&description, &frame)
        {
            if !sample.has(&frame) {
                return Err(format!("a picture of {} bytes is not the one that was sent", frame.data.len()));
            }
            pictures += 1;
        }
    }
    Ok(pictures)
}
