//! Streams that go on to other servers: the machines that speak with these, and policy.xml, which may change at any time.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use std::{fs, io, thread};

use rtmpd_conf::parse_policy;
use rtmpd_core::media::Packaging;
use rtmpd_core::{Machine, WallClock};
use rtmpd_netloop::Reminder;
use rtmpd_proto::container::ts::TS;
use rtmpd_proto::relay::{Begin, Forwarding, Legs, Rules, Scheme, Url};
use rtmpd_proto::rtmp::{self, RtmpPlayer, RtmpPublisher};
use rtmpd_proto::rtp::RTP;
use rtmpd_proto::rtsp;
use rtmpd_proto::rtsp::client::{RtspPlayer, RtspPublisher};
use rtmpd_proto::srt::crypto::{Passphrase, Secret};
use rtmpd_proto::srt::{self, CallerKey, SrtPlayer, SrtPublisher, call_id};
use rtmpd_proto::tls::{TlsClient, Trust};

/// The file of the rules, beside the configuration.
const NAME: &str = "policy.xml";
/// How often it is looked at.
const PERIOD: Duration = Duration::from_secs(1);

/// Makes machines for each scheme.
pub(crate) struct Speakers {
    pub(crate) rtmp: rtmp::Settings,
    pub(crate) rtsp: rtsp::Settings,
    pub(crate) srt: srt::Settings,
    pub(crate) secret: Secret,
    pub(crate) wall: WallClock,
    /// Whom we believe to be who it says; `None` when that could not be found out.
    pub(crate) trust: Option<Trust>,
}

impl Legs for Speakers {
    fn packaging(&self, scheme: Scheme) -> Option<Packaging> {
        match scheme {
            Scheme::Rtmp | Scheme::Rtmps => Some(rtmp::PACKAGING),
            Scheme::Rtsp | Scheme::Rtsps => Some(RTP),
            Scheme::Srt => Some(TS),
        }
    }

    fn publisher(&self, begin: Begin<'_>) -> Result<Box<dyn Machine>, String> {
        let (now, request, url) = (begin.now, begin.request.clone(), &begin.destination.url);
        match url.scheme {
            Scheme::Rtmp | Scheme::Rtmps => {
                let target = rtmp_target(&begin);
                self.secured(url, Box::new(RtmpPublisher::new(now, target, request, &self.rtmp, begin.dice)))
            }
            Scheme::Rtsp | Scheme::Rtsps => {
                self.secured(url, Box::new(RtspPublisher::new(now, rtsp_target(&begin), request, self.wall)))
            }
            Scheme::Srt => {
                let (call, settings, secret) = self.call(begin, "publish")?;
                Ok(Box::new(SrtPublisher::new(now, call, request, settings, secret)))
            }
        }
    }

    fn player(&self, begin: Begin<'_>) -> Result<Box<dyn Machine>, String> {
        let (now, request, url) = (begin.now, begin.request.clone(), &begin.destination.url);
        match url.scheme {
            Scheme::Rtmp | Scheme::Rtmps => {
                let target = rtmp_target(&begin);
                self.secured(url, Box::new(RtmpPlayer::new(now, target, request, &self.rtmp, begin.dice)))
            }
            Scheme::Rtsp | Scheme::Rtsps => {
                let settings = rtsp::Settings { wall: self.wall, ..self.rtsp.clone() };
                let target = rtsp_target(&begin);
                self.secured(url, Box::new(RtspPlayer::new(now, target, request, settings, begin.dice)))
            }
            Scheme::Srt => {
                let (call, settings, secret) = self.call(begin, "request")?;
                Ok(Box::new(SrtPlayer::new(now, call, request, settings, secret)))
            }
        }
    }
}

impl Speakers {
    /// The machine, behind TLS where the URL wants that.
    fn secured(&self, url: &Url, machine: Box<dyn Machine>) -> Result<Box<dyn Machine>, String> {
        if !matches!(url.scheme, Scheme::Rtmps | Scheme::Rtsps) {
            return Ok(machine);
        }
        let trust = self.trust.as_ref().ok_or("the files of <ssl> for clients are wrong")?;
        let client = TlsClient::new(machine, &url.host, trust).map_err(|error| error.to_string())?;
        Ok(Box::new(client))
    }

    /// Whom to call by SRT, how, and with which secret.
    fn call(&self, mut begin: Begin<'_>, mode: &str) -> Result<(srt::Call, srt::Settings, Secret), String> {
        let url = &begin.destination.url;
        let key = caller_key(url)?;
        let latency = match url.param("latency") {
            Some(text) => {
                let millis =
                    text.parse().map_err(|_| format!("latency is '{text}', expected milliseconds"))?;
                Duration::from_millis(millis)
            }
            None => self.srt.latency,
        };
        let settings = srt::Settings { latency, ..self.srt };
        let id = call_id(&mut begin.dice);
        let stream_id = stream_id(url, mode, begin.via);
        let call = srt::Call { id, to: begin.peer.remote, stream_id, key };
        Ok((call, settings, self.secret.child("srt call", begin.dice.next_u64())))
    }
}

fn rtmp_target(begin: &Begin<'_>) -> rtmp::Target {
    let url = &begin.destination.url;
    let (app, name) = url.app_and_name();
    let name = if url.query.is_empty() { name.to_owned() } else { format!("{name}?{}", url.query) };
    let tc_url = format!("{}://{}/{app}", url.scheme.name(), url.authority());
    rtmp::Target { tc_url, app: app.to_owned(), name, via: begin.via.to_owned() }
}

fn rtsp_target(begin: &Begin<'_>) -> rtsp::client::Target {
    let url = &begin.destination.url;
    let query = if url.query.is_empty() { String::new() } else { format!("?{}", url.query) };
    rtsp::client::Target {
        account: url.account.clone(),
        via: begin.via.to_owned(),
        ..rtsp::client::Target::new(&format!("{url}{query}"), begin.peer.remote)
    }
}

fn caller_key(url: &Url) -> Result<Option<CallerKey>, String> {
    let Some(passphrase) = url.param("passphrase") else { return Ok(None) };
    let passphrase = Passphrase::new(passphrase).map_err(|error| error.to_string())?;
    let length = match url.param("pbkeylen").as_deref() {
        None | Some("0" | "16") => 16,
        Some("24") => 24,
        Some("32") => 32,
        Some(other) => return Err(format!("pbkeylen is '{other}', expected 16, 24 or 32")),
    };
    Ok(Some(CallerKey { passphrase, length, cipher: srt::wire::Cipher::Ctr }))
}

/// What is asked for: the URL's `streamid`, else its path. The mark stands where others pass it over.
fn stream_id(url: &Url, mode: &str, via: &str) -> Option<String> {
    let id = match url.param("streamid") {
        Some(id) => id,
        None if url.path.is_empty() => return None,
        None => format!("#!::r={},m={mode}", url.path),
    };
    Some(if id.starts_with("#!::") { format!("{id},via={via}") } else { id })
}

/// policy.xml.
#[derive(Clone, Debug)]
pub(crate) struct PolicyFile {
    path: PathBuf,
}

/// By what a change of the file is noticed.
type Version = Option<(SystemTime, u64)>;

impl PolicyFile {
    /// The one in this folder, which need not be there.
    pub(crate) fn in_folder(folder: &std::path::Path) -> Self {
        Self { path: folder.join(NAME) }
    }

    /// The rules of the file and what an operator should look at; no rules where there is no file.
    ///
    /// # Errors
    /// All that is wrong with it, one text each.
    pub(crate) fn read(&self) -> Result<(Rules, Vec<String>), Vec<String>> {
        let name = self.path.display().to_string();
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok((Rules::default(), Vec::new()));
            }
            Err(error) => return Err(vec![format!("{name}: {error}")]),
        };
        let texts = |problems: Vec<rtmpd_conf::Problem>| problems.iter().map(ToString::to_string).collect();
        parse_policy(&name, &bytes).map(|(rules, warnings)| (rules, texts(warnings))).map_err(texts)
    }

    fn version(&self) -> Version {
        let metadata = fs::metadata(&self.path).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    }

    /// Applies the file whenever it changes, together with the rules of the configuration. One that is wrong changes
    /// nothing.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub(crate) fn watch(
        self,
        config: Rules,
        forwarding: Arc<Forwarding>,
        reminder: Reminder,
    ) -> io::Result<()> {
        let mut seen = self.version();
        let work = move || {
            loop {
                thread::sleep(PERIOD);
                let version = self.version();
                if version != std::mem::replace(&mut seen, version) {
                    self.apply(&config, &forwarding, &reminder);
                }
            }
        };
        thread::Builder::new().name("policy".into()).spawn(work).map(drop)
    }

    fn apply(&self, config: &Rules, forwarding: &Forwarding, reminder: &Reminder) {
        match self.read() {
            Ok((rules, warnings)) => {
                warnings.iter().for_each(|warning| log::warn!(target: "rtmpd", "{warning}"));
                let rules = both(config, rules);
                let count = rules.len();
                log::info!(target: "rtmpd", "{} has changed: {count} rules", self.path.display());
                forwarding.set_rules(rules);
                reminder.ask_anew();
            }
            Err(problems) => {
                let kept = "the rules stay as they were";
                problems.iter().for_each(|problem| log::error!(target: "rtmpd", "{problem}; {kept}"));
            }
        }
    }
}

/// Rules of both files.
pub(crate) fn both(config: &Rules, policy: Rules) -> Rules {
    let mut all = config.clone();
    all.apps.extend(policy.apps);
    all.streams.extend(policy.streams);
    all.pulls.extend(policy.pulls);
    all
}
