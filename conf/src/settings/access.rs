//! `<users>`, `<keys>`, `<jwt>`, `<ips>` and `<limits>`: who may do what, by rules of our own.

use std::path::PathBuf;

use roxmltree::Node;
use rtmpd_core::Role;
use rtmpd_core::policy::{Addresses, Limits, Net, Pattern, Roles, Rules, StreamSecret, User};
use rtmpd_proto::auth::Keys;

use crate::names::{cut, squeeze};
use crate::value;
use crate::xml::{Findings, Section, text};

/// Most users, and most stream keys.
const MAX_ENTRIES: usize = 10_000;
const ROLES: &str = "some of api, upload, download, publisher, player, with commas between, or all";

/// Who may do what, by rules of our own.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Access {
    /// Users, stream keys, addresses, and what tokens guard.
    pub rules: Rules,
    /// By which tokens are signed; those of the file below are to be added.
    pub keys: Keys,
    /// `<jwt jwks>`: a file with a set of keys; relative to the config folder.
    pub jwks: Option<PathBuf>,
    /// `<limits>`.
    pub limits: Limits,
}

impl Access {
    /// What stands in single values: all but users and stream keys.
    pub(crate) fn read(section: &mut Section) -> Self {
        let mut access = Self::default();
        let secret = section.take_secret("jwt_secret", hmac_secret, String::new());
        let file = |text: &str| Ok(Some(PathBuf::from(text)));
        access.jwks = section.take("jwt_jwks", file, None);
        let roles = section.take("jwt_roles", roles, Roles::of(&[Role::Publisher, Role::Player]));
        if !secret.is_empty() {
            access.keys.add_secret(&secret);
        }
        if !secret.is_empty() || access.jwks.is_some() {
            access.rules.tokens = roles;
        }
        let allow = section.take("ips_allow", nets, Vec::new());
        let deny = section.take("ips_deny", nets, Vec::new());
        access.rules.addresses = Addresses { allow, deny };
        let megabits = section.take("limits_bandwidth", value::number(0..=1_000_000, "(Mb/s)"), 0);
        access.limits = Limits {
            per_address: section.take("limits_perip", value::number(0..=1_000_000, "(connections)"), 0),
            viewers: section.take("limits_viewers", value::number(0..=10_000_000, "(players)"), 0),
            bits_out: u64::from(megabits) * 1_000_000,
        };
        access
    }

    /// The lists below `root`: `<users><user …/></users>` and `<keys><key …>SECRET</key></keys>`.
    pub(crate) fn read_lists(&mut self, root: Node<'_, '_>, findings: &mut Findings) {
        for node in entries(root, "users", "user", findings) {
            self.rules.users.extend(user(node, findings));
        }
        for node in entries(root, "keys", "key", findings) {
            self.rules.secrets.extend(key(node, findings));
        }
    }
}

/// What stands in all blocks of this name.
fn entries<'a, 'i>(
    root: Node<'a, 'i>,
    block: &str,
    entry: &str,
    findings: &mut Findings,
) -> Vec<Node<'a, 'i>> {
    let is = |node: &Node<'_, '_>, name: &str| node.is_element() && squeeze(node.tag_name().name()) == name;
    let mut found = Vec::new();
    for node in root.children().filter(|node| is(node, block)).flat_map(|block| block.children()) {
        if is(&node, entry) && found.len() < MAX_ENTRIES {
            found.push(node);
        } else if is(&node, entry) {
            findings.error(node.range().start, format!("<{block}> has more than {MAX_ENTRIES} entries"));
            break;
        } else if node.is_element() {
            let name = cut(node.tag_name().name());
            findings.warning(
                node.range().start,
                format!("<{block}><{name}> is not known here and is passed over"),
            );
        }
    }
    found
}

fn user(node: Node<'_, '_>, findings: &mut Findings) -> Option<User> {
    let name = node.attribute("name").unwrap_or_default().trim();
    let password = node.attribute("password").unwrap_or_default();
    let is_word = |text: &str| {
        (1..=128).contains(&text.len()) && text.chars().all(|c| !c.is_control() && !matches!(c, '"' | '\\'))
    };
    if name.is_empty() && password.is_empty() {
        return None;
    }
    if !is_word(name) || name.contains(':') {
        let text = "expected at most 128 characters, without quotes, backslashes and colons";
        findings.error(node.range().start, format!("<user name> is '{}', {text}", cut(name)));
        return None;
    }
    if !is_word(password) {
        let (name, long) = (cut(name), password.chars().count());
        let text = format!(
            "<user name='{name}' password> is a value of {long} characters, expected 1 to 128 without quotes and backslashes"
        );
        findings.error(node.range().start, text);
        return None;
    }
    let roles = roles_of(node, "user", &[Role::Publisher, Role::Player], findings)?;
    let streams = Pattern::new(node.attribute("streams").unwrap_or("*"));
    Some(User { name: name.to_owned(), password: password.to_owned(), roles, streams })
}

fn key(node: Node<'_, '_>, findings: &mut Findings) -> Option<StreamSecret> {
    let secret = text(node).0.trim().to_owned();
    let stream = node.attribute("stream").unwrap_or_default().trim();
    if secret.is_empty() && stream.is_empty() {
        return None;
    }
    if stream.is_empty() || secret.is_empty() {
        let text = "expected both the attribute stream (live/NAME, live/* or *) and the key as its text";
        findings.error(node.range().start, format!("<key stream='{}'>: {text}", cut(stream)));
        return None;
    }
    let roles = roles_of(node, "key", &[Role::Publisher], findings)?;
    Some(StreamSecret { secret, roles, streams: Pattern::new(stream) })
}

fn roles_of(node: Node<'_, '_>, element: &str, usual: &[Role], findings: &mut Findings) -> Option<Roles> {
    let Some(said) = node.attribute("roles").filter(|said| !said.trim().is_empty()) else {
        return Some(Roles::of(usual));
    };
    let parsed = roles(said);
    if let Err(expected) = &parsed {
        findings
            .error(node.range().start, format!("<{element} roles> is '{}', expected {expected}", cut(said)));
    }
    parsed.ok()
}

fn roles(text: &str) -> Result<Roles, String> {
    let one = |name: &str| match name.trim() {
        "all" => Some(Roles::ALL),
        name => Role::ALL.into_iter().find(|role| role.name() == name).map(|role| Roles::of(&[role])),
    };
    let all: Option<Vec<Roles>> = text.split(',').map(one).collect();
    all.map(|all| all.into_iter().fold(Roles::default(), Roles::and)).ok_or_else(|| ROLES.to_owned())
}

/// RFC 7518 §3.2 wants as many bytes as the hash has; a shorter secret can be guessed.
fn hmac_secret(text: &str) -> Result<String, String> {
    let good = (32..=512).contains(&text.len());
    good.then(|| text.to_owned()).ok_or_else(|| "32 to 512 characters".to_owned())
}

fn nets(text: &str) -> Result<Vec<Net>, String> {
    let parts = text.split([',', ' ', '\n', '\t']).map(str::trim).filter(|part| !part.is_empty());
    let all: Option<Vec<Net>> = parts.map(Net::parse).collect();
    all.ok_or_else(|| "addresses and networks such as 10.0.0.0/8, fd00::/8, with commas between".to_owned())
}
