//! How a machine's question reaches the embedding program, and how the answer comes back.

use std::fmt;
use std::sync::Arc;

use rtmpd_core::shard::ConnId;
use rtmpd_core::{Answer, Call};

use crate::inbox::{Inbox, Letter};

/// Answers what needs files or other threads.
pub trait Caller: Send + Sync {
    /// Takes a question of a connection. This runs on a worker: whatever may block belongs on another thread, which
    /// takes `done` along.
    fn call(&self, call: Call, done: Done);
}

/// The way back to the connection that asked. Dropped unanswered, it answers [`Answer::Failed`].
pub struct Done {
    inbox: Arc<Inbox>,
    conn: ConnId,
    answered: bool,
}

impl Done {
    pub(crate) fn new(inbox: Arc<Inbox>, conn: ConnId) -> Self {
        Self { inbox, conn, answered: false }
    }

    /// Answers, from any thread. If the connection is gone by now, nothing happens.
    pub fn answer(mut self, answer: Answer) {
        self.answered = true;
        self.inbox.post(Letter::Answer(self.conn, answer));
    }
}

impl Drop for Done {
    fn drop(&mut self) {
        if !self.answered {
            let answer = Answer::Failed("the question was dropped without an answer".into());
            self.inbox.post(Letter::Answer(self.conn, answer));
        }
    }
}

impl fmt::Debug for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Done").field("conn", &self.conn).finish_non_exhaustive()
    }
}
