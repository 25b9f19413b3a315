//! Every value there is, in a form it may not have.

use super::{errors, parse};

/// What each refusal must say behind the place.
const WRONG: &[(&str, &str)] = &[
    ("<threads>1025</threads>", "<threads> is '1025', expected a whole number 0-1024"),
    ("<threads>-1</threads>", "<threads> is '-1', expected a whole number 0-1024"),
    ("<threads>+1</threads>", "<threads> is '+1', expected a whole number 0-1024"),
    ("<threads>99999999999</threads>", "<threads> is '99999999999', expected a whole number 0-1024"),
    ("<elapse>10001</elapse>", "<elapse> is '10001', expected a whole number 0-10000 (ms)"),
    ("<elapse>fast</elapse>", "<elapse> is 'fast', expected a whole number 0-10000 (ms)"),
    ("<hold>30s</hold>", "<hold> is '30s', expected a whole number 0-86400 (seconds)"),
    (
        "<authurl>a b</authurl>",
        "<authurl> is 'a b', expected host[:port], or a full URL http://host[:port]/path or https://host[:port]/path",
    ),
    (
        "<authurl>ftp://a</authurl>",
        "<authurl> is 'ftp://a', expected host[:port], or a full URL http://host[:port]/path or https://host[:port]/path",
    ),
    (
        "<authurl>http:///x</authurl>",
        "<authurl> is 'http:///x', expected host[:port], or a full URL http://host[:port]/path or https://host[:port]/path",
    ),
    (
        "<authurl>http://a/ü</authurl>",
        "<authurl> is 'http://a/ü', expected host[:port], or a full URL http://host[:port]/path or https://host[:port]/path",
    ),
    ("<authurl timeout='0'/>", "<authurl timeout> is '0', expected a whole number 1-60000 (ms)"),
    ("<authurl router='a b'/>", "<authurl router> is 'a b', expected a path such as /api/auth"),
    ("<authurl router='/a?b'/>", "<authurl router> is '/a?b', expected a path such as /api/auth"),
    ("<authurl httptype='https'/>", "<authurl httptype> is 'https', expected rtmp or http"),
    ("<rtp min='0'/>", "<rtp min> is '0', expected a port number 1-65535"),
    ("<rtp max='65536'/>", "<rtp max> is '65536', expected a port number 1-65535"),
    ("<rtp que='0'/>", "<rtp que> is '0', expected a whole number 1-1000000 (packets)"),
    (
        "<rtp min='5000' max='5000'/>",
        "<rtp max> is '5000', expected min below max, but min is 5000 and max is 5000",
    ),
    ("<rtp min='65535'/>", "<rtp min> is '65535', expected min below max, but min is 65535 and max is 65535"),
    (
        "<hostmap inner='a:1' outer='b'/>",
        "<hostmap inner> is 'a:1', expected a host name or address without a port",
    ),
    ("<hostmap inner='a'/>", "<hostmap inner> is 'a', expected outer beside it"),
    ("<hostmap outer='a'/>", "<hostmap outer> is 'a', expected inner beside it"),
    (
        "<nat><rtmp>a:0</rtmp></nat>",
        "<nat><rtmp> is 'a:0', expected a host name or address, with or without :port",
    ),
    (
        "<nat><http>1.2.3.456</http></nat>",
        "<nat><http> is '1.2.3.456', expected a host name or address, with or without :port",
    ),
    (
        "<nat><https>[::1:8181</https></nat>",
        "<nat><https> is '[::1:8181', expected a host name or address, with or without :port",
    ),
    (
        "<nat><rtsp>-_-!</rtsp></nat>",
        "<nat><rtsp> is '-_-!', expected a host name or address, with or without :port",
    ),
    (
        "<nat><srt>srt://a</srt></nat>",
        "<nat><srt> is 'srt://a', expected a host name or address, with or without :port",
    ),
    (
        "<nat><rtp>a..b</rtp></nat>",
        "<nat><rtp> is 'a..b', expected a host name or address, with or without :port",
    ),
    (
        "<sock><recvbuffer>x</recvbuffer></sock>",
        "<sock><recvbuffer> is 'x', expected a whole number 0-1048576 (KB)",
    ),
    (
        "<sock><sendbuffer>1e3</sendbuffer></sock>",
        "<sock><sendbuffer> is '1e3', expected a whole number 0-1048576 (KB)",
    ),
    ("<ssl><serverkey>k</serverkey></ssl>", "<ssl><serverkey> is 'k', expected <servercert> beside it"),
    ("<ssl><servercert>c</servercert></ssl>", "<ssl><servercert> is 'c', expected <serverkey> beside it"),
    ("<ssl><client_key>k</client_key></ssl>", "<ssl><client_key> is 'k', expected <clientcert> beside it"),
    ("<ssl><clientcert>c</clientcert></ssl>", "<ssl><clientcert> is 'c', expected <clientkey> beside it"),
    (
        "<rtmp><ip>localhost</ip></rtmp>",
        "<rtmp><ip> is 'localhost', expected an IPv4 or IPv6 address of this machine, or nothing for all of them",
    ),
    ("<rtmp><port>abc</port></rtmp>", "<rtmp><port> is 'abc', expected a port number 1-65535"),
    (
        "<rtmp><ssl>maybe</ssl></rtmp>",
        "<rtmp><ssl> is 'maybe', expected true or false (or 1, 0, yes, no, on, off)",
    ),
    (
        "<rtmp><gop_cache>2</gop_cache></rtmp>",
        "<rtmp><gop_cache> is '2', expected true or false (or 1, 0, yes, no, on, off)",
    ),
    (
        "<rtmp><gopcache bytes='1'/></rtmp>",
        "<rtmp><gopcache bytes> is '1', expected a whole number 65536-1073741824 (bytes)",
    ),
    (
        "<rtmp><gopcache seconds='0'/></rtmp>",
        "<rtmp><gopcache seconds> is '0', expected a whole number 1-3600 (seconds)",
    ),
    (
        "<rtmp><chunksize>127</chunksize></rtmp>",
        "<rtmp><chunksize> is '127', expected a whole number 128-16777215 (bytes)",
    ),
    (
        "<rtmp><h265id>7</h265id></rtmp>",
        "<rtmp><h265id> is '7', expected a whole number 8-15 (12 is what everybody uses)",
    ),
    (
        "<rtmp><hasrtsp>x</hasrtsp></rtmp>",
        "<rtmp><hasrtsp> is 'x', expected true or false (or 1, 0, yes, no, on, off)",
    ),
    (
        "<rtmp><hashls>x</hashls></rtmp>",
        "<rtmp><hashls> is 'x', expected true or false (or 1, 0, yes, no, on, off)",
    ),
    (
        "<rtmp><hasdash>x</hasdash></rtmp>",
        "<rtmp><hasdash> is 'x', expected true or false (or 1, 0, yes, no, on, off)",
    ),
    (
        "<rtmp><haswebrtc>x</haswebrtc></rtmp>",
        "<rtmp><haswebrtc> is 'x', expected true or false (or 1, 0, yes, no, on, off)",
    ),
    (
        "<rtmp><hassrt>x</hassrt></rtmp>",
        "<rtmp><hassrt> is 'x', expected true or false (or 1, 0, yes, no, on, off)",
    ),
    (
        "<rtmp><maxidle>0</maxidle></rtmp>",
        "<rtmp><maxidle> is '0', expected a whole number 1-86400 (seconds)",
    ),
    (
        "<rtsp><enable>x</enable></rtsp>",
        "<rtsp><enable> is 'x', expected true or false (or 1, 0, yes, no, on, off)",
    ),
    (
        "<rtsp><ip>1.2.3</ip></rtsp>",
        "<rtsp><ip> is '1.2.3', expected an IPv4 or IPv6 address of this machine, or nothing for all of them",
    ),
    ("<rtsp><port>0</port></rtsp>", "<rtsp><port> is '0', expected a port number 1-65535"),
    ("<rtsp><ssl>x</ssl></rtsp>", "<rtsp><ssl> is 'x', expected true or false (or 1, 0, yes, no, on, off)"),
    (
        "<rtsp><hasrtmp>x</hasrtmp></rtsp>",
        "<rtsp><hasrtmp> is 'x', expected true or false (or 1, 0, yes, no, on, off)",
    ),
    (
        "<rtsp><maxidle>x</maxidle></rtsp>",
        "<rtsp><maxidle> is 'x', expected a whole number 1-86400 (seconds)",
    ),
    (
        "<http><enable>x</enable></http>",
        "<http><enable> is 'x', expected true or false (or 1, 0, yes, no, on, off)",
    ),
    (
        "<http><ip>x</ip></http>",
        "<http><ip> is 'x', expected an IPv4 or IPv6 address of this machine, or nothing for all of them",
    ),
    ("<http><port>80 80</port></http>", "<http><port> is '80 80', expected a port number 1-65535"),
    ("<http><sport>x</sport></http>", "<http><sport> is 'x', expected a port number 1-65535"),
    ("<http><ssl>x</ssl></http>", "<http><ssl> is 'x', expected true or false (or 1, 0, yes, no, on, off)"),
    ("<http><ioshrink>0</ioshrink></http>", "<http><ioshrink> is '0', expected a whole number 1-65536 (KB)"),
    ("<http><hls count='0'/></http>", "<http><hls count> is '0', expected a whole number 1-100 (segments)"),
    (
        "<http><hls duration='61'/></http>",
        "<http><hls duration> is '61', expected a whole number 1-60 (seconds)",
    ),
    ("<http><hls cache='0'/></http>", "<http><hls cache> is '0', expected a whole number 1-1000 (segments)"),
    (
        "<http><hls_count>x</hls_count></http>",
        "<http><hls_count> is 'x', expected a whole number 1-100 (segments)",
    ),
    (
        "<http><dash duration='0'/></http>",
        "<http><dash duration> is '0', expected a whole number 1-60 (seconds)",
    ),
    (
        "<http><dash cache='0'/></http>",
        "<http><dash cache> is '0', expected a whole number 1-1000 (segments)",
    ),
    ("<http><rec mode='2'/></http>", "<http><rec mode> is '2', expected hls, dash, mp4 or flv"),
    ("<http><rec period='0'/></http>", "<http><rec period> is '0', expected a whole number 1-1440 (minutes)"),
    (
        "<srt><enable>x</enable></srt>",
        "<srt><enable> is 'x', expected true or false (or 1, 0, yes, no, on, off)",
    ),
    (
        "<srt><ip>x</ip></srt>",
        "<srt><ip> is 'x', expected an IPv4 or IPv6 address of this machine, or nothing for all of them",
    ),
    ("<srt><port>x</port></srt>", "<srt><port> is 'x', expected a port number 1-65535"),
    (
        "<srt><hasrtmp>x</hasrtmp></srt>",
        "<srt><hasrtmp> is 'x', expected true or false (or 1, 0, yes, no, on, off)",
    ),
    (
        "<srt><latency>60001</latency></srt>",
        "<srt><latency> is '60001', expected a whole number 0-60000 (ms)",
    ),
    (
        "<srt><passphrase>secret</passphrase></srt>",
        "<srt><passphrase> is a value of 6 characters, expected 10 to 79 characters",
    ),
    ("<srt><pbkeylen>17</pbkeylen></srt>", "<srt><pbkeylen> is '17', expected 16, 24 or 32 (bytes)"),
];

#[test]
fn every_wrong_value_is_named_with_what_is_expected() {
    for (inner, text) in WRONG {
        let errors = errors(inner);
        let [error] = &errors[..] else { panic!("{inner}: {errors:?}") };
        assert!(
            error.starts_with("config.xml:1:") && error.ends_with(&format!(": {text}")),
            "{inner}: {error}"
        );
    }
}

#[test]
fn the_place_is_where_the_value_stands() {
    let file =
        "<config>\n  <rtmp>\n    <port>\n      abc\n    </port>\n  </rtmp>\n  <http port='y'/>\n</config>";
    let wrong = crate::parse("dir/config.xml", file.as_bytes()).expect_err("two values are wrong");
    let wrong: Vec<_> = wrong.iter().map(ToString::to_string).collect();
    assert_eq!(
        wrong,
        [
            "dir/config.xml:4:7: <rtmp><port> is 'abc', expected a port number 1-65535",
            "dir/config.xml:7:15: <http port> is 'y', expected a port number 1-65535"
        ]
    );
}

#[test]
fn services_with_one_port_are_an_error_when_both_listen() {
    let clash = "<http><port>1935</port></http>";
    assert_eq!(
        errors(clash),
        ["config.xml:1:15: <http><port> is 1935, which is <rtmp><port> too: expected different ports"]
    );
    assert_eq!(errors("<rtmp><port>8554</port></rtmp>").len(), 1);
    assert_eq!(errors("<http><ssl>1</ssl><sport>8080</sport></http>").len(), 1);
    assert_eq!(errors("<http><ip>::</ip><port>1935</port></http><rtmp><ip>127.0.0.1</ip></rtmp>").len(), 1);
    for fine in [
        "<http><enable>0</enable><port>1935</port></http>",
        "<http><ip>0.0.0.0</ip><port>1935</port></http><rtmp><ip>::1</ip></rtmp>",
        "<http><sport>8080</sport></http>",
        "<http><ip>127.0.0.1</ip><port>1935</port></http><rtmp><ip>127.0.0.2</ip></rtmp>",
        "<srt><port>1935</port></srt>",
    ] {
        assert!(parse(fine).is_ok(), "{fine}");
    }
}

#[test]
fn a_port_is_found_however_it_is_written() {
    for (clash, place) in [
        ("<http port='1935'/>", "config.xml:1:15: "),
        ("<http/>\n<http><port>1935</port></http>", "config.xml:2:7: "),
        ("<http><port/></http>\n<http><PORT>1935</PORT></http>", "config.xml:2:7: "),
    ] {
        assert!(errors(clash)[0].starts_with(place), "{clash}: {:?}", errors(clash));
    }
}

#[test]
fn long_and_strange_values_are_shown_on_one_short_line() {
    let long = "x".repeat(5000);
    for value in [long.as_str(), "a\nb\tc", "\u{202e}evil"] {
        let errors = errors(&format!("<rtmp><port>{value}</port></rtmp>"));
        assert!(errors[0].len() < 200 && !errors[0].contains(['\n', '\t', '\u{202e}']), "{errors:?}");
    }
}
