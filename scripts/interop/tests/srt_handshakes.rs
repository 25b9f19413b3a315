//! SRT handshakes with the server: whom it lets in, whom it does not and with which number, and what it keeps of them.

#![forbid(unsafe_code)]

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rtmpd_interop::srt::{Answer, Caller, Wish, control, nonsense_keys, text};
use rtmpd_interop::{Server, until};

const SECRETS: &str = "<passphrases>live/secret=correct-horse-battery</passphrases>";

/// Numbers of libsrt's for reasons to refuse.
const TOO_OLD: u32 = 8;
const BAD_SECRET: u32 = 10;
const UNSECURE: u32 = 11;

/// Calls with this wish from a socket of its own, which lives as long as the answer is of interest.
fn call(server: &Server, wish: &Wish) -> (Caller, Answer) {
    static ID: AtomicU32 = AtomicU32::new(1000);
    // No two are alike, as a port may come again.
    let caller = Caller::new(server.srt_addr(), ID.fetch_add(1, Ordering::Relaxed));
    let answer = caller.call(wish);
    (caller, answer)
}

/// A publisher that is let in.
fn publisher(server: &Server, stream_id: &str) -> (Caller, u32) {
    match call(server, &Wish::new(stream_id)) {
        (caller, Answer::Open(id, _)) => (caller, id),
        (_, answer) => panic!("{stream_id}: {answer:?}"),
    }
}

/// How many files and sockets the server has open.
fn descriptors(server: &mut Server) -> usize {
    let folder = format!("/proc/{}/fd", server.process().id());
    std::fs::read_dir(folder).expect("the server runs").count()
}

#[test]
fn stream_ids_that_make_no_sense() {
    let server = Server::start("srt-refusals");
    for (id, code) in [
        ("", 1400),
        ("stream", 1400),
        ("live/", 1400),
        ("live/../x,role=publisher", 1400),
        ("#!:{r=live/stream}", 1400),
        ("#!::m=publish", 1400),
        ("foo/stream,role=publisher", 1404),
        ("#!::r=foo/stream,m=publish", 1404),
        ("live/nobody", 1404),
        ("#!::r=live/nobody,m=request", 1404),
        ("live/stream,role=admin", 1405),
        ("#!::r=live/stream,m=bidirectional", 1405),
        ("#!::r=live/stream,m=publish,t=file", 1415),
    ] {
        let (_, answer) = call(&server, &Wish::new(id));
        assert_eq!(answer, Answer::Refused(code), "{id:?}");
    }
    let long = format!("live/{},role=publisher", "x".repeat(600));
    assert!(!matches!(call(&server, &Wish::new(&long)).1, Answer::Open(..)));
}

#[test]
fn all_forms_mean_the_same_stream() {
    let server = Server::start("srt-forms");
    let here = server.srt_addr();
    let forms = [
        format!("{here}/live/ü x,role=publisher"),
        "live/ü x,role=publisher".to_owned(),
        "live/ü x,m=publish".to_owned(),
        "/live/ü x,role=publisher".to_owned(),
        "live/%C3%BC%20x,role=publisher".to_owned(),
        "live%2F%C3%BC%20x%2Crole%3Dpublisher".to_owned(),
        "publish:live/ü x".to_owned(),
        "publish:/live/ü x".to_owned(),
        "#!::r=live/ü x,m=publish".to_owned(),
        "#!::m=publish,r=/live/ü x,u=me,s=1".to_owned(),
        "#!::r=live%2F%C3%BC%20x,m=publish,t=stream".to_owned(),
        format!("#!::h={here}/live/ü x,m=publish"),
        format!("srt://{here}/live/ü x,role=publisher"),
    ];
    for (number, form) in forms.iter().enumerate() {
        let other = format!("y{number}");
        let (first, id) = publisher(&server, form);
        // Whoever wants to publish the same comes too late, whatever he calls it.
        let (_, answer) = call(&server, &Wish::new("#!::r=live/ü x,m=publish,key=other"));
        assert_eq!(answer, Answer::Refused(1409), "{form}");
        let (_, answer) =
            call(&server, &Wish::new(&form.replace("ü x", &other).replace("%C3%BC%20x", &other)));
        assert!(matches!(answer, Answer::Open(..)), "{form}: {answer:?}");
        // Both are gone before the next ones come.
        let gone = server.log().matches("stopped publishing live/ü x").count();
        first.shut_down(id);
        until("it has gone", Duration::from_secs(10), || {
            server.log().matches("stopped publishing live/ü x").count() > gone
        });
    }
}

#[test]
fn callers_that_want_what_we_do_not_have() {
    let server = Server::start("srt-wishes");
    let wish = || Wish::new("live/stream,role=publisher");
    let with = |kind, content: Vec<u8>| Wish { more: vec![(kind, content)], ..wish() };
    for (what, wish, code) in [
        ("an old handshake", Wish { version: 4, ..wish() }, TOO_OLD),
        ("an old library", Wish { library: 0x01_0204, ..wish() }, TOO_OLD),
        ("a stream of bytes", Wish { features: 0xFF, ..wish() }, 12),
        ("files", with(6, text("file")), 13),
        ("FEC", with(7, text("fec,cols:10,rows:5")), 14),
        ("links in a group", with(8, vec![0; 8]), 15),
        ("encryption", with(3, nonsense_keys()), UNSECURE),
        ("encryption of which nothing is understood", with(3, vec![0; 8]), 17),
    ] {
        assert_eq!(call(&server, &wish).1, Answer::Refused(code), "{what}");
    }
    let (_, answer) = call(&server, &Wish { honest: false, ..wish() });
    assert_eq!(answer, Answer::Silence, "a cookie that is not ours");
    // Nobody of those was let in.
    let (_, answer) = call(&server, &with(6, text("live")));
    assert!(matches!(answer, Answer::Open(..)), "{answer:?}");
}

#[test]
fn passphrases_are_asked_for_by_stream() {
    let server = Server::start_srt("srt-codes", SECRETS);
    let keys = |id: &str| Wish { more: vec![(3, nonsense_keys())], ..Wish::new(id) };
    for form in
        ["live/secret,role=publisher", "#!::r=/live/secret,m=publish", "live/%73ecret", "/live/secret"]
    {
        assert_eq!(call(&server, &keys(form)).1, Answer::Refused(BAD_SECRET), "{form}");
        assert_eq!(call(&server, &Wish::new(form)).1, Answer::Refused(UNSECURE), "{form}");
    }
    assert_eq!(call(&server, &keys("live/open,role=publisher")).1, Answer::Refused(UNSECURE));
    publisher(&server, "live/open,role=publisher");
}

#[test]
fn the_larger_latency_counts() {
    for latency in [20, 500, 2000] {
        let server =
            Server::start_srt(&format!("srt-agreed-{latency}"), &format!("<latency>{latency}</latency>"));
        for (name, theirs) in [("a", [0, 0]), ("b", [120, 0]), ("c", [0, 1000]), ("d", [3000, 2500])] {
            let wish = Wish { delays: theirs, ..Wish::new(&format!("live/{name},role=publisher")) };
            let (_, answer) = call(&server, &wish);
            let Answer::Open(_, got) = answer else { panic!("{answer:?}") };
            // What they want as a receiver is what we hold as a sender.
            let expected = [theirs[1].max(latency), theirs[0].max(latency)];
            assert_eq!(got, expected, "{latency} ms here, {theirs:?} there");
        }
    }
}

#[test]
fn a_caller_that_did_not_hear_the_answer_gets_the_same_again() {
    let server = Server::start("srt-repeated");
    let (caller, wish) = (Caller::new(server.srt_addr(), 77), Wish::new("live/stream,role=publisher"));
    let first = caller.call(&wish);
    assert!(matches!(first, Answer::Open(..)), "{first:?}");
    for _ in 0..20 {
        assert_eq!(caller.call(&wish), first);
    }
}

#[test]
fn strangers_have_no_say() {
    let server = Server::start("srt-strangers");
    let (caller, id) = publisher(&server, "live/stream,role=publisher");
    let stranger = Caller::from(Ipv4Addr::new(127, 9, 9, 9), server.srt_addr(), 77);
    stranger.shut_down(id);
    let mut dice = 0x9E37_79B9_u32;
    for round in 0..4000_u32 {
        // Garbage for nobody, for the connection, and as its own.
        let mut data = control((round % 11) as u16, if round % 3 == 0 { id } else { round % 2 }, &[]);
        for _ in 0..round % 41 {
            dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            data.extend((dice >> 8).to_be_bytes());
        }
        if round % 5 == 0 {
            data[0] &= 0x7F;
        }
        data.truncate((dice >> 16) as usize % (data.len() + 1));
        stranger.send(&data);
        // A goodbye of its own is one.
        let is_goodbye = data.starts_with(&[0x80, 5]);
        if !is_goodbye {
            caller.send(&data);
        }
    }
    let (_, answer) = call(&server, &Wish::new("live/stream,role=publisher,key=other"));
    assert_eq!(answer, Answer::Refused(1409), "the publisher is still there");
    caller.shut_down(id);
    server.wait_log("stopped publishing live/stream");
    publisher(&server, "live/stream,role=publisher");
}

#[test]
fn nothing_is_kept_of_those_who_come_and_go() {
    let mut server = Server::start_with("srt-leaks", "<hold>1</hold>", "");
    let mut round = |callers: u32| {
        let before = server.log().matches("stopped publishing").count();
        for number in 0..callers {
            // Every other one leaves without a word, and is missed after a while.
            let (caller, id) = publisher(&server, &format!("live/{number},role=publisher,key={number}"));
            if number % 2 == 0 {
                caller.shut_down(id);
            }
        }
        until("all have gone", Duration::from_secs(20), || {
            server.log().matches("stopped publishing").count() == before + callers as usize
        });
        (descriptors(&mut server), server.resident_kib())
    };
    round(50);
    let (files, memory) = round(50);
    let (files_then, memory_then) = round(400);
    assert!(files_then <= files + 2, "{files} descriptors have become {files_then}");
    assert!(memory_then < memory + 4096, "{memory} KiB have become {memory_then}");
}
