//! A capture file in the place of the network: the same shard, driven by what clients once sent.
//!
//! Only what clients sent is replayed; ours answers instead of the captured server. Of what that one sent, the services
//! are told: their clients answer ids and cookies that it drew by chance, so ours must draw the same.
//!
//! - [`pcap`], `pcapng`: the file's packets · [`link`]: the TCP segment in a packet
//! - [`reassembly`]: segments → what each server saw of its client · `reading`: the whole way so far
//! - `said`: what the captured servers sent, for [`Service::recall`]
//! - `driver`: plays that into a shard at the captured times, cut as asked · `mouths`: its UDP sockets · `tap`, `wording`: listen to its machines
//! - [`transcript`]: what happened

mod digest;
mod driver;
pub mod link;
mod mouths;
pub mod pcap;
mod pcapng;
mod reading;
pub mod reassembly;
mod said;
mod tap;
#[cfg(test)]
mod tests;
pub mod transcript;
mod wording;

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;

use pcap::PcapError;
use reading::Reading;
use tap::Tape;
pub use transcript::{Line, Transcript, Voice};

use crate::hub::HubSettings;
use crate::machine::{Answer, Call, Service};
use crate::media::MakePackager;
use crate::time::Instant;

/// How the bytes of a connection are handed to its machine. Whatever the cut, each connection's machine says the
/// same in the same order.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Cutting {
    /// Segment by segment, each at its time.
    #[default]
    AsCaptured,
    /// One byte at a time, at the time of its segment.
    ByteByByte,
    /// As much at once as can be without overtaking another connection: all bytes up to the next thing that happens
    /// elsewhere, at most 5 s ahead of their time. A lone, short connection's whole flow is one piece. Datagrams are
    /// never cut nor joined: those of 20 ms come at the time of the first.
    AllAtOnce,
}

/// The server that a capture is played to.
pub struct Setup {
    /// What tunes the hub; there is always one shard.
    pub hub: HubSettings,
    /// Makes the packagers of the services' packagings.
    pub make_packager: MakePackager,
    /// The services by the server port of the capture. For the same transcript every time, give their dice the same
    /// seed every time.
    pub services: Vec<(u16, Box<dyn Service>)>,
    /// How bytes are handed over.
    pub cutting: Cutting,
    /// What the embedding program answers to calls.
    pub answer: Box<dyn FnMut(&Call) -> Answer>,
}

impl Setup {
    /// A server with these services by port, default tuning, bytes as captured, and no files.
    pub fn new(services: Vec<(u16, Box<dyn Service>)>, make_packager: MakePackager) -> Self {
        Self {
            hub: HubSettings::default(),
            make_packager,
            services,
            cutting: Cutting::default(),
            answer: Box::new(|_| Answer::NotFound),
        }
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ports: Vec<u16> = self.services.iter().map(|(port, _)| *port).collect();
        f.debug_struct("Setup").field("ports", &ports).field("cutting", &self.cutting).finish_non_exhaustive()
    }
}

/// Why a capture cannot be replayed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReplayError {
    /// It is no capture file, or a damaged one.
    Capture(PcapError),
    /// Its packets are of a kind that cannot be read.
    Link(u32),
    /// Nothing in it goes to a port that has a service.
    NoConnection {
        /// The ports that have one.
        ports: Vec<u16>,
        /// Where connections and datagrams of the capture do go to, a few of them.
        seen: Vec<SocketAddr>,
    },
    /// A machine or the shard asks for the same moment again and again.
    Stuck {
        /// That moment.
        at: Instant,
    },
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Capture(error) => error.fmt(f),
            Self::Link(link) => {
                write!(f, "the capture has packets of link type {link}, expected {}", link::LINKS)
            }
            Self::NoConnection { ports, seen } => {
                let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
                write!(f, "the capture has nothing for port {}; ", ports.join(" or "))?;
                if seen.is_empty() {
                    return f.write_str("it has neither connections nor datagrams");
                }
                let seen: Vec<String> = seen.iter().map(SocketAddr::to_string).collect();
                write!(f, "what is in it goes to {}", seen.join(", "))
            }
            Self::Stuck { at } => {
                let seconds = at.as_micros() as f64 / 1e6;
                write!(f, "the server asks for the time +{seconds:.3} s for ever: a defect of ours")
            }
        }
    }
}

impl std::error::Error for ReplayError {}

/// Plays a capture (the bytes of a pcap or pcapng file) to a server and writes down what happens.
///
/// # Errors
/// [`ReplayError`] when the file is damaged, of an unknown kind, or has no connection to any of the services. A file
/// that ends in the middle of a packet is played as far as it goes; the transcript says so.
pub fn run(capture: &[u8], setup: Setup) -> Result<Transcript, ReplayError> {
    let ports: BTreeSet<u16> = setup.services.iter().map(|(port, _)| *port).collect();
    let reading = Reading::read(capture, &ports)?;
    if !reading.concerns_us {
        let seen = reading.elsewhere.into_iter().collect();
        return Err(ReplayError::NoConnection { ports: ports.into_iter().collect(), seen });
    }
    let tape = Tape::default();
    if let Some(error) = &reading.cut_short {
        tape.notebook().transcript.add(reading.end, None, Voice::Shard, error.to_string());
    }
    driver::drive(&reading, setup, tape)
}
