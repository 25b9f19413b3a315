//! The log: the terminal (standard error) and a file for each day, fed without ever holding up the one who logs.
//!
//! - `line`: how a line of the file looks · `folder`: which file a day has, and which are too old
//! - `writer`: the thread that writes both

pub(crate) mod folder;
pub(crate) mod line;
pub(crate) mod writer;

use std::cell::Cell;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use env_logger::Env;
use jiff::Timestamp;
use log::{Log, Metadata, Record};

use line::Entry;
use writer::Writer;

/// Lines that may wait for the writer; what comes on top is counted and left out.
const QUEUE: usize = 4096;
/// Longest wait for the writer at the end of the program.
const FLUSH: Duration = Duration::from_secs(2);

/// What the writer is told.
#[derive(Debug)]
pub(crate) enum Order {
    /// Write this.
    Write(Entry),
    /// Say when all before this is written.
    Flush(SyncSender<()>),
}

/// Starts logging, for the life of the process: what `RUST_LOG` says (by default `info`) to standard error and, if
/// there is a `folder`, to a file for each day. Before the program ends, `log::logger().flush()`.
///
/// # Errors
/// When the writer's thread cannot be started, or logging has been started before.
pub(crate) fn start(folder: Option<PathBuf>) -> io::Result<()> {
    let terminal = env_logger::Builder::from_env(Env::default().default_filter_or("info")).build();
    let level = terminal.filter();
    let terminal = Arc::new(terminal);
    let (orders, incoming) = sync_channel(QUEUE);
    let lost = Arc::new(AtomicU64::new(0));
    let writer = Writer::new(Arc::clone(&terminal), folder, Arc::clone(&lost));
    let work = move || serve(&incoming, writer);
    thread::Builder::new().name("log".into()).spawn(work)?;
    log::set_boxed_logger(Box::new(Front { filter: terminal, orders, lost })).map_err(io::Error::other)?;
    log::set_max_level(level);
    Ok(())
}

fn serve(incoming: &Receiver<Order>, mut writer: Writer) {
    while let Ok(first) = incoming.recv() {
        let mut next = Some(first);
        let mut asked = Vec::new();
        while let Some(order) = next {
            match order {
                Order::Write(entry) => writer.write(&entry),
                Order::Flush(done) => asked.push(done),
            }
            next = incoming.try_recv().ok();
        }
        writer.flush();
        for done in asked {
            // The one who asked may have gone away by now.
            let _gone = done.try_send(());
        }
    }
}

/// The side of those who log.
struct Front {
    filter: Arc<env_logger::Logger>,
    orders: SyncSender<Order>,
    lost: Arc<AtomicU64>,
}

impl Log for Front {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.filter.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if !self.filter.matches(record) {
            return;
        }
        let entry = Entry {
            at: Timestamp::now(),
            thread: thread_number(),
            level: record.level(),
            target: record.target().into(),
            text: line::one_line(record.args().to_string()),
        };
        match self.orders.try_send(Order::Write(entry)) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn flush(&self) {
        let (done, written) = sync_channel(1);
        let mut order = Order::Flush(done);
        for _ in 0..FLUSH.as_millis() / 10 {
            match self.orders.try_send(order) {
                Ok(()) => {
                    let _late = written.recv_timeout(FLUSH);
                    return;
                }
                Err(TrySendError::Full(again)) => order = again,
                Err(TrySendError::Disconnected(_)) => return,
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// A number for the running thread, in the order in which threads logged first.
fn thread_number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    thread_local!(static MINE: Cell<u32> = const { Cell::new(0) });
    MINE.with(|mine| {
        if mine.get() == 0 {
            mine.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        mine.get()
    })
}
