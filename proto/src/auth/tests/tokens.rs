//! Tokens of the specifications, and tokens that are wrong.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use rtmpd_core::Role;
use rtmpd_core::policy::{Claims, Pattern, Roles};
use sha2::Sha256;

use super::super::Keys;
use super::super::json::Json;

/// RFC 7515 §A.1.1.
const SET_A1: &str = r#"{"keys":[{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}]}"#;
const TOKEN_A1: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// RFC 7515 §A.2.1.
const SET_A2: &str = r#"{"keys":[{"kty":"EC","crv":"P-256"},{"kty":"RSA","kid":"a2","use":"sig","alg":"RS256","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}]}"#;
const TOKEN_A2: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
/// RFC 7519 §6.1.
const UNSECURED: &str = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.";

fn set(text: &str) -> Keys {
    let mut keys = Keys::default();
    assert_eq!(keys.add_set(text), Ok(1));
    keys
}

fn signed(head: &str, payload: &str, secret: &str) -> String {
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(payload));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn secret() -> Keys {
    let mut keys = Keys::default();
    keys.add_secret("secret");
    keys
}

const HEAD: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

#[test]
fn those_of_the_specification() {
    let expected = Claims { expires: Some(1_300_819_380), ..Claims::default() };
    assert_eq!(set(SET_A1).verify(TOKEN_A1), Ok(expected.clone()));
    assert_eq!(set(SET_A2).verify(TOKEN_A2), Ok(expected));
    let unsigned = "its token is not signed by a key that is known here".to_owned();
    assert_eq!(set(SET_A1).verify(TOKEN_A2), Err(unsigned.clone()));
    assert_eq!(set(SET_A2).verify(TOKEN_A1), Err(unsigned.clone()));
    for token in [TOKEN_A1, TOKEN_A2] {
        let keys = if token == TOKEN_A1 { set(SET_A1) } else { set(SET_A2) };
        let other = token.replacen("eyJpc3MiOiJqb2UiL", "eyJpc3MiOiJqb2YiL", 1);
        assert_eq!(keys.verify(&other), Err(unsigned.clone()));
    }
    let none = "its token is signed by 'none', expected HS256 or RS256".to_owned();
    assert_eq!(set(SET_A1).verify(UNSECURED), Err(none));
}

#[test]
fn a_public_key_is_no_secret() {
    let keys = set(SET_A2);
    let modulus = SET_A2.split("\"n\":\"").nth(1).unwrap().split('"').next().unwrap();
    let token = signed(HEAD, "{}", modulus);
    assert!(keys.verify(&token).is_err());
}

#[test]
fn claims() {
    let payload = r#"{"sub":"b\u00f6b","stream":["live/a","rec/*"],"role":"player","exp":2000.5,"nbf":1,"ip":"10.0.0.0/8"}"#;
    let claims = secret().verify(&signed(HEAD, payload, "secret")).unwrap();
    assert_eq!(claims.subject, "böb");
    assert_eq!(claims.streams, [Pattern::new("live/a"), Pattern::new("rec/*")]);
    assert_eq!(claims.roles, Some(Roles::of(&[Role::Player])));
    assert_eq!((claims.expires, claims.not_before, claims.addresses.len()), (Some(2000), Some(1), 1));
    let of = |payload: &str| secret().verify(&signed(HEAD, payload, "secret"));
    assert_eq!(of("{}"), Ok(Claims::default()));
    assert_eq!(
        of(r#"{"role":["publisher","player"]}"#).unwrap().roles,
        Some(Roles::of(&[Role::Publisher, Role::Player]))
    );
    assert_eq!(of(r#"{"role":"king"}"#).unwrap().roles, Some(Roles::default()), "it lets nobody do anything");
    for (payload, why) in [
        (r#"{"exp":"tomorrow"}"#, "its token's 'exp' is no time"),
        (r#"{"exp":-5}"#, "its token's 'exp' is no time"),
        (r#"{"stream":7}"#, "its token's 'stream' is no text"),
        (r#"{"ip":"here"}"#, "its token's 'ip' is no address"),
        ("[]", "its token is malformed"),
        ("{", "its token is malformed"),
    ] {
        assert_eq!(of(payload), Err(why.to_owned()), "{payload}");
    }
}

#[test]
fn heads_and_keys() {
    let keys = secret();
    for head in [
        r#"{"alg":"HS512"}"#,
        r#"{"alg":"hs256"}"#,
        r#"{"alg":7}"#,
        "{}",
        r#"{"alg":"HS256","crit":["exp"]}"#,
        "x",
    ] {
        assert!(keys.verify(&signed(head, "{}", "secret")).is_err(), "{head}");
    }
    for token in ["", ".", "..", "a.b.c", "a.b", &"x".repeat(9000)] {
        assert!(keys.verify(token).is_err());
    }
    let named = |kid: &str| format!(r#"{{"alg":"HS256","kid":"{kid}"}}"#);
    let mut set = Keys::default();
    // "secret" and "other".
    let text = r#"{"keys":[{"kty":"oct","kid":"1","k":"c2VjcmV0"},{"kty":"oct","kid":"2","k":"b3RoZXI"},{"kty":"oct","use":"enc","k":"eA"}]}"#;
    assert_eq!(set.add_set(text), Ok(2));
    assert!(set.verify(&signed(&named("1"), "{}", "secret")).is_ok());
    assert!(set.verify(&signed(&named("2"), "{}", "secret")).is_err());
    assert!(set.verify(&signed(HEAD, "{}", "other")).is_ok());
    for (text, why) in [
        ("", "is no JSON"),
        ("{}", "is no set of keys: it has no list called 'keys'"),
        (r#"{"keys":[{}]}"#, "key 1: has no 'kty'"),
        (r#"{"keys":[{"kty":"oct"}]}"#, "key 1: 'k' is no base64url"),
        (
            r#"{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}"#,
            "key 1: 'n' has 24 bits, expected 2048 to 8192",
        ),
    ] {
        assert_eq!(Keys::default().add_set(text), Err(why.to_owned()));
    }
    assert!(!format!("{set:?}").contains("secret"));
}

#[test]
fn json() {
    let text = r#" {"a" : [1, -2.5e1, true, false, null, "x\n\"\\\/\ud83d\ude00"], "b":{}, "b": {"c":[]}} "#;
    let json = Json::parse(text).unwrap();
    assert_eq!(json.member("b").and_then(|b| b.member("c")), Some(&Json::List(vec![])), "the last counts");
    let Some(Json::List(list)) = json.member("a") else { panic!("{json:?}") };
    assert_eq!(list[1], Json::Number(-25.0));
    assert_eq!(list[5].text(), Some("x\n\"\\/😀"));
    for wrong in [
        "",
        "{",
        "[",
        "[1,]",
        "{\"a\"}",
        "{\"a\":1,}",
        "{a:1}",
        "\"",
        "\"\\x\"",
        "\"\\ud800\"",
        "\"\n\"",
        "tru",
        "1 2",
        "[1 2]",
        "nan",
        "1e999",
        "\"\\u00g0\"",
        "\"\\u+123\"",
    ] {
        assert_eq!(Json::parse(wrong), None, "{wrong}");
    }
    assert_eq!(Json::parse(&"[".repeat(100_000)), None, "no stack is deep enough for that");
    assert!(Json::parse(&format!("{}{}", "[".repeat(16), "]".repeat(16))).is_some());
}
