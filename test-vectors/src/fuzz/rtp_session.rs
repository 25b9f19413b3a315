//! RTCP, and a session's tracks as they come in: order, times, reports.

use rtmpd_core::Instant;
use rtmpd_proto::rtp::rtcp::{self, Compound, Message, SenderReport};
use rtmpd_proto::rtp::{
    DtsMaker, Header, Receiver, ReceiverSettings, Reorder, ReorderSettings, Sync, TrackClock,
};

use super::MAX_INPUT;
use super::source::Source;

/// A compound packet; what was read of it can be written and read again.
pub fn rtcp(data: &[u8]) {
    let Ok(compound) = Compound::parse(&data[..data.len().min(MAX_INPUT)]) else { return };
    assert!(!compound.messages.is_empty());
    for message in &compound.messages {
        let again = match message {
            Message::Sender(report, blocks) => rtcp::sender_report(report, blocks, "x"),
            Message::Receiver { ssrc, blocks } => rtcp::receiver_report(*ssrc, blocks, "x"),
            Message::Name { ssrc, cname } => {
                assert!(cname.chars().count() <= 255);
                rtcp::bye(*ssrc, cname)
            }
            Message::PictureLoss { media } => rtcp::picture_loss(1, *media, "x"),
            Message::Bye(sources) | Message::FullIntra(sources) => {
                assert!(sources.len() <= rtcp::MAX_NACKED);
                continue;
            }
            Message::Nack { sequences, .. } => {
                assert!(sequences.len() <= rtcp::MAX_NACKED);
                continue;
            }
            Message::Other(_) => continue,
        };
        let again = Compound::parse(&again).expect("our own packets can be read");
        assert_eq!(again.fault, None);
        let named = matches!(message, Message::Name { .. });
        assert!(named || again.messages.contains(message), "{message:?} reads back as {:?}", again.messages);
    }
}

/// Any packets in any order: they come out in rising order, and held within bounds.
pub fn rtp_reorder(data: &[u8]) {
    let mut source = Source::new(data);
    let depth = usize::from(source.byte() % 32);
    let settings = ReorderSettings { depth, max_bytes: 1000, ..ReorderSettings::default() };
    let mut reorder = Reorder::new(&settings);
    let (mut now, mut sequence, mut last) = (0, 0_u16, None);
    while !source.is_empty() {
        let (kind, step) = (source.byte(), source.byte());
        now += u64::from(kind >> 3);
        sequence = match kind & 3 {
            0 => source.number() as u16,
            1 => sequence.wrapping_sub(u16::from(step)),
            _ => sequence.wrapping_add(u16::from(step & 7)),
        };
        let header = Header { sequence, ssrc: u32::from(kind & 7 == 4), ..Header::default() };
        let packet = rtmpd_proto::rtp::Packet { header, payload: &[0; 256][..usize::from(step)] };
        let mut out = |ordered: rtmpd_proto::rtp::Ordered<'_>| {
            assert_eq!(ordered.packet.header.sequence, ordered.sequence as u16);
            let hole = last.is_some_and(|last| ordered.sequence != last + 1);
            assert!(last.is_none_or(|last| ordered.sequence > last));
            assert!(ordered.lost || !hole);
            last = Some(ordered.sequence);
        };
        let at = Instant::from_millis(now);
        reorder.push(at, &packet, &mut out);
        reorder.handle_timeout(at, &mut out);
        let (packets, bytes) = reorder.held();
        assert!(packets < depth.max(1) && bytes <= settings.max_bytes);
        assert!(reorder.poll_timeout().is_none_or(|deadline| deadline > at));
    }
}

/// Two tracks of any packets and reports: each picture is decoded before it is presented.
pub fn rtp_session(data: &[u8]) {
    const RATES: [u32; 2] = [48_000, 90_000];
    let mut source = Source::new(data);
    let settings = ReceiverSettings::new(ReorderSettings::default(), 9, "us");
    let mut receivers = RATES.map(|rate| Receiver::new(&settings, rate));
    let mut sync = Sync::new(&[0, 1].map(|track| TrackClock { rate: RATES[track], steady: track == 0 }));
    let mut decode = DtsMaker::new(RATES[1], None);
    let mut now = 0;
    while !source.is_empty() {
        let kind = source.byte();
        now += u64::from(source.byte()) << (kind >> 5);
        let (at, track) = (Instant::from_millis(now), usize::from(kind & 1));
        let receiver = &mut receivers[track];
        let mut times = Vec::new();
        match kind >> 1 & 3 {
            0 => {
                let ntp = u64::from(source.number()) << 32;
                let report =
                    SenderReport { ssrc: 1, ntp, timestamp: source.number(), ..SenderReport::default() };
                let compound = rtcp::sender_report(&report, &[], "them");
                receiver.push_rtcp(at, &Compound::parse(&compound).expect("our own report"));
            }
            1 => receiver.handle_timeout(at, &mut |arrived| times.push(arrived.timestamp)),
            2 => {
                let size = usize::from(kind);
                let _ =
                    receiver.push_rtp(at, source.take(size), &mut |arrived| times.push(arrived.timestamp));
            }
            _ => {
                let (sequence, timestamp) = (u16::from(source.byte()), source.number());
                let header = Header { sequence, timestamp, ssrc: 1, ..Header::default() };
                let pushed =
                    receiver.push_rtp(at, &header.write(), &mut |arrived| times.push(arrived.timestamp));
                pushed.expect("our own packet");
            }
        }
        if let Some(sent) = receiver.poll_sender_report() {
            sync.sender_report(at, track, &sent);
        }
        if let Some(report) = receiver.report(at) {
            Compound::parse(&report).expect("our own report");
        }
        for time in times {
            let pts = sync.place(at, track, time);
            assert!(track == 0 || decode.push(pts) <= pts);
        }
    }
}
