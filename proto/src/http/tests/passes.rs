//! Who was let in to a playlist may have what it names.

use std::time::Duration;

use rtmpd_core::{Answer, Input, Instant, Reply};

use super::super::pass::{Passes, Session, Visitor, with_pass};
use super::client::{Client, field, get};
use super::shelves::{body, fetched};

const PLAYLIST: &str = "#EXTM3U\n#EXT-X-MAP:URI=\"a.cmaf/init.mp4\"\n#EXTINF:2,\na.hls/5.ts\n";

fn passes() -> Passes {
    Passes::new([1; 32])
}

fn visitor<'a>(scope: &'a str, query: &'a str, cookies: &[&'a str], ip: &str) -> Visitor<'a> {
    Visitor { scope, query, credentials: "", cookies: cookies.to_vec(), ip: ip.parse().unwrap() }
}

fn minutes(minutes: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(60 * minutes)
}

#[test]
fn a_pass_is_good_for_its_scope_and_its_time() {
    let passes = passes();
    let session = Session { scope: "live/a".into(), number: 7 };
    let pass = passes.issue(minutes(30), &session);
    assert_eq!(passes.issue(minutes(59), &session), pass, "the same for an hour");
    let query = format!("x=1&grant={pass}");
    let find = |passes: &Passes, at, scope: &str, query: &str| {
        passes.find(minutes(at), &visitor(scope, query, &[], "10.0.0.1"))
    };
    assert_eq!(find(&passes, 30, "live/a", &query), Some(session.clone()));
    assert_eq!(find(&passes, 119, "live/a", &query), Some(session.clone()));
    assert_eq!(find(&passes, 120, "live/a", &query), None, "its time is over");
    assert_eq!(find(&passes, 30, "live/b", &query), None);
    assert_eq!(find(&Passes::new([2; 32]), 30, "live/a", &query), None, "signed by somebody else");
    for wrong in
        ["", "x", "7.2.", "00000007.2.000000000000000000000000", "-1.2.3", "00000007.ffffffffffffffff.0"]
    {
        assert_eq!(find(&passes, 30, "live/a", &format!("grant={wrong}")), None, "{wrong}");
    }
    let cookie = passes.cookie(&session, &pass, "/live/");
    assert!(cookie.ends_with("; Path=/live/; Max-Age=7200; HttpOnly; SameSite=Lax"), "{cookie}");
    let cookie = format!("other=1; {}; more", cookie.split(';').next().unwrap());
    let with_cookie = visitor("live/a", "", &["first=1", &cookie], "10.0.0.1");
    assert_eq!(passes.find(minutes(1), &with_cookie), Some(session));
}

#[test]
fn who_was_let_in_is_remembered_for_five_minutes() {
    let passes = passes();
    let first = visitor("live/a", "token=x", &[], "10.0.0.1");
    assert_eq!(passes.find(minutes(0), &first), None);
    let session = passes.remember(minutes(0), &first);
    let again = visitor("live/a", "token=x&_HLS_msn=5", &[], "::ffff:10.0.0.1");
    for minute in [4, 8, 12] {
        assert_eq!(passes.find(minutes(minute), &again), Some(session.clone()));
    }
    assert_eq!(passes.find(minutes(17), &again), None, "it was away too long");
    passes.remember(minutes(17), &first);
    for other in [
        visitor("live/b", "token=x", &[], "10.0.0.1"),
        visitor("live/a", "token=y", &[], "10.0.0.1"),
        visitor("live/a", "token=x", &[], "10.0.0.2"),
        Visitor { credentials: "Basic x", ..first.clone() },
    ] {
        assert_eq!(passes.find(minutes(17), &other), None, "{other:?}");
    }
}

#[test]
fn so_many_are_remembered_and_no_more() {
    let passes = passes();
    for number in 0..100_001 {
        passes.remember(minutes(1), &visitor("live/a", &number.to_string(), &[], "10.0.0.1"));
    }
    let find = |at, number: &str| passes.find(minutes(at), &visitor("live/a", number, &[], "10.0.0.1"));
    assert!(find(2, "99999").is_some() && find(2, "100000").is_none());
    passes.remember(minutes(8), &visitor("live/a", "new", &[], "10.0.0.1"));
    assert!(find(8, "new").is_some(), "those who went have made room");
}

#[test]
fn every_url_gets_it() {
    let playlist = "#EXTM3U\r\n#EXT-X-MEDIA:TYPE=AUDIO,URI=\"a.m3u8?x=1\",NAME=\"1\"\r\n#EXT-X-MAP:URI=\"i.mp4\"\r\n\
                    #EXTINF:2,\r\n5.ts\r\n\r\nhttp://else/6.ts\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"7.ts\"";
    assert_eq!(
        with_pass("index.m3u8", playlist, "P"),
        "#EXTM3U\r\n#EXT-X-MEDIA:TYPE=AUDIO,URI=\"a.m3u8?x=1&grant=P\",NAME=\"1\"\r\n#EXT-X-MAP:URI=\"i.mp4?grant=P\"\r\n\
         #EXTINF:2,\r\n5.ts?grant=P\r\n\r\nhttp://else/6.ts\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"7.ts?grant=P\""
    );
    let manifest = "<S timescale=\"1\" media=\"a/$Number$.m4s\" initialization=\"i.mp4\"/><T media=\"b\"";
    assert_eq!(
        with_pass("index.mpd", manifest, "P"),
        "<S timescale=\"1\" media=\"a/$Number$.m4s?grant=P\" initialization=\"i.mp4?grant=P\"/><T media=\"b?grant=P\""
    );
    assert_eq!(with_pass("index.mpd", " media=\"x", "P"), " media=\"x?grant=P");
}

#[test]
fn a_viewer_is_asked_about_once() {
    let mut client = Client::guarded();
    client.send(get("/live/a.m3u8?token=x", "")).admit(true).give(fetched(&[PLAYLIST], 0, true));
    let text = client.take();
    let list = body(&text).to_owned();
    let url = list.lines().last().unwrap();
    assert!(url.starts_with("a.hls/5.ts?grant="), "{list}");
    assert!(list.contains("URI=\"a.cmaf/init.mp4?grant="), "{list}");
    assert_eq!(field(&text, "Content-Length"), Some(list.len().to_string().as_str()));
    assert_eq!(field(&text, "Cache-Control"), Some("private, max-age=1"));
    let cookie = field(&text, "Set-Cookie").unwrap().split(';').next().unwrap().to_owned();
    // The same playlist again, a segment by its URL, one by the cookie, and another playlist.
    client.send(get("/live/a.m3u8?token=x&_HLS_msn=7", "")).give(fetched(&[PLAYLIST], 0, true));
    assert_eq!(body(&client.take()), list, "URLs remain the same");
    client.send(get(&format!("/live/{url}"), "")).give(fetched(&["abc"], 0, true));
    let text = client.take();
    assert_eq!((body(&text), field(&text, "Set-Cookie")), ("abc", None));
    assert_eq!(field(&text, "Cache-Control"), Some("private, max-age=3600, immutable"));
    client.send(get("/live/a.hls/6.ts", &format!("Cookie: {cookie}\r\n"))).give(fetched(&["abc"], 0, true));
    client.send(get(&format!("/live/a.cmaf/v0.m3u8?{}", url.split_once('?').unwrap().1), ""));
    client.give(fetched(&[PLAYLIST], 0, true));
    assert_eq!((client.asks.len(), client.statuses()), (1, vec![200, 200]));
    // Whoever has neither is asked about, in the playlist's name.
    client.send(get("/live/a.hls/6.ts?token=y&grant=wrong", "")).admit(false);
    client.send(get("/live/b.cmaf/v0-5.m4s", &format!("Cookie: {cookie}\r\n"))).admit(false);
    assert_eq!(client.statuses(), [403, 403]);
    let asked: Vec<_> = client.asks.iter().map(|ask| format!("{}?{}", ask.path, ask.params)).collect();
    assert_eq!(asked, ["/live/a.m3u8?token=x", "/live/a.m3u8?token=y", "/live/b.mpd?"]);
}

#[test]
fn films_and_recordings_too() {
    let mut client = Client::guarded();
    client.hold = true;
    client.send(get("/vod/a/b.mp4.m3u8?token=x", "")).admit(true);
    client.give(Input::Reply(Reply::Call(Answer::NotFound)));
    let calls = format!("{:?}", client.calls);
    let at = calls.find("&token=x&grant=").unwrap_or_else(|| panic!("{calls}"));
    let pass: String = calls[at + 9..].chars().take_while(|c| !"\" }".contains(*c)).collect();
    let mut other = Client::guarded();
    other.send(get(&format!("/vod/a/b.mp4?hls=0&v=1&{pass}"), ""));
    other.send(get(&format!("/vod/a/c.mp4?hls=0&v=1&{pass}"), ""));
    assert_eq!(other.asks.len(), 1, "only about the other film");
    assert_eq!(&*other.asks[0].path, "/vod/a/c.mp4");
}
