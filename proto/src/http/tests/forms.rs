//! Forms: heads and boundaries in tables, content in any cutting, any bytes.

use proptest::prelude::*;

use super::super::form::{Multipart, Piece, boundary};
use super::super::wire::Failure;

/// The parts of a form that comes in these pieces: field, file and content of each, then whether it was whole.
type Parts = (Vec<(String, Option<String>, Vec<u8>)>, bool);

/// A part: its name, its file name and its bytes.
type Seen = (String, Option<String>, Vec<u8>);

fn read<'a>(boundary: &str, pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Parts, Failure> {
    let mut form = Multipart::new(boundary);
    let (mut parts, mut open): (Vec<Seen>, bool) = (Vec::new(), false);
    for mut data in pieces {
        while let Some(piece) = form.poll(&mut data)? {
            match piece {
                Piece::Begin(head) => {
                    assert!(!open, "one part at a time");
                    open = true;
                    parts.push((head.field, head.file, Vec::new()));
                }
                Piece::Data(data) => {
                    assert!(open && !data.is_empty());
                    parts.last_mut().unwrap().2.extend_from_slice(&data);
                }
                Piece::End => open = !std::mem::replace(&mut open, false),
            }
        }
        assert!(data.is_empty(), "all is taken");
    }
    Ok((parts, form.is_finished()))
}

fn one(disposition: &str) -> Result<(String, Option<String>), Failure> {
    let text = format!("--b\r\nContent-Disposition: {disposition}\r\n\r\nx\r\n--b--");
    let (parts, whole) = read("b", [text.as_bytes()])?;
    assert!(whole && parts.len() == 1 && parts[0].2 == b"x", "{parts:?}");
    Ok((parts[0].0.clone(), parts[0].1.clone()))
}

#[test]
fn what_heads_say() {
    let table = [
        ("form-data; name=\"a\"; filename=\"f.mp4\"", "a", Some("f.mp4")),
        ("form-data; name=a; filename=f.mp4", "a", Some("f.mp4")),
        ("Form-Data;NAME=a;FileName=\"f\"", "a", Some("f")),
        ("form-data; name=\"note\"", "note", None),
        ("form-data; name=\"a\"; filename=\"\"", "a", Some("")),
        ("form-data; name=\"a\"; filename=\"视频 1.mp4\"", "a", Some("视频 1.mp4")),
        // Browsers write quotes as %22, older curls as \\".
        ("form-data; name=\"a\"; filename=\"x%22y\"", "a", Some("x%22y")),
        ("form-data; name=\"a\"; filename=\"x\\\"y\"", "a", Some("x\"y")),
        ("form-data; name=\"a\"; filename=\"x;y=z\"", "a", Some("x;y=z")),
        // Folders of the client's are nobody's business.
        ("form-data; name=\"a\"; filename=\"C:\\films\\f.mp4\"", "a", Some("f.mp4")),
        ("form-data; name=\"a\"; filename=\"../../f.mp4\"", "a", Some("f.mp4")),
        ("form-data; name=\"a\"; filename=\"/etc/\"", "a", Some("")),
        ("form-data; name=\"a\"; filename=\"..\"", "a", Some("..")),
        ("form-data; name=\"a\"; filename=\"f\"; filename*=UTF-8''%e2%82%ac.mp4", "a", Some("€.mp4")),
        ("form-data; name=\"a\"; filename*=utf-8'de'%C3%A4", "a", Some("ä")),
        ("form-data; name=\"a\"; filename*=UTF-8''..%2f..%2ff", "a", Some("f")),
    ];
    for (text, field, file) in table {
        assert_eq!(one(text), Ok((field.to_owned(), file.map(str::to_owned))), "{text}");
    }
    let wrong = [
        ("attachment; filename=\"f\"", "expected form-data"),
        ("form-data; name=\"a", "NAME=VALUE"),
        ("form-data; name=\"a\" filename=\"f\"", "NAME=VALUE"),
        ("form-data; name", "NAME=VALUE"),
        ("form-data; name=a; name=b", "twice"),
        ("form-data; filename=\"a\"; filename=\"b\"", "twice"),
        ("form-data; filename*=latin1''a", "UTF-8''"),
        ("form-data; filename*=UTF-8''%ff", "UTF-8''"),
        ("form-data; filename*=UTF-8''%4", "UTF-8''"),
        ("form-data; filename*=a", "UTF-8''"),
        ("", "expected form-data"),
        ("form-data; name=a\u{0}", "NAME: VALUE"),
        ("form-data; name=a\r\nContent-Disposition: form-data; name=b", "two Content-Disposition"),
        ("form-data; name=a\r\nContent-Transfer-Encoding: base64", "base64"),
        ("form-data; name=a\r\n folded", "NAME: VALUE"),
        ("form-data; name=a\nX: y", "NAME: VALUE"),
    ];
    for (text, why) in wrong {
        let failure = one(text).expect_err(text);
        assert!(failure.status == 400 && failure.text.contains(why), "{text}: {failure:?}");
    }
    let latin1 = b"--b\r\nContent-Disposition: form-data; name=a; filename=\"\xe4\"\r\n\r\nx\r\n--b--";
    assert!(read("b", [&latin1[..]]).unwrap_err().text.contains("UTF-8"));
}

#[test]
fn boundaries_of_bodies() {
    let table = [
        ("multipart/form-data; boundary=abc", "abc"),
        ("Multipart/Form-Data;Boundary=\"a b\"", "a b"),
        ("multipart/form-data; charset=utf-8; boundary=----WebKitFormBoundaryx", "----WebKitFormBoundaryx"),
        ("multipart/form-data; boundary=abc; charset=utf-8", "abc"),
    ];
    for (text, expected) in table {
        assert_eq!(boundary(Some(text)).as_deref(), Ok(expected), "{text}");
    }
    let long = format!("multipart/form-data; boundary={}", "x".repeat(71));
    let wrong = [
        (None, 415),
        (Some(""), 415),
        (Some("application/x-www-form-urlencoded"), 415),
        (Some("multipart/mixed; boundary=a"), 415),
        (Some("multipart/form-data"), 400),
        (Some("multipart/form-data; boundary="), 400),
        (Some("multipart/form-data; boundary=\"\""), 400),
        (Some("multipart/form-data; boundary=\"a \""), 400),
        (Some("multipart/form-data; boundary=ä"), 400),
        (Some("multipart/form-data; boundary=a; boundary=b"), 400),
        (Some(long.as_str()), 400),
    ];
    for (text, status) in wrong {
        assert_eq!(boundary(text).map_err(|failure| failure.status), Err(status), "{text:?}");
    }
}

const HEAD: &str = "Content-Disposition: form-data; name=a; filename=f\r\n\r\n";

#[test]
fn what_is_content_and_what_is_none() {
    let content = |text: &str| {
        let (parts, whole) =
            read("b", [text.as_bytes()]).unwrap_or_else(|failure| panic!("{text}: {failure:?}"));
        (parts.into_iter().map(|part| String::from_utf8(part.2).unwrap()).collect::<Vec<_>>(), whole)
    };
    let table = [
        (format!("--b\r\n{HEAD}x\r\n--b--"), vec!["x"], true),
        (format!("--b\r\n{HEAD}x\r\n--b--\r\nmore\r\n--b\r\n"), vec!["x"], true),
        (format!("for old readers\r\n--b \t\r\n{HEAD}x\r\n--b--"), vec!["x"], true),
        (format!("--b\r\n{HEAD}\r\n--b\r\n{HEAD}y\r\n--b--"), vec!["", "y"], true),
        (format!("--b\r\n{HEAD}\r\n\r\n--b--"), vec!["\r\n"], true),
        (format!("--b\r\n{HEAD}\r\r\n--b--"), vec!["\r"], true),
        (format!("--b\r\n{HEAD}\r\n--\r\n-\r\n--b--"), vec!["\r\n--\r\n-"], true),
        (format!("--b\r\n{HEAD}--b\r\n--b--"), vec!["--b"], true),
        (format!("--b\r\n{HEAD}\n--b--\r\n--b--"), vec!["\n--b--"], true),
        (format!("--b\r\n{HEAD}x"), vec!["x"], false),
        (format!("--b\r\n{HEAD}x\r\n--"), vec!["x"], false),
        (format!("--b\r\n{HEAD}x\r\n--b-"), vec!["x"], false),
        (String::new(), vec![], false),
        ("--b--".to_owned(), vec![], true),
    ];
    for (text, parts, whole) in table {
        assert_eq!(content(&text), (parts.into_iter().map(str::to_owned).collect(), whole), "{text:?}");
    }
    for text in
        [format!("--b\r\n{HEAD}x\r\n--bc\r\n"), "--b\n".to_owned(), "--b -".to_owned(), "--b-x".to_owned()]
    {
        assert_eq!(read("b", [text.as_bytes()]).unwrap_err().status, 400, "{text:?}");
    }
    let long = format!("--b\r\nX: {}", "x".repeat(9000));
    assert_eq!(read("b", [long.as_bytes()]).unwrap_err().status, 431);
    let padding = format!("--b{}", " ".repeat(9000));
    assert_eq!(read("b", [padding.as_bytes()]).unwrap_err().status, 400);
}

/// Content that looks much like a boundary.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let morsel = prop_oneof![
        Just(b"\r".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\r\n--".to_vec()),
        Just(b"\r\n--bound".to_vec()),
        Just(b"--boundary".to_vec()),
        Just(b"\n--boundary--".to_vec()),
        prop::collection::vec(any::<u8>(), 0..20),
    ];
    prop::collection::vec(morsel, 0..20).prop_map(|all| all.concat())
}

fn written(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    for part in parts {
        out.extend_from_slice(b"--boundary\r\nContent-Disposition: form-data; name=a; filename=f\r\n\r\n");
        out.extend_from_slice(part);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"--boundary--\r\n");
    out
}

fn cut<'a>(data: &'a [u8], sizes: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = data;
    let mut sizes = sizes.iter().cycle();
    std::iter::from_fn(move || {
        let (piece, after) = rest.split_at((*sizes.next()?).min(rest.len()));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_content_comes_out_in_any_cutting(
        parts in prop::collection::vec(content(), 1..4),
        sizes in prop::collection::vec(1usize..30, 1..10),
    ) {
        let is_boundary = |part: &Vec<u8>| part.windows(12).any(|window| window == b"\r\n--boundary");
        prop_assume!(!parts.iter().any(is_boundary));
        let form = written(&parts);
        let (found, whole) = read("boundary", cut(&form, &sizes)).unwrap();
        prop_assert!(whole);
        prop_assert_eq!(found.into_iter().map(|part| part.2).collect::<Vec<_>>(), parts);
    }

    #[test]
    fn any_bytes_end_in_something_and_the_same(
        data in content(),
        sizes in prop::collection::vec(1usize..30, 1..10),
    ) {
        prop_assert_eq!(read("boundary", cut(&data, &sizes)), read("boundary", [&data[..]]));
        let mut inner = b"--boundary\r\n".to_vec();
        inner.extend_from_slice(&data);
        prop_assert_eq!(read("boundary", cut(&inner, &sizes)), read("boundary", [&inner[..]]));
    }
}
