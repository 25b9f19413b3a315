//! The time as HTTP writes it: IMF-fixdate (RFC 9110 §5.6.7).

use crate::bytes::civil;

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `unix` seconds after 1970-01-01T00:00:00Z.
pub fn imf_fixdate(unix: u64) -> String {
    let (days, second) = (unix / 86_400, unix % 86_400);
    let (year, month, day) = civil(i64::try_from(days).unwrap_or(0));
    let weekday = DAYS.get((days % 7) as usize).copied().unwrap_or_default();
    let month =
        usize::try_from(month - 1).ok().and_then(|month| MONTHS.get(month)).copied().unwrap_or_default();
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{weekday}, {day:02} {month} {year} {hour:02}:{minute:02}:{second:02} GMT")
}

/// Seconds after 1970-01-01T00:00:00Z of an IMF-fixdate; `None` for anything else, also for the obsolete forms.
pub fn parse_fixdate(text: &str) -> Option<u64> {
    let mut words = text.trim().split(' ');
    words.next().filter(|weekday| weekday.ends_with(','))?;
    let number = |text: Option<&str>| text?.parse::<u64>().ok();
    let day = number(words.next()).filter(|day| (1..=31).contains(day))?;
    let name = words.next()?;
    let month = MONTHS.iter().position(|month| *month == name)? as u64;
    let year = number(words.next()).filter(|year| (1970..=9999).contains(year))?;
    let mut clock = words.next()?.split(':');
    let [hour, minute, second] = [number(clock.next())?, number(clock.next())?, number(clock.next())?];
    if words.next() != Some("GMT") || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    Some(days_before(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
}

/// Days from 1970-01-01 to a date; months from 0.
fn days_before(year: u64, month: u64, day: u64) -> u64 {
    // As in `civil`: the year begins in March.
    let (year, month) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    let of_year = (153 * month + 2) / 5 + day - 1;
    let (era, of_era) = (year / 400, year % 400);
    (era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year).saturating_sub(719_468)
}
