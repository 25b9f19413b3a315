//! Which streams go where.

use super::request;
use crate::relay::{Forward, Rule, Rules};

fn rule(name: &str, forwards: &[(&str, &str)]) -> Rule {
    let forward = |(target, rewrite): &(&str, &str)| Forward::new(target, rewrite).unwrap();
    Rule { forwards: forwards.iter().map(forward).collect(), ..Rule::new(name).unwrap() }
}

fn shown(rules: &Rules, vhost: &str, name: &str) -> Vec<String> {
    rules.destinations(&request(vhost, name)).iter().map(ToString::to_string).collect()
}

#[test]
fn rules_for_apps() {
    let apps = vec![
        rule(
            "rtmp://www.a.com:1935/live",
            &[("192.168.1.2", ""), ("192.168.1.3:1936", "rtmps://www.b.com/sport")],
        ),
        rule("www.a.com", &[("srt://s:9001?latency=200", "")]),
        rule("rtmp://*/live/kids", &[("rtsp://10.0.0.1/kids", "")]),
    ];
    let rules = Rules { apps, ..Rules::default() };
    let news = [
        "rtmp://www.a.com/live/news at 192.168.1.2:1935",
        "rtmps://www.b.com/sport/news at 192.168.1.3:1936",
        "srt://s:9001/news",
    ];
    assert_eq!(shown(&rules, "WWW.a.com", "news"), news);
    assert_eq!(shown(&rules, "other", "news"), [""; 0]);
    assert_eq!(shown(&rules, "other", "kids/1"), ["rtsp://10.0.0.1/kids/1"]);
    assert_eq!(shown(&rules, "other", "kidsandmore"), [""; 0], "names are not cut");
    let all = rules.destinations(&request("www.a.com", "news"));
    assert_eq!(all[0].url.query, "token=1", "the same URL has the same parameters");
    assert_eq!(all[1].url.query, "");
}

#[test]
fn rules_for_one_stream() {
    let name = "rtmp://www.a.com/live/sport";
    let streams = vec![
        rule(name, &[("54.230.173.30:1935", "rtmp://www.espn.com/live/sport"), ("10.0.0.9", "")]),
        rule(name, &[("10.0.0.9", "")]),
    ];
    let rules = Rules { streams, ..Rules::default() };
    let both = [
        "rtmp://www.espn.com/live/sport at 54.230.173.30:1935",
        "rtmp://www.a.com/live/sport at 10.0.0.9:1935",
    ];
    assert_eq!(shown(&rules, "www.a.com", "sport"), both, "each once");
    assert_eq!(shown(&rules, "www.a.com", "sport/1"), [""; 0]);
}

#[test]
fn targets_that_look_alike_are_told_apart() {
    let all = ["srt://h?passphrase=0123456789", "srt://h?passphrase=9876543210", "srt://h"];
    let forwards: Vec<_> = all.iter().map(|target| (*target, "")).collect();
    let rules = Rules { streams: vec![rule("rtmp://a/live/x", &forwards)], ..Rules::default() };
    let destinations = rules.destinations(&request("a", "x"));
    let mut parts: Vec<String> = destinations.iter().map(|destination| destination.part()).collect();
    parts.dedup();
    assert_eq!((destinations.len(), parts.len()), (3, 3));
    assert_eq!(destinations[0].to_string(), "srt://h/", "secrets are not shown");
}

#[test]
fn wrong_rules() {
    assert!(Rule::new("http://a/b").is_err());
    assert!(Rule::new("").is_err());
    assert!(Forward::new("a b", "").is_err());
    assert!(Forward::new("a:0", "").is_err());
    assert!(Forward::new("a", "ftp://b").is_err());
}
