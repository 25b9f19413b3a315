//! One track as it comes in: packets in order, their times without wraps, and what there is to report about them.
//!
//! Spec: RFC 3550 §6.4 (reports), §A.1, §A.3, §A.8 (statistics).
//!
//! - `source`: what a source has sent and how much of it came: a report's [`rtcp::Block`]
//! - [`Receiver`]: reorder buffer, statistics and clock of one track

mod source;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rtmpd_core::{Error, Instant};

use super::clock::Unwrap;
use super::reorder::{Fate, Ordered, Reorder, ReorderSettings};
use super::{Packet, rtcp};
use rtcp::{Compound, Message, SenderReport};
use source::Source;

/// How a track is received, and who we are to its sender.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReceiverSettings {
    /// How long holes are waited for.
    pub reorder: ReorderSettings,
    /// Our own synchronization source, drawn at random.
    pub ssrc: u32,
    /// Our canonical name, the same on all tracks of a session.
    pub cname: Arc<str>,
    /// Time between reports: five seconds, RFC 3550 §6.2.
    pub report_every: Duration,
}

impl ReceiverSettings {
    /// Settings with a report every five seconds.
    pub fn new(reorder: ReorderSettings, ssrc: u32, cname: impl Into<Arc<str>>) -> Self {
        Self { reorder, ssrc, cname: cname.into(), report_every: Duration::from_secs(5) }
    }
}

/// A packet in its turn.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Arrived<'a> {
    /// Sequence number without wraps; see [`Ordered::sequence`].
    pub sequence: u64,
    /// Ticks of the track's clock without wraps. A jump is handed on as it came.
    pub timestamp: i64,
    /// The header's marker.
    pub marker: bool,
    /// Packets are missing right before this one: what they began cannot be completed.
    pub lost: bool,
    /// Which payload format.
    pub payload_type: u8,
    /// What it carries; empty in packets that only keep a way open.
    pub payload: &'a [u8],
}

/// What came of a track so far.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Packets that came, whatever became of them.
    pub received: u64,
    /// Their payload bytes.
    pub bytes: u64,
    /// Sequence numbers that were given up.
    pub lost: u64,
    /// Packets that came more than once.
    pub duplicates: u64,
    /// Packets that came after later ones, in time.
    pub reordered: u64,
    /// Packets that came when they had been given up.
    pub late: u64,
    /// Packets of no sequence we know.
    pub stray: u64,
    /// How often the source began anew.
    pub restarts: u64,
    /// Lost in the time of the last report, in 1/256.
    pub fraction_lost: u8,
    /// Interarrival jitter.
    pub jitter: Duration,
}

/// A sender report about the packets of this track, for [`Sync`](super::Sync).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Sent {
    /// The sender's wall clock, as a 64-bit NTP timestamp.
    pub ntp: u64,
    /// The same moment in ticks of the track's clock, without wraps.
    pub timestamp: i64,
}

/// See the module's text.
#[derive(Debug)]
pub struct Receiver {
    settings: ReceiverSettings,
    clock_rate: u32,
    reorder: Reorder,
    unwrap: Unwrap,
    source: Option<Source>,
    counts: Counts,
    /// A sender report that nobody has asked for yet.
    sent: Option<SenderReport>,
    report_due: Option<Instant>,
    said_bye: bool,
}

impl Receiver {
    /// A receiver of a track whose timestamps have `clock_rate` ticks per second.
    pub fn new(settings: &ReceiverSettings, clock_rate: u32) -> Self {
        Self {
            settings: settings.clone(),
            clock_rate,
            reorder: Reorder::new(&settings.reorder),
            unwrap: Unwrap::default(),
            source: None,
            counts: Counts::default(),
            sent: None,
            report_due: None,
            said_bye: false,
        }
    }

    /// Takes an RTP packet that came in at `now`; gives out those whose turn it is.
    ///
    /// # Errors
    /// [`Error::Malformed`] when it is no RTP packet. The track goes on with the next one.
    pub fn push_rtp(
        &mut self,
        now: Instant,
        data: &[u8],
        out: &mut dyn FnMut(Arrived<'_>),
    ) -> Result<(), Error> {
        let packet = Packet::parse(data)?;
        let unwrap = &mut self.unwrap;
        let fate = self.reorder.push(now, &packet, &mut |ordered| out(arrived(unwrap, ordered)));
        self.count(now, &packet, fate);
        Ok(())
    }

    /// Takes what came in at `now` by the track's RTCP way.
    pub fn push_rtcp(&mut self, now: Instant, compound: &Compound) {
        for message in &compound.messages {
            match message {
                Message::Sender(report, _) => self.heard(now, report),
                Message::Bye(sources) => {
                    self.said_bye |= self.reorder.ssrc().is_some_and(|ssrc| sources.contains(&ssrc));
                }
                Message::Receiver { .. }
                | Message::Name { .. }
                | Message::Nack { .. }
                | Message::PictureLoss { .. }
                | Message::FullIntra(_)
                | Message::Other(_) => {}
            }
        }
    }

    /// The newest sender report about this track, once, when packets of its source have come. To be asked for after
    /// each push, before the frames that came of it are placed.
    pub fn poll_sender_report(&mut self) -> Option<Sent> {
        let ssrc = self.reorder.ssrc()?;
        let timestamp = self.unwrap.last()?;
        let report = self.sent.take_if(|report| report.ssrc == ssrc)?;
        Some(Sent { ntp: report.ntp, timestamp: Unwrap::near(timestamp, report.timestamp) })
    }

    /// Gives out what waits for packets that will not come any more.
    pub fn handle_timeout(&mut self, now: Instant, out: &mut dyn FnMut(Arrived<'_>)) {
        let unwrap = &mut self.unwrap;
        self.reorder.handle_timeout(now, &mut |ordered| out(arrived(unwrap, ordered)));
    }

    /// When [`handle_timeout`](Self::handle_timeout) or [`report`](Self::report) has something to do.
    pub fn poll_timeout(&self) -> Option<Instant> {
        [self.reorder.poll_timeout(), self.report_due].into_iter().flatten().min()
    }

    /// Gives out all that is held, at the end of a session.
    pub fn finish(&mut self, out: &mut dyn FnMut(Arrived<'_>)) {
        let unwrap = &mut self.unwrap;
        self.reorder.finish(&mut |ordered| out(arrived(unwrap, ordered)));
    }

    /// A receiver report when one is due. The first is due one interval after the first packet.
    pub fn report(&mut self, now: Instant) -> Option<Bytes> {
        if self.report_due.is_none_or(|due| now < due) {
            return None;
        }
        let block = self.source.as_mut()?.block(now);
        self.counts.fraction_lost = block.fraction_lost;
        self.report_due = Some(now + self.settings.report_every);
        Some(rtcp::receiver_report(self.settings.ssrc, &[block], &self.settings.cname))
    }

    /// Asks the source for a keyframe; `None` before its first packet.
    pub fn picture_loss(&self) -> Option<Bytes> {
        let media = self.reorder.ssrc()?;
        Some(rtcp::picture_loss(self.settings.ssrc, media, &self.settings.cname))
    }

    /// What came so far.
    pub fn counts(&self) -> Counts {
        let jitter = self.source.as_ref().map_or(Duration::ZERO, |source| source.jitter());
        Counts { lost: self.reorder.lost(), jitter, ..self.counts }
    }

    /// The source whose packets these are; `None` before the first one.
    pub fn ssrc(&self) -> Option<u32> {
        self.reorder.ssrc()
    }

    /// Whether the source has said that it leaves.
    pub fn said_bye(&self) -> bool {
        self.said_bye
    }

    /// A report of another source than the one whose packets come here says nothing about them. It is kept all the
    /// same until there is a better one: it may be ahead of its source's first packet, as ffmpeg sends it.
    fn heard(&mut self, now: Instant, report: &SenderReport) {
        let is_ours = |ssrc| self.reorder.ssrc() == Some(ssrc);
        if is_ours(report.ssrc) || self.sent.is_none_or(|sent| !is_ours(sent.ssrc)) {
            self.sent = Some(*report);
        }
        if let Some(source) = self.source.as_mut().filter(|_| is_ours(report.ssrc)) {
            source.heard(now, report.ntp);
        }
    }

    fn count(&mut self, now: Instant, packet: &Packet<'_>, fate: Fate) {
        self.counts.received += 1;
        self.counts.bytes += packet.payload.len() as u64;
        match fate {
            Fate::Taken { ahead } => self.counts.reordered += u64::from(!ahead),
            Fate::Duplicate => self.counts.duplicates += 1,
            Fate::Late => self.counts.late += 1,
            Fate::Stray => {
                self.counts.stray += 1;
                return;
            }
            Fate::Restarted => {
                self.counts.stray -= 1;
                self.counts.restarts += 1;
                self.said_bye = false;
                self.source = None;
            }
        }
        let clock_rate = self.clock_rate;
        let source = self.source.get_or_insert_with(|| Source::new(&packet.header, clock_rate));
        source.received(now, &packet.header);
        self.report_due.get_or_insert(now + self.settings.report_every);
    }
}

fn arrived<'a>(unwrap: &mut Unwrap, ordered: Ordered<'a>) -> Arrived<'a> {
    let header = ordered.packet.header;
    Arrived {
        sequence: ordered.sequence,
        timestamp: unwrap.next(header.timestamp),
        marker: header.marker,
        lost: ordered.lost,
        payload_type: header.payload_type,
        payload: ordered.packet.payload,
    }
}
