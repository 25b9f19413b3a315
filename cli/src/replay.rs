//! `replay`: a capture in the place of the network.

use std::fs;
use std::path::Path;

use rtmpd_core::files::FileCall;
use rtmpd_core::replay::{self, ReplayError, Setup};
use rtmpd_core::{Answer, Call, Dice};

use crate::files::Files;
use crate::pages::Pages;
use crate::serve;
use crate::wire_up::Plan;

/// The transcript of the capture in `file`, played to the server of this configuration.
///
/// # Errors
/// All that is wrong with the configuration, or why the capture cannot be replayed.
pub(crate) fn run(file: &Path, config: Option<&Path>) -> Result<String, Vec<String>> {
    let place = serve::place(config).map_err(|error| vec![error])?;
    let parsed = place.read()?;
    let plan = Plan::of(&parsed.settings);
    let name = file.display();
    let capture = fs::read(file).map_err(|error| vec![format!("{name}: {error}")])?;
    let pages = Pages::new(place.folder.join(serve::SITE));
    let files = Files::new(&place.folder);
    let answer = move |call: &Call| match call {
        Call::Page { path, if_none_match, gzip } => pages.answer(path, if_none_match.as_deref(), *gzip),
        Call::File(FileCall::Write(_)) => Answer::Failed("a replay writes nothing".into()),
        Call::File(call) => files.answer(call.clone()),
        Call::Streams => Answer::Streams(Vec::new()),
    };
    let setup = Setup {
        hub: plan.hub,
        answer: Box::new(answer),
        ..Setup::new(plan.services(), plan.make_packager(|_| Dice::new(0)))
    };
    match replay::run(&capture, setup) {
        Ok(transcript) => Ok(transcript.to_string()),
        Err(error) => Err(vec![format!("{name}: {error}{}", hint(&error))]),
    }
}

fn hint(error: &ReplayError) -> &'static str {
    match error {
        ReplayError::NoConnection { .. } => "; the server's ports are those of the configuration (--config)",
        ReplayError::Capture(_) | ReplayError::Link(_) | ReplayError::Stuck { .. } => "",
    }
}
