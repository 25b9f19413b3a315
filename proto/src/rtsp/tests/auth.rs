use proptest::prelude::*;

use crate::rtsp::auth::{Account, Algorithm, Asked, Proof, challenges, prove};

const ACCOUNT: Account<'static> = Account { user: "user", password: "pass", realm: "rtsp" };
const NONCE: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn proofs_of_real_clients_are_right() {
    let cases = [
        // ffmpeg 5.1
        r#"Digest username="user", realm="rtsp", nonce="0123456789abcdef0123456789abcdef", uri="rtsp://127.0.0.1:37139/live/a", response="9f55d85665f5569f0006b0a5879dc8a5""#,
        // GStreamer 1.22
        r#"Digest username="user", realm="rtsp", nonce="0123456789abcdef0123456789abcdef", uri="rtsp://127.0.0.1:45799/live/a", response="6bddead36b1f1027d081003ca4c08bcd""#,
        // Hashes in capitals, no blanks, a word of the scheme in another case.
        r#"DIGEST username="user",realm="rtsp",nonce="0123456789abcdef0123456789abcdef",uri="rtsp://127.0.0.1:37139/live/a",response="9F55D85665F5569F0006B0A5879DC8A5",algorithm="MD5""#,
        "Basic dXNlcjpwYXNz",
        "basic  dXNlcjpwYXNz ",
    ];
    for header in cases {
        assert_eq!(prove(header, "DESCRIBE", &ACCOUNT, NONCE), Proof::Right, "{header}");
    }
    assert_eq!(prove(cases[0], "SETUP", &ACCOUNT, NONCE), Proof::Wrong);
    assert_eq!(prove(cases[0], "DESCRIBE", &ACCOUNT, "another"), Proof::Stale);
    // Nothing was asked for yet.
    assert_eq!(prove(cases[0], "DESCRIBE", &ACCOUNT, ""), Proof::Stale);
    let other = Account { password: "word", ..ACCOUNT };
    cases.iter().for_each(|header| assert_eq!(prove(header, "DESCRIBE", &other, NONCE), Proof::Wrong));
}

#[test]
fn the_examples_of_the_specs_are_right() {
    // RFC 2617 §3.5
    let account = Account { user: "Mufasa", password: "Circle Of Life", realm: "testrealm@host.com" };
    let nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093";
    let header = r#"Digest username="Mufasa",
        realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="/dir/index.html",
        qop=auth, nc=00000001, cnonce="0a4f113b", response="6629fae49393a05397450978507c4ef1",
        opaque="5ccc069c403ebaf9f0171e9517f40e41""#;
    assert_eq!(prove(header, "GET", &account, nonce), Proof::Right);
    // RFC 7616 §3.9.1
    let account = Account { user: "Mufasa", password: "Circle of Life", realm: "http-auth@example.org" };
    let nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
    for (algorithm, response) in [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ] {
        let header = format!(
            r#"Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html",
            algorithm={algorithm}, nonce="{nonce}", nc=00000001,
            cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="{response}",
            opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#
        );
        assert_eq!(prove(&header, "GET", &account, nonce), Proof::Right, "{algorithm}");
    }
}

#[test]
fn what_proves_nothing_is_wrong() {
    let long = format!("Digest username=\"{}\"", "u".repeat(1 << 16));
    let cases = [
        "",
        "Digest",
        "Digest ",
        "Basic",
        "Basic ",
        "Basic !!!",
        "Bearer x",
        "Digest =,=,=",
        "Digest \"",
        "Digest username=\"user\", nonce=\"0123456789abcdef0123456789abcdef\"",
        "Digest username=\"user\", nonce=\"0123456789abcdef0123456789abcdef\", uri=\"\", response=\"\"",
        "Digest username=\"user\", nonce=\"x\", uri=\"\", response=\"\", algorithm=SHA-512",
        &long,
    ];
    for header in cases {
        assert_eq!(prove(header, "DESCRIBE", &ACCOUNT, NONCE), Proof::Wrong, "{header}");
    }
}

#[test]
fn challenges_stand_in_the_order_that_clients_need() {
    // ffmpeg, live555 and GStreamer take the last for Digest, and ffmpeg knows no SHA-256.
    assert_eq!(
        challenges("a \"b\"", "n", true),
        [
            r#"Digest realm="a \"b\"", nonce="n", stale=true, algorithm=SHA-256, qop="auth""#,
            r#"Digest realm="a \"b\"", nonce="n", stale=true"#,
            r#"Basic realm="a \"b\"""#,
        ]
    );
    assert_eq!(challenges("r", "n", false)[1], r#"Digest realm="r", nonce="n""#);
}

#[test]
fn the_strongest_challenge_that_we_can_meet_is_answered() {
    let best = |headers: &[&'static str]| Asked::best(headers.iter().copied());
    let digest = |algorithm, realm: &str, opaque: Option<&str>, quality| {
        let opaque = opaque.map(str::to_owned);
        Some(Asked::Digest { algorithm, realm: realm.into(), nonce: "n".into(), opaque, quality })
    };
    // Hikvision: both, Basic behind; no `qop`, `stale` in quotes.
    let hikvision =
        [r#"Digest realm="IP Camera(12345)", nonce="n", stale="FALSE""#, r#"Basic realm="IP Camera(12345)""#];
    assert_eq!(best(&hikvision), digest(Algorithm::Md5, "IP Camera(12345)", None, false));
    // Axis: algorithm and qop, Basic in front.
    let axis = [
        "Basic realm=\"AXIS_ACCC8E\"",
        r#"Digest realm="AXIS_ACCC8E", nonce="n", algorithm=MD5, qop="auth""#,
    ];
    assert_eq!(best(&axis), digest(Algorithm::Md5, "AXIS_ACCC8E", None, true));
    // Quoted algorithm, several qualities, opaque, blanks around the sign, nothing quoted.
    let odd = [r#"digest realm = "a, b" , nonce=n, algorithm="MD5", qop="auth-int, auth", opaque=x"#];
    assert_eq!(best(&odd), digest(Algorithm::Md5, "a, b", Some("x"), true));
    let ours = challenges("rtsp", "n", false);
    let strongest = Asked::best(ours.iter().map(String::as_str));
    assert_eq!(strongest, digest(Algorithm::Sha256, "rtsp", None, true));
    assert_eq!(
        best(&["Digest realm=\"a\", nonce=\"n\", algorithm=SHA-512-256", "Basic realm=\"a\""]),
        Some(Asked::Basic)
    );
    assert_eq!(best(&["Negotiate", "Bearer", "Digest realm=\"no nonce\""]), None);
    assert_eq!(best(&[]), None);
}

proptest! {
    #[test]
    fn what_we_answer_to_our_own_challenges_is_right(
        user in "[^:\\pC]{1,10}", password in "\\PC{0,10}", realm in "\\PC{0,10}", nonce in "[0-9a-f]{1,32}", which in 0_usize..3,
    ) {
        let account = Account { user: &user, password: &password, realm: &realm };
        let challenge = &challenges(&realm, &nonce, false)[which];
        let asked = Asked::best([challenge.as_str()].into_iter()).unwrap();
        let header = asked.header(&user, &password, "PLAY", "rtsp://h/live/a", 1);
        prop_assert_eq!(prove(&header, "PLAY", &account, &nonce), Proof::Right);
        let other = Account { password: "another", ..account };
        prop_assert_eq!(prove(&header, "PLAY", &other, &nonce) == Proof::Right, password == "another");
    }

    #[test]
    fn any_header_is_survived(scheme in "(Digest|Basic|\\PC*) ", rest in "(\\PC|[\",=\\\\])*") {
        let header = scheme + &rest;
        prove(&header, "PLAY", &ACCOUNT, NONCE);
        if let Some(asked) = Asked::best([header.as_str()].into_iter()) {
            asked.header("user", "pass", "PLAY", "rtsp://h/live/a", 1);
        }
    }
}
