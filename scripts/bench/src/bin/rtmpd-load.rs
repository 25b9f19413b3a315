//! `rtmpd-load`: N players of one stream, counted.

#![forbid(unsafe_code)]

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use lexopt::prelude::{Long, ValueExt};
use rtmpd_bench::error::Fault;
use rtmpd_bench::load::{self, Plan};
use rtmpd_bench::target::Target;

const USAGE: &str = "rtmpd-load --url URL [options]

  --url URL          rtmp://HOST:PORT/APP/STREAM, http://HOST:PORT/PATH.flv, rtsp-tcp://HOST:PORT/APP/STREAM or
                     rtsp-udp://HOST:PORT/APP/STREAM
  --players N        players (default 100)
  --slow N           further players that stop reading once they play (default 0)
  --seconds S        measuring window (default 10)
  --ramp PER_SEC     new players per second (default 500)
  --ramp-limit S     longest time for set-up (default 60)
  --settle S         quiet seconds before the window (default 3)
  --sample N         players whose first keyframe is timed (default 50)
  --threads T        threads (default 1)
  --read-every MS    pause between rounds of reading, keeps this client cheap (default 20, 0 = none)
  --watch PID        read this process's CPU, writes and memory over the window; may be repeated
  --idle-rss-kb N    memory of the watched processes without players, for the per-player figure
  --source-bps N     bits per second of the source's frame bodies, for source_ratio
Raise the descriptor limit (ulimit -n) above the number of players first; by rtsp-udp each takes five.
";

fn main() -> ExitCode {
    let plan = match parse() {
        Ok(plan) => plan,
        Err(fault) => {
            eprintln!("rtmpd-load: {fault}\n\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    match run(plan) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("rtmpd-load: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn run(plan: Plan) -> Result<(), Fault> {
    let mut out = std::io::stdout();
    let report = load::run(plan, &mut out)?;
    write!(out, "{}", report.text())?;
    Ok(())
}

fn parse() -> Result<Plan, Fault> {
    let mut plan = None;
    let mut edits: Vec<(String, String)> = Vec::new();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        let Long(name) = argument else { return Err(argument.unexpected().into()) };
        let name = name.to_owned();
        let value = parser.value()?.string()?;
        if name == "url" {
            plan = Some(defaults(Target::parse(&value)?));
        } else {
            edits.push((name, value));
        }
    }
    let mut plan = plan.ok_or_else(|| Fault::new("--url is missing"))?;
    for (name, value) in &edits {
        apply(&mut plan, name, value)?;
    }
    Ok(plan)
}

fn defaults(target: Target) -> Plan {
    Plan {
        target,
        players: 100,
        slow: 0,
        sample: 50,
        window: Duration::from_secs(10),
        ramp: 500,
        ramp_limit: Duration::from_secs(60),
        settle: Duration::from_secs(3),
        read_every: Duration::from_millis(20),
        threads: 1,
        watch: Vec::new(),
        source_bps: None,
        idle_rss_kb: None,
    }
}

fn apply(plan: &mut Plan, name: &str, value: &str) -> Result<(), Fault> {
    let wrong = || Fault::new(format!("--{name} {value:?}: expected a whole number"));
    let number: u64 = value.parse().map_err(|_| wrong())?;
    let count = usize::try_from(number).map_err(|_| wrong())?;
    match name {
        "players" => plan.players = count.max(1),
        "slow" => plan.slow = count,
        "sample" => plan.sample = count,
        "seconds" => plan.window = Duration::from_secs(number),
        "ramp" => plan.ramp = count.max(1),
        "ramp-limit" => plan.ramp_limit = Duration::from_secs(number),
        "settle" => plan.settle = Duration::from_secs(number),
        "read-every" => plan.read_every = Duration::from_millis(number),
        "threads" => plan.threads = count.clamp(1, 64),
        "watch" => plan.watch.push(u32::try_from(number).map_err(|_| wrong())?),
        "source-bps" => plan.source_bps = Some(number),
        "idle-rss-kb" => plan.idle_rss_kb = Some(number),
        _ => return Err(Fault::new(format!("--{name}: no such option"))),
    }
    Ok(())
}
