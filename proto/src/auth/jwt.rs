//! Signed tokens. Specs: RFC 7515 (JWS, compact form), RFC 7517 and RFC 7518 (keys, HS256, RS256), RFC 7519 (claims).
//!
//! Claims beside the registered ones: `stream` (`live/a`, `live/*`), `role` (`publisher`, `player`, …), `ip` (`10.0.0.0/8`),
//! each one text or a list of texts.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use rtmpd_core::Role;
use rtmpd_core::policy::{Claims, Net, Pattern, Roles};
use sha2::Sha256;

use super::json::Json;

/// Longest token that is looked at, in bytes.
const MAX_TOKEN: usize = 8 << 10;
/// Most keys of a set.
const MAX_KEYS: usize = 100;

/// The keys that tokens are signed by.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Keys {
    keys: Vec<Key>,
}

#[derive(Clone, PartialEq, Eq)]
struct Key {
    /// Its name in the set.
    id: Option<String>,
    material: Material,
}

#[derive(Clone, PartialEq, Eq)]
enum Material {
    Secret(Vec<u8>),
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
}

impl Keys {
    /// Adds a secret for HS256.
    pub fn add_secret(&mut self, secret: &str) {
        let material = Material::Secret(secret.as_bytes().to_vec());
        self.keys.push(Key { id: None, material });
    }

    /// Adds the keys of a set (RFC 7517 §5) that are for HS256 or RS256; returns how many these are.
    ///
    /// # Errors
    /// With what is wrong, when it is no set of keys or a key of it is broken.
    pub fn add_set(&mut self, text: &str) -> Result<usize, String> {
        let json = Json::parse(text).ok_or("is no JSON")?;
        let Some(Json::List(list)) = json.member("keys") else {
            return Err("is no set of keys: it has no list called 'keys'".to_owned());
        };
        if list.len() > MAX_KEYS {
            return Err(format!("has {} keys, at most {MAX_KEYS} are allowed", list.len()));
        }
        let before = self.keys.len();
        for (number, json) in list.iter().enumerate() {
            let key = key_of(json).map_err(|why| format!("key {}: {why}", number + 1))?;
            self.keys.extend(key);
        }
        Ok(self.keys.len() - before)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// What a token claims that one of these keys has signed. Whether it is good at this time is not looked at.
    ///
    /// # Errors
    /// With what is wrong with it.
    pub fn verify(&self, token: &str) -> Result<Claims, String> {
        let wrong = || "its token is malformed".to_owned();
        if token.len() > MAX_TOKEN {
            return Err(format!("its token is longer than {MAX_TOKEN} bytes"));
        }
        let (signed, signature) = token.rsplit_once('.').ok_or_else(wrong)?;
        let (head, payload) = signed.split_once('.').ok_or_else(wrong)?;
        let json = |part: &str| Json::parse(&String::from_utf8(decode(part)?).ok()?);
        let head = json(head).ok_or_else(wrong)?;
        let signature = decode(signature).ok_or_else(wrong)?;
        let algorithm = head.member("alg").and_then(Json::text).unwrap_or_default();
        if !matches!(algorithm, "HS256" | "RS256") {
            let shown: String = algorithm.chars().take(20).collect();
            return Err(format!(
                "its token is signed by '{}', expected HS256 or RS256",
                shown.escape_debug()
            ));
        }
        if head.member("crit").is_some() {
            return Err("its token asks for extensions that are not known here".to_owned());
        }
        let id = head.member("kid").and_then(Json::text);
        let is_meant = |key: &&Key| key.id.is_none() || id.is_none() || key.id.as_deref() == id;
        let mut keys = self.keys.iter().filter(is_meant);
        if !keys.any(|key| key.material.has_signed(algorithm, signed.as_bytes(), &signature)) {
            return Err("its token is not signed by a key that is known here".to_owned());
        }
        claims(&json(payload).ok_or_else(wrong)?)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("count", &self.keys.len()).finish_non_exhaustive()
    }
}

impl Material {
    /// A key is only ever used for its own algorithm, whatever a token says.
    fn has_signed(&self, algorithm: &str, data: &[u8], signature: &[u8]) -> bool {
        match (self, algorithm) {
            (Self::Secret(secret), "HS256") => Hmac::<Sha256>::new_from_slice(secret).is_ok_and(|mut mac| {
                mac.update(data);
                mac.verify_slice(signature).is_ok()
            }),
            (Self::Rsa { modulus, exponent }, "RS256") => {
                let key = RsaPublicKeyComponents { n: modulus, e: exponent };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, data, signature).is_ok()
            }
            (Self::Secret(_) | Self::Rsa { .. }, _) => false,
        }
    }
}

/// `None` for a key that is not for signatures that are known here.
fn key_of(json: &Json) -> Result<Option<Key>, String> {
    let text = |name: &str| json.member(name).and_then(Json::text);
    let is_for = |name: &str, value: &str| text(name).is_none_or(|said| said == value);
    let bytes = |name: &str| {
        let bytes = text(name).and_then(decode).filter(|bytes| !bytes.is_empty());
        bytes.ok_or_else(|| format!("'{name}' is no base64url"))
    };
    let id = text("kid").map(str::to_owned);
    if !is_for("use", "sig") {
        return Ok(None);
    }
    let material = match text("kty") {
        Some("oct") if is_for("alg", "HS256") => Material::Secret(bytes("k")?),
        Some("RSA") if is_for("alg", "RS256") => {
            let modulus = bytes("n")?;
            let bits = modulus.len() * 8;
            if !(2048..=8192).contains(&bits) {
                return Err(format!("'n' has {bits} bits, expected 2048 to 8192"));
            }
            Material::Rsa { modulus, exponent: bytes("e")? }
        }
        Some(_) => return Ok(None),
        None => return Err("has no 'kty'".to_owned()),
    };
    Ok(Some(Key { id, material }))
}

fn claims(json: &Json) -> Result<Claims, String> {
    if !matches!(json, Json::Object(_)) {
        return Err("its token is malformed".to_owned());
    }
    let texts = |name: &str| match json.member(name) {
        Some(value) => value.texts().map(Some).ok_or_else(|| format!("its token's '{name}' is no text")),
        None => Ok(None),
    };
    let seconds = |name: &str| match json.member(name) {
        Some(value) => value.seconds().map(Some).ok_or_else(|| format!("its token's '{name}' is no time")),
        None => Ok(None),
    };
    let role = |name: &str| Role::ALL.into_iter().find(|role| role.name() == name);
    // A role that is not known here lets nobody do anything.
    let roles =
        texts("role")?.map(|names| Roles::of(&names.into_iter().filter_map(role).collect::<Vec<_>>()));
    let addresses = texts("ip")?.unwrap_or_default();
    let addresses = addresses
        .into_iter()
        .map(|net| Net::parse(net).ok_or_else(|| "its token's 'ip' is no address".to_owned()));
    Ok(Claims {
        subject: json.member("sub").and_then(Json::text).unwrap_or_default().to_owned(),
        streams: texts("stream")?.unwrap_or_default().into_iter().map(Pattern::new).collect(),
        roles,
        expires: seconds("exp")?,
        not_before: seconds("nbf")?,
        addresses: addresses.collect::<Result<_, _>>()?,
    })
}

fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}
