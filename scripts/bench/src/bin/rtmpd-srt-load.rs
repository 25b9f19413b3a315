//! `rtmpd-srt-load`: N SRT players of one stream, counted.

#![forbid(unsafe_code)]

use std::io::Write;
use std::process::ExitCode;

use lexopt::prelude::{Long, ValueExt};
use rtmpd_bench::error::Fault;
use rtmpd_bench::srt::{Plan, run};

const USAGE: &str = "rtmpd-srt-load --to IP:PORT [options]

  --to IP:PORT       the listener
  --stream-id TEXT   what is asked for (default live/stream)
  --passphrase TEXT  for encryption
  --players N        (default 100)
  --seconds S        measuring window (default 10)
  --latency MS       (default 120)
  --watch PID        read this process's CPU and memory over the window; may be repeated
";

fn main() -> ExitCode {
    let report = parse().and_then(|plan| run(&plan));
    match report.and_then(|report| Ok(std::io::stdout().write_all(report.as_bytes())?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("rtmpd-srt-load: {fault}\n\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

fn parse() -> Result<Plan, Fault> {
    let mut plan = Plan {
        to: ([127, 0, 0, 1], 9000).into(),
        stream_id: "live/stream".into(),
        passphrase: None,
        players: 100,
        seconds: 10,
        latency: 120,
        watch: Vec::new(),
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        let Long(name) = argument else { return Err(argument.unexpected().into()) };
        let name = name.to_owned();
        let value = parser.value()?;
        match name.as_str() {
            "to" => plan.to = value.parse()?,
            "stream-id" => plan.stream_id = value.string()?,
            "passphrase" => plan.passphrase = Some(value.string()?),
            "players" => plan.players = value.parse()?,
            "seconds" => plan.seconds = value.parse()?,
            "latency" => plan.latency = value.parse()?,
            "watch" => plan.watch.push(value.parse()?),
            _ => return Err(Fault::new(format!("--{name}: no such option"))),
        }
    }
    Ok(plan)
}
