//! One thread of players: opens them at the ramp's pace, watches the young ones at once, reads the others in rounds.

use std::io;
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};

use super::datagrams::Batch;
use super::player::{Duty, Player, Step};
use super::{Board, Outcome, Phase, Plan, REFERENCES};
use crate::error::Fault;

/// Bytes read at once while a player is parsed.
const PARSE_BUFFER: usize = 256 * 1024;
/// Bytes thrown away at once afterwards.
const DISCARD_BUFFER: usize = 1024 * 1024;
/// How often the board is looked at when nothing happens.
const TICK: Duration = Duration::from_millis(20);

pub(super) struct Worker {
    plan: Arc<Plan>,
    board: Arc<Board>,
    index: usize,
    /// Players in set-up or parsed: their events are timed.
    young: Poll,
    /// Players that are only counted.
    grown: Poll,
    players: Vec<Player>,
    unopened: Vec<Outcome>,
    begin: Instant,
    phase: Phase,
    buffer: Vec<u8>,
    waste: Vec<MaybeUninit<u8>>,
    batch: Batch,
}

impl Worker {
    pub(super) fn new(plan: Arc<Plan>, board: Arc<Board>, index: usize) -> io::Result<Self> {
        Ok(Self {
            plan,
            board,
            index,
            young: Poll::new()?,
            grown: Poll::new()?,
            players: Vec::new(),
            unopened: Vec::new(),
            begin: Instant::now(),
            phase: Phase::Ramp,
            buffer: vec![0; PARSE_BUFFER],
            waste: vec![MaybeUninit::uninit(); DISCARD_BUFFER],
            batch: Batch::new(),
        })
    }

    /// Works until the run is over; one outcome per counted player. Fails when polling fails.
    pub(super) fn run(mut self) -> Result<Vec<Outcome>, Fault> {
        let mut events = Events::with_capacity(16 * 1024);
        let mut round = Instant::now();
        while self.phase != Phase::Done {
            self.open_due();
            let patience = self.patience().min(round.saturating_duration_since(Instant::now()));
            wait(&mut self.young, &mut events, patience)?;
            for event in &events {
                self.on_event(event.token(), event.is_readable() || event.is_error(), event.is_writable());
            }
            if Instant::now() >= round {
                round = Instant::now() + self.plan.read_every;
                wait(&mut self.grown, &mut events, Duration::ZERO)?;
                for event in &events {
                    self.on_event(event.token(), true, event.is_writable());
                }
                self.take_datagrams();
            }
            self.follow_phase();
        }
        let counted =
            self.players.into_iter().filter(|player| !player.is_slow()).map(|player| player.outcome);
        Ok(counted.chain(self.unopened).collect())
    }

    /// The players of this thread: every `threads`th.
    fn share(&self) -> usize {
        let all = self.plan.players + self.plan.slow;
        (all + self.plan.threads - 1 - self.index) / self.plan.threads
    }

    fn opened(&self) -> usize {
        self.players.len() + self.unopened.len()
    }

    /// Players that should have been opened by now.
    fn due(&self) -> usize {
        let rate = self.plan.ramp as f64 / self.plan.threads as f64;
        self.share().min(1 + (self.begin.elapsed().as_secs_f64() * rate) as usize)
    }

    fn patience(&self) -> Duration {
        if self.opened() < self.share() { Duration::from_millis(1) } else { TICK }
    }

    fn open_due(&mut self) {
        if self.phase != Phase::Ramp {
            return;
        }
        while self.opened() < self.due() {
            let number = self.opened() * self.plan.threads + self.index;
            if let Err(e) = self.open(number) {
                self.board.add_failed();
                let end = Some(format!("{e} (in set-up)"));
                self.unopened.push(Outcome { failed: true, end, ..Outcome::default() });
            }
        }
    }

    fn open(&mut self, number: usize) -> io::Result<()> {
        let mut player = Player::open(&self.plan.target, duty(&self.plan, number))?;
        if let Some(socket) = &mut player.socket {
            let interest = Interest::READABLE | Interest::WRITABLE;
            self.young.registry().register(socket, Token(self.players.len()), interest)?;
        }
        self.players.push(player);
        Ok(())
    }

    fn on_event(&mut self, Token(index): Token, readable: bool, writable: bool) {
        let Some(player) = self.players.get_mut(index) else { return };
        if player.socket.is_none() {
            return;
        }
        let was_set_up = player.outcome.set_up.is_some();
        let had_ways = player.ways.is_some();
        let mut step = if writable { player.on_writable() } else { Step::Same };
        if readable && step == Step::Same {
            step = player.on_readable(&mut self.buffer, &mut self.waste);
        }
        if step == Step::Same && had_ways {
            step = player.on_datagrams(&mut self.batch);
        } else if let Some(ways) = &mut player.ways
            && !had_ways
            && let Err(e) = ways.watch(self.young.registry(), Token(index))
        {
            step = player.end(&e.to_string());
        }
        match step {
            Step::Same => {}
            Step::Live => self.board.add_live(),
            Step::Over if was_set_up => {}
            Step::Over => self.board.add_failed(),
        }
        if player.grow_up() {
            self.move_to_rounds(index);
        }
    }

    /// Datagrams wait where nobody watches for them: looking is cheaper.
    fn take_datagrams(&mut self) {
        for index in 0..self.players.len() {
            let player = &mut self.players[index];
            if player.ways.is_some() {
                player.on_datagrams(&mut self.batch);
            }
            if player.grow_up() {
                self.move_to_rounds(index);
            }
        }
    }

    /// From now on it is read in rounds; a slow one not at all, so that the server has to cope.
    fn move_to_rounds(&mut self, index: usize) {
        let player = &mut self.players[index];
        let slow = player.is_slow();
        let Some(socket) = &mut player.socket else { return };
        let mut moved = self.young.registry().deregister(socket);
        if let Some(ways) = &mut player.ways {
            moved = moved.and(ways.unwatch(self.young.registry()));
        }
        if moved.is_ok() && !slow {
            moved = self.grown.registry().register(socket, Token(index), Interest::READABLE);
        }
        if let Err(e) = moved {
            player.end(&e.to_string());
        }
    }

    fn follow_phase(&mut self) {
        let phase = self.board.phase();
        if phase == self.phase {
            return;
        }
        if self.phase == Phase::Ramp {
            self.give_up_waiting();
        }
        // A slow round may miss a short phase: what counts is entering and leaving the window.
        if phase == Phase::Window || self.phase == Phase::Window {
            self.players.iter_mut().for_each(|player| player.measure(phase == Phase::Window));
        }
        self.phase = phase;
    }

    /// Set-up time is over: who does not play yet has failed.
    fn give_up_waiting(&mut self) {
        for player in &mut self.players {
            if player.outcome.set_up.is_none() && player.outcome.end.is_none() {
                player.end("no answer before the set-up limit");
            }
        }
    }
}

/// Waits for events; an interrupted wait has none.
fn wait(poll: &mut Poll, events: &mut Events, patience: Duration) -> io::Result<()> {
    match poll.poll(events, Some(patience)) {
        Err(e) if e.kind() == io::ErrorKind::Interrupted => {
            events.clear();
            Ok(())
        }
        other => other,
    }
}

fn duty(plan: &Plan, number: usize) -> Duty {
    let every = plan.players / plan.sample.clamp(1, plan.players.max(1));
    if number >= plan.players {
        Duty::Slow
    } else if number < REFERENCES {
        Duty::Reference
    } else if plan.sample > 0 && number.is_multiple_of(every.max(1)) {
        Duty::Sample
    } else {
        Duty::Plain
    }
}
