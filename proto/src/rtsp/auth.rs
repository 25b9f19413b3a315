//! Basic and Digest, as those who ask and as those who are asked.
//!
//! Specs: RFC 7617 (Basic), RFC 2617 and RFC 7616 (Digest with MD5 and SHA-256, with and without `qop`).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha2::{Digest, Sha256};

/// Longest header that is looked at, in bytes.
const MAX_HEADER: usize = 4096;

/// Which hash.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Algorithm {
    /// What everybody knows.
    Md5,
    /// RFC 7616.
    Sha256,
}

impl Algorithm {
    /// As it stands in headers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }

    fn of(name: &str) -> Option<Self> {
        [Self::Md5, Self::Sha256].into_iter().find(|algorithm| algorithm.name().eq_ignore_ascii_case(name))
    }

    fn hash(self, text: &str) -> String {
        match self {
            Self::Md5 => hex(&Md5::digest(text.as_bytes())),
            Self::Sha256 => hex(&Sha256::digest(text.as_bytes())),
        }
    }
}

fn hex(data: &[u8]) -> String {
    data.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a client is asked to prove that it knows.
#[derive(Copy, Clone, Debug)]
pub struct Account<'a> {
    /// The name.
    pub user: &'a str,
    /// The password.
    pub password: &'a str,
    /// What the client shows when it asks for the two.
    pub realm: &'a str,
}

/// The `WWW-Authenticate` headers of a 401, the strongest first, as RFC 7616 §3.7 has clients take the first they know.
///
/// Of several for Digest, ffmpeg (`httpauth.c`), live555 and GStreamer take the last, and ffmpeg gives up when that is not
/// for MD5: so MD5 stands behind SHA-256. live555 wants realm and nonce first and in this order.
pub fn challenges(realm: &str, nonce: &str, is_stale: bool) -> [String; 3] {
    let realm = quoted(realm);
    let stale = if is_stale { ", stale=true" } else { "" };
    let digest = format!("Digest realm={realm}, nonce=\"{nonce}\"{stale}");
    [format!("{digest}, algorithm=SHA-256, qop=\"auth\""), digest, format!("Basic realm={realm}")]
}

/// Whose `Authorization` header it says it is, for Basic and Digest.
pub fn user_of(header: &str) -> Option<String> {
    let header = header.trim();
    let (scheme, rest) = header.split_once([' ', '\t']).filter(|_| header.len() <= MAX_HEADER)?;
    if scheme.eq_ignore_ascii_case("basic") {
        let pair = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
        return pair.split_once(':').map(|(user, _)| user.to_owned());
    }
    if !scheme.eq_ignore_ascii_case("digest") {
        return None;
    }
    fields(rest).into_iter().find(|(name, _)| name == "username").map(|(_, value)| value)
}

/// What an `Authorization` header is worth.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Proof {
    /// Its sender knows the account.
    Right,
    /// Its sender knows the account, but answers another challenge: one of an earlier connection, mostly.
    Stale,
    /// It proves nothing.
    Wrong,
}

/// What an `Authorization` header proves, for a request of this method.
///
/// The `uri` in it is taken as it is said: VLC and live555 name the stream's URL with requests about its tracks, and some
/// NVRs only the path. A nonce is good for one connection, so nobody else's answer fits.
pub fn prove(header: &str, method: &str, account: &Account<'_>, nonce: &str) -> Proof {
    let header = header.trim();
    let Some((scheme, rest)) = header.split_once([' ', '\t']).filter(|_| header.len() <= MAX_HEADER) else {
        return Proof::Wrong;
    };
    if scheme.eq_ignore_ascii_case("basic") {
        let expected = STANDARD.encode(format!("{}:{}", account.user, account.password));
        return if is_same(rest.trim(), &expected) { Proof::Right } else { Proof::Wrong };
    }
    if !scheme.eq_ignore_ascii_case("digest") {
        return Proof::Wrong;
    }
    prove_digest(&fields(rest), method, account, nonce).unwrap_or(Proof::Wrong)
}

/// `None` where something is missing.
fn prove_digest(
    fields: &[(String, String)],
    method: &str,
    account: &Account<'_>,
    nonce: &str,
) -> Option<Proof> {
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let algorithm = field("algorithm").map_or(Some(Algorithm::Md5), Algorithm::of)?;
    let (uri, response, answered) = (field("uri")?, field("response")?, field("nonce")?);
    if field("username") != Some(account.user) {
        return None;
    }
    let quality =
        field("qop").map(|qop| (qop, field("nc").unwrap_or_default(), field("cnonce").unwrap_or_default()));
    let expected = answer(algorithm, account, answered, method, uri, quality);
    let is_right = is_same(&response.to_ascii_lowercase(), &expected);
    Some(match is_right {
        true if answered == nonce && !nonce.is_empty() => Proof::Right,
        true => Proof::Stale,
        false => Proof::Wrong,
    })
}

/// In quotes, with a backslash before what would end them.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// RFC 2617 §3.2.2.1, RFC 7616 §3.4.1.
fn answer(
    algorithm: Algorithm,
    account: &Account<'_>,
    nonce: &str,
    method: &str,
    uri: &str,
    quality: Option<(&str, &str, &str)>,
) -> String {
    let Account { user, realm, password } = account;
    let secret = algorithm.hash(&format!("{user}:{realm}:{password}"));
    let request = algorithm.hash(&format!("{method}:{uri}"));
    let middle = quality.map(|(qop, count, own)| format!("{count}:{own}:{qop}:")).unwrap_or_default();
    algorithm.hash(&format!("{secret}:{nonce}:{middle}{request}"))
}

/// Takes as long for the first difference as for the last.
fn is_same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

/// What a server wants to be proven: the strongest of its challenges that we can meet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Asked {
    /// Name and password as they are.
    Basic,
    /// A hash of them.
    Digest {
        /// Which.
        algorithm: Algorithm,
        /// What the server calls its accounts.
        realm: String,
        /// What goes into the hash, new each time.
        nonce: String,
        /// What the server wants back as it is.
        opaque: Option<String>,
        /// The hash is to have a number of ours in it.
        quality: bool,
    },
}

impl Asked {
    /// The best of these `WWW-Authenticate` headers; `None` when we can meet none.
    pub fn best<'a>(headers: impl Iterator<Item = &'a str>) -> Option<Self> {
        let rank = |asked: &Self| match asked {
            Self::Basic => 0,
            Self::Digest { algorithm: Algorithm::Md5, .. } => 1,
            Self::Digest { algorithm: Algorithm::Sha256, .. } => 2,
        };
        headers.filter(|header| header.len() <= MAX_HEADER).filter_map(Self::parse).max_by_key(rank)
    }

    fn parse(header: &str) -> Option<Self> {
        let (scheme, rest) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Self::Basic);
        }
        let fields = fields(rest);
        let field =
            |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        Some(Self::Digest {
            algorithm: field("algorithm").map_or(Some(Algorithm::Md5), |name| Algorithm::of(&name))?,
            realm: field("realm").unwrap_or_default(),
            nonce: field("nonce").filter(|_| scheme.eq_ignore_ascii_case("digest"))?,
            opaque: field("opaque"),
            quality: field("qop").is_some_and(|qop| qop.split(',').any(|word| word.trim() == "auth")),
        })
    }

    /// The `Authorization` header for a request. `count` is how many were made with this challenge, from 1 on.
    pub fn header(&self, user: &str, password: &str, method: &str, uri: &str, count: u32) -> String {
        let Self::Digest { algorithm, realm, nonce, opaque, quality } = self else {
            return format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
        };
        let own = Algorithm::Md5.hash(&format!("{nonce}:{count}:{uri}"));
        let number = format!("{count:08x}");
        let quality = quality.then_some(("auth", number.as_str(), own.as_str()));
        let response = answer(*algorithm, &Account { user, password, realm }, nonce, method, uri, quality);
        let [user, realm, nonce, uri] = [user, realm, nonce, uri].map(quoted);
        let mut header = format!(
            "Digest username={user}, realm={realm}, nonce={nonce}, uri={uri}, response=\"{response}\""
        );
        if *algorithm != Algorithm::Md5 {
            header.push_str(&format!(", algorithm={}", algorithm.name()));
        }
        if let Some((qop, number, own)) = quality {
            header.push_str(&format!(", qop={qop}, nc={number}, cnonce=\"{own}\""));
        }
        if let Some(opaque) = opaque {
            header.push_str(&format!(", opaque={}", quoted(opaque)));
        }
        header
    }
}

/// `name="value", name=value`: values may hold commas in quotes, and backslashes before quotes.
fn fields(text: &str) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    let mut rest = text.trim_start_matches([' ', ',']);
    while let Some((name, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => unquote(quoted),
            None => {
                let (value, after) = after.split_once(',').unwrap_or((after, ""));
                (value.trim().to_owned(), after)
            }
        };
        fields.push((name.trim().to_ascii_lowercase(), value));
        rest = after.trim_start_matches([' ', ',', '\t']);
    }
    fields
}

/// What stands up to the closing quote, and what follows it.
fn unquote(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return (value, text.get(at + 1..).unwrap_or_default()),
            c => {
                escaped = false;
                value.push(c);
            }
        }
    }
    (value, "")
}
