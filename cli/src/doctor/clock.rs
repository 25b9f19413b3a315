//! Whether the clock can be right: recordings, playlists, tokens and certificates go by it.

use std::path::Path;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use super::report::Report;

/// No clock that was ever set is before this program: 2025-01-01.
const BEFORE_US: Duration = Duration::from_secs(1_735_689_600);
/// Clocks of other machines, from which files come, may be ahead by this much.
const SLACK: Duration = Duration::from_secs(3600);
const FIX: &str = "set the clock and keep it right: timedatectl set-ntp true, or ntpd";

/// Compares the clock with what it cannot be before: the program, the configuration.
pub(super) fn check(now: SystemTime, config: Option<&Path>, report: &mut Report) {
    let what = "clock";
    let shown =
        Timestamp::try_from(now).map_or_else(|_| "beyond all calendars".to_owned(), |at| format!("{at:.0}"));
    let written = config.and_then(|file| file.metadata().ok()?.modified().ok());
    if now < SystemTime::UNIX_EPOCH + BEFORE_US {
        report.fail(what, format!("{shown} is before this program was written"), FIX);
    } else if written.is_some_and(|written| written > now + SLACK) {
        report.warn(what, format!("{shown} is before the configuration was written"), FIX);
    } else {
        report.ok(what, shown);
    }
}
