//! Introduces the rooms to each other: settings of config.xml → services, packagers, listeners, hub and loop.

use std::hash::{BuildHasher, Hash, RandomState};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rtmpd_conf::Settings;
use rtmpd_conf::settings::{Auth, AuthTarget, HlsFormat, HttpType, RecMode, UploadFrom};
use rtmpd_core::hub::HubSettings;
use rtmpd_core::media::{MakePackager, Packager, RingLimits};
use rtmpd_core::policy::Roles;
use rtmpd_core::{Attendant, Dice, Gate, MakeGate, Service, StreamKey, Transport};
use rtmpd_netloop::{Clock, Listener, MakeAttendants, MakeService};
use rtmpd_proto::auth::{self, Asker, AuthGate, AuthServer, Guard};
use rtmpd_proto::cmaf::{CMAF, CmafPackager};
use rtmpd_proto::hls::{HLS, HlsPackager};
use rtmpd_proto::http::{self, HttpService, Passes, Uploaders, Uploads};
use rtmpd_proto::rec::{self, Recorders};
use rtmpd_proto::relay::{Forwarding, Forwards, Pulls, Rules};
use rtmpd_proto::rtmp::{self, RtmpPackager, RtmpService};
use rtmpd_proto::rtp::{RTP, RtpPackager};
use rtmpd_proto::rtsp::{self, Casters, Casts, RtspService};
use rtmpd_proto::segment::{self, Format};
use rtmpd_proto::srt::crypto::{Passphrase, Secret};
use rtmpd_proto::srt::{self, Passphrases, SrtService};
use rtmpd_proto::tls::{Identities, TlsCaller, TlsService, Trust};

use crate::banner::Doors;
use crate::certificates;
use crate::forwarding::Speakers;
use crate::recordings::Limits;

/// What TLS needs that comes from files.
#[derive(Default)]
pub(crate) struct Tls {
    /// Who we are; `None` where nobody may come in TLS.
    pub(crate) identities: Option<Arc<Identities>>,
    /// Whom we believe; `None` where that could not be found out.
    pub(crate) trust: Option<Trust>,
}

impl Tls {
    /// Reads the files of the configuration in this folder, or makes a certificate where it names none.
    ///
    /// # Errors
    /// Which file is wrong, and why.
    pub(crate) fn of(settings: &Settings, folder: &Path) -> Result<Self, String> {
        let wanted = settings.rtmp.ssl || settings.rtsp.ssl || settings.http.ssl;
        let identities = if wanted { Some(certificates::identities(&settings.ssl, folder)?) } else { None };
        Ok(Self { identities, trust: Some(certificates::trust(&settings.ssl, folder)?) })
    }
}

/// Everything a server of these settings is made of.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// What tunes the hub.
    pub(crate) hub: HubSettings,
    /// What tunes the loop.
    pub(crate) netloop: rtmpd_netloop::Settings,
    rtmp: rtmp::Settings,
    rtsp: rtsp::Settings,
    casts: Option<Arc<Casts>>,
    srt: srt::Settings,
    passphrases: Arc<Passphrases>,
    http: http::Settings,
    segments: segment::Settings,
    rec: rec::Settings,
    limits: Limits,
    doors: Doors,
    guard: Option<Arc<Guard>>,
    identities: Option<Arc<Identities>>,
    /// Streams that go on to other servers; it begins without rules.
    pub(crate) forwarding: Arc<Forwarding>,
}

impl Plan {
    /// What these settings mean, without TLS.
    pub(crate) fn of(settings: &Settings) -> Self {
        Self::with(settings, Tls::default())
    }

    /// What these settings mean.
    pub(crate) fn with(settings: &Settings, tls: Tls) -> Self {
        let netloop = netloop_settings(settings);
        // Never 0, which is no name.
        let origin = seed("origin") as u32 | 1;
        let casts = settings.rtsp.multicast.map(|multicast| {
            let rtmpd_conf::settings::Multicast { group, port, ttl } = multicast;
            Arc::new(Casts::new(rtsp::Multicast { group, port, ttl }))
        });
        Self {
            hub: HubSettings { origin, ..hub_settings(settings, netloop.workers()) },
            netloop,
            rtmp: rtmp_settings(settings),
            rtsp: rtsp::Settings { multicast: casts.clone(), ..rtsp_settings(settings) },
            casts,
            srt: srt_settings(settings),
            passphrases: Arc::new(passphrases(settings)),
            http: http_settings(settings),
            segments: segment_settings(settings),
            rec: rec_settings(settings),
            limits: limits(settings),
            doors: doors(settings),
            guard: guard(settings, tls.trust.clone()),
            identities: tls.identities,
            forwarding: Arc::new(forwarding(settings, origin, tls.trust)),
        }
    }

    /// Where it would listen.
    pub(crate) fn configured(&self) -> &Doors {
        &self.doors
    }

    /// Where it does listen, by the addresses of the [`Self::listeners`].
    pub(crate) fn doors(&self, addrs: &[SocketAddr]) -> Doors {
        let mut addrs = addrs.iter().copied();
        let rtmp = addrs.next().unwrap_or(self.doors.rtmp);
        let http = self.doors.http.map(|planned| addrs.next().unwrap_or(planned));
        let rtsp = self.doors.rtsp.map(|planned| addrs.next().unwrap_or(planned));
        let srt = self.doors.srt.map(|planned| addrs.next().unwrap_or(planned));
        let https = self.doors.https.map(|planned| addrs.next().unwrap_or(planned));
        Doors { rtmp, http, rtsp, srt, https, ..self.doors.clone() }
    }

    /// Makes the packagers of all protocols, with these dice for a stream.
    pub(crate) fn make_packager(&self, dice: fn(&StreamKey) -> Dice) -> MakePackager {
        let settings = self.rtmp;
        let segments = segment::Settings { wall: Clock::process().wall(), ..self.segments };
        Arc::new(move |packaging, key| match packaging {
            HLS => Some(Box::new(HlsPackager::new(segments, key))),
            CMAF => Some(Box::new(CmafPackager::new(segments, key))),
            RTP => Some(Box::new(RtpPackager::new(dice(key)))),
            other => {
                let rtmp = RtmpPackager::of(other, &settings);
                let rtmp = rtmp.map(|packager| Box::new(packager) as Box<dyn Packager>);
                rtmp.or_else(|| http::packager(other, settings.h265_id))
            }
        })
    }

    /// Makes the gate of each shard, where somebody decides who may come in.
    pub(crate) fn make_gate(&self) -> MakeGate {
        let guard = self.guard.clone();
        Arc::new(move || {
            let guard = guard.clone()?;
            Some(Box::new(AuthGate::new(guard)) as Box<dyn Gate>)
        })
    }

    /// Makes what goes along with streams.
    pub(crate) fn attendants(&self) -> MakeAttendants {
        let rec = rec::Settings { wall: Clock::process().wall(), ..self.rec };
        let (casts, wall) = (self.casts.clone(), Clock::process().wall());
        let forwarding = Arc::clone(&self.forwarding);
        Arc::new(move || {
            let forwards = Forwards::new(Arc::clone(&forwarding), Dice::new(seed("forwards")));
            let pulls = Pulls::new(Arc::clone(&forwarding), Dice::new(seed("pulls")));
            let mut all: Vec<Box<dyn Attendant>> =
                vec![Box::new(Recorders::new(rec)), Box::new(forwards), Box::new(pulls)];
            if let Some(casts) = &casts {
                all.push(Box::new(Casters::new(casts.clone(), wall)));
            }
            all
        })
    }

    /// How long recordings are kept.
    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// The doors with what is spoken there: RTMP, then HTTP, RTSP, SRT and HTTPS where they are enabled.
    pub(crate) fn listeners(&self) -> Vec<Listener> {
        let rtmp = self.rtmp;
        let make_rtmp =
            move |worker| -> Box<dyn Service> { Box::new(RtmpService::new(rtmp, Dice::new(seed(worker)))) };
        let make_rtmp = self.secured(self.doors.rtmps, Arc::new(make_rtmp));
        let mut all = vec![Listener::tcp("rtmp", self.doors.rtmp, make_rtmp)];
        let settings = http::Settings { wall: Clock::process().wall(), ..self.http };
        let passes = self.guard.as_ref().map(|guard| {
            let passes = Passes::new(fresh_bytes());
            Arc::new(if guard.rules.users.is_empty() { passes } else { passes.with_users() })
        });
        let make_http: MakeService = Arc::new(move |_| -> Box<dyn Service> {
            let service = HttpService::new(settings);
            Box::new(match &passes {
                Some(passes) => service.guarded(passes.clone()),
                None => service,
            })
        });
        if let Some(addr) = self.doors.http {
            all.push(Listener::tcp("http", addr, Arc::clone(&make_http)));
        }
        if let Some(addr) = self.doors.rtsp {
            let settings = rtsp::Settings { wall: Clock::process().wall(), ..self.rtsp.clone() };
            let make_rtsp = move |worker| -> Box<dyn Service> {
                Box::new(RtspService::new(settings.clone(), Dice::new(seed(worker))))
            };
            all.push(Listener::tcp("rtsp", addr, self.secured(self.doors.rtsps, Arc::new(make_rtsp))));
        }
        if let Some(addr) = self.doors.srt {
            let (settings, passphrases) = (self.srt, self.passphrases.clone());
            // Cookies are good for all workers.
            let secret = fresh_secret();
            let make_srt = move |worker| -> Box<dyn Service> {
                let dice = Dice::new(seed(worker));
                Box::new(SrtService::new(settings, passphrases.clone(), secret.clone(), dice))
            };
            all.push(Listener::udp("srt", addr, Arc::new(make_srt)));
        }
        if let Some(addr) = self.doors.https {
            all.push(Listener::tcp("https", addr, self.secured(true, make_http)));
        }
        all
    }

    /// The same services behind TLS, for those who come in TLS.
    fn secured(&self, wanted: bool, make: MakeService) -> MakeService {
        let Some(identities) = self.identities.clone().filter(|_| wanted) else { return make };
        Arc::new(move |worker| Box::new(TlsService::new(make(worker), Arc::clone(&identities))))
    }

    /// The services by port, with dice that always fall the same way.
    pub(crate) fn services(&self) -> Vec<(u16, Box<dyn Service>)> {
        let rtmp = RtmpService::new(self.rtmp, Dice::new(0));
        let mut all: Vec<(u16, Box<dyn Service>)> = vec![(self.doors.rtmp.port(), Box::new(rtmp))];
        if let Some(addr) = self.doors.http {
            all.push((addr.port(), Box::new(HttpService::new(self.http))));
        }
        if let Some(addr) = self.doors.rtsp {
            all.push((addr.port(), Box::new(RtspService::new(self.rtsp.clone(), Dice::new(0)))));
        }
        if let Some(addr) = self.doors.srt {
            let (passphrases, secret) = (self.passphrases.clone(), Secret::new([0; 32]));
            all.push((addr.port(), Box::new(SrtService::new(self.srt, passphrases, secret, Dice::new(0)))));
        }
        all
    }
}

fn netloop_settings(settings: &Settings) -> rtmpd_netloop::Settings {
    let bytes = |kilobytes: u32| kilobytes as usize * 1024;
    rtmpd_netloop::Settings {
        threads: settings.global.threads as usize,
        recv_buffer: bytes(settings.global.sock.recv_kb),
        send_buffer: bytes(settings.global.sock.send_kb),
        rtp_ports: settings.global.rtp.min..=settings.global.rtp.max,
        share_rtp: settings.rtsp.enable && !settings.global.rtp.follow,
        ..rtmpd_netloop::Settings::default()
    }
}

fn hub_settings(settings: &Settings, shards: u16) -> HubSettings {
    let cache = &settings.rtmp.gop_cache;
    let ring = RingLimits {
        gop_cache: cache.on,
        max_bytes: cache.bytes as usize,
        max_age: Duration::from_secs(cache.seconds.into()),
        ..RingLimits::default()
    };
    HubSettings {
        shards,
        ring,
        hold: Duration::from_secs(settings.global.hold_s.into()),
        elapse: Duration::from_millis(settings.global.elapse_ms.into()),
        limits: settings.access.limits,
        ..HubSettings::default()
    }
}

fn rtmp_settings(settings: &Settings) -> rtmp::Settings {
    rtmp::Settings {
        chunk_size: settings.rtmp.chunk_size,
        h265_id: settings.rtmp.h265_id,
        max_idle: Duration::from_secs(settings.rtmp.max_idle_s.into()),
        ..rtmp::Settings::default()
    }
}

/// Who decides who may come in; `None` where everybody may.
fn guard(settings: &Settings, trust: Option<Trust>) -> Option<Arc<Guard>> {
    let guard = Guard {
        rules: settings.access.rules.clone(),
        keys: settings.access.keys.clone(),
        server: settings.global.auth.as_ref().map(auth_server),
        wrap: settings.global.auth.as_ref().and_then(|auth| auth_tls(auth, trust)),
        wall: Clock::process().wall(),
    };
    (!guard.is_open()).then(|| Arc::new(guard))
}

/// TLS for connections to an auth server whose URL says so.
fn auth_tls(auth: &Auth, trust: Option<Trust>) -> Option<auth::Wrap> {
    let AuthTarget::Url { tls: true, host, .. } = &auth.target else { return None };
    let name = host.host.clone();
    Some(Arc::new(move |asker| {
        let Some(trust) = trust.clone() else { return Box::new(Asker::idle("cannot be called by TLS")) };
        match TlsCaller::new(asker, &name, trust) {
            Ok(caller) => Box::new(caller),
            Err(_) => Box::new(Asker::idle("cannot be called by TLS")),
        }
    }))
}

fn auth_server(auth: &Auth) -> AuthServer {
    let (host, usual, target) = match &auth.target {
        AuthTarget::Host { host, router } => (host, 80, auth::Target::Router(router.as_str().into())),
        AuthTarget::Url { tls, host, path } => {
            (host, if *tls { 443 } else { 80 }, auth::Target::Path(path.as_str().into()))
        }
    };
    AuthServer {
        host: host.host.as_str().into(),
        port: host.port.unwrap_or(usual),
        target,
        timeout: Duration::from_millis(auth.timeout_ms.into()),
        http_type: match auth.http_type {
            HttpType::Rtmp => auth::HttpType::Rtmp,
            HttpType::Http => auth::HttpType::Http,
        },
    }
}

fn rtsp_settings(settings: &Settings) -> rtsp::Settings {
    let of = &settings.rtsp;
    rtsp::Settings {
        max_idle: Duration::from_secs(of.max_idle_s.into()),
        reorder: settings.global.rtp.que as usize,
        follow: settings.global.rtp.follow,
        account: of.auth.as_ref().map(|account| rtsp::Account {
            user: account.user.as_str().into(),
            password: account.password.as_str().into(),
            realm: account.realm.as_str().into(),
        }),
        users: rtsp_users(settings),
        // An auth server may let in those who show nothing.
        needs_user: match settings.global.auth {
            Some(_) => Roles::default(),
            None => {
                settings.access.rules.users.iter().fold(Roles::default(), |all, user| all.and(user.roles))
            }
        },
        ..rtsp::Settings::default()
    }
}

/// Users may prove themselves by RTSP too, in the realm of its own account.
fn rtsp_users(settings: &Settings) -> Arc<[rtsp::Account]> {
    let realm = settings.rtsp.auth.as_ref().map_or("smart_rtmpd", |account| account.realm.as_str());
    let users = settings.access.rules.users.iter().map(|user| rtsp::Account {
        user: user.name.as_str().into(),
        password: user.password.as_str().into(),
        realm: realm.into(),
    });
    users.collect()
}

fn srt_settings(settings: &Settings) -> srt::Settings {
    srt::Settings {
        latency: Duration::from_millis(settings.srt.latency_ms.into()),
        ..srt::Settings::default()
    }
}

fn passphrases(settings: &Settings) -> Passphrases {
    // The configuration takes only what may be one.
    let of = |text: &str| Passphrase::new(text).ok();
    let streams = settings.srt.passphrases.iter();
    Passphrases {
        all: settings.srt.passphrase.as_ref().and_then(|passphrase| of(passphrase.as_str())),
        streams: streams
            .filter_map(|(stream, passphrase)| Some((stream.clone(), of(passphrase.as_str())?)))
            .collect(),
    }
}

fn forwarding(settings: &Settings, origin: u32, trust: Option<Trust>) -> Forwarding {
    let speakers = Speakers {
        rtmp: rtmp_settings(settings),
        rtsp: rtsp_settings(settings),
        srt: srt_settings(settings),
        secret: fresh_secret(),
        wall: Clock::process().wall(),
        trust,
    };
    let doors = vec![
        (Transport::Tcp, settings.rtmp.port),
        (Transport::Tcp, settings.rtsp.port),
        (Transport::Udp, settings.srt.port),
    ];
    Forwarding::new(Rules::default(), Arc::new(speakers), origin, doors)
}

fn http_settings(settings: &Settings) -> http::Settings {
    let upload = &settings.http.upload;
    let from = match upload.from {
        UploadFrom::None => Uploaders::Nobody,
        UploadFrom::Local => Uploaders::Local,
        UploadFrom::Any => Uploaders::Anyone,
    };
    http::Settings {
        rtmp_port: settings.rtmp.port,
        uploads: Uploads { max_bytes: u64::from(upload.max_mb) << 20, from },
        ..http::Settings::default()
    }
}

fn segment_settings(settings: &Settings) -> segment::Settings {
    let (hls, dash) = (&settings.http.hls, &settings.http.dash);
    segment::Settings {
        hls_count: hls.count as usize,
        hls_duration: Duration::from_secs(hls.duration_s.into()),
        hls_cache: hls.cache as usize,
        part: Duration::from_millis(hls.part_ms.into()),
        format: match hls.format {
            HlsFormat::Auto => Format::Auto,
            HlsFormat::Ts => Format::Ts,
            HlsFormat::Fmp4 => Format::Fmp4,
        },
        dash_duration: Duration::from_secs(dash.duration_s.into()),
        dash_cache: dash.cache as usize,
        ..segment::Settings::default()
    }
}

fn rec_settings(settings: &Settings) -> rec::Settings {
    let (http, rec) = (&settings.http, &settings.http.rec);
    let (mode, seconds) = match rec.mode {
        RecMode::Hls => (rec::Mode::Hls, http.hls.duration_s),
        RecMode::Dash => (rec::Mode::Dash, http.dash.duration_s),
        RecMode::Mp4 => (rec::Mode::Mp4, http.hls.duration_s),
        RecMode::Flv => (rec::Mode::Flv, http.hls.duration_s),
    };
    rec::Settings {
        mode,
        period: Duration::from_secs(u64::from(rec.period_min) * 60),
        segment: Duration::from_secs(seconds.into()),
        offset: local_offset,
        ..rec::Settings::default()
    }
}

/// How far local time is ahead of UTC at this time, both in seconds.
fn local_offset(unix: i64) -> i64 {
    let zone = TimeZone::system();
    Timestamp::from_second(unix).map_or(0, |at| zone.to_offset(at).seconds().into())
}

fn limits(settings: &Settings) -> Limits {
    let rec = &settings.http.rec;
    Limits {
        age: Duration::from_secs(u64::from(rec.days) * 86_400),
        total: u64::from(rec.max_mb) << 20,
        free: u64::from(rec.free_mb) << 20,
    }
}

fn doors(settings: &Settings) -> Doors {
    let any = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
    let door = |ip: Option<IpAddr>, port: u16| SocketAddr::new(ip.unwrap_or(any), port);
    let http = settings.http.enable.then(|| door(settings.http.ip, settings.http.port));
    let rtsp = settings.rtsp.enable.then(|| door(settings.rtsp.ip, settings.rtsp.port));
    let srt = settings.srt.enable.then(|| door(settings.srt.ip, settings.srt.port));
    let https = settings.http.enable && settings.http.ssl;
    Doors {
        rtmp: door(settings.rtmp.ip, settings.rtmp.port),
        http,
        rtsp,
        srt,
        https: https.then(|| door(settings.http.ip, settings.http.sport)),
        rtmps: settings.rtmp.ssl,
        rtsps: settings.rtsp.ssl,
    }
}

/// Bytes that nobody can know: see [`seed`].
fn fresh_secret() -> Secret {
    Secret::new(fresh_bytes())
}

fn fresh_bytes() -> [u8; 32] {
    let mut bytes = [0; 32];
    for (part, number) in bytes.chunks_mut(8).zip(0_u8..) {
        part.copy_from_slice(&seed(number).to_be_bytes());
    }
    bytes
}

/// Dice whose fall nobody can know.
pub(crate) fn fresh_dice(of: &StreamKey) -> Dice {
    Dice::new(seed(of))
}

/// A seed that nobody can know: the standard library keys its hashers from the system's randomness.
fn seed(of: impl Hash) -> u64 {
    RandomState::new().hash_one(of)
}
