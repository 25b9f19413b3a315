use proptest::prelude::*;

use crate::rtsp::range::{Clock, Point, Range, Smpte};

fn range(text: &str) -> Range {
    Range::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).unwrap_or_else(|| panic!("{text}"))
}

#[test]
fn what_clients_and_cameras_write_is_understood() {
    let npt = |ms| Some(Point::Npt(ms));
    for (text, from, to) in [
        ("npt=now-", Some(Point::Now), None),
        ("npt=0.000-", npt(0), None),    // ffmpeg, VLC
        ("npt=0-", npt(0), None),        // GStreamer
        ("npt=0.000000-", npt(0), None), // Hikvision
        ("npt= 0.5 - 12.25 ", npt(500), npt(12_250)),
        ("npt=-20", None, npt(20_000)),
        ("npt=12:05:35.3-", npt(43_535_300), None),
        ("npt=0:10:20-0:10:25", npt(620_000), npt(625_000)),
        ("npt=10", npt(10_000), None),
        ("NPT=Now-;time=19970123T143720Z", Some(Point::Now), None),
        ("npt=-", None, None),
    ] {
        assert_eq!(range(text), Range { from, to }, "{text}");
    }
    let clock = Clock { date: 19_961_108, time: 142_300, ms: 0 };
    assert_eq!(range("clock=19961108T142300Z-").from, Some(Point::Clock(clock)));
    let later = Clock { date: 19_961_108, time: 143_720, ms: 250 };
    assert_eq!(range("clock=19961108T142300Z-19961108T143720.25Z").to, Some(Point::Clock(later)));
    let code = Smpte { rate: 0, hours: 10, minutes: 7, seconds: 33, frames: 5, subframes: 1 };
    let begin = Smpte { seconds: 0, frames: 0, subframes: 0, ..code };
    let smpte = range("smpte=10:07:00-10:07:33:05.01");
    assert_eq!((smpte.from, smpte.to), (Some(Point::Smpte(begin)), Some(Point::Smpte(code))));
    assert_eq!(range("smpte-25=10:07:00-").from, Some(Point::Smpte(Smpte { rate: 25, ..begin })));
    assert_eq!(Range::parse("bytes=0-10"), Ok(None));
}

#[test]
fn what_is_no_time_says_so() {
    for text in [
        "",
        "npt",
        "npt=x-",
        "npt=1:2-",
        "npt=1:2:3:4-",
        "npt=1.x-",
        "npt=+1-",
        "npt=99999999999-",
        "clock=1996-",
        "clock=19961108T142300-",
        "smpte=10:07-",
        "smpte=1:2:3:4:5-",
        "smpte=300:00:00-",
    ] {
        let error = Range::parse(text).unwrap_err().to_string();
        assert!(error.contains("expected UNIT=FROM-TO"), "{text}: {error}");
    }
    assert_eq!(Range::LIVE.to_string(), "npt=now-");
}

fn point() -> impl Strategy<Value = (Point, Point)> {
    let npt = prop_oneof![Just(Point::Now), (0..u64::from(u32::MAX)).prop_map(Point::Npt)];
    let clock = (0..100_000_000_u32, 0..1_000_000_u32, 0..1000_u16)
        .prop_map(|(date, time, ms)| Point::Clock(Clock { date, time, ms }));
    let smpte = |rate| {
        (any::<[u8; 4]>(), 0..100_u8).prop_map(move |([hours, minutes, seconds, frames], subframes)| {
            Point::Smpte(Smpte { rate, hours, minutes, seconds, frames, subframes })
        })
    };
    prop_oneof![
        (npt.clone(), npt),
        (clock.clone(), clock),
        (smpte(0), smpte(0)),
        (smpte(25), smpte(25)),
        (smpte(30), smpte(30)),
    ]
}

proptest! {
    #[test]
    fn what_is_written_reads_back((from, to) in point(), ends: (bool, bool)) {
        let written = Range { from: Some(from).filter(|_| ends.0), to: Some(to).filter(|_| ends.1) };
        prop_assert_eq!(range(&written.to_string()), written);
    }

    #[test]
    fn any_header_is_survived(unit in "(npt|clock|smpte(-25)?|\\PC*)=?", rest in "([0-9:.TZ-]|now|\\PC)*") {
        Range::parse(&(unit + &rest)).ok();
    }
}
