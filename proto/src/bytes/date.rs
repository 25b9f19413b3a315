//! Dates of the Gregorian calendar. Spec: ISO 8601.

/// A date as players read it, in UTC with ms: ISO 8601, RFC 8216bis §4.4.4.6. From µs since 1970.
pub fn iso8601(micros: i64) -> String {
    let ms = micros.div_euclid(1000);
    let (days, ms) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1000)
}

/// Year, month (1 to 12) and day of the date that is `days` after 1970-01-01.
pub fn civil(days: i64) -> (i64, i64, i64) {
    // Counted in eras of 400 years that begin with March, so that leap days come last.
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}
