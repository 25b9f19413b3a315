//! The driver that has a capture file where others have sockets and a clock.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IoSlice;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::digest::Digest;
use super::mouths::{Mouth, Mouths};
use super::reading::Reading;
use super::reassembly::{Step, What};
use super::said::Said;
use super::tap::{Tap, Tape};
use super::transcript::{Transcript, Voice};
use super::wording::one_line;
use super::{Cutting, ReplayError, Setup};
use crate::hub::{Hub, HubSettings, ShardId};
use crate::machine::{Answer, Call};
use crate::report::{News, Report};
use crate::request::Peer;
use crate::shard::{Action, ConnId, PortId, ServiceId, Shard};
use crate::time::Instant;

/// So many turns without time going on or bytes coming in are a machine that asks for the same moment for ever.
const MAX_TURNS: u32 = 100_000;
/// A pause of the capture is never made longer than this: every deadline of a server has passed by then.
const MAX_PAUSE: Duration = Duration::from_secs(600);
/// Bytes are never handed over earlier than this: a machine would miss them later and take its peer for dead.
const MAX_ADVANCE: Duration = Duration::from_secs(5);
/// Datagrams that are given together come within this time: they are never more than so much ahead of theirs.
const MAX_GROUP: Duration = Duration::from_millis(20);

/// Plays what a capture tells into a shard.
pub(super) fn drive(reading: &Reading, setup: Setup, tape: Tape) -> Result<Transcript, ReplayError> {
    let (steps, cutting) = (reading.steps.as_slice(), setup.cutting);
    let mut driver = Driver::new(setup, tape, reading);
    let mut next = 0;
    while let Some(step) = steps.get(next) {
        let run = if cutting == Cutting::AllAtOnce { run_length(&steps[next..]) } else { 1 };
        driver.pass_time(step.at)?;
        driver.take(step, &steps[next..next + run], cutting)?;
        next += run;
    }
    driver.pass_time(reading.end)?;
    Ok(driver.finish())
}

/// How many steps from the first on can be had at once: bytes of one connection that nothing else comes between, or
/// datagrams.
fn run_length(steps: &[Step]) -> usize {
    let Some(first) = steps.first() else { return 1 };
    let belongs = |step: &&Step| {
        let ahead = step.at.since(first.at);
        match (&first.what, &step.what) {
            (What::Data(_), What::Data(_)) => step.flow == first.flow && ahead < MAX_ADVANCE,
            (What::Datagram { .. }, What::Datagram { .. }) => ahead < MAX_GROUP,
            (What::Open { .. } | What::Gap { .. } | What::End | What::Data(_) | What::Datagram { .. }, _) => {
                false
            }
        }
    };
    steps.iter().take_while(belongs).count().max(1)
}

struct Driver {
    shard: Shard,
    services: BTreeMap<u16, (ServiceId, &'static str)>,
    answer: Box<dyn FnMut(&Call) -> Answer>,
    tape: Tape,
    now: Instant,
    /// The time of the last step as the capture has it.
    captured: Instant,
    flows: BTreeMap<usize, ConnId>,
    /// Flows that cannot be read on after a gap.
    broken: BTreeSet<usize>,
    sockets: BTreeMap<ConnId, Socket>,
    mouths: Mouths,
    /// Which connection a report is about.
    by_client: BTreeMap<(&'static str, SocketAddr), usize>,
}

/// What a real driver has a socket for.
struct Socket {
    /// Its number in the transcript.
    conn: usize,
    sent: u64,
    digest: Digest,
}

impl Driver {
    fn new(setup: Setup, tape: Tape, reading: &Reading) -> Self {
        let mut said = Said::sort(&reading.answers, &reading.steps);
        let hub = Hub::new(HubSettings { shards: 1, ..setup.hub }, setup.make_packager);
        let mut shard = Shard::new(ShardId(0), hub);
        let mut services = BTreeMap::new();
        for (port, service) in setup.services {
            let name = service.name();
            let tap = Tap::new(service, tape.clone(), said.remove(&port).unwrap_or_default());
            services.insert(port, (shard.add_service(Box::new(tap)), name));
        }
        let mut mouths = Mouths::new(&reading.steps);
        for (&number, &(service, _)) in &services {
            let local = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), number);
            mouths.add(shard.add_port(service, local), number, None);
        }
        Self {
            shard,
            mouths,
            services,
            answer: setup.answer,
            tape,
            now: Instant::ZERO,
            captured: Instant::ZERO,
            flows: BTreeMap::new(),
            broken: BTreeSet::new(),
            sockets: BTreeMap::new(),
            by_client: BTreeMap::new(),
        }
    }

    /// Lets timers ring up to the next step's time.
    fn pass_time(&mut self, captured: Instant) -> Result<(), ReplayError> {
        let until = self.now + captured.since(self.captured).min(MAX_PAUSE);
        self.captured = self.captured.max(captured);
        let mut turns = 0;
        while let Some(due) = self.shard.poll_timeout().filter(|due| *due <= until) {
            turns = if due > self.now { 0 } else { turns + 1 };
            if turns > MAX_TURNS {
                return Err(ReplayError::Stuck { at: self.now });
            }
            self.now = self.now.max(due);
            self.shard.handle_timeout(self.now);
            self.act();
        }
        self.now = until;
        Ok(())
    }

    /// One step, or several with bytes that are to come as one.
    fn take(&mut self, step: &Step, run: &[Step], cutting: Cutting) -> Result<(), ReplayError> {
        match &step.what {
            What::Open { client, server, midway } => self.open(step.flow, *client, *server, *midway),
            What::Data(data) if run.len() == 1 => self.receive(step.flow, data, cutting)?,
            What::Data(_) => {
                let parts: Vec<&[u8]> = run.iter().filter_map(bytes_of).collect();
                self.receive(step.flow, &parts.concat(), cutting)?;
            }
            What::Gap { offset, missing } => self.gap(step.flow, *offset, *missing),
            What::End => self.end(step.flow),
            What::Datagram { .. } => {
                for step in run {
                    self.hear(step);
                    self.settle()?;
                }
            }
        }
        self.settle()
    }

    fn open(&mut self, flow: usize, client: SocketAddr, server: SocketAddr, midway: bool) {
        let Some(&(service, name)) = self.services.get(&server.port()) else { return };
        let conn = self.shard.open(self.now, service, Peer { local: server, remote: client });
        let number = self.tape.notebook().opened;
        self.flows.insert(flow, conn);
        self.sockets.insert(conn, Socket { conn: number, sent: 0, digest: Digest::new() });
        self.by_client.insert((name, client), number);
        if midway {
            self.write(number, "the capture begins in the middle of this connection");
        }
    }

    fn hear(&mut self, step: &Step) {
        let What::Datagram { from, to, data } = &step.what else { return };
        let Some(socket) = self.mouths.hearing(*from, to.port()) else { return };
        let before = self.tape.notebook().opened;
        self.shard.receive_datagram(self.now, socket, *from, data);
        let number = self.tape.notebook().opened;
        if let Some((_, name)) = self.services.get(&to.port()).filter(|_| number > before) {
            self.by_client.insert((name, *from), number);
        }
    }

    fn receive(&mut self, flow: usize, data: &[u8], cutting: Cutting) -> Result<(), ReplayError> {
        let Some(&conn) = self.flows.get(&flow).filter(|_| !self.broken.contains(&flow)) else {
            return Ok(());
        };
        let size = if cutting == Cutting::ByteByByte { 1 } else { data.len().max(1) };
        for part in data.chunks(size) {
            self.shard.receive(self.now, conn, part);
            self.settle()?;
        }
        Ok(())
    }

    /// No protocol of ours can be read on behind a hole: what follows would only be misunderstood.
    fn gap(&mut self, flow: usize, offset: u64, missing: u64) {
        if !self.broken.insert(flow) {
            return;
        }
        let number = self.flows.get(&flow).and_then(|conn| self.sockets.get(conn)).map(|socket| socket.conn);
        if let Some(number) = number {
            let text =
                format!("the capture misses {missing} bytes from byte {offset} on: the rest is left out");
            self.write(number, &text);
        }
        self.end(flow);
    }

    fn end(&mut self, flow: usize) {
        if let Some(&conn) = self.flows.get(&flow) {
            self.shard.receive_eof(self.now, conn);
        }
    }

    /// Does what is due at this very moment: media is passed on before anything else happens.
    fn settle(&mut self) -> Result<(), ReplayError> {
        self.act();
        self.pass_time(self.captured)
    }

    fn act(&mut self) {
        while let Some(action) = self.shard.poll_action() {
            match action {
                Action::Send(conn) => self.send(conn),
                Action::Close(conn) => self.hang_up(conn, "sent"),
                Action::Read(_) => {} // a capture is read at its own times
                Action::Wake(_) => self.shard.handle_mail(self.now),
                Action::Call(conn, call) => {
                    let answer = (self.answer)(&call);
                    self.shard.answer(self.now, conn, answer);
                }
                Action::Report(report) => self.report(&report),
                Action::SendDatagrams(port) => self.send_datagrams(port),
                Action::Bind { pair, local, remotes, .. } => self.bind(pair, local, remotes),
                Action::Unbind(port) => self.fold_up(port, "sent"),
                Action::Dial(outgoing) => {
                    let why = format!("{}: a capture has no other servers", outgoing.dial);
                    self.shard.dialled(self.now, outgoing.conn, Err(why));
                }
                Action::HangUp(_) => {} // nothing was dialled
            }
        }
    }

    /// The client of a replay takes everything at once.
    fn send(&mut self, conn: ConnId) {
        let Some(socket) = self.sockets.get_mut(&conn) else { return };
        let mut slices = [IoSlice::new(&[]); 64];
        let filled = self.shard.unsent(conn, &mut slices);
        let mut size = 0;
        for slice in slices.iter().take(filled) {
            socket.digest.add(slice);
            size += slice.len();
        }
        socket.sent += size as u64;
        self.shard.sent(self.now, conn, size);
    }

    /// The sockets that the captured server had for this peer, or any.
    fn bind(&mut self, pair: [PortId; 2], local: IpAddr, remotes: [SocketAddr; 2]) {
        let number = self.mouths.choose(remotes);
        for (place, id) in pair.into_iter().enumerate() {
            self.mouths.add(id, number + place as u16, Some(remotes[place]));
        }
        self.shard.bound(self.now, pair, Ok(SocketAddr::new(local, number)));
    }

    fn send_datagrams(&mut self, port: PortId) {
        let Some(socket) = self.mouths.find_mut(port) else { return };
        let waiting = self.shard.unsent_datagrams(port);
        for datagram in waiting {
            socket.digest.add(datagram.head.as_slice());
            socket.digest.add(&datagram.body);
        }
        let count = waiting.len();
        socket.sent += count as u64;
        self.shard.sent_datagrams(port, count);
    }

    fn fold_up(&mut self, port: PortId, word: &str) {
        let Some(Mouth { number, sent, digest, .. }) = self.mouths.remove(port) else { return };
        if sent > 0 {
            let text = format!("UDP port {number} {word} {sent} datagrams {digest}");
            self.tape.notebook().transcript.add(self.now, None, Voice::Shard, text);
        }
    }

    fn hang_up(&mut self, conn: ConnId, word: &str) {
        let Some(Socket { conn: number, sent, digest }) = self.sockets.remove(&conn) else { return };
        self.write(number, &format!("{word} {sent} bytes {digest}"));
    }

    /// What the shard has to say that no machine said or heard.
    fn report(&mut self, report: &Report) {
        let Some(&conn) = self.by_client.get(&(report.service, report.peer)) else { return };
        match &report.news {
            News::Note(level, text) => {
                let is_news = self.tape.notebook().is_news(conn, text);
                if is_news {
                    self.write(conn, &format!("Shard {level:?} {}", one_line(text)));
                }
            }
            News::Closed(why) => {
                self.write(conn, &format!("Close {}", one_line(&why.to_string())));
            }
            News::Publishing(_)
            | News::Published(..)
            | News::Playing(_)
            | News::Played(..)
            | News::Refused(..)
            | News::Denied(..) => {}
        }
    }

    fn write(&self, conn: usize, text: &str) {
        self.tape.notebook().transcript.add(self.now, Some(conn), Voice::Shard, text);
    }

    fn finish(mut self) -> Transcript {
        let open: Vec<ConnId> = self.sockets.keys().copied().collect();
        for conn in open {
            self.hang_up(conn, "still open, sent");
        }
        while let Some(port) = self.mouths.first() {
            self.fold_up(port, "still open, sent");
        }
        std::mem::take(&mut self.tape.notebook().transcript)
    }
}

fn bytes_of(step: &Step) -> Option<&[u8]> {
    match &step.what {
        What::Data(data) => Some(data),
        What::Open { .. } | What::Gap { .. } | What::End | What::Datagram { .. } => None,
    }
}
