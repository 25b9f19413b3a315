//! Rules of our own about who may do what: users, stream keys, and what tokens claim.
//!
//! A rule guards roles, on some streams or all. What no rule guards is open; what one guards is for those who show what one
//! of the rules asks for.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use super::address::{Addresses, Net};
use crate::admission::Role;

/// Some of the roles.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Roles(u8);

impl Roles {
    /// All of them.
    pub const ALL: Self = Self(0b1_1111);

    /// These.
    pub fn of(roles: &[Role]) -> Self {
        Self(roles.iter().fold(0, |all, role| all | 1 << *role as u8))
    }

    /// Whether this is one of them.
    pub fn has(self, role: Role) -> bool {
        self.0 & 1 << role as u8 != 0
    }

    /// Those of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Some of the streams: one (`live/a`), those that begin so (`live/*`), or all (`*`). Files and the API have their path,
/// without the slash it begins with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern(Arc<str>);

impl Pattern {
    /// A pattern; only a `*` at the end means anything else than itself.
    pub fn new(text: &str) -> Self {
        Self(text.trim().trim_start_matches('/').into())
    }

    /// All streams.
    pub fn all() -> Self {
        Self::new("*")
    }

    /// Whether this stream is one of them.
    pub fn fits(&self, stream: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(begin) => stream.starts_with(begin),
            None => *self.0 == *stream,
        }
    }
}

/// A user of this server.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// The name.
    pub name: String,
    /// The password.
    pub password: String,
    /// What it may do.
    pub roles: Roles,
    /// Where.
    pub streams: Pattern,
}

/// Whoever knows it may do this.
#[derive(Clone, PartialEq, Eq)]
pub struct StreamSecret {
    /// What is to be known.
    pub secret: String,
    /// What one may do then.
    pub roles: Roles,
    /// Where.
    pub streams: Pattern,
}

/// What a signed token claims. Whoever made it knows the secret, so it holds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Claims {
    /// Whose it is; for the log.
    pub subject: String,
    /// Good for these streams; empty: for all.
    pub streams: Vec<Pattern>,
    /// Good for these roles; `None`: for all.
    pub roles: Option<Roles>,
    /// Good before this time, in seconds since 1970.
    pub expires: Option<u64>,
    /// Good from this time on, in seconds since 1970.
    pub not_before: Option<u64>,
    /// Good at these addresses; empty: at all.
    pub addresses: Vec<Net>,
}

/// How far clocks may be apart, in seconds.
const LEEWAY: u64 = 10;

impl Claims {
    /// Whether it is good for this, at this address and time (seconds since 1970).
    ///
    /// # Errors
    /// With what it is not good for.
    pub fn check(&self, role: Role, stream: &str, address: IpAddr, unix: u64) -> Result<(), String> {
        if let Some(expires) = self.expires.filter(|expires| unix >= expires.saturating_add(LEEWAY)) {
            return Err(format!("its token ended {} seconds ago", unix - expires));
        }
        if let Some(begins) = self.not_before.filter(|begins| unix.saturating_add(LEEWAY) < *begins) {
            return Err(format!("its token begins in {} seconds", begins - unix));
        }
        if self.roles.is_some_and(|roles| !roles.has(role)) {
            return Err(format!("its token is not for the role {role}"));
        }
        if !self.streams.is_empty() && !self.streams.iter().any(|pattern| pattern.fits(stream)) {
            return Err("its token is for something else".to_owned());
        }
        if !self.addresses.is_empty() && !self.addresses.iter().any(|net| net.contains(address)) {
            return Err("its token is for another address".to_owned());
        }
        Ok(())
    }
}

/// What somebody shows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Shown {
    /// A user that its protocol has proven already.
    pub proven: Option<String>,
    /// Name and password.
    pub login: Option<(String, String)>,
    /// A stream key.
    pub secret: Option<String>,
    /// A token, or what is wrong with it.
    pub token: Option<Result<Claims, String>>,
    /// Where it comes from.
    pub address: Option<IpAddr>,
    /// The time, in seconds since 1970.
    pub unix: u64,
}

/// What the rules say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Access {
    /// No rule guards this.
    Open,
    /// A rule lets it in.
    Granted,
    /// It is guarded, and nothing that was shown is good for it; the text is for the log.
    Refused(String),
}

/// All the rules.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Rules {
    /// Who may connect at all.
    pub addresses: Addresses,
    /// Users.
    pub users: Vec<User>,
    /// Stream keys.
    pub secrets: Vec<StreamSecret>,
    /// What tokens guard.
    pub tokens: Roles,
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Passwords and keys are nobody's business.
        let users: Vec<&str> = self.users.iter().map(|user| user.name.as_str()).collect();
        f.debug_struct("Rules")
            .field("addresses", &self.addresses)
            .field("users", &users)
            .field("secrets", &self.secrets.len())
            .field("tokens", &self.tokens)
            .finish()
    }
}

impl Rules {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        let Self { addresses, users, secrets, tokens } = self;
        *addresses == Addresses::default()
            && users.is_empty()
            && secrets.is_empty()
            && *tokens == Roles::default()
    }

    /// What they say of one who wants to do this with this stream.
    pub fn judge(&self, role: Role, stream: &str, shown: &Shown) -> Access {
        let fits = |roles: Roles, streams: &Pattern| roles.has(role) && streams.fits(stream);
        let mut users = self.users.iter().filter(|user| user.roles.has(role));
        let mut secrets = self.secrets.iter().filter(|secret| fits(secret.roles, &secret.streams));
        let [by_users, by_secrets] = [users.clone().next().is_some(), secrets.clone().next().is_some()];
        if !by_users && !by_secrets && !self.tokens.has(role) {
            return Access::Open;
        }
        let is_user = |user: &User| {
            let is_proven = shown.proven.as_deref() == Some(user.name.as_str());
            let logs_in =
                |(name, password): &(String, String)| same(name, &user.name) & same(password, &user.password);
            is_proven || shown.login.as_ref().is_some_and(logs_in)
        };
        let known = users.find(|user| is_user(user));
        if known.is_some_and(|user| user.streams.fits(stream)) {
            return Access::Granted;
        }
        let shows =
            |secret: &StreamSecret| shown.secret.as_ref().is_some_and(|text| same(text, &secret.secret));
        if secrets.any(shows) {
            return Access::Granted;
        }
        let token = shown.token.as_ref().filter(|_| self.tokens.has(role)).map(|token| {
            let address = shown.address.unwrap_or(IpAddr::from([0, 0, 0, 0]));
            token.as_ref().map_err(Clone::clone)?.check(role, stream, address, shown.unix)
        });
        match token {
            Some(Ok(())) => Access::Granted,
            Some(Err(why)) => Access::Refused(why),
            None if known.is_some() => Access::Refused("its user may do this, but not here".to_owned()),
            None if shown.login.is_some() || shown.proven.is_some() => {
                Access::Refused("there is no such user with this password and role".to_owned())
            }
            None if shown.secret.is_some() => Access::Refused("its stream key is wrong".to_owned()),
            None => Access::Refused(format!("the role {role} needs {}", needed([by_users, by_secrets]))),
        }
    }
}

fn needed([by_users, by_secrets]: [bool; 2]) -> &'static str {
    match (by_users, by_secrets) {
        (true, true) => "a user or a stream key, and none was shown",
        (true, false) => "a user, and none was shown",
        (false, true) => "a stream key, and none was shown",
        (false, false) => "a token, and none was shown",
    }
}

/// Takes as long for the first difference as for the last.
fn same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}
