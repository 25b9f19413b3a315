//! SIGINT and SIGTERM (Ctrl-C on Windows): the first one stops the server in good order, the second one at once.

use std::io;
use std::process;
use std::thread;

use crate::stopper::Stopper;

/// Exit status when a second signal cut the goodbye short: 128 + SIGINT, as shells have it.
const CUT_SHORT: i32 = 130;

/// Stops the server at SIGINT or SIGTERM, and exits the process at the next one.
///
/// # Errors
/// When the handlers cannot be installed.
pub fn stop_on_signal(stopper: Stopper) -> io::Result<()> {
    let mut signals = here::Signals::install()?;
    let watch = move || {
        while let Some(name) = signals.wait() {
            if stopper.stop() {
                log::info!(target: "rtmpd", "{name}: finishing the streams; once more ends at once");
            } else {
                log::warn!(target: "rtmpd", "{name} again: ending at once");
                process::exit(CUT_SHORT);
            }
        }
    };
    thread::Builder::new().name("signals".into()).spawn(watch).map(drop)
}

#[cfg(unix)]
mod here {
    use std::io;

    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator;

    pub(super) struct Signals(iterator::Signals);

    impl Signals {
        pub(super) fn install() -> io::Result<Self> {
            iterator::Signals::new([SIGINT, SIGTERM]).map(Self)
        }

        /// Sleeps until a signal comes.
        pub(super) fn wait(&mut self) -> Option<&'static str> {
            let signal = self.0.forever().next()?;
            Some(signal_hook::low_level::signal_name(signal).unwrap_or("signal"))
        }
    }
}

#[cfg(windows)]
mod here {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;
    use std::time::Duration;

    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::flag;

    /// How often the flag is looked at: Windows offers nothing to sleep on without unsafe code.
    const LOOK: Duration = Duration::from_millis(100);

    pub(super) struct Signals(Arc<AtomicBool>);

    impl Signals {
        pub(super) fn install() -> io::Result<Self> {
            let raised = Arc::new(AtomicBool::new(false));
            for signal in [SIGINT, SIGTERM] {
                flag::register(signal, Arc::clone(&raised))?;
            }
            Ok(Self(raised))
        }

        /// Sleeps until a signal comes.
        pub(super) fn wait(&mut self) -> Option<&'static str> {
            while !self.0.swap(false, Ordering::AcqRel) {
                thread::sleep(LOOK);
            }
            Some("Ctrl-C")
        }
    }
}
