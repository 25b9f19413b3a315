//! The command line: what the user typed → what to do.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use lexopt::prelude::*;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
smart_rtmpd: a live-streaming media server

Usage:
  smart_rtmpd [serve] [--config DIR]            run the server (Ctrl-C ends it)
  smart_rtmpd check [--config DIR]              check the configuration and say what would run
  smart_rtmpd doctor [--config DIR]             look for everything that may keep the server from working
  smart_rtmpd replay FILE.pcap [--config DIR]   play a captured session to the server, print what happens

Options:
  -c, --config DIR   the folder with config.xml, html/, log/, or an XML file in that folder. By default the
                     current folder if it has a config.xml, else the program's folder if that has one; without
                     any, the server runs in the current folder on its defaults
      --check        the same as the command check
  -V, --version      print the version
  -h, --help         print this help

Environment:
  RUST_LOG           what is logged, such as warn, debug or rtmpd=debug (default: info)

Exit status: 0 ended in good order, 1 it could not run, or the doctor found a failure, 2 the command line was
wrong.

With the defaults, publish to rtmp://HOST/live/NAME and play the same URL, http://HOST:8080/live/NAME.flv or
ws://HOST:8080/live/NAME.flv.
";

/// What to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Command {
    /// Run the server.
    Serve {
        /// What `--config` said.
        config: Option<PathBuf>,
    },
    /// Read the configuration and say what is wrong with it.
    Check {
        /// What `--config` said.
        config: Option<PathBuf>,
    },
    /// Look for what may keep the server from working.
    Doctor {
        /// What `--config` said.
        config: Option<PathBuf>,
    },
    /// Play a capture to the server.
    Replay {
        /// The pcap or pcapng file.
        file: PathBuf,
        /// What `--config` said.
        config: Option<PathBuf>,
    },
    /// Print the version.
    Version,
    /// Print the help.
    Help,
}

/// Why the command line is not understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct UsageError(String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

impl From<lexopt::Error> for UsageError {
    fn from(error: lexopt::Error) -> Self {
        Self(error.to_string())
    }
}

#[derive(Copy, Clone, PartialEq, Eq)]
enum Verb {
    Serve,
    Check,
    Doctor,
    Replay,
}

/// Understands the arguments, the program's own name not among them.
///
/// # Errors
/// For unknown commands and options, and for missing, repeated or superfluous values.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, UsageError> {
    let mut parser = lexopt::Parser::from_args(args);
    let (mut verb, mut config, mut file, mut check) = (None, None, None, false);
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Command::Help),
            Short('V') | Long("version") => return Ok(Command::Version),
            Long("check") => check = true,
            Short('c') | Long("config") => set(&mut config, PathBuf::from(parser.value()?), "--config")?,
            Value(word) if verb.is_none() => verb = Some(verb_of(&word)?),
            Value(name) if verb == Some(Verb::Replay) => {
                set(&mut file, PathBuf::from(name), "the capture file")?
            }
            Value(_) | Short(_) | Long(_) => return Err(arg.unexpected().into()),
        }
    }
    if config.as_ref().is_some_and(|path| path.as_os_str().is_empty()) {
        return Err(UsageError("--config needs a folder or an XML file, it is empty".into()));
    }
    match (verb.unwrap_or(Verb::Serve), file) {
        (Verb::Replay, _) if check => Err(UsageError("replay and --check cannot be had together".into())),
        (Verb::Replay, Some(file)) => Ok(Command::Replay { file, config }),
        (Verb::Replay, None) => Err(UsageError("replay needs a capture file: replay FILE.pcap".into())),
        (Verb::Check, _) => Ok(Command::Check { config }),
        (Verb::Doctor, _) if check => Err(UsageError("doctor and --check cannot be had together".into())),
        (Verb::Doctor, _) => Ok(Command::Doctor { config }),
        (Verb::Serve, _) if check => Ok(Command::Check { config }),
        (Verb::Serve, _) => Ok(Command::Serve { config }),
    }
}

fn verb_of(word: &OsString) -> Result<Verb, UsageError> {
    match word.to_str() {
        Some("serve") => Ok(Verb::Serve),
        Some("check") => Ok(Verb::Check),
        Some("doctor") => Ok(Verb::Doctor),
        Some("replay") => Ok(Verb::Replay),
        Some(_) | None => {
            Err(UsageError(format!("unknown command {word:?}; expected serve, check, doctor or replay")))
        }
    }
}

fn set(place: &mut Option<PathBuf>, value: PathBuf, what: &str) -> Result<(), UsageError> {
    if place.is_some() {
        return Err(UsageError(format!("{what} is given twice")));
    }
    *place = Some(value);
    Ok(())
}
