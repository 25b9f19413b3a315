//! `rtmpd-soak`: one stream that must stay whole while visitors come and go; the server's memory and descriptors
//! over time. Fails when frames are missing, a visitor is not served, or either figure grows.

#![forbid(unsafe_code)]

use std::io::Write;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use lexopt::prelude::{Long, Short, Value, ValueExt};
use rtmpd_bench::error::Fault;
use rtmpd_bench::latency::{FrameMaker, Publisher};
use rtmpd_bench::procfs::{Usage, open_files};
use rtmpd_bench::soak::{Seen, Visitors, Watcher};
use rtmpd_bench::target::{RtmpTarget, Target};

const USAGE: &str =
    "rtmpd-soak --rtmp rtmp://HOST:PORT/APP/STREAM --http http://HOST:PORT/APP/STREAM.flv --pid PID

  --seconds S   how long visitors come (default 60)
  --rate N      visitors per second (default 250)
";

/// Time that departed visitors have until their descriptors are counted.
const SETTLE: Duration = Duration::from_secs(4);
/// Memory may grow so much after the first third: pages that the allocator keeps.
const SLACK_KB: u64 = 4096;
/// Readings over the time of the visits, a multiple of three.
const READINGS: u32 = 12;

struct Options {
    rtmp: RtmpTarget,
    http: Target,
    pid: u32,
    seconds: u64,
    rate: u64,
}

#[derive(Clone, Copy)]
struct Reading {
    rss_kb: u64,
    files: usize,
}

fn main() -> ExitCode {
    let options = match parse() {
        Ok(options) => options,
        Err(fault) => {
            eprintln!("rtmpd-soak: {fault}\n\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("rtmpd-soak: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Fault> {
    let maker = FrameMaker::new(25, 25, 8000);
    let interval_ms = maker.interval_ms();
    let rtmp = Target::Rtmp(options.rtmp.clone());
    let publisher = Publisher::start(&rtmp, maker, Instant::now())?;
    thread::sleep(Duration::from_millis(300));
    let watchers = [rtmp, options.http.clone()].map(|target| Watcher::start(target, interval_ms));
    thread::sleep(Duration::from_secs(1));
    let before = read("begin", options.pid)?;
    let visitors = Visitors::start(options.rtmp.clone(), options.http.clone(), options.rate);
    let readings = read_on(options, &watchers)?;
    let (visits, first_failure) = visitors.finish()?;
    thread::sleep(SETTLE);
    let after = read("end", options.pid)?;
    let seen = watchers.into_iter().map(Watcher::finish).collect::<Result<Vec<Seen>, Fault>>()?;
    let sent = publisher.finish()?;
    writeln!(std::io::stdout(), "visits={} failed={} frames_sent={sent}", visits.count, visits.failed)?;
    if let Some(fault) = first_failure {
        return Err(Fault::new(format!("{} of {} visitors failed: {fault}", visits.failed, visits.count)));
    }
    seen.iter().try_for_each(|seen| judge_stream(seen, sent))?;
    judge_growth(before, &readings, after)
}

/// Readings at even distances until the time is over. Fails when a watcher has lost its stream.
fn read_on(options: &Options, watchers: &[Watcher]) -> Result<Vec<Reading>, Fault> {
    let step = Duration::from_secs(options.seconds) / READINGS;
    let mut readings = Vec::new();
    for number in 1..=READINGS {
        thread::sleep(step);
        readings.push(read(&format!("{:.0}s", (step * number).as_secs_f64()), options.pid)?);
        if watchers.iter().any(Watcher::has_ended) {
            break;
        }
    }
    Ok(readings)
}

fn read(when: &str, pid: u32) -> Result<Reading, Fault> {
    let Usage { rss_kb, cpu_s, .. } = Usage::of(&[pid]);
    let files = open_files(pid);
    if rss_kb == 0 {
        return Err(Fault::new(format!("--pid {pid}: the server is gone")));
    }
    writeln!(std::io::stdout(), "at={when} rss_kb={rss_kb} descriptors={files} cpu_s={cpu_s:.2}")?;
    Ok(Reading { rss_kb, files })
}

fn judge_stream(seen: &Seen, sent: u64) -> Result<(), Fault> {
    writeln!(
        std::io::stdout(),
        "watched={} missing={} began_at_key={}",
        seen.frames,
        seen.missing,
        seen.began_at_key
    )?;
    // A watcher joins within the first seconds and leaves just before the end.
    if seen.missing > 0 || !seen.began_at_key || seen.frames + 100 < sent {
        return Err(Fault::new("a player that stayed did not get the whole stream"));
    }
    Ok(())
}

fn judge_growth(before: Reading, readings: &[Reading], after: Reading) -> Result<(), Fault> {
    let third = readings.len() / 3;
    let early = readings.iter().take(third.max(1)).map(|reading| reading.rss_kb).max().unwrap_or_default();
    if after.rss_kb > early + early / 10 + SLACK_KB {
        let text =
            format!("memory grew from {early} KB in the first third to {} KB at the end", after.rss_kb);
        return Err(Fault::new(text));
    }
    if after.files > before.files {
        return Err(Fault::new(format!("descriptors grew from {} to {}", before.files, after.files)));
    }
    Ok(())
}

fn parse() -> Result<Options, Fault> {
    let (mut rtmp, mut http, mut pid, mut seconds, mut rate) = (None, None, None, 60, 250);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("rtmp") => rtmp = Some(Target::parse(&parser.value()?.string()?)?),
            Long("http") => http = Some(Target::parse(&parser.value()?.string()?)?),
            Long("pid") => pid = Some(parser.value()?.parse()?),
            Long("seconds") => seconds = parser.value()?.parse()?,
            Long("rate") => rate = parser.value()?.parse()?,
            Short(_) | Long(_) | Value(_) => return Err(argument.unexpected().into()),
        }
    }
    match (rtmp, http, pid) {
        (Some(Target::Rtmp(rtmp)), Some(http @ Target::Http(_)), Some(pid)) => {
            Ok(Options { rtmp, http, pid, seconds, rate })
        }
        _ => Err(Fault::new("expected --rtmp with an rtmp:// URL, --http with an http:// URL, and --pid")),
    }
}
