//! Users, stream keys, tokens, addresses, limits.

use std::path::Path;

use rtmpd_core::Role::{Api, Player, Publisher, Upload};
use rtmpd_core::policy::{Access, Limits, Net, Pattern, Roles, Shown};

use super::{errors, right};

#[test]
fn everything() {
    let access = right(
        "<users>\n<user name='bob' password='p1' streams='live/*'/>\
         <user name='root' password='a b:c' roles='all'/><user/></users>\
         <keys><key stream='live/cam'> k1 </key><key stream='rec/*' roles='publisher, player'>k2</key><key/></keys>\
         <jwt secret='01234567890123456789012345678901' jwks='jwks.json' roles='player'/>\
         <ips allow='10.0.0.0/8, ::1' deny='10.6.0.0/16'/><limits per_ip='20' viewers='500' bandwidth='800'/>",
    )
    .access;
    let rules = &access.rules;
    assert_eq!(rules.users.len(), 2);
    let (bob, root) = (&rules.users[0], &rules.users[1]);
    assert_eq!((bob.roles, &bob.streams), (Roles::of(&[Publisher, Player]), &Pattern::new("live/*")));
    assert_eq!((root.password.as_str(), root.roles, &root.streams), ("a b:c", Roles::ALL, &Pattern::all()));
    assert!(rules.users[1].roles.has(Api) && rules.users[1].roles.has(Upload));
    let key = |at: usize| (rules.secrets[at].secret.as_str(), rules.secrets[at].roles);
    assert_eq!([key(0), key(1)], [("k1", Roles::of(&[Publisher])), ("k2", Roles::of(&[Publisher, Player]))]);
    assert_eq!((rules.tokens, access.jwks.as_deref()), (Roles::of(&[Player]), Some(Path::new("jwks.json"))));
    assert!(!access.keys.is_empty());
    assert_eq!(rules.addresses.allow, [Net::parse("10.0.0.0/8").unwrap(), Net::parse("::1").unwrap()]);
    assert_eq!(access.limits, Limits { per_address: 20, viewers: 500, bits_out: 800_000_000 });
    let shown = format!("{access:?}");
    assert!(!["p1", "a b:c", "k1", "01234"].iter().any(|secret| shown.contains(secret)), "{shown}");
}

#[test]
fn nothing() {
    let access = right("<users/><keys></keys><jwt/><ips/><limits/>").access;
    assert!(access.rules.is_empty() && access.keys.is_empty());
    assert_eq!(access.rules.judge(Publisher, "live/a", &Shown::default()), Access::Open);
}

#[test]
fn what_is_wrong_is_said_without_secrets() {
    for (inner, text) in [
        ("<users><user name='a:b' password='x'/></users>", "<user name> is 'a:b', expected at most 128"),
        (
            "<users><user name='a'/></users>",
            "<user name='a' password> is a value of 0 characters, expected 1 to 128",
        ),
        (
            "<users><user name='a' password='x' roles='king'/></users>",
            "<user roles> is 'king', expected some of api, upload",
        ),
        ("<keys><key>k</key></keys>", "<key stream=''>: expected both the attribute stream"),
        ("<keys><key stream='live/a'></key></keys>", "<key stream='live/a'>: expected both"),
        (
            "<jwt secret='short-one'/>",
            "<jwt secret> is a value of 9 characters, expected 32 to 512 characters",
        ),
        ("<jwt jwks='x' roles='none'/>", "<jwt roles> is 'none', expected some of api"),
        ("<ips deny='10.0.0.0/33'/>", "<ips deny> is '10.0.0.0/33', expected addresses and networks"),
        (
            "<limits bandwidth='fast'/>",
            "<limits bandwidth> is 'fast', expected a whole number 0-1000000 (Mb/s)",
        ),
    ] {
        let problems = errors(inner);
        assert!(problems.iter().any(|problem| problem.contains(text)), "{inner}: {problems:?}");
        assert!(!problems.concat().contains("short-one"));
    }
}
