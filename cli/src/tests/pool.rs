//! The pool: full, panicking, gone.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Barrier, Mutex};

use crate::pool::Pool;

#[test]
fn a_full_queue_gives_the_job_back() {
    let (taken, begun) = channel();
    let taken = Mutex::new(taken);
    let gate = Arc::new(Barrier::new(2));
    let work = {
        let gate = Arc::clone(&gate);
        move |number: u32| {
            taken.lock().unwrap().send(number).unwrap();
            gate.wait();
        }
    };
    let pool = Pool::start(1, 2, Arc::new(work)).unwrap();
    assert_eq!(pool.push(0), Ok(()));
    assert_eq!(begun.recv(), Ok(0));
    assert_eq!(pool.push(1), Ok(()));
    assert_eq!(pool.push(2), Ok(()));
    assert_eq!(pool.push(3), Err(3));
    for next in [1, 2] {
        gate.wait();
        assert_eq!(begun.recv(), Ok(next));
    }
    assert_eq!(pool.push(4), Ok(()));
    gate.wait();
    assert_eq!(begun.recv(), Ok(4));
    gate.wait();
}

/// Says when it is dropped, as netloop's `Done` does.
struct Job(Sender<&'static str>, bool);

impl Drop for Job {
    fn drop(&mut self) {
        // The test may be over.
        let _over = self.0.send("dropped");
    }
}

#[test]
fn a_panic_costs_one_job() {
    let work = |job: Job| {
        assert!(!job.1, "a job that fails, as this test wants");
        job.0.send("done").unwrap();
    };
    let pool = Pool::start(1, 8, Arc::new(work)).unwrap();
    let (news, heard) = channel();
    for fails in [true, false] {
        assert!(pool.push(Job(news.clone(), fails)).is_ok());
    }
    let lines: Vec<_> = heard.iter().take(3).collect();
    assert_eq!(lines, ["dropped", "done", "dropped"]);
}
