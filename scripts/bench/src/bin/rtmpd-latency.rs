//! `rtmpd-latency`: publishes frames with their send time, plays them back, prints what the server has added.

#![forbid(unsafe_code)]

use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use lexopt::prelude::{Long, ValueExt};
use rtmpd_bench::error::Fault;
use rtmpd_bench::latency::{FrameMaker, Publisher, Viewer, join_many};
use rtmpd_bench::target::Target;

const USAGE: &str = "rtmpd-latency --publish rtmp://HOST:PORT/APP/STREAM [options]

  --play URL          play it back here; may be repeated (rtmp:// or http://….flv)
  --seconds S         measuring time (default 5)
  --joins N           fresh players per URL afterwards (default 20, 0 = none)
  --fps N             frames per second (default 25)
  --keyframe-every N  frames from keyframe to keyframe (default 25)
  --frame-bytes N     size of a frame (default 2000)
";

/// Time for the players to be set up before frames count.
const SET_UP: Duration = Duration::from_secs(2);

struct Options {
    publish: Option<Target>,
    play: Vec<(String, Target)>,
    seconds: u64,
    joins: u64,
    fps: u64,
    keyframe_every: u64,
    frame_bytes: usize,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("rtmpd-latency: {fault}\n\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Fault> {
    let options = parse()?;
    let publish = options.publish.ok_or_else(|| Fault::new("--publish is missing"))?;
    let epoch = Instant::now();
    let maker = FrameMaker::new(options.fps, options.keyframe_every, options.frame_bytes);
    let publisher = Publisher::start(&publish, maker, epoch)?;
    std::thread::sleep(Duration::from_millis(300));
    let from = Instant::now() + SET_UP;
    let until = from + Duration::from_secs(options.seconds);
    let start =
        |(url, target): &(String, Target)| (url.clone(), Viewer::start(target.clone(), epoch, from, until));
    let viewers: Vec<_> = options.play.iter().map(start).collect();
    let mut out = std::io::stdout();
    for (url, viewer) in viewers {
        let report = viewer.finish()?;
        let line = report.latency_us.line("latency", "us");
        writeln!(out, "play={url} {line} disordered={}", report.disordered)?;
    }
    for (url, target) in options.play.iter().filter(|_| options.joins > 0) {
        let times = join_many(target, options.joins)?;
        writeln!(out, "play={url} {}", times.from_connect_us.line("join_from_connect", "us"))?;
        writeln!(out, "play={url} {}", times.from_request_us.line("join_from_request", "us"))?;
    }
    writeln!(out, "frames_sent={}", publisher.finish()?)?;
    Ok(())
}

fn parse() -> Result<Options, Fault> {
    let mut options = Options {
        publish: None,
        play: Vec::new(),
        seconds: 5,
        joins: 20,
        fps: 25,
        keyframe_every: 25,
        frame_bytes: 2000,
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("publish") => options.publish = Some(Target::parse(&parser.value()?.string()?)?),
            Long("play") => {
                let url = parser.value()?.string()?;
                let target = Target::parse(&url)?;
                options.play.push((url, target));
            }
            Long("seconds") => options.seconds = parser.value()?.parse()?,
            Long("joins") => options.joins = parser.value()?.parse()?,
            Long("fps") => options.fps = parser.value()?.parse()?,
            Long("keyframe-every") => options.keyframe_every = parser.value()?.parse()?,
            Long("frame-bytes") => options.frame_bytes = parser.value()?.parse()?,
            _ => return Err(argument.unexpected().into()),
        }
    }
    Ok(options)
}
