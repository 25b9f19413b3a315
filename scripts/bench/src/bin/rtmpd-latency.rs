//! `rtmpd-latency`: publishes frames with their send time, plays them back, prints what the server has added.

#![forbid(unsafe_code)]

use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use lexopt::prelude::{Long, Short, Value, ValueExt};
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
    publish: Target,
    rest: Rest,
}

struct Rest {
    play: Vec<(String, Target)>,
    seconds: u64,
    joins: u64,
    fps: u64,
    keyframe_every: u64,
    frame_bytes: usize,
}

fn main() -> ExitCode {
    let options = match parse() {
        Ok(options) => options,
        Err(fault) => {
            eprintln!("rtmpd-latency: {fault}\n\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    match run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("rtmpd-latency: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn run(Options { publish, rest }: Options) -> Result<(), Fault> {
    let epoch = Instant::now();
    let maker = FrameMaker::new(rest.fps, rest.keyframe_every, rest.frame_bytes);
    let publisher = Publisher::start(&publish, maker, epoch)?;
    std::thread::sleep(Duration::from_millis(300));
    let from = Instant::now() + SET_UP;
    let until = from + Duration::from_secs(rest.seconds);
    let start =
        |(url, target): &(String, Target)| (url.clone(), Viewer::start(target.clone(), epoch, from, until));
    let viewers: Vec<_> = rest.play.iter().map(start).collect();
    let mut out = std::io::stdout();
    for (url, viewer) in viewers {
        match viewer.finish() {
            Ok(report) => {
                let line = report.latency_us.line("latency", "us");
                writeln!(out, "play={url} {line} disordered={}", report.disordered)?;
            }
            Err(fault) => writeln!(out, "play={url} failed={:?}", fault.to_string())?,
        }
    }
    for (url, target) in rest.play.iter().filter(|_| rest.joins > 0) {
        match join_many(target, rest.joins) {
            Ok(times) => {
                writeln!(out, "play={url} {}", times.from_connect_us.line("join_from_connect", "us"))?;
                writeln!(out, "play={url} {}", times.from_request_us.line("join_from_request", "us"))?;
            }
            Err(fault) => writeln!(out, "play={url} join_failed={:?}", fault.to_string())?,
        }
    }
    writeln!(out, "frames_sent={}", publisher.finish()?)?;
    Ok(())
}

fn parse() -> Result<Options, Fault> {
    let mut publish = None;
    let mut rest =
        Rest { play: Vec::new(), seconds: 5, joins: 20, fps: 25, keyframe_every: 25, frame_bytes: 2000 };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("publish") => publish = Some(Target::parse(&parser.value()?.string()?)?),
            Long("play") => {
                let url = parser.value()?.string()?;
                let target = Target::parse(&url)?;
                rest.play.push((url, target));
            }
            Long("seconds") => rest.seconds = parser.value()?.parse()?,
            Long("joins") => rest.joins = parser.value()?.parse()?,
            Long("fps") => rest.fps = parser.value()?.parse()?,
            Long("keyframe-every") => rest.keyframe_every = parser.value()?.parse()?,
            Long("frame-bytes") => rest.frame_bytes = parser.value()?.parse()?,
            Short(_) | Long(_) | Value(_) => return Err(argument.unexpected().into()),
        }
    }
    let publish = publish.ok_or_else(|| Fault::new("--publish is missing"))?;
    Ok(Options { publish, rest })
}
