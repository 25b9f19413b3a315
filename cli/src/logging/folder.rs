//! Which file a day has, and which files are too old to keep.

use jiff::civil::Date;

/// Days a file is kept.
const KEPT_DAYS: i32 = 30;
const SUFFIX: &str = ".log";

/// The name of a day's file: `YYYYMMDD.log`.
pub(crate) fn file_name(day: Date) -> String {
    format!("{:04}{:02}{:02}{SUFFIX}", day.year(), day.month(), day.day())
}

/// Whether a file of this name is one of ours and older than 30 days.
pub(crate) fn is_old(name: &str, today: Date) -> bool {
    day_of(name).is_some_and(|day| today.duration_since(day).as_hours() > i64::from(KEPT_DAYS) * 24)
}

/// The day a file of ours is named after.
fn day_of(name: &str) -> Option<Date> {
    let digits = name.strip_suffix(SUFFIX)?;
    if digits.len() != 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |range: std::ops::Range<usize>| digits.get(range).and_then(|part| part.parse::<i16>().ok());
    let (year, month, day) = (part(0..4)?, part(4..6)?, part(6..8)?);
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}
