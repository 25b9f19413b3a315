//! The server that a case is played to.

use std::collections::BTreeMap;
use std::sync::Arc;

use rtmpd_core::media::{MakePackager, Packager};
use rtmpd_core::{Dice, Service};
use rtmpd_proto::container::flv::DEFAULT_H265_ID;
use rtmpd_proto::http::{self, HttpService};
use rtmpd_proto::rtmp::{self, RtmpPackager, RtmpService};
use rtmpd_proto::rtp::{RTP, RtpPackager};
use rtmpd_proto::rtsp::{self, RtspService};
use rtmpd_proto::srt::crypto::{Passphrase, Secret};
use rtmpd_proto::srt::{self, Passphrases, SrtService};

use crate::facts::Facts;

/// The stream whose callers must know the passphrase of the case.
const SECRET_STREAM: &str = "live/secret";

/// Services by their ports.
type Services = Vec<(u16, Box<dyn Service>)>;

/// The services that the captured server had.
pub(crate) fn services(facts: &Facts) -> Result<Services, String> {
    let seed = facts.number("seed")?;
    let made: [(&str, Box<dyn Service>); 4] = [
        ("rtmp", Box::new(RtmpService::new(rtmp::Settings::default(), Dice::new(seed)))),
        ("http", Box::new(HttpService::new(http::Settings::default()))),
        ("rtsp", Box::new(RtspService::new(rtsp_settings(facts), Dice::new(seed)))),
        ("srt", Box::new(srt_service(facts, seed)?)),
    ];
    let mut services = Vec::new();
    for (name, service) in made {
        if let Some(port) = facts.port(name)? {
            services.push((port, service));
        }
    }
    Ok(services)
}

fn rtsp_settings(facts: &Facts) -> rtsp::Settings {
    let account = facts.text("user").zip(facts.text("password")).map(|(user, password)| rtsp::Account {
        user: user.into(),
        password: password.into(),
        realm: "smart_rtmpd".into(),
    });
    rtsp::Settings { account, ..rtsp::Settings::default() }
}

fn srt_service(facts: &Facts, seed: u64) -> Result<SrtService, String> {
    let mut streams = BTreeMap::new();
    if let Some(text) = facts.text("passphrase") {
        let passphrase = Passphrase::new(text).map_err(|error| format!("case.toml: {error}"))?;
        streams.insert(SECRET_STREAM.to_owned(), passphrase);
    }
    let passphrases = Arc::new(Passphrases { all: None, streams });
    Ok(SrtService::new(srt::Settings::default(), passphrases, Secret::new([0; 32]), Dice::new(seed)))
}

/// All that the services ask for.
pub(crate) fn make_packager(seed: u64) -> MakePackager {
    let of = rtmp::Settings::default();
    Arc::new(move |packaging, _| match (packaging, RtmpPackager::of(packaging, &of)) {
        (RTP, _) => Some(Box::new(RtpPackager::new(Dice::new(seed)))),
        (_, Some(packager)) => Some(Box::new(packager) as Box<dyn Packager>),
        (_, None) => http::packager(packaging, DEFAULT_H265_ID),
    })
}
