//! A child process that never outlives its test and whose output is shown when the test fails.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A running child. Dropping it kills it, and prints the end of its output when the test is failing.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command` with its standard error in `log`; standard output goes there too unless set by the caller.
    pub fn start(name: &str, command: &mut Command, log: &Path) -> Self {
        let file = File::create(log).expect("a log file can be made");
        command.stdin(Stdio::null()).stderr(file);
        let child =
            command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error} ({command:?})"));
        Self { name: name.to_owned(), child, log: log.to_path_buf() }
    }

    /// The operating system's number of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote to standard error so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child can be asked").is_none()
    }

    /// Waits for its end for a while.
    pub fn ends_within(&mut self, at_most: Duration) -> bool {
        let began = Instant::now();
        while self.is_running() && began.elapsed() < at_most {
            std::thread::sleep(Duration::from_millis(20));
        }
        !self.is_running()
    }

    /// Waits for its end.
    pub fn wait(&mut self, at_most: Duration) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be asked") {
                return status;
            }
            assert!(
                began.elapsed() < at_most,
                "{} did not end within {at_most:?}:\n{}",
                self.name,
                self.log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for its end and wants it to have gone well.
    pub fn succeed(&mut self, at_most: Duration) {
        let status = self.wait(at_most);
        assert!(status.success(), "{} failed with {status}:\n{}", self.name, self.log());
    }

    /// Sends a signal by name: `INT`, `TERM`, `STOP`, `CONT`, `KILL`.
    pub fn signal(&self, name: &str) {
        let status =
            Command::new("kill").args(["-s", name, &self.id().to_string()]).stderr(Stdio::null()).status();
        status.expect("kill is there");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A stopped process takes SIGKILL too. Failing to kill means that it has already ended.
        if self.child.kill().is_ok() {
            self.child.wait().ok();
        }
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let tail = lines[lines.len().saturating_sub(60)..].join("\n");
            eprintln!("--- {} said last:\n{tail}\n---", self.name);
        }
    }
}

/// Asks `done` again and again until it says yes; fails the test with `what` when `at_most` has passed.
pub fn until(what: &str, at_most: Duration, mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < at_most, "not within {at_most:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
