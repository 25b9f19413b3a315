//! `doctor`: looks at everything that can keep a server from working, and says what helps.
//!
//! - `report`: the table · `ports` (`holder`: who is in the way) · `limits`: descriptors, buffers · `folders`: disk
//! - `clock` · `names`: NAT, auth server
//! - `stream`: a test stream to the server and back: `sample` is sent by `publishing`, and played by `playing` (our own
//!   machines, each on a `line`) and `fetching` (HTTP)

mod clock;
mod fetching;
mod folders;
mod holder;
mod limits;
mod line;
mod names;
mod playing;
mod ports;
mod publishing;
mod report;
mod sample;
mod stream;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::SystemTime;

use report::Report;
use rtmpd_conf::Parsed;

use crate::config_file::Place;
use crate::forwarding::PolicyFile;
use crate::serve;
use crate::wire_up::{Plan, Tls};

/// What was found, as a table, and whether nothing failed.
pub(crate) fn run(config: Option<&Path>) -> (String, bool) {
    let mut report = Report::default();
    examine(config, &mut report);
    (report.to_string(), report.is_healthy())
}

fn examine(config: Option<&Path>, report: &mut Report) {
    let what = "configuration";
    let place = match serve::place(config) {
        Ok(place) => place,
        Err(error) => {
            return report.fail(what, error, "name the folder of config.xml, or the file, with --config");
        }
    };
    clock::check(SystemTime::now(), place.file.as_deref(), report);
    match place.read() {
        Ok(parsed) => examine_settings(&place, &parsed, report),
        Err(problems) => {
            for problem in problems {
                report.fail(what, problem, "correct the file; README.md shows every element");
            }
        }
    }
}

fn examine_settings(place: &Place, parsed: &Parsed, report: &mut Report) {
    let what = "configuration";
    for warning in &parsed.warnings {
        report.warn(what, warning, "correct or remove it");
    }
    if parsed.warnings.is_empty() {
        report.ok(what, place.describe());
    }
    match PolicyFile::in_folder(&place.folder).read() {
        Ok((_, warnings)) => {
            for warning in warnings {
                report.warn("policy", warning, "correct or remove it");
            }
        }
        Err(problems) => {
            for problem in problems {
                report.fail("policy", problem, "correct the file");
            }
        }
    }
    let settings = &parsed.settings;
    // Its own test stream is to come in.
    let mut open = settings.clone();
    open.global.auth = None;
    open.access = Default::default();
    let plan = match Tls::of(settings, &place.folder) {
        Ok(tls) => {
            if tls.identities.is_some() {
                report.ok("certificates", "they can be shown");
            }
            Plan::with(&open, tls)
        }
        Err(error) => {
            report.fail(
                "certificates",
                error,
                "correct the files, or leave <ssl> empty for a certificate of the server's own",
            );
            Plan::of(&open)
        }
    };
    let running = ports::check(plan.configured(), report);
    if settings.rtsp.enable {
        ports::check_range(&settings.global.rtp, report);
    }
    limits::check(limits::Limits::here(), settings, report);
    folders::check(&place.folder, u64::from(settings.http.rec.free_mb) << 20, report);
    names::check_nat(settings, report);
    names::check_auth(settings, report);
    if running {
        stream::check(plan.configured(), settings, report);
    } else if report.is_healthy() {
        try_out(place, parsed, &plan, report);
    }
}

/// Runs the server for as long as the test stream takes.
fn try_out(place: &Place, parsed: &Parsed, plan: &Plan, report: &mut Report) {
    let running = match serve::Running::start(place, plan) {
        Ok(running) => running,
        Err(error) => return report.fail("server", format!("it does not start: {error}"), "see the message"),
    };
    stream::check(&running.doors(plan), &parsed.settings, report);
    if let Err(error) = running.finish() {
        report.fail("server", format!("it did not end well: {error}"), "see the message");
    }
}

/// Where a door can be reached from this machine.
fn reachable(door: SocketAddr) -> SocketAddr {
    match door.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) | IpAddr::V6(Ipv6Addr::UNSPECIFIED) => {
            SocketAddr::new(Ipv4Addr::LOCALHOST.into(), door.port())
        }
        IpAddr::V4(_) | IpAddr::V6(_) => door,
    }
}
