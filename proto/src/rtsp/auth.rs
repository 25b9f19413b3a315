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

/// The `WWW-Authenticate` headers of a 401, the strongest first; RFC 7616 §3.7 has clients take the first they know.
/// Digest with MD5 comes first all the same: several clients take the first Digest and know MD5 only.
pub fn challenges(realm: &str, nonce: &str) -> [String; 3] {
    let digest = |algorithm: Algorithm| {
        format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm={}", algorithm.name())
    };
    [
        format!("Digest realm=\"{realm}\", nonce=\"{nonce}\""),
        digest(Algorithm::Sha256),
        format!("Basic realm=\"{realm}\""),
    ]
}

/// Whether an `Authorization` header proves that its sender knows the account, for a request of this method.
pub fn is_proof(header: &str, method: &str, account: &Account<'_>, nonce: &str) -> bool {
    let Some((scheme, rest)) = header.trim().split_once(' ').filter(|_| header.len() <= MAX_HEADER) else {
        return false;
    };
    if scheme.eq_ignore_ascii_case("basic") {
        let expected = STANDARD.encode(format!("{}:{}", account.user, account.password));
        return is_same(rest.trim(), &expected);
    }
    if !scheme.eq_ignore_ascii_case("digest") {
        return false;
    }
    let fields = fields(rest);
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let algorithm = field("algorithm").map_or(Some(Algorithm::Md5), Algorithm::of);
    let (Some(algorithm), Some(uri), Some(response)) = (algorithm, field("uri"), field("response")) else {
        return false;
    };
    if field("username") != Some(account.user) || field("nonce") != Some(nonce) {
        return false;
    }
    let quality =
        field("qop").map(|qop| (qop, field("nc").unwrap_or_default(), field("cnonce").unwrap_or_default()));
    let expected = answer(algorithm, account, nonce, method, uri, quality);
    is_same(&response.to_ascii_lowercase(), &expected)
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
        let mut header = format!(
            "Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"{response}\""
        );
        if *algorithm != Algorithm::Md5 {
            header.push_str(&format!(", algorithm={}", algorithm.name()));
        }
        if let Some((qop, number, own)) = quality {
            header.push_str(&format!(", qop={qop}, nc={number}, cnonce=\"{own}\""));
        }
        if let Some(opaque) = opaque {
            header.push_str(&format!(", opaque=\"{opaque}\""));
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
