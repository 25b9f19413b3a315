//! A few threads for what may block, behind a queue that does not grow: files answer slowly on some days.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rtmpd_core::files::{FileCall, Root};
use rtmpd_core::{Answer, Call};
use rtmpd_netloop::{Caller, Done};

use rtmpd_core::hub::Hub;

use crate::files::Files;
use crate::pages::Pages;

/// Threads that read and write files. Slow disks keep them waiting, not the media.
const THREADS: usize = 4;
/// Questions that may wait for a thread.
const QUEUE: usize = 1024;

/// Threads that write, each in the order of what it is given.
const WRITERS: usize = 4;
/// Threads that write uploads: those may be large, and recordings must not wait for them.
const UPLOADERS: usize = 2;
/// How long the last writes may take when the server ends.
const GRACE: Duration = Duration::from_secs(10);

/// Threads that do the same work on whatever is pushed.
pub(crate) struct Pool<T> {
    jobs: Mutex<Option<SyncSender<T>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
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
        let mut handles = Vec::new();
        for number in 0..threads {
            let (waiting, work) = (Arc::clone(&waiting), Arc::clone(&work));
            let run = move || serve(&waiting, work.as_ref());
            handles.push(thread::Builder::new().name(format!("files-{number}")).spawn(run)?);
        }
        Ok(Self { jobs: Mutex::new(Some(jobs)), threads: Mutex::new(handles) })
    }

    /// Has a thread do this job, in its turn.
    ///
    /// # Errors
    /// Gives the job back when the queue is full.
    pub(crate) fn push(&self, job: T) -> Result<(), T> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(jobs) = &*jobs else { return Err(job) };
        jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(job) | TrySendError::Disconnected(job) => job,
        })
    }

    /// Takes nothing more, and waits until all that was taken is done, or until `deadline`.
    fn finish(&self, deadline: Instant) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        while threads.iter().any(|thread| !thread.is_finished()) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
        }
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

/// Answers the machines' calls: reads on one pool, writes on others, so that neither waits for the other.
pub(crate) struct Site {
    readers: Pool<(Call, Done)>,
    /// Each has one thread: what is written to one folder is written in order.
    writers: Vec<Pool<(Call, Done)>>,
    /// As `writers`, of what clients send.
    uploaders: Vec<Pool<(Call, Done)>>,
}

impl Site {
    /// A site that answers from these pages and files, and from what the hub knows.
    ///
    /// # Errors
    /// When a thread cannot be started.
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
        let work: Arc<dyn Fn((Call, Done)) + Send + Sync> = Arc::new(work);
        let many = |count: usize| -> io::Result<Vec<_>> {
            (0..count).map(|_| Pool::start(1, QUEUE, Arc::clone(&work))).collect()
        };
        let (writers, uploaders) = (many(WRITERS)?, many(UPLOADERS)?);
        Ok(Self { readers: Pool::start(THREADS, QUEUE, work)?, writers, uploaders })
    }

    /// Takes no more questions and waits for the answers to those it has.
    pub(crate) fn finish(&self) {
        let deadline = Instant::now() + GRACE;
        self.writers
            .iter()
            .chain(&self.uploaders)
            .chain([&self.readers])
            .for_each(|pool| pool.finish(deadline));
    }

    fn pool(&self, call: &Call) -> Option<&Pool<(Call, Done)>> {
        let Call::File(FileCall::Write(changes)) = call else { return Some(&self.readers) };
        let mut hasher = DefaultHasher::new();
        let place = changes.first()?.place();
        place.root.hash(&mut hasher);
        place.path.split('/').next().hash(&mut hasher);
        let pools = if place.root == Root::Vod { &self.uploaders } else { &self.writers };
        let count = u64::try_from(pools.len()).ok()?;
        pools.get(usize::try_from(hasher.finish() % count).ok()?)
    }
}

impl Caller for Site {
    fn call(&self, call: Call, done: Done) {
        let Some(pool) = self.pool(&call) else { return done.answer(Answer::Done) };
        if let Err((_, done)) = pool.push((call, done)) {
            done.answer(Answer::Failed(format!("{QUEUE} questions for files wait already").into()));
        }
    }
}
