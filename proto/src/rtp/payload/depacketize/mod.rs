//! Payloads → access units: the way in.
//!
//! Specs: one for each codec, named where it is obeyed.
//!
//! Nothing that is not whole comes out as an access unit. After a loss the damaged one is left out, and of pictures all up
//! to the next keyframe, for they are made of those before them. What senders are seen to do against the rules is named
//! where it is taken care of.
//!
//! - `nals` (its payloads: `layouts`): H.264, H.265 · `obus`: AV1 · `vpx`, with the descriptors in `vp8` and `vp9`
//! - `aac` (its AU headers: `headers`), `latm`, `frames`: AC-3, E-AC-3, MP3, whose frames tell their lengths · `whole`:
//!   Opus, G.711
//! - `assembly`: the access unit that is being put together · `outlet`: what has come of it

mod aac;
mod assembly;
mod frames;
mod headers;
mod latm;
mod layouts;
mod nals;
mod obus;
mod outlet;
mod settings;
mod vp8;
mod vp9;
mod vpx;
mod whole;

use rtmpd_core::Error;
use rtmpd_core::media::{Kind, Track};

use aac::Aac;
use frames::Frames;
use latm::Elements;
use nals::Nals;
use obus::Obus;
use outlet::{Outlet, Place};
use vpx::Vpx;
use whole::Whole;

use super::{Counts, Format, Unit};

/// Longest access unit, in bytes.
const MAX_UNIT: usize = 8 << 20;

/// Payloads of one stream → access units.
///
/// Packets are to come in the order of their sequence numbers, each once. Memory: an access unit, which is 8 MiB at most,
/// and a few parameter sets.
#[derive(Debug)]
pub struct Depacketizer {
    reader: Reader,
    outlet: Outlet,
}

#[derive(Debug)]
enum Reader {
    Nals(Box<Nals>),
    Obus(Obus),
    Vpx(Vpx),
    Aac(Aac),
    Latm(Elements),
    Frames(Frames),
    Whole(Whole),
}

/// A packet as its depacketizer sees it.
#[derive(Copy, Clone, Debug)]
struct Arrival<'a> {
    timestamp: i64,
    marker: bool,
    payload: &'a [u8],
}

impl Depacketizer {
    /// A depacketizer for what SDP announced.
    ///
    /// # Errors
    /// [`rtmpd_core::Refusal::Unsupported`] for payload formats and modes that are not carried, [`Error::Malformed`] for
    /// parameters that are missing or make no sense. Both name the parameter and its value.
    pub fn new(format: &Format) -> Result<Self, Error> {
        let (reader, known) = settings::read(format)?;
        Ok(Self { reader, outlet: Outlet::new(known) })
    }

    /// What the stream is, as far as it is known: `None` before parameter sets came where SDP has none. Id and index are 0,
    /// the clock rate is RTP's.
    pub fn track(&self) -> Option<&Track> {
        self.outlet.track()
    }

    /// Pictures or sound: what a format is of is known before its parameter sets are.
    pub fn kind(&self) -> Kind {
        match self.reader {
            Reader::Nals(_) | Reader::Obus(_) | Reader::Vpx(_) => Kind::Video,
            Reader::Aac(_) | Reader::Latm(_) | Reader::Frames(_) | Reader::Whole(_) => Kind::Audio,
        }
    }

    /// Takes a payload, and appends the access units that it completes to `out`. `timestamp` is RTP's, continuous across
    /// its wraps; `lost`: packets before this one are missing.
    pub fn push(&mut self, timestamp: i64, marker: bool, lost: bool, payload: &[u8], out: &mut Vec<Unit>) {
        let mut at = Place { outlet: &mut self.outlet, out };
        if lost {
            self.reader.lose(&mut at);
        }
        // Packets that only keep a way open, or fill a bandwidth, are empty.
        if !payload.is_empty() {
            self.reader.push(&Arrival { timestamp, marker, payload }, &mut at);
        }
    }

    /// Nothing will follow: what is known to be whole comes out.
    pub fn flush(&mut self, out: &mut Vec<Unit>) {
        let mut at = Place { outlet: &mut self.outlet, out };
        match &mut self.reader {
            Reader::Nals(nals) => nals.flush(&mut at),
            Reader::Obus(_)
            | Reader::Vpx(_)
            | Reader::Aac(_)
            | Reader::Latm(_)
            | Reader::Frames(_)
            | Reader::Whole(_) => {}
        }
    }

    /// What did not come out so far, and why.
    pub fn counts(&self) -> Counts {
        self.outlet.counts
    }
}

impl Reader {
    fn push(&mut self, arrival: &Arrival<'_>, at: &mut Place<'_>) {
        match self {
            Self::Nals(nals) => nals.push(arrival, at),
            Self::Obus(obus) => obus.push(arrival, at),
            Self::Vpx(vpx) => vpx.push(arrival, at),
            Self::Aac(aac) => aac.push(arrival, at),
            Self::Latm(latm) => latm.push(arrival, at),
            Self::Frames(frames) => frames.push(arrival, at),
            Self::Whole(whole) => whole.push(arrival, at),
        }
    }

    /// Packets are missing here.
    fn lose(&mut self, at: &mut Place<'_>) {
        match self {
            Self::Nals(nals) => nals.lose(at),
            Self::Obus(obus) => obus.lose(at),
            Self::Vpx(vpx) => vpx.lose(at),
            Self::Aac(aac) => aac.lose(at),
            Self::Latm(latm) => latm.lose(at),
            Self::Frames(frames) => frames.lose(at),
            Self::Whole(_) => {}
        }
    }
}
