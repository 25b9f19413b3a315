//! Headers in their order. Names in any case (RFC 2326 §4.2).

/// The headers of a message.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// The value of the first header of this name.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The values of all headers of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Adds one behind the others. What would end a line becomes a space, but at the ends: a name that began with one would
    /// be more of the header before it.
    pub fn push(&mut self, name: &str, value: &str) {
        self.0.push((clean(name), clean(value)));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Continues the last value, as folded headers do.
    pub(super) fn fold(&mut self, more: &str) {
        let more = clean(more);
        if let Some((_, value)) = self.0.last_mut().filter(|_| !more.is_empty()) {
            if !value.is_empty() {
                value.push(' ');
            }
            value.push_str(&more);
        }
    }
}

/// Text that stays within its line.
fn clean(text: &str) -> String {
    let text = text.trim_matches(|c: char| c.is_control() || c.is_whitespace());
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
