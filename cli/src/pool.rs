//! A few threads for what may block, behind a queue that does not grow: files answer slowly on some days.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rtmpd_core::{Answer, Call};
use rtmpd_netloop::{Caller, Done};

use rtmpd_core::hub::Hub;

use crate::files::Files;
use crate::pages::Pages;

/// Threads that read and write files. Slow disks keep them waiting, not the media.
const THREADS: usize = 4;
/// Questions that may wait for a thread.
const QUEUE: usize = 1024;

/// Threads that do the same work on whatever is pushed.
pub(crate) struct Pool<T> {
    jobs: SyncSender<T>,
}

impl<T: Send + 'static> Pool<T> {
    /// So many threads that `work` on jobs, of which at most `queue` wait.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub(crate) fn start(
        threads: usize,
        queue: usize,
        work: Arc<dyn Fn(T) + Send + Sync>,
    ) -> io::Result<Self> {
        let (jobs, waiting) = sync_channel(queue);
        let waiting = Arc::new(Mutex::new(waiting));
        for number in 0..threads {
            let (waiting, work) = (Arc::clone(&waiting), Arc::clone(&work));
            let run = move || serve(&waiting, work.as_ref());
            thread::Builder::new().name(format!("files-{number}")).spawn(run)?;
        }
        Ok(Self { jobs })
    }

    /// Has a thread do this job, in its turn.
    ///
    /// # Errors
    /// Gives the job back when the queue is full.
    pub(crate) fn push(&self, job: T) -> Result<(), T> {
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(job) | TrySendError::Disconnected(job) => job,
        })
    }
}

/// Works until the pool is gone. A job that panics costs that job only.
fn serve<T>(waiting: &Mutex<Receiver<T>>, work: &dyn Fn(T)) {
    loop {
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        if catch_unwind(AssertUnwindSafe(|| work(job))).is_err() {
            log::error!(target: "rtmpd", "a job for files panicked; it is answered as failed");
        }
    }
}

/// Answers the machines' calls on a pool.
pub(crate) struct Site {
    pool: Pool<(Call, Done)>,
}

impl Site {
    /// A site that answers from these pages and files, and from what the hub knows.
    ///
    /// # Errors
    /// When the pool cannot be started.
    pub(crate) fn start(pages: Pages, files: Files, hub: Arc<Hub>) -> io::Result<Self> {
        let work = move |(call, done): (Call, Done)| {
            done.answer(match call {
                Call::Page { path, if_none_match, gzip } => {
                    pages.answer(&path, if_none_match.as_deref(), gzip)
                }
                Call::File(call) => files.answer(call),
                Call::Streams => Answer::Streams(hub.streams()),
            });
        };
        Ok(Self { pool: Pool::start(THREADS, QUEUE, Arc::new(work))? })
    }
}

impl Caller for Site {
    fn call(&self, call: Call, done: Done) {
        if let Err((_, done)) = self.pool.push((call, done)) {
            done.answer(Answer::Failed(format!("{QUEUE} questions for files wait already").into()));
        }
    }
}
