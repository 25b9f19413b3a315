//! What concerns a whole process, descriptors and signals: the server runs in a child, which is this very test
//! program running one test that is otherwise ignored.
#![cfg(unix)]

use std::env;
use std::io::{BufRead, BufReader, Lines, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use rtmpd_netloop::{Settings, stop_on_signal};

use crate::harness::{Client, start_with};

const DESCRIPTORS: &str = "LOOPBACK_CHILD_DESCRIPTORS";

#[test]
fn accepting_pauses_while_there_are_no_descriptors() {
    let mut server = Process::start(Some(40));
    let mut first: Vec<_> = (0..50).map(|_| Client::connect(server.addr)).collect();
    first.iter_mut().for_each(|client| client.send("echo first"));
    assert_eq!(first[0].line(), "first");
    server.wait_for("clients wait until descriptors are free");
    let mut late: Vec<_> = (0..10).map(|_| Client::connect(server.addr)).collect();
    drop(first);
    for client in &mut late {
        assert_eq!(client.ask("echo late"), "late");
    }
    server.wait_for("all waiting clients are accepted");
}

#[test]
fn sigterm_ends_in_good_order() {
    let mut server = Process::start(None);
    let mut client = Client::connect(server.addr);
    assert_eq!(client.ask("echo there"), "there");
    server.kill("-TERM");
    assert_eq!(client.line(), "goodbye");
    assert_eq!(client.line(), "");
    drop(client);
    assert!(server.child.wait().expect("it ends").success());
}

#[test]
fn a_second_signal_ends_at_once() {
    let mut server = Process::start(None);
    let mut deaf = Client::connect(server.addr);
    deaf.send("give 50331648");
    assert_eq!(Client::connect(server.addr).ask("echo there"), "there");
    server.kill("-INT");
    server.wait_for("finishing the streams");
    server.kill("-INT");
    assert_eq!(server.child.wait().expect("it ends").code(), Some(130));
}

/// The child's side.
#[test]
#[ignore = "runs in the child processes of the other tests"]
fn serve() {
    let Ok(descriptors) = env::var(DESCRIPTORS) else { return };
    log::set_logger(&Out).expect("the only logger");
    log::set_max_level(log::LevelFilter::Info);
    let (descriptors, grace) = (descriptors.parse().ok(), Duration::from_secs(20));
    let settings = Settings { threads: 1, descriptors, grace, ..Settings::default() };
    let (server, addr) = start_with(settings);
    stop_on_signal(server.stopper()).expect("signals can be watched");
    say(&format!("listening {addr}"));
    server.join().expect("a good end");
}

/// Logs to standard output.
struct Out;

impl log::Log for Out {
    fn enabled(&self, _metadata: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        say(&record.args().to_string());
    }

    fn flush(&self) {}
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("the parent reads");
}

struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    addr: SocketAddr,
}

impl Process {
    fn start(descriptors: Option<u64>) -> Self {
        let mut child = Command::new(env::current_exe().expect("this program"))
            .args(["--exact", "child::serve", "--ignored", "--nocapture"])
            .env(DESCRIPTORS, descriptors.map_or_else(String::new, |limit| limit.to_string()))
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program runs");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let addr = loop {
            let line = lines.next().expect("the child says where it listens").expect("text");
            if let Some((_, addr)) = line.split_once("listening ") {
                break addr.parse().expect("an address");
            }
        };
        Self { child, lines, addr }
    }

    fn wait_for(&mut self, text: &str) {
        let found = self.lines.any(|line| line.expect("text").contains(text));
        assert!(found, "the child never said {text:?}");
    }

    fn kill(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().expect("kill runs").success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _status = self.child.wait();
    }
}
