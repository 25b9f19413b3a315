//! Rules, URLs, and relays with legs that speak a toy protocol.

mod machine;
mod rules;
mod url;

use std::time::Duration;

use rtmpd_core::{Request, StreamKey};

fn request(vhost: &str, name: &str) -> Request {
    Request {
        vhost: vhost.into(),
        key: StreamKey::new("live", name).unwrap(),
        params: "token=1".into(),
        protocol: "rtmp",
        agent: "OBS".into(),
        patience: Duration::from_secs(2),
    }
}
