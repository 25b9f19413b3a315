//! What somebody shows of itself, wherever its protocol has room for it.
//!
//! Specs: RFC 7617 (Basic), RFC 6750 §2 (Bearer).

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rtmpd_core::Ask;
use rtmpd_core::policy::Shown;

use super::jwt::Keys;
use crate::bytes::{param, percent_decode};

/// What is shown: parameters `user` with `pass` or `password`, `key`, `jwt` or `token`, or an `Authorization` header.
pub(super) fn shown(ask: &Ask, keys: &Keys, unix: u64) -> Shown {
    let said = |name: &str| param(&ask.params, name).map(percent_decode).filter(|text| !text.is_empty());
    let header = |scheme: &str| {
        let (said, rest) = ask.credentials.split_once(' ')?;
        said.eq_ignore_ascii_case(scheme).then(|| rest.trim().to_owned())
    };
    let login = said("user").zip(said("pass").or_else(|| said("password")));
    let token = header("bearer").or_else(|| said("jwt"));
    let token = token.or_else(|| said("token").filter(|text| text.split('.').count() == 3));
    Shown {
        proven: Some(ask.user.to_string()).filter(|user| !user.is_empty()),
        login: header("basic").and_then(|text| basic(&text)).or(login),
        secret: said("key"),
        token: token.filter(|_| !keys.is_empty()).map(|token| keys.verify(&token)),
        address: Some(ask.remote.ip()),
        unix,
    }
}

fn basic(text: &str) -> Option<(String, String)> {
    let pair = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
    pair.split_once(':').map(|(name, password)| (name.to_owned(), password.to_owned()))
}

/// What rules call it: the stream, also of a recording; else the path without its first slash.
pub(super) fn stream_of(ask: &Ask) -> Cow<'_, str> {
    if let Some(key) = &ask.key {
        return Cow::Borrowed(key.as_str());
    }
    let path = ask.path.trim_matches('/');
    let is_day =
        |part: &&str| part.len() == 10 && part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if !path.starts_with("rec/") || !path.split('/').any(|part| is_day(&part)) {
        return Cow::Borrowed(path);
    }
    Cow::Owned(path.split('/').take_while(|part| !is_day(part)).collect::<Vec<_>>().join("/"))
}
