//! smart_rtmpd: the program that introduces the configuration, the protocols and the loop to each other.
//!
//! - `args` → `serve` | `check` | `doctor` | `replay` · `config_file`: finds and reads config.xml · `wire_up`: what it means
//! - `banner`: what the server says when it has started · `logging`: terminal and daily files
//! - `forwarding`: policy.xml, and the machines that speak with other servers
//! - `certificates`: TLS
//! - `pages`: the static site · `pool`: the threads that read it

#![forbid(unsafe_code)]

mod args;
mod banner;
mod certificates;
mod check;
mod config_file;
mod doctor;
mod files;
mod forwarding;
mod logging;
mod pages;
mod pool;
mod recordings;
mod replay;
mod serve;
#[cfg(test)]
mod tests;
mod wire_up;

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use args::Command;

/// Exit status when the command line is wrong.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let command = match args::parse(env::args_os().skip(1)) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("smart_rtmpd: {error}\nTry 'smart_rtmpd --help'.");
            return ExitCode::from(USAGE);
        }
    };
    let outcome = match command {
        Command::Serve { config } => serve::run(config.as_deref()).map(|()| String::new()),
        Command::Check { config } => check::run(config.as_deref()),
        Command::Doctor { config } => {
            let (table, is_healthy) = doctor::run(config.as_deref());
            let printed = print(&table);
            return if is_healthy { printed } else { ExitCode::FAILURE };
        }
        Command::Replay { file, config } => replay::run(&file, config.as_deref()),
        Command::Version => Ok(format!("smart_rtmpd {}\n", env!("CARGO_PKG_VERSION"))),
        Command::Help => Ok(args::HELP.into()),
    };
    match outcome {
        Ok(text) => print(&text),
        Err(problems) => {
            for problem in problems {
                eprintln!("smart_rtmpd: {problem}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Prints, and does not mind a reader that has seen enough.
fn print(text: &str) -> ExitCode {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("smart_rtmpd: {error}");
            ExitCode::FAILURE
        }
        Ok(()) | Err(_) => ExitCode::SUCCESS,
    }
}
