//! The server's life: configuration, workers, banner, signal, totals.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::{env, io};

use log::{error, info, warn};
use rtmpd_conf::Parsed;
use rtmpd_core::hub::Hub;
use rtmpd_core::stats::Totals;
use rtmpd_netloop::{Server, stop_on_signal};
use rtmpd_proto::relay::Rules;

use crate::banner::Doors;
use crate::config_file::Place;
use crate::files::Files;
use crate::forwarding::{self, PolicyFile};
use crate::pages::Pages;
use crate::pool::Site;
use crate::recordings::look_after;
use crate::wire_up::{Plan, Tls, fresh_dice};
use crate::{banner, certificates, logging};

/// The folder of the static site, beside the configuration.
pub(crate) const SITE: &str = "html";
/// The folder of the log files, beside the configuration.
const LOG: &str = "log";
/// Who logs.
const TARGET: &str = "rtmpd";

/// The configuration's place, as the process is started.
///
/// # Errors
/// When `--config` names nothing, or the process has no current folder.
pub(crate) fn place(config: Option<&Path>) -> Result<Place, String> {
    let here = env::current_dir().map_err(|error| format!("the current folder: {error}"))?;
    let program = env::current_exe().ok();
    Place::find(config, &here, program.as_deref().and_then(Path::parent))
}

/// Runs until a signal ends it.
///
/// # Errors
/// What kept the server from starting, or what ended it; to be shown to the operator, unless logged already.
pub(crate) fn run(config: Option<&Path>) -> Result<(), Vec<String>> {
    let place = place(config).map_err(|error| vec![error])?;
    let parsed = place.read()?;
    let (policy, warnings) = PolicyFile::in_folder(&place.folder).read()?;
    let rules = forwarding::both(&parsed.forwards, policy);
    let folder = Some(place.folder.join(LOG));
    logging::start(folder).map_err(|error| vec![format!("the log: {error}")])?;
    for warning in warnings {
        warn!(target: TARGET, "{warning}");
    }
    let outcome = serve(&place, &parsed, &rules).map_err(|error| {
        error!(target: TARGET, "{error}");
        let unseen = !log::log_enabled!(target: TARGET, log::Level::Error);
        if unseen { vec![error.to_string()] } else { Vec::new() }
    });
    log::logger().flush();
    outcome
}

fn serve(place: &Place, parsed: &Parsed, rules: &Rules) -> io::Result<()> {
    info!(target: TARGET, "smart_rtmpd {}, {}", env!("CARGO_PKG_VERSION"), place.describe());
    for warning in &parsed.warnings {
        warn!(target: TARGET, "{warning}");
    }
    let settings = &parsed.settings;
    let tls = Tls::of(settings, &place.folder).map_err(io::Error::other)?;
    if let (Some(files), Some(identities)) =
        (certificates::Files::of(&settings.ssl, &place.folder), &tls.identities)
    {
        certificates::watch(files, Arc::clone(identities))?;
    }
    let plan = Plan::with(settings, tls);
    plan.forwarding.set_rules(rules.clone());
    let running = Running::start(place, &plan)?;
    look_after(place.folder.join("rec"), plan.limits())?;
    stop_on_signal(running.server.stopper())?;
    let policy = PolicyFile::in_folder(&place.folder);
    policy.watch(parsed.forwards.clone(), Arc::clone(&plan.forwarding), running.server.reminder())?;
    announce(&plan, &running.server);
    let Running { server, hub, site } = running;
    let outcome = server.join();
    // What was recorded last is still on its way to the disk.
    site.finish();
    info!(target: TARGET, "{}", summary(&hub.totals()));
    outcome
}

/// A server that runs.
pub(crate) struct Running {
    server: Server,
    hub: Arc<Hub>,
    site: Arc<Site>,
}

impl Running {
    /// Starts it.
    ///
    /// # Errors
    /// What kept it from starting.
    pub(crate) fn start(place: &Place, plan: &Plan) -> io::Result<Self> {
        let hub = Hub::guarded(plan.hub, plan.make_packager(fresh_dice), plan.make_gate());
        let files = Files::new(&place.folder);
        match files.discard_uploads() {
            Ok(0) => {}
            Ok(count) => info!(target: TARGET, "uploads: {count} that were cut off are removed"),
            Err(error) => warn!(target: TARGET, "uploads that were cut off cannot be removed: {error}"),
        }
        let site = Arc::new(Site::start(Pages::new(place.folder.join(SITE)), files, Arc::clone(&hub))?);
        let settings = plan.netloop.clone();
        let server =
            Server::start(settings, Arc::clone(&hub), plan.listeners(), plan.attendants(), site.clone())?;
        Ok(Self { server, hub, site })
    }

    /// Where it listens.
    pub(crate) fn doors(&self, plan: &Plan) -> Doors {
        plan.doors(self.server.local_addrs())
    }

    /// Ends it in good order.
    ///
    /// # Errors
    /// What went wrong while it ran.
    pub(crate) fn finish(self) -> io::Result<()> {
        let outcome = self.server.shutdown();
        self.site.finish();
        outcome
    }
}

fn announce(plan: &Plan, server: &Server) {
    let doors = plan.doors(server.local_addrs());
    for line in banner::doors(&doors).iter().chain(&banner::urls(&doors, &addresses())) {
        info!(target: TARGET, "{line}");
    }
}

/// The machine's own addresses.
fn addresses() -> Vec<IpAddr> {
    match if_addrs::get_if_addrs() {
        Ok(interfaces) => interfaces.iter().map(if_addrs::Interface::ip).collect(),
        Err(error) => {
            warn!(target: TARGET, "the addresses of this machine are unknown: {error}");
            vec![Ipv4Addr::LOCALHOST.into()]
        }
    }
}

/// What all came to, for the last line of the log.
fn summary(totals: &Totals) -> String {
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    format!(
        "the server has stopped after {} connections, {} publishes ({:.2} MB in), {} plays ({:.2} MB out); refused \
         {}, closed for faults {}, closed for not reading {}, defects {}",
        totals.accepted,
        totals.publishes,
        megabytes(totals.bytes_in),
        totals.plays,
        megabytes(totals.bytes_out),
        totals.refused,
        totals.faults,
        totals.slow_consumers,
        totals.bugs
    )
}
