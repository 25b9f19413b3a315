//! What a second publisher of a stream means.

use std::time::Duration;

/// Who gets a stream that two want to publish.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Contest {
    /// The second takes it over; the first is closed.
    TakeOver,
    /// The first keeps it; the second is refused.
    Refuse,
}

/// The second publisher takes over when the first has been silent for at least `patience`, or when it presents the
/// same, non-empty, auth parameters: then it is the same person coming back before the old connection was noticed dead.
pub fn contest(silent: Duration, patience: Duration, first: &str, second: &str) -> Contest {
    let same_person = !first.is_empty() && first == second;
    if silent >= patience || same_person { Contest::TakeOver } else { Contest::Refuse }
}
