//! What a player says in the query of a playlist. Specs: RFC 8216bis §6.2.5.1.

use std::fmt;

use crate::segment::{MAX_MSN, MAX_PART, version};

/// Delivery directives of one request.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Directives {
    /// `_HLS_msn`: the playlist must hold this segment, or its [`Self::part`].
    pub msn: Option<u64>,
    /// `_HLS_part`: this part of it.
    pub part: Option<u64>,
    /// `_HLS_skip`: segments that the player knows may be left out.
    pub skip: bool,
}

/// A directive that cannot be followed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadDirective {
    name: &'static str,
    expected: &'static str,
}

impl fmt::Display for BadDirective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is wrong, expected {}", self.name, self.expected)
    }
}

impl Directives {
    /// Reads them from a query's parameters.
    ///
    /// # Errors
    /// When a number is none, or `_HLS_part` stands without `_HLS_msn`.
    pub fn parse<'a>(param: impl Fn(&str) -> Option<&'a str>) -> Result<Self, BadDirective> {
        let number = |name: &'static str, max: u64| match param(name) {
            None => Ok(None),
            Some(text) => match text.parse::<u64>() {
                Ok(value) if value <= max => Ok(Some(value)),
                Ok(_) | Err(_) => Err(BadDirective { name, expected: "a number that can be" }),
            },
        };
        let (msn, part) = (number("_HLS_msn", MAX_MSN)?, number("_HLS_part", MAX_PART)?);
        if part.is_some() && msn.is_none() {
            return Err(BadDirective { name: "_HLS_part", expected: "_HLS_msn beside it" });
        }
        let skip = match param("_HLS_skip") {
            None => false,
            // `v2` may also skip date ranges, of which there are none.
            Some("YES" | "v2") => true,
            Some(_) => return Err(BadDirective { name: "_HLS_skip", expected: "YES or v2" }),
        };
        Ok(Self { msn, part, skip })
    }

    /// Which version of the playlist is waited for.
    pub fn version(self) -> u64 {
        match (self.msn, self.part) {
            (None, _) => 0,
            (Some(msn), None) => version(msn + 1, 0),
            (Some(msn), Some(part)) => version(msn, part + 1),
        }
    }

    /// Whether the player wants to wait.
    pub fn is_blocking(self) -> bool {
        self.msn.is_some()
    }
}
