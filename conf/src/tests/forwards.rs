//! policy.xml.

use rtmpd_proto::relay::Rules;

use crate::parse_policy;

fn shown(rules: &Rules) -> Vec<String> {
    let all =
        rules.apps.iter().map(|rule| ("app", rule)).chain(rules.streams.iter().map(|rule| ("stream", rule)));
    all.map(|(kind, rule)| {
        let forwards = rule
            .forwards
            .iter()
            .map(|forward| format!("{} {:?} {:?}", forward.host, forward.port, forward.rewrite));
        format!("{kind} {}/{}: {}", rule.host, rule.path, forwards.collect::<Vec<_>>().join(", "))
    })
    .collect()
}

#[test]
fn rules_as_the_manual_has_them() {
    let text = r#"<?xml version="1.0" encoding="utf-8"?>
<policy>
  <vhosts>
    <vhost name="rtmp://www.a.com/live"><forward rewrite="">192.168.1.2</forward><forward></forward></vhost>
    <vhost name=""><forward rewrite="">1.2.3.4</forward></vhost>
    <vhost name="www.b.com"><hasflv/><rewrite>rtmp://c.com/live</rewrite><forward>10.0.0.1:1936</forward></vhost>
    <url name="rtmp://www.a.com/live/sport"><forward rewrite="rtmps://www.b.com/live/sport">54.230.173.32:1935</forward></url>
  </vhosts>
  <urls>
    <url name="rtmp://a/live/x"><forward>srt://s:9001?streamid=y</forward></url>
    <url name="rtmp://a/live/z"/>
  </urls>
</policy>"#;
    let (rules, warnings) = parse_policy("policy.xml", text.as_bytes()).expect("nothing in it is wrong");
    assert_eq!(warnings, []);
    let expected = [
        "app www.a.com/live: 192.168.1.2 None None",
        "app www.b.com/: 10.0.0.1 Some(1936) Some(rtmp://c.com/live)",
        "stream www.a.com/live/sport: 54.230.173.32 Some(1935) Some(rtmps://www.b.com/live/sport)",
        "stream a/live/x: s Some(9001) Some(srt://s:9001/)",
    ];
    assert_eq!(shown(&rules), expected);
    assert!(parse_policy("policy.xml", b"<policy/>").expect("nothing").0.is_empty());
}

#[test]
fn older_files_have_rules_in_the_configuration() {
    let inner = "<vhosts><vhost name='rtmp://a/live'><forward rewrite=''>192.168.1.2</forward><forward/></vhost></vhosts>";
    let parsed = super::parse(inner).expect("nothing in it is wrong");
    assert_eq!(shown(&parsed.forwards), ["app a/live: 192.168.1.2 None None"]);
    assert_eq!(parsed.warnings, []);
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let text = "<policy><vhosts><vhost name='http://a/b'><forward>a</forward></vhost>
<url name='rtmp://a/live'><forward>b</forward></url>
<url name='rtmp://a/live/x'><forward rewrite='ftp://c'>d e</forward></url><other/></vhosts></policy>";
    let errors = parse_policy("policy.xml", text.as_bytes()).expect_err("three are wrong");
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let begins = [
        "policy.xml:1:17: <vhost name> is 'http://a/b', expected rtmp://host/app: rtmp://, rtmps://,",
        "policy.xml:2:1: <url name> is 'rtmp://a/live', expected the URL of one stream: rtmp://host/app/stream",
        "policy.xml:3:29: <forward rewrite='ftp://c'> is 'd e', expected host[:port] or a URL: rtmp://,",
    ];
    assert_eq!(errors.len(), begins.len(), "{errors:?}");
    for (error, begin) in errors.iter().zip(begins) {
        assert!(error.starts_with(begin), "{error}");
    }
    let root = parse_policy("policy.xml", b"<config/>").expect_err("another file");
    assert_eq!(root[0].to_string(), "policy.xml:1:1: the root element is <config>, expected <policy>");
}

#[test]
fn pulls() {
    let text = "<policy><pulls><pull name='live/cam' url='rtsp://me:pass@10.0.0.5/1'/><pull name='live' url='rtmp://o/live' \
                ondemand='true'/><pull name='' url=''/></pulls></policy>";
    let (rules, _) = parse_policy("policy.xml", text.as_bytes()).expect("nothing in it is wrong");
    let shown: Vec<String> =
        rules.pulls.iter().map(|pull| format!("{} {} {}", pull.path, pull.url, pull.on_demand)).collect();
    assert_eq!(shown, ["live/cam rtsp://10.0.0.5/1 false", "live rtmp://o/live true"]);
    for (wrong, expected) in [
        (
            "name='live' url='rtmp://o/live'",
            "expected app/stream: all streams of an app can only be had on demand",
        ),
        ("name='live/a' url='http://o'", "expected rtmp://, rtmps://, rtsp://, rtsps:// or srt://"),
        ("name='live/..' url='rtmp://o/a'", "expected stream name"),
        (
            "name='live/a' url='rtmp://o/a' ondemand='maybe'",
            "<pull ondemand> is 'maybe', expected true or false",
        ),
    ] {
        let text = format!("<policy><pulls><pull {wrong}/></pulls></policy>");
        let errors = parse_policy("policy.xml", text.as_bytes()).expect_err(wrong);
        assert!(errors[0].to_string().contains(expected), "{}", errors[0]);
    }
}

#[test]
fn the_shipped_file_forwards_nothing() {
    let (rules, warnings) =
        parse_policy("policy.xml", include_bytes!("../../policy.xml")).expect("it is right");
    assert_eq!((rules.is_empty(), warnings.len()), (true, 0));
}
