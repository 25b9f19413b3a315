//! The whole gate: rules, then the auth server.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rtmpd_core::policy::{Addresses, Net, Pattern, Roles, Rules, StreamSecret, User};
use rtmpd_core::{Ask, Gate, Instant, Role, StreamKey, Verdict, WallClock};

use super::super::{AuthGate, AuthServer, Guard, HttpType, Keys, Target};

fn rules() -> Rules {
    let user = User {
        name: "bob".into(),
        password: "a b&c".into(),
        roles: Roles::of(&[Role::Publisher, Role::Api, Role::Upload]),
        streams: Pattern::all(),
    };
    let secret = StreamSecret {
        secret: "k1".into(),
        roles: Roles::of(&[Role::Publisher]),
        streams: Pattern::new("live/a"),
    };
    let addresses = Addresses { allow: vec![], deny: vec![Net::parse("10.6.0.0/16").unwrap()] };
    Rules { users: vec![user], secrets: vec![secret], addresses, tokens: Roles::of(&[Role::Player]) }
}

fn gate(with_server: bool) -> AuthGate {
    let mut keys = Keys::default();
    keys.add_set(r#"{"keys":[{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}]}"#).unwrap();
    let server = AuthServer {
        host: "h".into(),
        port: 80,
        target: Target::Router("".into()),
        timeout: Duration::from_secs(3),
        http_type: HttpType::Rtmp,
    };
    // The token of RFC 7515 ends at 1300819380.
    let wall = WallClock::new(1_300_000_000_000_000);
    AuthGate::new(Arc::new(Guard {
        rules: rules(),
        keys,
        server: with_server.then_some(server),
        wrap: None,
        wall,
    }))
}

fn ask(role: Role, path: &str, params: &str) -> Ask {
    let key = path.strip_prefix("/live/").map(|name| StreamKey::new("live", name).unwrap());
    Ask {
        role,
        protocol: "rtmp",
        path: path.into(),
        params: params.into(),
        vhost: "v".into(),
        key,
        user: "".into(),
        credentials: "".into(),
        remote: "10.0.0.1:5".parse().unwrap(),
    }
}

const TOKEN: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

#[test]
fn whatever_is_shown_in_time() {
    let token = |name: &str| format!("{name}={TOKEN}");
    let basic = |text: &str| format!("Basic {}", STANDARD.encode(text)).into();
    let good = [
        ask(Role::Publisher, "/live/a", "key=k1"),
        ask(Role::Publisher, "/live/b", "user=bob&pass=a%20b%26c"),
        ask(Role::Publisher, "/live/b", "user=bob&password=a%20b%26c"),
        Ask { credentials: basic("bob:a b&c"), ..ask(Role::Upload, "/vod/x", "") },
        Ask { user: "bob".into(), ..ask(Role::Publisher, "/live/b", "") },
        ask(Role::Player, "/live/a", &token("jwt")),
        ask(Role::Player, "/live/a", &token("token")),
        Ask { credentials: format!("Bearer {TOKEN}").into(), ..ask(Role::Player, "/live/a", "") },
        ask(Role::Download, "/vod/x", ""),
    ];
    for ask in good {
        assert_eq!(gate(false).judge(Instant::ZERO, &ask), Verdict::Yes, "{ask:?}");
    }
    let bad = [
        ask(Role::Publisher, "/live/b", "key=k1"),
        ask(Role::Publisher, "/live/b", "user=bob&pass=x"),
        Ask { credentials: basic("bob:x"), ..ask(Role::Api, "/api/live", "") },
        Ask { credentials: "Basic %".into(), ..ask(Role::Api, "/api/live", "") },
        ask(Role::Player, "/live/a", "token=xqtv312"),
        ask(Role::Player, "/live/a", &token("jwt").replace("dBj", "dBi")),
        Ask { remote: "10.6.0.1:5".parse().unwrap(), ..ask(Role::Download, "/vod/x", "") },
    ];
    for ask in bad {
        let verdict = gate(false).judge(Instant::ZERO, &ask);
        assert!(matches!(verdict, Verdict::No(_)), "{ask:?}");
        let is_banned = ask.remote.ip().to_string() == "10.6.0.1";
        let verdict = gate(true).judge(Instant::ZERO, &ask);
        assert_eq!(
            matches!(verdict, Verdict::Ask(_)),
            !is_banned,
            "the auth server may know better: {ask:?}"
        );
    }
    let late = Instant::ZERO + Duration::from_secs(1_000_000);
    let ask = ask(Role::Player, "/live/a", &token("jwt"));
    assert_eq!(gate(false).judge(late, &ask), Verdict::No("its token ended 180620 seconds ago".into()));
}

#[test]
fn what_no_rule_guards_is_asked_about() {
    let ask = ask(Role::Download, "/vod/x", "");
    assert!(matches!(gate(true).judge(Instant::ZERO, &ask), Verdict::Ask(_)));
    let (banned, other) = ("10.6.7.8".parse().unwrap(), "10.7.7.8".parse().unwrap());
    assert!(gate(true).lets_connect(banned).is_err() && gate(true).lets_connect(other).is_ok());
}

#[test]
fn recordings_are_called_by_their_stream() {
    let mut gate = gate(false);
    let mut guard = (*Arc::new(Guard {
        rules: Rules::default(),
        keys: Keys::default(),
        server: None,
        wrap: None,
        wall: WallClock::default(),
    }))
    .clone();
    guard.rules.secrets = vec![StreamSecret {
        secret: "k".into(),
        roles: Roles::of(&[Role::Player]),
        streams: Pattern::new("rec/sport/a"),
    }];
    let mut other = AuthGate::new(Arc::new(guard));
    for (path, is_guarded) in [
        ("/rec/sport/a/2022-05-21/18-22-11.m3u8", true),
        ("/rec/sport/a/2022-05-21", true),
        ("/rec/sport/a", true),
        ("/rec/sport/2022-05-21/x.ts", false),
    ] {
        let verdict = other.judge(Instant::ZERO, &ask(Role::Player, path, ""));
        assert_eq!(verdict != Verdict::Yes, is_guarded, "{path}");
    }
    assert!(matches!(gate.judge(Instant::ZERO, &ask(Role::Player, "/rec/x", "")), Verdict::No(_)));
}
