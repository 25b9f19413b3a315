use super::*;
use crate::rtp::Header;
use crate::rtp::rtcp::{Block, sender_report};

const RATE: u32 = 90_000;

struct Bench {
    receiver: Receiver,
    out: Vec<(i64, bool)>,
}

impl Bench {
    fn new(reorder: ReorderSettings) -> Self {
        Self { receiver: Receiver::new(&ReceiverSettings::new(reorder, 99, "us"), RATE), out: vec![] }
    }

    fn push(&mut self, ms: u64, ssrc: u32, sequence: u16, timestamp: u32) {
        let header = Header { sequence, timestamp, ssrc, ..Header::default() };
        let data = [&header.write()[..], &[1; 100]].concat();
        let out = &mut self.out;
        let pushed = self.receiver.push_rtp(Instant::from_millis(ms), &data, &mut |arrived| {
            assert_eq!(arrived.payload, [1; 100]);
            out.push((arrived.timestamp, arrived.lost));
        });
        assert_eq!(pushed, Ok(()));
    }

    fn hear(&mut self, ms: u64, ssrc: u32, ntp: u64, timestamp: u32) {
        let report = SenderReport { ssrc, ntp, timestamp, packets: 0, octets: 0 };
        let compound = Compound::parse(&sender_report(&report, &[], "them")).unwrap();
        self.receiver.push_rtcp(Instant::from_millis(ms), &compound);
    }

    fn report(&mut self, ms: u64) -> Option<Block> {
        let data = self.receiver.report(Instant::from_millis(ms))?;
        match &Compound::parse(&data).unwrap().messages[..] {
            [Message::Receiver { ssrc: 99, blocks }, Message::Name { ssrc: 99, cname }] => {
                assert_eq!(cname, "us");
                Some(blocks[0])
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn packets_come_out_in_order_with_whole_times() {
    let mut bench = Bench::new(ReorderSettings::default());
    bench.push(0, 1, 65_535, u32::MAX - 1);
    bench.push(1, 1, 1, 3001);
    bench.push(2, 1, 0, u32::MAX);
    bench.push(3, 1, 0, u32::MAX);
    bench.push(4, 1, 5, 2001);
    let wrap = 1_i64 << 32;
    assert_eq!(bench.out, [(wrap - 2, false), (wrap - 1, false), (wrap + 3001, false)]);
    assert_eq!(bench.receiver.poll_timeout(), Some(Instant::from_millis(204)));
    let out = &mut bench.out;
    bench.receiver.handle_timeout(Instant::from_millis(204), &mut |arrived| {
        out.push((arrived.timestamp, arrived.lost));
    });
    assert_eq!(bench.out[3], (wrap + 2001, true));
    bench.push(205, 1, 3, 9);
    let counts = bench.receiver.counts();
    assert_eq!((counts.received, counts.bytes, counts.lost), (6, 600, 3));
    assert_eq!((counts.duplicates, counts.reordered, counts.late, counts.stray), (1, 1, 1, 0));
    assert!(bench.receiver.push_rtp(Instant::ZERO, &[1, 2], &mut |_| panic!()).is_err());
}

#[test]
fn reports_are_due_every_five_seconds() {
    let mut bench = Bench::new(ReorderSettings::IN_ORDER);
    assert_eq!(bench.report(10_000), None, "nobody has sent anything");
    bench.push(10_000, 1, 65_530, 0);
    assert_eq!(bench.report(14_999), None);
    assert_eq!(bench.receiver.poll_timeout(), Some(Instant::from_millis(15_000)));
    for n in 1..=19_u16 {
        if n != 7 && n != 8 {
            bench.push(10_000 + u64::from(n) * 40, 1, 65_530_u16.wrapping_add(n), u32::from(n) * 3600);
        }
    }
    bench.hear(14_000, 1, 0x1111_2222_3333_4444, 0);
    let block = bench.report(15_000).unwrap();
    assert_eq!((block.ssrc, block.lost, block.fraction_lost), (1, 2, (2 * 256 / 20) as u8));
    assert_eq!((block.highest, block.jitter), (65_549, 0));
    assert_eq!((block.last_sr, block.delay), (0x2222_3333, 65_536));
    assert_eq!(bench.receiver.counts().fraction_lost, 25);
    assert_eq!(bench.report(19_999), None);
    let block = bench.report(20_000).unwrap();
    assert_eq!((block.lost, block.fraction_lost), (2, 0), "nothing was expected since");
    assert!(bench.receiver.picture_loss().is_some());
}

#[test]
fn jitter_is_what_arrival_and_timestamps_differ_by() {
    let mut bench = Bench::new(ReorderSettings::IN_ORDER);
    for n in 0..1000_u16 {
        let late = u64::from(n % 2) * 10;
        bench.push(u64::from(n) * 20 + late, 1, n, u32::from(n) * 1800);
    }
    let jitter = bench.receiver.counts().jitter;
    assert!((9..=10).contains(&jitter.as_millis()), "{jitter:?}");
    // A jump of the timestamps is none.
    bench.push(20_000, 1, 1000, 0x8000_0000);
    assert!(bench.receiver.counts().jitter.as_millis() <= 10);
}

#[test]
fn sender_reports_count_only_for_their_source() {
    let mut bench = Bench::new(ReorderSettings::default());
    // ffmpeg's first one is ahead of the first packet.
    bench.hear(0, 1, 5 << 32, u32::MAX - 99);
    assert_eq!(bench.receiver.poll_sender_report(), None);
    bench.push(1, 1, 10, 100);
    assert_eq!(bench.receiver.poll_sender_report(), Some(Sent { ntp: 5 << 32, timestamp: -100 }));
    assert_eq!(bench.receiver.poll_sender_report(), None);
    bench.hear(2, 1, 6 << 32, 200);
    bench.hear(3, 7, 6 << 32, 200);
    assert_eq!(bench.receiver.poll_sender_report().unwrap().timestamp, 200, "another source changes nothing");
    bench.hear(4, 7, 7 << 32, 300);
    assert_eq!(bench.receiver.poll_sender_report(), None);
    // The other source takes over.
    bench.push(5, 7, 40_000, 290);
    bench.push(6, 7, 40_001, 295);
    assert_eq!(bench.receiver.poll_sender_report(), Some(Sent { ntp: 7 << 32, timestamp: 300 }));
    let counts = bench.receiver.counts();
    assert_eq!((counts.restarts, counts.stray, counts.received), (1, 0, 3));
    assert_eq!(bench.receiver.ssrc(), Some(7));
}

#[test]
fn farewells_count_only_from_the_source() {
    let mut bench = Bench::new(ReorderSettings::default());
    let bye = |ssrc| Compound::parse(&rtcp::bye(ssrc, "them")).unwrap();
    bench.push(0, 1, 10, 100);
    bench.receiver.push_rtcp(Instant::ZERO, &bye(2));
    assert!(!bench.receiver.said_bye());
    bench.receiver.push_rtcp(Instant::ZERO, &bye(1));
    assert!(bench.receiver.said_bye());
}

#[test]
fn what_is_held_comes_out_at_the_end() {
    let mut bench = Bench::new(ReorderSettings::default());
    bench.push(0, 1, 10, 100);
    bench.push(0, 1, 12, 300);
    bench.receiver.finish(&mut |arrived| assert_eq!((arrived.timestamp, arrived.lost), (300, true)));
}
