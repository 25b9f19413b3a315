//! The caller: asks, asks again, and gives up in the end.
//!
//! Spec: draft-sharabayko-srt §4.3.1.

use std::net::SocketAddr;
use std::time::Duration;

use rtmpd_core::{Error, Instant};

use super::{FEATURES, Link, SPEC, latencies, peer_start};
use crate::srt::crypto::{Agreed, Form, Passphrase, Secret, Wrapper};
use crate::srt::reject::Reject;
use crate::srt::seq::Seq;
use crate::srt::settings::{Settings, VERSION};
use crate::srt::wire::{
    Cipher, Control, Extensions, Handshake, Hello, KeyMaterial, KeyState, Outgoing, SALT, Stage,
    address_field,
};

/// How long an answer is waited for before the question is asked again.
const AGAIN: Duration = Duration::from_millis(250);

/// Whom to call, and what for.
#[derive(Clone, Debug)]
pub struct Call {
    /// Our socket id: not 0, and below 2^30.
    pub id: u32,
    /// Where the listener is.
    pub to: SocketAddr,
    /// What is asked for, when anything.
    pub stream_id: Option<String>,
    /// How payloads are to be encrypted, if they are.
    pub key: Option<CallerKey>,
}

/// How a caller wants payloads encrypted.
#[derive(Clone, Debug)]
pub struct CallerKey {
    /// What both sides know.
    pub passphrase: Passphrase,
    /// 16, 24 or 32 bytes.
    pub length: usize,
    /// How.
    pub cipher: Cipher,
}

/// See the module's text.
#[derive(Debug)]
pub(in crate::srt) struct Caller {
    call: Call,
    settings: Settings,
    start: Instant,
    first: Seq,
    /// 0 until the listener has handed one out.
    cookie: u32,
    agreed: Option<Agreed>,
    material: Option<Vec<u8>>,
    /// When to ask again.
    again: Instant,
}

/// What a handshake of the listener comes to.
#[derive(Debug)]
pub(in crate::srt) enum Step {
    /// It changes nothing.
    Wait,
    /// Send this.
    Send(Outgoing),
    /// There is a connection.
    Open(Box<Link>),
    /// There will be none.
    Rejected(Reject),
}

impl Caller {
    /// Makes keys and the first question. With a passphrase this takes a millisecond.
    pub(in crate::srt) fn new(
        now: Instant,
        call: Call,
        settings: Settings,
        secret: &Secret,
    ) -> (Self, Outgoing) {
        let keys = call.key.as_ref().map(|key| make_keys(key, secret));
        let (agreed, material) =
            keys.map_or((None, None), |(agreed, material)| (Some(agreed), Some(material)));
        let first = Seq::new(secret.word("srt first packet"));
        let again = now + AGAIN;
        let caller = Self { call, settings, start: now, first, cookie: 0, agreed, material, again };
        let question = caller.question(now);
        (caller, question)
    }

    /// Begins with this number.
    #[cfg(test)]
    pub(in crate::srt) fn begin_with(&mut self, first: Seq) {
        self.first = first;
    }

    /// When to call [`Self::handle_timeout`].
    pub(in crate::srt) fn poll_timeout(&self) -> Instant {
        self.again.min(self.start + self.settings.patience)
    }

    /// Asks again.
    ///
    /// # Errors
    /// When patience is at its end.
    pub(in crate::srt) fn handle_timeout(&mut self, now: Instant) -> Result<Option<Outgoing>, Error> {
        if now.since(self.start) >= self.settings.patience {
            return Err(Error::TimedOut("SRT handshake"));
        }
        if now < self.again {
            return Ok(None);
        }
        self.again = now + AGAIN;
        Ok(Some(self.question(now)))
    }

    /// Takes a handshake of the listener.
    ///
    /// # Errors
    /// When it makes no sense.
    pub(in crate::srt) fn handle(
        &mut self,
        now: Instant,
        timestamp: u32,
        body: &[u8],
    ) -> Result<Step, Error> {
        let (handshake, extensions) = Handshake::parse(body)?;
        match handshake.stage {
            Stage::Rejection(word) => Ok(Step::Rejected(Reject::from_wire(word))),
            Stage::Induction if self.cookie == 0 => {
                if handshake.version != 5 || handshake.extension != Handshake::MAGIC {
                    return Ok(Step::Rejected(Reject::VERSION));
                }
                self.cookie = handshake.cookie.max(1);
                self.again = now + AGAIN;
                Ok(Step::Send(self.question(now)))
            }
            Stage::Conclusion if self.cookie != 0 => self.conclude(now, timestamp, &handshake, &extensions),
            Stage::Induction | Stage::Conclusion | Stage::WaveAhand | Stage::Agreement | Stage::Other(_) => {
                Ok(Step::Wait)
            }
        }
    }

    fn conclude(
        &mut self,
        now: Instant,
        timestamp: u32,
        theirs: &Handshake,
        extensions: &Extensions,
    ) -> Result<Step, Error> {
        let hello = extensions
            .response
            .ok_or_else(|| Error::violation("conclusion of the listener has no HSRSP", SPEC))?;
        if theirs.id == 0 || theirs.mtu < 76 {
            return Err(Error::violation(
                "conclusion of the listener has socket id 0 or no room for payload",
                SPEC,
            ));
        }
        if let Some(reject) = self.check_keys(extensions.key_response.as_deref()) {
            return Ok(Step::Rejected(reject));
        }
        let (send_latency, receive_latency) = latencies(self.settings.delay(), &hello);
        let agreed = self
            .agreed
            .take()
            .map(|agreed| Agreed { form: Form::of(agreed.form.cipher(), hello.version), ..agreed });
        Ok(Step::Open(Box::new(Link {
            id: self.call.id,
            peer: theirs.id,
            peer_version: hello.version,
            features: hello.features,
            start: self.start,
            peer_start: peer_start(now, timestamp),
            first_out: self.first,
            first_in: theirs.first,
            peer_window: theirs.window,
            mtu: theirs.mtu.min(self.settings.mtu),
            send_latency,
            receive_latency,
            agreed,
        })))
    }

    /// Why there can be no connection, if the listener has not taken our keys.
    fn check_keys(&self, response: Option<&[u8]>) -> Option<Reject> {
        match (&self.material, response) {
            (None, None) => None,
            (Some(ours), Some(theirs)) if ours == theirs => None,
            (Some(_), Some(theirs)) => Some(match KeyState::parse(theirs) {
                Some(KeyState::BadSecret) | None => Reject::BAD_SECRET,
                Some(KeyState::BadCipher) => Reject::CRYPTO,
                Some(_) => Reject::UNSECURE,
            }),
            (Some(_), None) | (None, Some(_)) => Some(Reject::UNSECURE),
        }
    }

    fn question(&self, now: Instant) -> Outgoing {
        let concluding = self.cookie != 0;
        let length = self.agreed.as_ref().map_or(0, |agreed| agreed.wrapper.length());
        let handshake = Handshake {
            version: if concluding { 5 } else { 4 },
            encryption: if concluding { u16::try_from(length / 8).unwrap_or_default() } else { 0 },
            extension: if concluding { 0 } else { Handshake::DATAGRAM },
            first: self.first,
            mtu: self.settings.mtu,
            window: self.settings.window,
            stage: if concluding { Stage::Conclusion } else { Stage::Induction },
            id: self.call.id,
            cookie: self.cookie,
            address: address_field(self.call.to.ip()),
        };
        let extensions = if concluding { self.extensions() } else { Extensions::default() };
        let timestamp = u32::try_from(now.since(self.start).as_micros()).unwrap_or_default();
        Control::Handshake(&handshake.write(&extensions)).write(timestamp, 0)
    }

    fn extensions(&self) -> Extensions {
        let delay = self.settings.delay();
        Extensions {
            request: Some(Hello {
                version: VERSION,
                features: FEATURES,
                receive_delay: delay,
                send_delay: delay,
            }),
            key_request: self.material.clone(),
            stream_id: self.call.stream_id.clone(),
            ..Extensions::default()
        }
    }
}

/// A fresh even key, and the message that carries it.
fn make_keys(key: &CallerKey, secret: &Secret) -> (Agreed, Vec<u8>) {
    let mut salt = [0; SALT];
    salt.iter_mut().zip(secret.bytes("srt salt", 0, SALT)).for_each(|(to, from)| *to = from);
    let wrapper = Wrapper::new(&key.passphrase, salt, key.length);
    let even = secret.bytes("srt stream key", 0, key.length);
    let material = KeyMaterial {
        even: true,
        odd: false,
        cipher: key.cipher,
        salt,
        key_length: key.length,
        wrapped: wrapper.wrap(&even),
    };
    let agreed = Agreed { wrapper, even: Some(even), odd: None, form: Form::of(key.cipher, VERSION) };
    (agreed, material.write())
}
