//! The Range header: which span of time is to be played.
//!
//! Specs: RFC 2326 §3.5 (SMPTE), §3.6 (normal play time), §3.7 (clock), §12.29; RFC 7826 §4.4.

use std::fmt;

use rtmpd_core::Error;

const SPEC: &str = "RFC 2326 §12.29";

/// A span, in one of the units. It has a begin, an end, or both.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Range {
    /// Where it begins; `None`: so long before the end.
    pub from: Option<Point>,
    /// Where it ends; `None`: never.
    pub to: Option<Point>,
}

/// A point in time.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Point {
    /// Normal play time: what is live.
    Now,
    /// Normal play time: ms since the begin of the stream.
    Npt(u64),
    /// UTC.
    Clock(Clock),
    /// A tape's time code.
    Smpte(Smpte),
}

/// UTC: `19961108T143720.250Z`.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Clock {
    /// Year, month and day, as digits: 19961108.
    pub date: u32,
    /// Hour, minute and second, as digits: 143720.
    pub time: u32,
    /// Milliseconds.
    pub ms: u16,
}

/// A time code: `10:07:33:05.01`.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Smpte {
    /// Which count: 0 (`smpte`, 29.97 with drops), 30 (`smpte-30-drop`) or 25 (`smpte-25`).
    pub rate: u8,
    /// Hours.
    pub hours: u8,
    /// Minutes.
    pub minutes: u8,
    /// Seconds.
    pub seconds: u8,
    /// Frames.
    pub frames: u8,
    /// Hundredths of a frame.
    pub subframes: u8,
}

/// A way to write points.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Unit {
    Npt,
    Clock,
    Smpte(u8),
}

impl Range {
    /// All that is live, from now on.
    pub const LIVE: Self = Self { from: Some(Point::Now), to: None };

    /// Reads a header; `None` where its unit is not known, which says nothing to us. What stands behind `;` is when it is
    /// to be done, and is passed over.
    ///
    /// # Errors
    /// [`Error::Malformed`] when a point is none of its unit.
    pub fn parse(text: &str) -> Result<Option<Self>, Error> {
        let wrong = || {
            let shown: String = text.chars().take(80).collect();
            Error::malformed(format!("Range is {shown:?}, expected UNIT=FROM-TO"), SPEC)
        };
        let span = text.split(';').next().unwrap_or_default();
        let (unit, span) = span.split_once('=').ok_or_else(wrong)?;
        let unit = match unit.trim().to_ascii_lowercase().as_str() {
            "npt" => Unit::Npt,
            "clock" => Unit::Clock,
            "smpte" => Unit::Smpte(0),
            "smpte-30-drop" => Unit::Smpte(30),
            "smpte-25" => Unit::Smpte(25),
            _ => return Ok(None),
        };
        // Some clients leave the sign away that ends the begin.
        let (from, to) = span.split_once('-').unwrap_or((span, ""));
        let [from, to] = [from, to].map(str::trim);
        let point = |text: &str| match text {
            "" => Ok(None),
            text => unit.point(text).map(Some).ok_or_else(wrong),
        };
        let range = Self { from: point(from)?, to: point(to)? };
        Ok(Some(range))
    }
}

impl Unit {
    fn point(self, text: &str) -> Option<Point> {
        match self {
            Self::Npt if text.eq_ignore_ascii_case("now") => Some(Point::Now),
            Self::Npt => npt(text).map(Point::Npt),
            Self::Clock => clock(text).map(Point::Clock),
            Self::Smpte(rate) => smpte(rate, text).map(Point::Smpte),
        }
    }
}

/// `12.345` seconds, or `0:00:12.345`.
fn npt(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let ms = thousandths(fraction)?;
    let mut parts = whole.split(':').map(number::<u32>);
    let first = u64::from(parts.next()??);
    let seconds = match (parts.next(), parts.next(), parts.next()) {
        (None, None, None) => first,
        (Some(minutes), Some(seconds), None) => {
            let [minutes, seconds] = [minutes?, seconds?];
            first * 3600 + u64::from(minutes) * 60 + u64::from(seconds)
        }
        _ => return None,
    };
    // However it is written, it can be written in seconds.
    let seconds = u32::try_from(seconds).ok()?;
    Some(u64::from(seconds) * 1000 + u64::from(ms))
}

fn clock(text: &str) -> Option<Clock> {
    let (date, time) = text.strip_suffix(['Z', 'z'])?.split_once(['T', 't'])?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    (date.len() == 8 && time.len() == 6).then_some(())?;
    Some(Clock { date: number(date)?, time: number(time)?, ms: thousandths(fraction)? })
}

fn smpte(rate: u8, text: &str) -> Option<Smpte> {
    let mut parts = text.split(':');
    let [hours, minutes, seconds] = [parts.next()?, parts.next()?, parts.next()?].map(number);
    let (frames, subframes) =
        parts.next().map_or(("0", "0"), |frames| frames.split_once('.').unwrap_or((frames, "0")));
    let code = Smpte {
        rate,
        hours: hours?,
        minutes: minutes?,
        seconds: seconds?,
        frames: number(frames)?,
        subframes: number(subframes)?,
    };
    parts.next().is_none().then_some(code)
}

/// Digits, and nothing else.
fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// The first three digits behind the point.
fn thousandths(fraction: &str) -> Option<u16> {
    let digits = fraction.bytes().map(|byte| byte.is_ascii_digit().then(|| u16::from(byte - b'0')));
    let digits: Vec<u16> = digits.collect::<Option<_>>()?;
    Some([100, 10, 1].iter().zip(digits).map(|(weight, digit)| weight * digit).sum())
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.from.or(self.to) {
            Some(Point::Clock(_)) => "clock",
            Some(Point::Smpte(Smpte { rate: 30, .. })) => "smpte-30-drop",
            Some(Point::Smpte(Smpte { rate: 25, .. })) => "smpte-25",
            Some(Point::Smpte(_)) => "smpte",
            Some(Point::Now | Point::Npt(_)) | None => "npt",
        };
        write!(f, "{unit}=")?;
        self.from.iter().try_for_each(|from| from.fmt(f))?;
        f.write_str("-")?;
        self.to.iter().try_for_each(|to| to.fmt(f))
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now => f.write_str("now"),
            Self::Npt(ms) => write!(f, "{}.{:03}", ms / 1000, ms % 1000),
            Self::Clock(Clock { date, time, ms: 0 }) => write!(f, "{date:08}T{time:06}Z"),
            Self::Clock(Clock { date, time, ms }) => write!(f, "{date:08}T{time:06}.{ms:03}Z"),
            Self::Smpte(Smpte { hours, minutes, seconds, frames, subframes, .. }) => {
                write!(f, "{hours:02}:{minutes:02}:{seconds:02}:{frames:02}.{subframes:02}")
            }
        }
    }
}
