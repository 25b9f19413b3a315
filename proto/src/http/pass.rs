//! Passes: whoever was let in to a playlist may have what it names, without being asked about again.
//!
//! A pass stands in the URLs of the playlist that its viewer gets, and in a cookie. It is signed, so nothing is kept for it:
//! any worker knows it again. It is good for one to two hours, and renewed with every playlist, so that a viewer's URLs
//! change once an hour. Who fetches the same playlist again, without cookies, is remembered for five minutes.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use rtmpd_core::Instant;
use sha2::Sha256;

use crate::bytes::param;

/// The name of the parameter, and the beginning of the cookie's.
pub(super) const PASS: &str = "grant";
/// How long one who was let in is remembered after its last request.
const SESSION: Duration = Duration::from_secs(300);
/// Most who are remembered; the rest are asked about again.
const MAX_SESSIONS: usize = 100_000;
/// How often those are looked for who need not be remembered any more.
const SWEEP: Duration = Duration::from_secs(10);
/// What passes end on: so many seconds.
const PERIOD: u64 = 3600;

/// Knows passes, and who was let in. All workers share it.
pub struct Passes {
    secret: [u8; 32],
    /// There are users, so whoever is denied something may say who it is.
    users: bool,
    sessions: Mutex<Sessions>,
}

#[derive(Default)]
struct Sessions {
    until: BTreeMap<[u8; 16], Instant>,
    swept_at: Instant,
}

/// Somebody who was let in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Session {
    /// What it may have.
    pub(super) scope: String,
    /// What tells it from others.
    pub(super) number: u32,
}

/// Who asks for something of a scope.
#[derive(Clone, Debug)]
pub(super) struct Visitor<'a> {
    pub(super) scope: &'a str,
    /// Its parameters.
    pub(super) query: &'a str,
    /// Its `Authorization`.
    pub(super) credentials: &'a str,
    /// Its `Cookie` fields.
    pub(super) cookies: Vec<&'a str>,
    pub(super) ip: IpAddr,
}

impl Passes {
    /// Passes signed by this secret.
    pub fn new(secret: [u8; 32]) -> Self {
        Self { secret, users: false, sessions: Mutex::default() }
    }

    /// The same, where there are users: who is denied something without having said a name is asked for one.
    #[must_use]
    pub fn with_users(self) -> Self {
        Self { users: true, ..self }
    }

    pub(super) fn has_users(&self) -> bool {
        self.users
    }

    /// The visitor's session, if it has a pass or was let in not long ago.
    pub(super) fn find(&self, now: Instant, visitor: &Visitor<'_>) -> Option<Session> {
        let session = |number| Session { scope: visitor.scope.to_owned(), number };
        let shown = param(visitor.query, PASS).and_then(|pass| self.verify(now, visitor.scope, pass));
        if let Some(number) = shown {
            return Some(session(number));
        }
        let name = self.cookie_name(visitor.scope);
        let cookies = visitor.cookies.iter().flat_map(|field| field.split(';'));
        let mut cookies = cookies.filter_map(|cookie| cookie.trim().strip_prefix(&name)?.strip_prefix('='));
        if let Some(number) = cookies.find_map(|pass| self.verify(now, visitor.scope, pass)) {
            return Some(session(number));
        }
        let id = self.identity(visitor);
        let mut sessions = self.lock();
        let until = sessions.until.get_mut(&id).filter(|until| **until > now)?;
        *until = now + SESSION;
        Some(session(number_of(&id)))
    }

    /// The visitor was let in.
    pub(super) fn remember(&self, now: Instant, visitor: &Visitor<'_>) -> Session {
        let id = self.identity(visitor);
        let mut sessions = self.lock();
        if sessions.until.len() >= MAX_SESSIONS && now.since(sessions.swept_at) >= SWEEP {
            sessions.swept_at = now;
            sessions.until.retain(|_, until| *until > now);
        }
        if sessions.until.len() < MAX_SESSIONS {
            sessions.until.insert(id, now + SESSION);
        }
        Session { scope: visitor.scope.to_owned(), number: number_of(&id) }
    }

    /// The pass of a session, as it stands in URLs: the same for an hour.
    pub(super) fn issue(&self, now: Instant, session: &Session) -> String {
        let period = (now.as_millis() / 1000 / PERIOD) + 2;
        self.pass(&session.scope, session.number, period)
    }

    /// The cookie with a pass, for paths below `path`.
    pub(super) fn cookie(&self, session: &Session, pass: &str, path: &str) -> String {
        let (name, age) = (self.cookie_name(&session.scope), 2 * PERIOD);
        format!("{name}={pass}; Path={path}; Max-Age={age}; HttpOnly; SameSite=Lax")
    }

    fn cookie_name(&self, scope: &str) -> String {
        format!("{PASS}-{}", hex(self.sign("cookie", scope).get(..4).unwrap_or_default()))
    }

    fn pass(&self, scope: &str, number: u32, period: u64) -> String {
        let what = format!("{number:08x}.{period:x}");
        let signature = self.sign(&what, scope);
        format!("{what}.{}", hex(signature.get(..12).unwrap_or_default()))
    }

    /// Whose pass it is, when it is good for this scope at present.
    fn verify(&self, now: Instant, scope: &str, pass: &str) -> Option<u32> {
        let mut parts = pass.split('.');
        let number = u32::from_str_radix(parts.next()?, 16).ok()?;
        let period = u64::from_str_radix(parts.next()?, 16).ok()?;
        let is_current = period.checked_mul(PERIOD).is_some_and(|end| end > now.as_millis() / 1000);
        let expected = self.pass(scope, number, period);
        let is_same = expected.len() == pass.len()
            && expected.bytes().zip(pass.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0;
        (is_current && is_same).then_some(number)
    }

    /// What tells visitors apart: what they say, and where they say it from. How they fetch a playlist is not part of it.
    fn identity(&self, visitor: &Visitor<'_>) -> [u8; 16] {
        let is_said = |pair: &&str| !pair.starts_with("grant=") && !pair.starts_with("_HLS_");
        let said: Vec<&str> = visitor.query.split('&').filter(is_said).collect();
        let ip = visitor.ip.to_canonical();
        let text = format!("{}\n{}\n{ip}", said.join("&"), visitor.credentials);
        let signature = self.sign(&text, visitor.scope);
        signature.first_chunk().copied().unwrap_or_default()
    }

    fn sign(&self, what: &str, scope: &str) -> [u8; 32] {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.secret) else { return [0; 32] };
        mac.update(what.as_bytes());
        // A byte that no text holds.
        mac.update(&[0xFF]);
        mac.update(scope.as_bytes());
        mac.finalize().into_bytes().into()
    }

    fn lock(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Passes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passes").finish_non_exhaustive()
    }
}

/// A playlist or manifest whose URLs have this pass.
pub(super) fn with_pass(name: &str, text: &str, pass: &str) -> String {
    if name.ends_with(".mpd") { in_manifest(text, pass) } else { in_playlist(text, pass) }
}

/// RFC 8216bis §4.1: lines that are URLs, and attributes called URI.
fn in_playlist(text: &str, pass: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for line in text.split_inclusive('\n') {
        let (content, end) = line.split_at(line.trim_end_matches(['\r', '\n']).len());
        if content.starts_with('#') {
            put_attributes(&mut out, content, &["URI=\""], pass);
        } else if !content.is_empty() {
            put_url(&mut out, content, pass);
        }
        out.push_str(end);
    }
    out
}

/// ISO/IEC 23009-1 §5.3.9: templates and lists of segments.
fn in_manifest(text: &str, pass: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    put_attributes(&mut out, text, &[" media=\"", " initialization=\"", " sourceURL=\""], pass);
    out
}

fn put_attributes(out: &mut String, mut text: &str, names: &[&str], pass: &str) {
    let next = |text: &str| names.iter().filter_map(|name| Some(text.find(name)? + name.len())).min();
    while let Some(at) = next(text) {
        let (before, rest) = text.split_at(at);
        let (url, after) = rest.split_at(rest.find('"').unwrap_or(rest.len()));
        out.push_str(before);
        put_url(out, url, pass);
        text = after;
    }
    out.push_str(text);
}

/// Only what is relative is ours.
fn put_url(out: &mut String, url: &str, pass: &str) {
    out.push_str(url);
    if !url.is_empty() && !url.contains("://") && !url.starts_with("data:") {
        let mark = if url.contains('?') { '&' } else { '?' };
        out.push_str(&format!("{mark}{PASS}={pass}"));
    }
}

fn number_of(id: &[u8; 16]) -> u32 {
    u32::from_be_bytes(id.first_chunk().copied().unwrap_or_default())
}

fn hex(data: &[u8]) -> String {
    data.iter().map(|byte| format!("{byte:02x}")).collect()
}
