//! Whether a request's conditions hold. Specs: RFC 9110 §13.

use rtmpd_core::files::Facts;

use super::{ByteRange, Head, Ranges, parse_fixdate, ranges};

/// A request's conditional fields, verbatim.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Conditions {
    if_match: Option<Box<str>>,
    if_none_match: Option<Box<str>>,
    if_modified_since: Option<Box<str>>,
    if_unmodified_since: Option<Box<str>>,
    if_range: Option<Box<str>>,
    range: Option<Box<str>>,
}

/// What is to be answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// 200: the whole file.
    Whole,
    /// 206: these bytes of it.
    Part(Vec<ByteRange>),
    /// 304: the client's copy is current.
    NotModified,
    /// 412: it is not the file the client means.
    Failed,
    /// 416: no such bytes.
    Unsatisfiable,
}

impl Conditions {
    /// Those of a request.
    pub fn of(head: &Head) -> Self {
        let list = |name: &str| {
            let all: Vec<&str> = head.all(name).collect();
            (!all.is_empty()).then(|| all.join(",").into())
        };
        let one = |name: &str| head.field(name).map(Into::into);
        Self {
            if_match: list("if-match"),
            if_none_match: list("if-none-match"),
            if_modified_since: one("if-modified-since"),
            if_unmodified_since: one("if-unmodified-since"),
            if_range: one("if-range"),
            range: list("range"),
        }
    }

    /// Those for something that has no date: any that the client names is not of it.
    #[must_use]
    pub fn undated(self) -> Self {
        let is_date = |value: &str| !value.trim_start().starts_with(['"', 'W']);
        Self {
            if_modified_since: None,
            if_unmodified_since: None,
            range: self.range.filter(|_| !self.if_range.as_deref().is_some_and(is_date)),
            ..self
        }
    }

    /// Weighs them in the order of §13.2.2.
    pub fn weigh(&self, facts: &Facts) -> Verdict {
        let modified = facts.modified / 1_000_000;
        match (&self.if_match, &self.if_unmodified_since) {
            (Some(tags), _) if !lists(tags, &facts.etag, false) => return Verdict::Failed,
            (None, Some(date)) if parse_fixdate(date).is_some_and(|date| modified > date) => {
                return Verdict::Failed;
            }
            (Some(_) | None, _) => {}
        }
        match (&self.if_none_match, &self.if_modified_since) {
            (Some(tags), _) if lists(tags, &facts.etag, true) => return Verdict::NotModified,
            (None, Some(date)) if parse_fixdate(date).is_some_and(|date| modified <= date) => {
                return Verdict::NotModified;
            }
            (Some(_) | None, _) => {}
        }
        let Some(range) = self.range.as_deref().filter(|_| self.is_same(facts)) else {
            return Verdict::Whole;
        };
        match ranges(range, facts.size) {
            Ranges::Whole => Verdict::Whole,
            Ranges::Some(ranges) => Verdict::Part(ranges),
            Ranges::Unsatisfiable => Verdict::Unsatisfiable,
        }
    }

    /// `If-Range` (§13.1.5): whether the client's part is of this file. A date is too coarse for a file that was changed
    /// within the last second it names, but that is what clients without validators have.
    fn is_same(&self, facts: &Facts) -> bool {
        match self.if_range.as_deref().map(str::trim) {
            None => true,
            Some(tag) if tag.starts_with('"') => tag == &*facts.etag,
            Some(tag) if tag.starts_with("W/") => false,
            Some(date) => parse_fixdate(date) == Some(facts.modified / 1_000_000),
        }
    }
}

/// Whether a list of entity tags holds this one; `weakly` passes over the mark of weak ones (§8.8.3.2).
fn lists(tags: &str, etag: &str, weakly: bool) -> bool {
    tags.split(',').map(str::trim).any(|tag| {
        let tag = if weakly { tag.strip_prefix("W/").unwrap_or(tag) } else { tag };
        tag == "*" || tag == etag
    })
}
