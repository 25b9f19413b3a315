//! New certificates for new connections, as soon as their files have changed.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use log::{error, info};
use rtmpd_proto::tls::Identities;

use super::Files;

/// How often the files are looked at.
const PERIOD: Duration = Duration::from_secs(2);
/// Who logs.
const TARGET: &str = "rtmpd";

/// Looks after them from a thread of its own. Files that are wrong, or half written, change nothing.
///
/// # Errors
/// When there is no thread for it.
pub(crate) fn watch(files: Files, identities: Arc<Identities>) -> io::Result<()> {
    let mut seen = versions(&files);
    let work = move || {
        loop {
            thread::sleep(PERIOD);
            let now = versions(&files);
            if now == seen {
                continue;
            }
            match files.read() {
                Ok(identity) => {
                    identities.replace(identity);
                    info!(target: TARGET, "{} has changed: new connections see the new certificate", files.chain.display());
                    seen = now;
                }
                // The key may follow its certificate: it is tried again when it does.
                Err(error) => {
                    if seen != now {
                        error!(target: TARGET, "{error}; the certificate stays as it was");
                    }
                    seen = now;
                }
            }
        }
    };
    thread::Builder::new().name("certificates".into()).spawn(work).map(drop)
}

fn versions(files: &Files) -> Vec<Option<(SystemTime, u64)>> {
    let version = |file: &Path| {
        let metadata = file.metadata().ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    };
    [Some(&files.chain), Some(&files.key), files.authorities.as_ref()]
        .into_iter()
        .flatten()
        .map(|file| version(file))
        .collect()
}
