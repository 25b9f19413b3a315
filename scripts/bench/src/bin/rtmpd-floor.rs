//! `rtmpd-floor`: sends an FLV file in a loop to every client, and nothing else.

#![forbid(unsafe_code)]

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use lexopt::prelude::{Long, Short, Value, ValueExt};
use rtmpd_bench::error::Fault;
use rtmpd_bench::floor::{Floor, Rhythm};
use rtmpd_bench::flv::Trace;

const USAGE: &str =
    "rtmpd-floor --flv FILE [--port N] [--rtsp | --coalesce MS | --writes PER_SECOND] [--seconds S]

Sends FILE in a loop, at its own pace, to every client of http://127.0.0.1:N/anything.flv.
  --port N        0 (default) takes a free one and prints it
  --rtsp          RTSP instead of HTTP, by datagrams (H.264 and AAC): sendmmsg, cut by the kernel
  --coalesce MS   one write every MS milliseconds instead of one per frame
  --writes R      gather frames so that about R writes per second result
  --seconds S     end after S seconds (default 3600)
GET /stats prints the counters so far (HTTP only), GET /stop ends the program.
";

struct Options {
    flv: PathBuf,
    port: u16,
    rhythm: Rhythm,
    rtsp: bool,
    seconds: u64,
}

fn main() -> ExitCode {
    let options = match parse() {
        Ok(options) => options,
        Err(fault) => {
            eprintln!("rtmpd-floor: {fault}\n\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    match run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("rtmpd-floor: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: Options) -> Result<(), Fault> {
    let trace = Trace::load(&options.flv)?;
    let mut out = std::io::stdout();
    let (bps, fps) = (trace.payload_bps(), trace.frames_per_second());
    let addr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), options.port);
    let mut floor = match options.rtsp {
        true => Floor::by_datagrams(addr, trace, options.rhythm)?,
        false => Floor::new(addr, trace, options.rhythm)?,
    };
    writeln!(out, "floor_port={} payload_bps={bps} frames_per_second={fps:.2}", floor.local_addr()?.port())?;
    let counts = floor.run(Duration::from_secs(options.seconds))?;
    write!(out, "{}", counts.line())?;
    Ok(())
}

fn parse() -> Result<Options, Fault> {
    let mut options =
        Options { flv: PathBuf::new(), port: 0, rhythm: Rhythm::EveryFrame, rtsp: false, seconds: 3600 };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("flv") => options.flv = parser.value()?.into(),
            Long("port") => options.port = parser.value()?.parse()?,
            Long("rtsp") => options.rtsp = true,
            Long("coalesce") => options.rhythm = Rhythm::EveryMs(parser.value()?.parse()?),
            Long("writes") => options.rhythm = Rhythm::PerSecond(parser.value()?.parse()?),
            Long("seconds") => options.seconds = parser.value()?.parse()?,
            Short(_) | Long(_) | Value(_) => return Err(argument.unexpected().into()),
        }
    }
    if options.flv.as_os_str().is_empty() {
        return Err(Fault::new("--flv FILE is missing"));
    }
    Ok(options)
}
