//! The static site, in folders made for the test.

use std::fs;
use std::sync::Arc;

use rtmpd_core::Answer;

use super::folder::Folder;
use crate::pages::{Pages, built_in};

/// A site `html/` with a secret beside it.
fn site() -> (Folder, Pages) {
    let folder = Folder::new();
    let html = folder.path().join("html");
    fs::create_dir_all(html.join("sub/empty")).unwrap();
    fs::write(folder.path().join("secret.txt"), "secret").unwrap();
    fs::write(html.join("index.html"), "<p>mine").unwrap();
    fs::write(html.join("sub/index.html"), "<p>sub").unwrap();
    fs::write(html.join("a b.js"), "let a").unwrap();
    fs::write(html.join("视频.bin"), "x").unwrap();
    (folder, Pages::new(html))
}

fn page(answer: Answer) -> Option<(&'static str, Arc<str>, String, bool)> {
    let Answer::Page { content_type, etag, body, not_modified, .. } = answer else { return None };
    Some((content_type, etag, String::from_utf8(body.to_vec()).unwrap(), not_modified))
}

#[test]
fn files_and_folders() {
    let (_folder, pages) = site();
    let table = [
        ("/", "text/html; charset=utf-8", "<p>mine"),
        ("/index.html", "text/html; charset=utf-8", "<p>mine"),
        ("/sub/", "text/html; charset=utf-8", "<p>sub"),
        ("/a b.js", "text/javascript; charset=utf-8", "let a"),
        ("/视频.bin", "application/octet-stream", "x"),
    ];
    for (path, content_type, body) in table {
        let (found_type, etag, found, not_modified) = page(pages.answer(path, None, false)).unwrap();
        assert_eq!((found_type, found.as_str(), not_modified), (content_type, body, false), "{path}");
        assert!(etag.len() > 2 && etag.starts_with('"') && etag.ends_with('"'), "{etag}");
    }
    assert_eq!(pages.answer("/sub", None, false), Answer::Folder);
    for path in ["/sub/empty/", "/none", "/none/", "/sub/none.js", "/index.html/", "/index.html/x"] {
        assert_eq!(pages.answer(path, None, false), Answer::NotFound, "{path}");
    }
}

#[test]
fn nobody_gets_out() {
    let (_folder, pages) = site();
    let long = format!("/{}", "x".repeat(300));
    let longer = format!("/{}", "x/".repeat(2000));
    let table = [
        "/../secret.txt",
        "/sub/../../secret.txt",
        "/sub/./index.html",
        "//secret.txt",
        "//",
        "/sub//index.html",
        "/..\\secret.txt",
        "/sub\\index.html",
        "/index.html\0",
        "/index.html.",
        "/index.html ",
        "/index.html::$DATA",
        "/C:/secret.txt",
        "/con",
        "/NUL.html",
        "/com1.txt",
        "/lpt² .txt",
        "/a\nb",
        "/*",
        "index.html",
        "",
        &long,
        &longer,
    ];
    for path in table {
        assert_eq!(pages.answer(path, None, false), Answer::NotFound, "{path:?}");
    }
}

#[cfg(unix)]
#[test]
fn links_stay_inside() {
    use std::os::unix::fs::symlink;

    let (folder, pages) = site();
    let html = folder.path().join("html");
    symlink(folder.path().join("secret.txt"), html.join("out.txt")).unwrap();
    symlink(folder.path(), html.join("up")).unwrap();
    symlink("/etc", html.join("etc")).unwrap();
    symlink(html.join("sub/index.html"), html.join("in.html")).unwrap();
    symlink(html.join("loop"), html.join("loop")).unwrap();
    fs::create_dir(html.join("trap")).unwrap();
    symlink(folder.path().join("secret.txt"), html.join("trap/index.html")).unwrap();
    for path in ["/out.txt", "/up/secret.txt", "/up/", "/up", "/etc/passwd", "/trap/"] {
        assert_eq!(pages.answer(path, None, false), Answer::NotFound, "{path}");
    }
    assert!(page(pages.answer("/loop", None, false)).is_none());
    assert_eq!(page(pages.answer("/in.html", None, false)).unwrap().2, "<p>sub");
}

#[test]
fn validators() {
    let (folder, pages) = site();
    let (_, etag, ..) = page(pages.answer("/", None, false)).unwrap();
    for current in [etag.to_string(), format!("\"x\", W/{etag}"), "*".into()] {
        let (_, same, body, not_modified) = page(pages.answer("/", Some(&current), false)).unwrap();
        assert_eq!((same, body.as_str(), not_modified), (etag.clone(), "", true), "{current}");
    }
    for other in ["\"x\"", "", etag.trim_matches('"')] {
        assert!(!page(pages.answer("/", Some(other), false)).unwrap().3, "{other}");
    }
    fs::write(folder.path().join("html/index.html"), "<p>changed").unwrap();
    let (_, changed, body, _) = page(pages.answer("/", Some(&etag), false)).unwrap();
    assert_ne!(changed, etag);
    assert_eq!(body, "<p>changed");
}

#[test]
fn readers_share_one_copy() {
    let (folder, pages) = site();
    let body = || {
        let Answer::Page { body, .. } = pages.answer("/index.html", None, false) else {
            panic!("it is not served")
        };
        body
    };
    let (first, second) = (body(), body());
    assert_eq!(first.as_ptr(), second.as_ptr());
    drop(first);
    assert_eq!(body().as_ptr(), second.as_ptr(), "as long as anybody reads");
    fs::write(folder.path().join("html/index.html"), "<p>changed").unwrap();
    assert_eq!((&body()[..], &second[..]), (&b"<p>changed"[..], &b"<p>mine"[..]));
}

#[test]
fn too_long_for_memory() {
    let (folder, pages) = site();
    let big = fs::File::create(folder.path().join("html/big.mp4")).unwrap();
    big.set_len((64 << 20) + 1).unwrap();
    let Answer::Failed(text) = pages.answer("/big.mp4", None, false) else { panic!("it was served") };
    assert_eq!(&*text, "it has 67108865 bytes, at most 67108864 can be served");
}

#[test]
fn the_player_page_stands_in_for_what_is_not_there() {
    let folder = Folder::new();
    for pages in [Pages::new(folder.path().join("none")), Pages::new(folder.path().into())] {
        for path in ["/", "/index.html", "/player.html"] {
            let (content_type, etag, body, _) = page(pages.answer(path, None, false)).unwrap();
            assert_eq!(content_type, "text/html; charset=utf-8");
            assert!(body.contains("player/app.js"), "{path}");
            assert!(page(pages.answer(path, Some(&etag), false)).unwrap().3);
        }
        assert_eq!(
            page(pages.answer("/player/app.js", None, false)).unwrap().0,
            "text/javascript; charset=utf-8"
        );
        for path in
            ["/other.html", "/player", "/player/", "/player/index.html", "/player/other.js", "/app.js"]
        {
            assert_eq!(pages.answer(path, None, false), Answer::NotFound, "{path}");
        }
    }
}

#[test]
fn an_operators_own_files_come_before_the_player_page() {
    let (folder, pages) = site();
    fs::create_dir_all(folder.path().join("html/player")).unwrap();
    fs::write(folder.path().join("html/player/app.css"), "mine").unwrap();
    let body = |path: &str| page(pages.answer(path, None, true)).unwrap().2;
    assert_eq!((body("/").as_str(), body("/player/app.css").as_str()), ("<p>mine", "mine"));
    let Answer::Page { gzip, .. } = pages.answer("/player.html", None, true) else {
        panic!("it is not served")
    };
    assert!(gzip, "the player page is still there under its other name");
}

#[test]
fn each_form_of_the_player_page_has_a_validator_of_its_own() {
    let folder = Folder::new();
    let pages = Pages::new(folder.path().into());
    let form = |gzip| {
        let answer = pages.answer("/player/hls.js", None, gzip);
        let Answer::Page { etag, body, gzip: is_packed, .. } = answer else { panic!("{answer:?}") };
        assert_eq!((is_packed, body.starts_with(&[0x1f, 0x8b])), (gzip, gzip));
        (etag, body.len())
    };
    let ((plain, long), (packed, short)) = (form(false), form(true));
    assert!(plain != packed && short < long / 2);
    let Answer::Page { not_modified, body, .. } = pages.answer("/player/hls.js", Some(&packed), true) else {
        panic!("it is not served")
    };
    assert!(not_modified && body.is_empty());
}

#[test]
fn all_that_was_built_is_in_the_program() {
    let dist = concat!(env!("CARGO_MANIFEST_DIR"), "/../web/dist");
    let mut built: Vec<String> = fs::read_dir(dist)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".gz"))
        .collect();
    built.sort();
    let held: Vec<&str> = built_in::FILES.iter().map(|file| file.name).collect();
    assert_eq!(built, held);
}
