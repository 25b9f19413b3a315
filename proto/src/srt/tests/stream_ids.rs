//! What stream ids ask for.

use proptest::prelude::*;

use crate::srt::Mode::{Play, Publish};
use crate::srt::{Mode, Reject, Wanted};

/// Mode, host, app/name, parameters, user.
fn said(id: &str) -> (Mode, String, String, String, String) {
    let wanted = Wanted::parse(id).unwrap_or_else(|refused| panic!("{id}: {refused:?}"));
    let [host, params, user] = [&wanted.vhost, &wanted.params, &wanted.user].map(|text| text.to_string());
    (wanted.mode, host, wanted.key.to_string(), params, user)
}

/// Stream id; mode, host, app/name, parameters, user.
const TABLE: &[(&str, Mode, &str, &str, &str, &str)] = &[
    ("S:9000/live/stream,role=publisher", Publish, "S", "live/stream", "", ""),
    ("S:9000/live/stream,role=player", Play, "S", "live/stream", "", ""),
    ("S:9000/live/stream", Play, "S", "live/stream", "", ""),
    ("10.0.0.1:9000/live/a/b,role=publisher", Publish, "10.0.0.1", "live/a/b", "", ""),
    ("[::1]:9000/live/a,role=publisher", Publish, "::1", "live/a", "", ""),
    ("example.com/live/a", Play, "example.com", "live/a", "", ""),
    ("S/live/a", Play, "S", "live/a", "", ""),
    ("S:9000/live/stream?token=1&x=2,role=publisher", Publish, "S", "live/stream", "token=1&x=2", ""),
    ("S:9000/live/stream,role=publisher,token=1", Publish, "S", "live/stream", "token=1", ""),
    ("live/stream", Play, "", "live/stream", "", ""),
    ("/live/stream", Play, "", "live/stream", "", ""),
    ("/live/stream/", Play, "", "live/stream", "", ""),
    ("live/stream,m=publish", Publish, "", "live/stream", "", ""),
    ("live/stream?a=b", Play, "", "live/stream", "a=b", ""),
    ("live/live/a", Play, "", "live/live/a", "", ""),
    ("rec/live/a", Play, "", "rec/live/a", "", ""),
    ("live/%E4%B8%AD%20x", Play, "", "live/中 x", "", ""),
    ("S%3A9000%2Flive%2Fstream%2Crole%3Dpublisher", Publish, "S", "live/stream", "", ""),
    ("publish:live/stream", Publish, "", "live/stream", "", ""),
    ("publish:/live/stream?a=b", Publish, "", "live/stream", "a=b", ""),
    ("read:live/stream", Play, "", "live/stream", "", ""),
    ("read:live/stream:me:secret", Play, "", "live/stream", "user=me&pass=secret", "me"),
    ("publish:live/stream:me:secret:a=b", Publish, "", "live/stream", "user=me&pass=secret&a=b", "me"),
    ("publish:live/stream:a=b", Publish, "", "live/stream", "a=b", ""),
    ("publish:9000/live/a", Play, "publish", "live/a", "", ""),
    ("#!::r=live/stream,m=publish", Publish, "", "live/stream", "", ""),
    (
        "#!::r=/live/stream,m=request,u=me,s=77,t=stream,h=example.com",
        Play,
        "example.com",
        "live/stream",
        "s=77",
        "me",
    ),
    ("%23!::r=live/stream,m=publish", Publish, "", "live/stream", "", ""),
    ("%23!%3A%3Ar%3Dlive%2Fstream", Play, "", "live/stream", "", ""),
    ("#!::r=live/stream", Play, "", "live/stream", "", ""),
    ("#!::m=publish,r=live/stream?token=1,key=x", Publish, "", "live/stream", "token=1&key=x", ""),
    ("#!::h=example.com:9000/live/stream,m=publish", Publish, "example.com", "live/stream", "", ""),
    ("#!::h=live/stream,m=publish", Publish, "", "live/stream", "", ""),
    ("#!::u=a%2Cb,r=live%2Fstream", Play, "", "live/stream", "", "a,b"),
    ("srt://S:9000/live/stream", Play, "S", "live/stream", "", ""),
    (" live/stream\0", Play, "", "live/stream", "", ""),
];

#[test]
fn stream_ids_in_all_their_forms() {
    for (id, mode, host, key, params, user) in TABLE {
        let expected =
            (*mode, (*host).to_owned(), (*key).to_owned(), (*params).to_owned(), (*user).to_owned());
        assert_eq!(said(id), expected, "{id}");
    }
}

#[test]
fn what_cannot_be_served_is_refused_with_its_number() {
    for (id, code) in [
        ("", Reject::BAD_REQUEST),
        ("stream", Reject::BAD_REQUEST),
        ("live/", Reject::BAD_REQUEST),
        ("live/../x", Reject::BAD_REQUEST),
        ("#!:{r=live/stream}", Reject::BAD_REQUEST),
        ("#!::m=publish", Reject::BAD_REQUEST),
        ("#!::r=live/stream,m=bidirectional", Reject::BAD_MODE),
        ("live/stream,role=admin", Reject::BAD_MODE),
        ("#!::r=live/stream,t=file", Reject::MEDIA_NOT_SUPPORTED),
        ("#!::r=live/stream,t=auth", Reject::MEDIA_NOT_SUPPORTED),
    ] {
        let refused = Wanted::parse(id).expect_err(id);
        assert_eq!(refused.code, code, "{id}");
        assert!(!refused.why.is_empty());
    }
}

proptest! {
    #[test]
    fn any_text_is_a_stream_or_a_refusal(id in "\\PC{0,60}") {
        let _ = Wanted::parse(&id);
    }

    #[test]
    fn names_with_any_letters_are_found(name in "[a-z0-9_.-]{1,20}", publish in any::<bool>()) {
        prop_assume!(name != "." && name != "..");
        let mode = if publish { Mode::Publish } else { Mode::Play };
        let word = if publish { "publish" } else { "request" };
        let wanted = Wanted::parse(&format!("#!::r=live/{name},m={word}")).unwrap();
        prop_assert_eq!((wanted.mode, wanted.key.name()), (mode, name.as_str()));
    }
}

#[test]
fn names_are_shown_among_the_parameters() {
    for (id, shown) in [
        ("#!::r=live/a,m=publish,u=bob,pass=x", "user=bob&pass=x"),
        ("#!::r=live/a,m=publish,u=b ob", "user=b%20ob"),
        ("#!::r=live/a?user=al,m=publish,u=bob", "user=al"),
        ("publish:live/a:bob:x", "user=bob&pass=x"),
        ("live/a?token=x", "token=x"),
    ] {
        assert_eq!(&*Wanted::parse(id).unwrap().shown(), shown, "{id}");
    }
}
