//! Tables of who may do what.

use std::net::IpAddr;

use super::*;
use crate::Role::{self, Api, Player, Publisher};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn nets() {
    for (net, inside, outside) in [
        ("10.0.0.0/8", "10.255.1.2", "11.0.0.1"),
        ("10.1.2.3", "10.1.2.3", "10.1.2.4"),
        ("10.1.2.3", "::ffff:10.1.2.3", "::10.1.2.3"),
        ("192.168.4.0/22", "192.168.7.255", "192.168.8.0"),
        ("::ffff:10.0.0.0/104", "10.9.9.9", "11.9.9.9"),
        ("fd00::/8", "fdff::1", "fe00::1"),
        ("2001:db8::1", "2001:db8::1", "2001:db8::2"),
        ("2001:db8:0:8000::/49", "2001:db8:0:ffff::", "2001:db8:0:7fff::"),
    ] {
        let net = Net::parse(net).unwrap();
        assert!(net.contains(ip(inside)) && !net.contains(ip(outside)), "{net}");
    }
    for all in ["0.0.0.0/0", "::/0"] {
        let net = Net::parse(all).unwrap();
        assert_eq!(
            [net.contains(ip("9.9.9.9")), net.contains(ip("2::2"))],
            [all == "0.0.0.0/0", all == "::/0"]
        );
    }
    for wrong in
        ["", "10.0.0.0/33", "::/129", "10.0.0/8", "a", "10.0.0.0/", "10.0.0.0/-1", "::ffff:1.2.3.4/8"]
    {
        assert_eq!(Net::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn addresses() {
    let nets = |list: &[&str]| list.iter().map(|net| Net::parse(net).unwrap()).collect();
    let both = Addresses { allow: nets(&["10.0.0.0/8", "::1"]), deny: nets(&["10.6.0.0/16"]) };
    assert_eq!(both.check(ip("10.5.0.1")), Ok(()));
    assert_eq!(both.check(ip("::1")), Ok(()));
    assert_eq!(both.check(ip("10.6.0.1")), Err("addresses of 10.6.0.0/16 are not let in".to_owned()));
    assert!(both.check(ip("9.0.0.1")).unwrap_err().contains("not one of those"));
    assert_eq!(Addresses { allow: vec![], ..both }.check(ip("9.0.0.1")), Ok(()));
}

#[test]
fn patterns() {
    for (pattern, stream, fits) in [
        ("*", "live/a", true),
        ("live/*", "live/a", true),
        ("live/*", "rec/a", false),
        ("/live/cam*", "live/cam7", true),
        ("live/a", "live/a", true),
        ("live/a", "live/ab", false),
        ("", "live/a", false),
    ] {
        assert_eq!(Pattern::new(pattern).fits(stream), fits, "{pattern} {stream}");
    }
}

fn rules() -> Rules {
    let user = |name: &str, roles: &[Role], streams: &str| User {
        name: name.into(),
        password: format!("{name}-pw"),
        roles: Roles::of(roles),
        streams: Pattern::new(streams),
    };
    Rules {
        users: vec![user("bob", &[Publisher], "live/bob*"), user("root", &[Publisher, Api], "*")],
        secrets: vec![StreamSecret {
            secret: "k1".into(),
            roles: Roles::of(&[Publisher]),
            streams: Pattern::new("live/cam"),
        }],
        ..Rules::default()
    }
}

fn login(name: &str, password: &str) -> Shown {
    Shown { login: Some((name.into(), password.into())), ..Shown::default() }
}

#[test]
fn users_and_stream_keys() {
    let rules = rules();
    let key = |key: &str| Shown { secret: Some(key.into()), ..Shown::default() };
    let proven = |name: &str| Shown { proven: Some(name.into()), ..Shown::default() };
    let refused = |why: &str| Access::Refused(why.to_owned());
    for (role, stream, shown, expected) in [
        (Player, "live/cam", Shown::default(), Access::Open),
        (Publisher, "live/cam", key("k1"), Access::Granted),
        (Publisher, "live/other", key("k1"), refused("its stream key is wrong")),
        (Publisher, "live/cam", key("k2"), refused("its stream key is wrong")),
        (Publisher, "live/bobby", login("bob", "bob-pw"), Access::Granted),
        (Publisher, "live/bobby", proven("bob"), Access::Granted),
        (Publisher, "live/cam", login("bob", "bob-pw"), refused("its user may do this, but not here")),
        (
            Publisher,
            "live/bob",
            login("bob", "x"),
            refused("there is no such user with this password and role"),
        ),
        (
            Api,
            "api/live",
            login("bob", "bob-pw"),
            refused("there is no such user with this password and role"),
        ),
        (Api, "api/live", login("root", "root-pw"), Access::Granted),
        (Api, "api/live", Shown::default(), refused("the role api needs a user, and none was shown")),
        (
            Publisher,
            "live/cam",
            Shown::default(),
            refused("the role publisher needs a user or a stream key, and none was shown"),
        ),
    ] {
        assert_eq!(rules.judge(role, stream, &shown), expected, "{role} {stream} {shown:?}");
    }
    assert_eq!(Rules::default().judge(Publisher, "live/a", &Shown::default()), Access::Open);
    assert!(Rules::default().is_empty() && !rules.is_empty());
}

#[test]
fn tokens() {
    let rules = Rules { tokens: Roles::of(&[Player]), ..Rules::default() };
    let claims = Claims {
        streams: vec![Pattern::new("live/a"), Pattern::new("rec/*")],
        roles: Some(Roles::of(&[Player])),
        expires: Some(1000),
        not_before: Some(500),
        addresses: vec![Net::parse("10.0.0.0/8").unwrap()],
        ..Claims::default()
    };
    let shown = |claims: Claims, unix, address: &str| Shown {
        token: Some(Ok(claims)),
        unix,
        address: Some(ip(address)),
        ..Shown::default()
    };
    let judge = |stream: &str, shown: &Shown| rules.judge(Player, stream, shown);
    let good = shown(claims.clone(), 700, "10.0.0.1");
    assert_eq!(judge("live/a", &good), Access::Granted);
    assert_eq!(judge("rec/x", &good), Access::Granted);
    assert_eq!(rules.judge(Publisher, "live/a", &Shown::default()), Access::Open);
    let refused = |stream: &str, shown: &Shown, why: &str| {
        assert_eq!(judge(stream, shown), Access::Refused(why.to_owned()));
    };
    refused("live/b", &good, "its token is for something else");
    refused("live/a", &shown(claims.clone(), 1010, "10.0.0.1"), "its token ended 10 seconds ago");
    assert_eq!(judge("live/a", &shown(claims.clone(), 1009, "10.0.0.1")), Access::Granted, "clocks differ");
    refused("live/a", &shown(claims.clone(), 480, "10.0.0.1"), "its token begins in 20 seconds");
    refused("live/a", &shown(claims.clone(), 700, "11.0.0.1"), "its token is for another address");
    let publishing = Claims { roles: Some(Roles::of(&[Publisher])), ..claims };
    refused("live/a", &shown(publishing, 700, "10.0.0.1"), "its token is not for the role player");
    refused("live/a", &Shown { token: Some(Err("it is broken".into())), ..good }, "it is broken");
    refused("live/a", &Shown::default(), "the role player needs a token, and none was shown");
    assert_eq!(
        judge("live/a", &shown(Claims::default(), 0, "::1")),
        Access::Granted,
        "it claims nothing less"
    );
}
