//! The main thread: starts the workers, says when the window begins and ends, reads the servers' cost at both ends.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::segments;
use super::worker::Worker;
use super::{Board, Phase, Plan, Report};
use crate::error::Fault;
use crate::procfs::{Usage, socket_overflows, thread_times};

/// A reading of everything that has a cost.
#[derive(Debug)]
struct Mark {
    at: Instant,
    server: Usage,
    own: Usage,
    threads: BTreeMap<u32, f64>,
    overflows: u64,
}

/// Runs the plan and says what happened; `progress` gets a line at each change of phase. Fails when threads fail.
pub fn run(plan: Plan, progress: &mut dyn Write) -> Result<Report, Fault> {
    let plan = Arc::new(plan);
    let board = Arc::new(Board::default());
    let mut workers = Vec::new();
    for index in 0..plan.threads {
        let (plan, board) = (Arc::clone(&plan), Arc::clone(&board));
        // Made where it runs: what the system calls want prepared cannot travel between threads.
        workers.push(thread::spawn(move || Worker::new(plan, board, index)?.run()));
    }
    wait_for_players(&plan, &board);
    let ready = board.settled();
    next_phase(&board, progress, &format!("set_up_done={ready}"))?;
    thread::sleep(plan.settle);
    let (first_segments, first_at) = (count_segments(&plan), Instant::now());
    let first = mark(&plan);
    next_phase(&board, progress, "")?;
    thread::sleep(plan.window);
    next_phase(&board, progress, "")?;
    let last = mark(&plan);
    let segments = count_segments(&plan).zip(first_segments).map(|(last, first)| last.saturating_sub(first));
    let segments_per_second = segments.map(|count| count as f64 / first_at.elapsed().as_secs_f64());
    next_phase(&board, progress, "")?;
    let mut outcomes = Vec::new();
    for worker in workers {
        outcomes.extend(worker.join().map_err(|_| Fault::new("a load thread panicked"))??);
    }
    let seconds = (last.at - first.at).as_secs_f64();
    let server = difference(&first.server, &last.server);
    let own = difference(&first.own, &last.own);
    let busiest = last.threads.iter().map(|(id, time)| time - first.threads.get(id).copied().unwrap_or(0.0));
    let busiest_thread_s = busiest.fold(0.0, f64::max);
    Ok(Report {
        plan: Arc::unwrap_or_clone(plan),
        seconds,
        server,
        own,
        busiest_thread_s,
        segments_per_second,
        overflows: last.overflows.saturating_sub(first.overflows),
        outcomes,
    })
}

fn wait_for_players(plan: &Plan, board: &Board) {
    let begin = Instant::now();
    while board.settled() < plan.players + plan.slow && begin.elapsed() < plan.ramp_limit {
        thread::sleep(Duration::from_millis(10));
    }
}

fn next_phase(board: &Board, progress: &mut dyn Write, more: &str) -> Result<(), Fault> {
    board.advance();
    let name = match board.phase() {
        Phase::Ramp => "ramp",
        Phase::Settle => "settle",
        Phase::Window => "window",
        Phase::Tally => "tally",
        Phase::Done => "done",
    };
    writeln!(progress, "phase={name} {more}")?;
    progress.flush()?;
    Ok(())
}

fn mark(plan: &Plan) -> Mark {
    Mark {
        at: Instant::now(),
        server: Usage::of(&plan.watch),
        own: Usage::own(),
        threads: thread_times(&plan.watch),
        overflows: socket_overflows(),
    }
}

fn count_segments(plan: &Plan) -> Option<u64> {
    if plan.watch.is_empty() { None } else { segments::sent_from(plan.target.addr().port()) }
}

/// Time and writes as differences, memory as it is at the end.
fn difference(first: &Usage, last: &Usage) -> Usage {
    Usage {
        cpu_s: last.cpu_s - first.cpu_s,
        writes: last.writes.saturating_sub(first.writes),
        rss_kb: last.rss_kb,
    }
}
