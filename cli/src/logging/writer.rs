//! The thread that writes: to the terminal by env_logger, to the day's file in the form of `line`.
//!
//! Trouble with the file is said once on the terminal and tried again a minute later; the server goes on.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use log::{Level, Log, Record};

use super::folder;
use super::line::{Entry, render};

/// How long a file that could not be written is left alone.
const RETRY: Duration = Duration::from_secs(60);

/// See the module's text.
pub(crate) struct Writer {
    terminal: Arc<env_logger::Logger>,
    files: Option<Files>,
    lost: Arc<AtomicU64>,
}

impl Writer {
    /// A writer to the terminal and, if there is one, to the folder. `lost` counts the lines that found no room.
    pub(crate) fn new(
        terminal: Arc<env_logger::Logger>,
        folder: Option<PathBuf>,
        lost: Arc<AtomicU64>,
    ) -> Self {
        Self { terminal, files: folder.map(|folder| Files::new(folder, TimeZone::system())), lost }
    }

    /// Writes an entry to both places.
    pub(crate) fn write(&mut self, entry: &Entry) {
        self.put(entry);
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let text =
                format!("{lost} lines were left out here: they came faster than they could be written");
            self.put(&Entry { level: Level::Warn, text, ..entry.clone() });
        }
    }

    /// Hands what was written to the system.
    pub(crate) fn flush(&mut self) {
        let outcome = self.files.as_mut().and_then(Files::flush);
        self.complain(outcome);
    }

    fn put(&mut self, entry: &Entry) {
        self.say(entry.level, &entry.target, &entry.text);
        let outcome = self.files.as_mut().and_then(|files| files.write(entry));
        self.complain(outcome);
    }

    fn complain(&self, trouble: Option<String>) {
        if let Some(text) = trouble {
            self.say(Level::Error, "rtmpd", &text);
        }
    }

    fn say(&self, level: Level, target: &str, text: &str) {
        self.terminal
            .log(&Record::builder().level(level).target(target).args(format_args!("{text}")).build());
    }
}

/// The files of the days.
pub(crate) struct Files {
    folder: PathBuf,
    zone: TimeZone,
    open: Option<(Date, BufWriter<File>)>,
    /// Trouble was reported and has not ended.
    troubled: bool,
    /// Not before this.
    retry: Option<Instant>,
}

impl Files {
    /// Files in `folder`, which is made when the first line is written, named by the days of `zone`.
    pub(crate) fn new(folder: PathBuf, zone: TimeZone) -> Self {
        Self { folder, zone, open: None, troubled: false, retry: None }
    }

    /// Writes an entry to the file of its day. Returns what to tell the operator, if there is new trouble.
    pub(crate) fn write(&mut self, entry: &Entry) -> Option<String> {
        if self.retry.is_some_and(|at| Instant::now() < at) {
            return None;
        }
        let outcome = self.try_write(entry);
        self.note(outcome)
    }

    /// Hands what was written to the system. Returns what to tell the operator, if there is new trouble.
    pub(crate) fn flush(&mut self) -> Option<String> {
        let (_, file) = self.open.as_mut()?;
        let outcome = file.flush();
        // Only what reached the disk shows that trouble has ended.
        if outcome.is_ok() {
            self.troubled = false;
        }
        self.note(outcome)
    }

    fn try_write(&mut self, entry: &Entry) -> io::Result<()> {
        let day = entry.at.to_zoned(self.zone.clone()).date();
        let text = render(entry, &self.zone);
        // A line that was made just before midnight and comes late belongs to the file that is open.
        if self.open.as_ref().is_none_or(|(open, _)| *open < day) {
            if let Some((_, mut last)) = self.open.take() {
                last.flush()?;
            }
            self.open = Some((day, open(&self.folder, day)?));
            remove_old(&self.folder, day)?;
        }
        self.open.as_mut().map_or(Ok(()), |(_, file)| file.write_all(text.as_bytes()))
    }

    fn note(&mut self, outcome: io::Result<()>) -> Option<String> {
        let Err(error) = outcome else {
            self.retry = None;
            return None;
        };
        self.retry = Some(Instant::now() + RETRY);
        if let Some((_, file)) = self.open.take() {
            // Dropped with its buffer: another try to write that would fail as well.
            drop(file.into_parts());
        }
        if std::mem::replace(&mut self.troubled, true) {
            return None;
        }
        let folder = self.folder.display();
        Some(format!(
            "cannot write the log in {folder}: {error}; the server goes on without, and tries again"
        ))
    }
}

fn open(folder: &Path, day: Date) -> io::Result<BufWriter<File>> {
    fs::create_dir_all(folder)?;
    let file = OpenOptions::new().create(true).append(true).open(folder.join(folder::file_name(day)))?;
    Ok(BufWriter::new(file))
}

fn remove_old(folder: &Path, today: Date) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(|name| folder::is_old(name, today))
            && entry.path().is_file()
        {
            // One that cannot be removed is no reason to stop logging.
            let _kept = fs::remove_file(entry.path());
        }
    }
    Ok(())
}
