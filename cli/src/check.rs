//! `check`: what is wrong with the configuration, or what would run.

use std::fmt::Write;
use std::path::Path;

use crate::forwarding::{self, PolicyFile};
use crate::wire_up::Plan;
use crate::{banner, certificates, serve};

/// What to print when the configuration is good.
///
/// # Errors
/// All that is wrong with it.
pub(crate) fn run(config: Option<&Path>) -> Result<String, Vec<String>> {
    let place = serve::place(config).map_err(|error| vec![error])?;
    let parsed = place.read()?;
    let mut text = format!("ok: {}\n", place.describe());
    for warning in &parsed.warnings {
        push(&mut text, &format!("warning: {warning}"));
    }
    let plan = Plan::of(&parsed.settings);
    if let Some(files) = certificates::Files::of(&parsed.settings.ssl, &place.folder) {
        files.read().map_err(|error| vec![error])?;
    }
    certificates::trust(&parsed.settings.ssl, &place.folder).map_err(|error| vec![error])?;
    let (policy, warnings) = PolicyFile::in_folder(&place.folder).read()?;
    let rules = forwarding::both(&parsed.forwards, policy);
    for warning in warnings {
        push(&mut text, &format!("warning: {warning}"));
    }
    if !rules.is_empty() {
        push(&mut text, &format!("{} rules of forwards and pulls", rules.len()));
    }
    for line in banner::doors(plan.configured()) {
        push(&mut text, &line);
    }
    push(&mut text, &format!("{} workers", plan.netloop.workers()));
    push(&mut text, &format!("pages from {}", place.folder.join(serve::SITE).display()));
    Ok(text)
}

fn push(text: &mut String, line: &str) {
    // A string takes everything.
    let _always = writeln!(text, "{line}");
}
