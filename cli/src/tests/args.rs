//! The command line, as a table.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::args::{Command, HELP, parse};

fn of(line: &str) -> Result<Command, String> {
    parse(line.split_whitespace().map(OsString::from)).map_err(|error| error.to_string())
}

fn path(text: &str) -> Option<PathBuf> {
    Some(text.into())
}

#[test]
fn what_is_understood() {
    let replay = |config| Command::Replay { file: "a.pcap".into(), config };
    let table = [
        ("", Command::Serve { config: None }),
        ("serve", Command::Serve { config: None }),
        ("--config /etc/rtmpd", Command::Serve { config: path("/etc/rtmpd") }),
        ("serve --config=here", Command::Serve { config: path("here") }),
        ("-c here serve", Command::Serve { config: path("here") }),
        ("-chere", Command::Serve { config: path("here") }),
        ("check", Command::Check { config: None }),
        ("--check", Command::Check { config: None }),
        ("check --check", Command::Check { config: None }),
        ("serve --check --config x.xml", Command::Check { config: path("x.xml") }),
        ("check -c x.xml", Command::Check { config: path("x.xml") }),
        ("doctor -c here", Command::Doctor { config: path("here") }),
        ("replay a.pcap", replay(None)),
        ("replay --config d a.pcap", replay(path("d"))),
        ("-c d replay a.pcap", replay(path("d"))),
        ("--version", Command::Version),
        ("serve -V", Command::Version),
        ("-h", Command::Help),
        ("check --help", Command::Help),
    ];
    for (line, command) in table {
        assert_eq!(of(line), Ok(command), "{line:?}");
    }
}

#[test]
fn what_is_not() {
    let table = [
        ("start", "unknown command \"start\"; expected serve, check, doctor or replay"),
        ("--port 1935", "invalid option '--port'"),
        ("-x", "invalid option '-x'"),
        ("--config", "missing argument for option '--config'"),
        ("--config=", "--config needs a folder or an XML file, it is empty"),
        ("-c a -c b", "--config is given twice"),
        ("serve a.pcap", "unexpected argument \"a.pcap\""),
        ("replay", "replay needs a capture file: replay FILE.pcap"),
        ("replay a b", "the capture file is given twice"),
        ("doctor --check", "doctor and --check cannot be had together"),
        ("replay a --check", "replay and --check cannot be had together"),
    ];
    for (line, error) in table {
        assert_eq!(of(line), Err(error.to_string()), "{line:?}");
    }
}

#[test]
fn the_help_names_everything() {
    for word in
        ["serve", "check", "doctor", "replay", "--config", "--check", "--version", "--help", "RUST_LOG"]
    {
        assert!(HELP.contains(word), "{word}");
    }
    assert!(HELP.lines().all(|line| line.len() <= 110));
}
