//! A part of the file, asked for its values by name; what nobody asked for is unknown.

use roxmltree::Node;

use crate::names::{cut, nearest};
use crate::xml::findings::{Findings, MAX_REPORTED};
use crate::xml::leaf::{self, Leaf, Leaves, Top};

/// Longest value shown in an error, in characters.
const MAX_SHOWN: usize = 60;

/// The values of one section.
#[derive(Debug, Default)]
pub(crate) struct Section {
    leaves: Vec<Leaf>,
    tops: Vec<Top>,
    asked: Vec<&'static str>,
    findings: Findings,
}

impl Section {
    /// What all of `nodes` hold, each shown as `shown`; children in `apart` are left to sections of their own.
    pub(crate) fn new(nodes: &[Node<'_, '_>], shown: &str, apart: &[&'static str]) -> Self {
        let mut all = Leaves::default();
        let mut section = Self { asked: apart.to_vec(), ..Self::default() };
        for node in nodes {
            all.collect(*node, shown, apart);
            let (text, at) = leaf::text(*node);
            if !text.is_empty() {
                let text = format!(
                    "'{}' stands in {} outside of any element and is passed over",
                    show(&text),
                    element(*node)
                );
                section.findings.warning(at, text);
            }
        }
        Self { leaves: all.leaves, tops: all.tops, ..section }
    }

    /// The value called `name`, which is squeezed but for the `_` behind the element that holds it, or `default` when it is not there, empty or wrong. `parse` says what is
    /// expected instead of a wrong one.
    pub(crate) fn take<T>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
        default: T,
    ) -> T {
        let Some((value, at, shown)) = self.raw(name) else { return default };
        parse(&value).unwrap_or_else(|expected| {
            self.findings.error(at, format!("{shown} is '{}', expected {expected}", show(&value)));
            default
        })
    }

    /// As [`Self::take`], for what must not appear in logs.
    pub(crate) fn take_secret<T>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
        default: T,
    ) -> T {
        let Some((value, at, shown)) = self.raw(name) else { return default };
        parse(&value).unwrap_or_else(|expected| {
            let long = value.chars().count();
            self.findings.error(at, format!("{shown} is a value of {long} characters, expected {expected}"));
            default
        })
    }

    /// The text of the value called `name`, if there is one and it is not empty.
    pub(crate) fn peek(&mut self, name: &'static str) -> Option<String> {
        self.raw(name).map(|(value, ..)| value)
    }

    /// An error about the value called `name`, which reads `<name> is 'value', ` and goes on with `text`.
    pub(crate) fn refuse(&mut self, name: &'static str, text: &str) {
        if let Some((value, at, shown)) = self.raw(name) {
            self.findings.error(at, format!("{shown} is '{}', {text}", show(&value)));
        }
    }

    /// A warning about the value called `name`, worded as [`Self::refuse`] does.
    pub(crate) fn warn(&mut self, name: &'static str, text: &str) {
        if let Some((value, at, shown)) = self.raw(name) {
            self.findings.warning(at, format!("{shown} is '{}', {text}", show(&value)));
        }
    }

    /// Ends the section: values given twice and names nobody asked for are found.
    pub(crate) fn finish(mut self) -> Findings {
        self.find_twice();
        self.find_unknown();
        self.findings
    }

    fn raw(&mut self, name: &'static str) -> Option<(String, usize, String)> {
        if !self.asked.contains(&name) {
            self.asked.push(name);
        }
        let leaf = self.leaves.iter().find(|leaf| leaf.is(name) && !leaf.value.is_empty())?;
        Some((leaf.value.clone(), leaf.at, leaf.shown.clone()))
    }

    fn find_twice(&mut self) {
        for name in &self.asked {
            let mut same = self.leaves.iter().filter(|leaf| leaf.is(name) && !leaf.value.is_empty());
            let first = same.next().map_or(String::new(), |first| show(&first.value));
            for again in same {
                let (shown, value) = (&again.shown, show(&again.value));
                let text = format!("{shown} is '{value}', but was '{first}' before: keep one of them");
                self.findings.error(again.at, text);
            }
        }
    }

    /// Warns of what nobody asked for: of a whole child once, unless something in it is known.
    fn find_unknown(&mut self) {
        let mut told = vec![false; self.tops.len()];
        for leaf in &self.leaves {
            let (Some(top), Some(told)) = (self.tops.get(leaf.top), told.get_mut(leaf.top)) else { continue };
            let is_empty_holder = leaf.value.is_empty() && self.is_holder(&leaf.key);
            if *told || is_empty_holder || self.asked.iter().any(|name| leaf.is(name)) {
                continue;
            }
            let inside_known = leaf.key != top.key && self.is_holder(&top.key);
            let (key, shown, at) = match inside_known {
                true => (&leaf.key, &leaf.shown, leaf.at),
                false => (&top.key, &top.shown, top.at),
            };
            *told = !inside_known;
            let near = self.hints_left().then(|| nearest(key, self.asked.iter().copied())).flatten();
            let hint = near.map_or(String::new(), |name| format!("; did you mean {name}?"));
            self.findings.warning(at, format!("{shown} is not known here and is passed over{hint}"));
        }
    }

    /// Whether values that were asked for may stand in an element of this squeezed name.
    fn is_holder(&self, key: &str) -> bool {
        self.asked.iter().any(|name| name.split_once('_').is_some_and(|(holder, _)| holder == key))
    }

    /// Hints cost time, and nobody reads hundreds of them.
    fn hints_left(&self) -> bool {
        self.findings.warnings() < MAX_REPORTED
    }
}

/// The name of an element, as it is shown to the operator.
fn element(node: Node<'_, '_>) -> String {
    format!("<{}>", cut(node.tag_name().name()))
}

/// A value, made fit to be shown on one line.
pub(crate) fn show(value: &str) -> String {
    let short: String = value.chars().take(MAX_SHOWN).collect();
    let more = if short.len() < value.len() { "…" } else { "" };
    format!("{}{more}", short.escape_debug().to_string().replace("\\'", "'").replace("\\\"", "\""))
}
