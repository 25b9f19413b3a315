//! The named values of a section, whichever way they are written: `<hls count="3"/>`, `<hls><count>3</count></hls>`
//! and `<hls_count>3</hls_count>` are one.

use std::ops::Range;

use roxmltree::Node;

use crate::names::{cut, squeeze};

/// Deepest nesting inside a section that is looked at.
const MAX_DEPTH: usize = 3;

/// A value of a section.
#[derive(Debug)]
pub(crate) struct Leaf {
    /// Squeezed names of the elements it is in and its own, joined: `hlscount`.
    pub(crate) key: String,
    /// As it is shown to the operator: `<http><hls count>`.
    pub(crate) shown: String,
    /// Trimmed.
    pub(crate) value: String,
    /// Where its value stands.
    pub(crate) at: usize,
    /// Which child of the section it is in: index into [`Leaves::tops`].
    pub(crate) top: usize,
}

impl Leaf {
    /// Whether it is the value called `name`, in which a `_` may stand.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.key.chars().eq(name.chars().filter(|c| *c != '_'))
    }
}

/// A child or attribute of a section.
#[derive(Debug)]
pub(crate) struct Top {
    /// Its squeezed name.
    pub(crate) key: String,
    /// As it is shown to the operator: `<http><hls>`.
    pub(crate) shown: String,
    /// Where it stands.
    pub(crate) at: usize,
}

/// Everything a section holds.
#[derive(Debug, Default)]
pub(crate) struct Leaves {
    /// The values, in the order of the file.
    pub(crate) leaves: Vec<Leaf>,
    /// What the section holds directly.
    pub(crate) tops: Vec<Top>,
}

impl Leaves {
    /// Adds what `node`, shown as `shown`, holds; children in `apart` are left to sections of their own.
    pub(crate) fn collect(&mut self, node: Node<'_, '_>, shown: &str, apart: &[&str]) {
        let outside = shown.strip_suffix('>').unwrap_or(shown);
        for attribute in node.attributes() {
            let (key, shown) = (squeeze(attribute.name()), format!("{outside} {}>", cut(attribute.name())));
            let top = self.top(&key, &shown, attribute.range().start);
            self.attribute(key, shown, attribute.value(), (attribute.range_value(), top));
        }
        for child in node.children().filter(Node::is_element) {
            let key = squeeze(child.tag_name().name());
            if !apart.contains(&key.as_str()) {
                let shown = format!("{shown}<{}>", cut(child.tag_name().name()));
                let top = self.top(&key, &shown, child.range().start);
                self.element(child, &key, &shown, (top, 1));
            }
        }
    }

    fn top(&mut self, key: &str, shown: &str, at: usize) -> usize {
        self.tops.push(Top { key: key.into(), shown: shown.into(), at });
        self.tops.len() - 1
    }

    fn attribute(&mut self, key: String, shown: String, value: &str, (range, top): (Range<usize>, usize)) {
        let value = value.trim().to_string();
        self.leaves.push(Leaf { key, shown, value, at: range.start, top });
    }

    fn element(&mut self, node: Node<'_, '_>, key: &str, shown: &str, (top, depth): (usize, usize)) {
        let outside = shown.strip_suffix('>').unwrap_or(shown);
        for attribute in node.attributes() {
            let key = format!("{key}{}", squeeze(attribute.name()));
            let shown = format!("{outside} {}>", cut(attribute.name()));
            self.attribute(key, shown, attribute.value(), (attribute.range_value(), top));
        }
        let is_leaf = node.attributes().len() == 0 && !node.children().any(|child| child.is_element());
        let (value, at) = text(node);
        if is_leaf || !value.is_empty() || depth == MAX_DEPTH {
            self.leaves.push(Leaf { key: key.into(), shown: shown.into(), value, at, top });
        }
        if depth < MAX_DEPTH {
            for child in node.children().filter(Node::is_element) {
                let name = cut(child.tag_name().name());
                let (key, shown) = (format!("{key}{}", squeeze(name)), format!("{shown}<{name}>"));
                self.element(child, &key, &shown, (top, depth + 1));
            }
        }
    }
}

/// The element's own text without the comments in it, trimmed, and where it begins.
pub(crate) fn text(node: Node<'_, '_>) -> (String, usize) {
    let mut at = None;
    let mut whole = String::new();
    for part in node.children().filter(Node::is_text) {
        let text = part.text().unwrap_or_default();
        if at.is_none() && !text.trim().is_empty() {
            at = Some(part.range().start + (text.len() - text.trim_start().len()));
        }
        whole.push_str(text);
    }
    (whole.trim().to_string(), at.unwrap_or(node.range().start))
}
