//! Bytes out, and whatever else a shard asks its driver to do.

use std::io::{self, IoSlice, Write};
use std::sync::Arc;

use rtmpd_core::report::Report;
use rtmpd_core::shard::{Action, ConnId};
use rtmpd_core::{Instant, NoteLevel};

use super::Worker;
use crate::caller::Done;
use crate::system::{SHORT_IS_DRY, write_pieces};

/// Most pieces in one write.
const PIECES: usize = 64;

/// The clock is read once per so many actions: cheap as it is, a turn may write to thousands.
const ACTIONS_PER_LOOK: u32 = 16;

/// What became of a write.
enum Written {
    /// All that was asked for.
    All(usize),
    /// This much, and now the send buffer is full, or nearly.
    Part(usize),
    /// Nothing: the send buffer is full.
    Blocked,
    /// Nothing: the connection is gone.
    Broken,
}

impl Worker {
    /// Does all that the shard wants done.
    pub(super) fn carry_out(&mut self) {
        let mut now = self.clock.now();
        let mut actions = 0;
        while let Some(action) = self.shard.poll_action() {
            actions += 1;
            if actions % ACTIONS_PER_LOOK == 0 {
                now = self.clock.now();
            }
            match action {
                Action::Send(id) => self.send(now, id),
                Action::Close(id) => self.close(now, id),
                Action::Read(id) => {
                    if let Some(conn) = self.table.find(id) {
                        self.reading.queue(conn);
                    }
                }
                Action::Wake(shard) => {
                    if let Some(inbox) = self.common.inboxes.get(usize::from(shard.0)) {
                        inbox.wake();
                    }
                }
                Action::Call(id, call) => {
                    let inbox = Arc::clone(&self.common.inboxes[self.index]);
                    self.common.caller.call(call, Done::new(inbox, id));
                }
                Action::Report(report) => log_report(&report),
                Action::SendDatagrams(port) => self.send_datagrams(port),
                Action::Bind { pair, local, way, .. } => self.bind(now, pair, local, way),
                Action::Unbind(port) => self.ports.close(port),
                Action::Dial(outgoing) => self.dial(now, *outgoing),
                Action::HangUp(id) => self.close(now, id),
            }
        }
    }

    fn send(&mut self, now: Instant, id: ConnId) {
        let Some(conn) = self.table.find(id) else { return };
        while !conn.blocked {
            let mut pieces = [IoSlice::new(&[]); PIECES];
            let count = self.shard.unsent(id, &mut pieces);
            if count == 0 {
                break;
            }
            match write(&mut conn.stream, &pieces[..count]) {
                Written::All(n) => return self.shard.sent(now, id, n),
                Written::Part(n) if SHORT_IS_DRY => {
                    conn.blocked = true;
                    self.shard.blocked(id);
                    return self.shard.sent(now, id, n);
                }
                Written::Part(n) => self.shard.sent(now, id, n),
                Written::Blocked => conn.blocked = true,
                Written::Broken => {
                    conn.broken = true;
                    return self.shard.lost(now, id);
                }
            }
        }
        self.shard.blocked(id);
    }

    fn close(&mut self, now: Instant, id: ConnId) {
        self.dials.cancel(id);
        let Some(conn) = self.table.remove(id) else { return };
        if !conn.finished && !conn.broken {
            let scratch = self.reading.scratch();
            self.farewells.add(now, conn.stream, self.poll.registry(), scratch);
        }
    }
}

fn write(stream: &mut mio::net::TcpStream, pieces: &[IoSlice<'_>]) -> Written {
    let all: usize = pieces.iter().map(|piece| piece.len()).sum();
    loop {
        let written = match pieces {
            // `send` is cheaper still.
            [piece] => stream.write(piece),
            pieces => write_pieces(stream, pieces),
        };
        match written {
            Ok(n) if n == all => return Written::All(n),
            Ok(n) => return Written::Part(n),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Written::Blocked,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Written::Broken,
        }
    }
}

fn log_report(report: &Report) {
    let level = match report.level() {
        NoteLevel::Warn => log::Level::Warn,
        NoteLevel::Info => log::Level::Info,
        NoteLevel::Debug => log::Level::Debug,
    };
    log::log!(target: "rtmpd", level, "{report}");
}
