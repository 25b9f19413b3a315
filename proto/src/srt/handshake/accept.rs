//! The listener says yes: latencies, keys, and the answer.
//!
//! Spec: draft-sharabayko-srt §4.3.1.2, §4.4, §6.

use rtmpd_core::Instant;

use super::{Arrival, FEATURES, Link, latencies};
use crate::srt::crypto::{Agreed, Form, Passphrase, Wrapper};
use crate::srt::reject::Reject;
use crate::srt::settings::{Settings, VERSION};
use crate::srt::wire::{Control, Extensions, Handshake, Hello, Outgoing, Stage, address_field};

/// What was agreed on, and the answer that says so; our socket will be `id`.
pub(in crate::srt) fn accept(
    now: Instant,
    arrival: &Arrival,
    id: u32,
    agreed: Option<Agreed>,
    settings: &Settings,
) -> (Link, Outgoing) {
    let (send_latency, receive_latency) = latencies(settings.delay(), &arrival.hello);
    let theirs = &arrival.handshake;
    let link = Link {
        id,
        peer: theirs.id,
        peer_version: arrival.hello.version,
        features: arrival.hello.features,
        start: now,
        peer_start: arrival.peer_start,
        first_out: theirs.first,
        first_in: theirs.first,
        peer_window: theirs.window,
        mtu: theirs.mtu.min(settings.mtu),
        send_latency,
        receive_latency,
        agreed,
    };
    let reply = answer(arrival, &link, settings);
    (link, reply)
}

/// The keys, for one who knows the passphrase. This takes a millisecond.
pub(in crate::srt) fn agree(
    arrival: &Arrival,
    passphrase: Option<&Passphrase>,
) -> Result<Option<Agreed>, Reject> {
    let (material, passphrase) = match (&arrival.material, passphrase) {
        (None, None) => return Ok(None),
        (Some(material), Some(passphrase)) => (material, passphrase),
        (Some(_), None) | (None, Some(_)) => return Err(Reject::UNSECURE),
    };
    let wrapper = Wrapper::new(passphrase, material.salt, material.key_length);
    let form = Form::of(material.cipher, arrival.hello.version);
    Agreed::from_material(wrapper, material, form).map(Some).ok_or(Reject::BAD_SECRET)
}

fn answer(arrival: &Arrival, link: &Link, settings: &Settings) -> Outgoing {
    let millis = |latency: std::time::Duration| u16::try_from(latency.as_millis()).unwrap_or(u16::MAX);
    let extensions = Extensions {
        response: Some(Hello {
            version: VERSION,
            features: FEATURES,
            receive_delay: millis(link.receive_latency),
            send_delay: millis(link.send_latency),
        }),
        key_response: link.agreed.as_ref().map(|_| arrival.material_as_sent.clone()),
        ..Extensions::default()
    };
    let reply = Handshake {
        version: 5,
        encryption: arrival.handshake.encryption,
        extension: 0,
        first: link.first_out,
        mtu: link.mtu,
        window: settings.window,
        stage: Stage::Conclusion,
        id: link.id,
        cookie: arrival.handshake.cookie,
        address: address_field(arrival.from.ip()),
    };
    Control::Handshake(&reply.write(&extensions)).write(0, link.peer)
}
