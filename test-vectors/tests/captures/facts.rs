//! What a case.toml tells.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The numbers and texts of a case.toml, by name.
pub(crate) struct Facts {
    numbers: BTreeMap<String, u64>,
    texts: BTreeMap<String, String>,
}

impl Facts {
    /// Reads `name = number` and `name = "text"`, line by line.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut facts = Self { numbers: BTreeMap::new(), texts: BTreeMap::new() };
        for (n, line) in
            text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        {
            let told = |what: &str| format!("{}: line {}: {what}", path.display(), n + 1);
            let (name, value) = line.split_once(" = ").ok_or_else(|| told("expected 'name = value'"))?;
            if let Some(text) = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) {
                facts.texts.insert(name.to_owned(), text.to_owned());
            } else {
                let number = value.parse().map_err(|_| told(&format!("'{value}' is no number")))?;
                facts.numbers.insert(name.to_owned(), number);
            }
        }
        Ok(facts)
    }

    /// A number that each case has.
    pub(crate) fn number(&self, name: &str) -> Result<u64, String> {
        self.numbers.get(name).copied().ok_or_else(|| format!("case.toml lacks '{name} = NUMBER'"))
    }

    /// A port; `None` for one that the captured server did not have.
    pub(crate) fn port(&self, name: &str) -> Result<Option<u16>, String> {
        let told = |_| format!("case.toml: '{name}' is no port");
        self.numbers.get(name).map(|&number| u16::try_from(number).map_err(told)).transpose()
    }

    /// A text; most are for people.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str)
    }
}
