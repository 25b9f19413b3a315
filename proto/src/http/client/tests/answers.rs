//! Bytes to answers.

use super::super::{Answered, ResponseReader};

fn read(text: &str, cut: usize) -> Result<Vec<(u16, String, bool)>, String> {
    let mut reader = ResponseReader::default();
    let mut all = Vec::new();
    let mut add = |Answered { status, body, keeps_alive }| {
        all.push((status, String::from_utf8(body).unwrap(), keeps_alive));
    };
    for mut data in text.as_bytes().chunks(cut) {
        while !data.is_empty() {
            reader.read(&mut data)?.into_iter().for_each(&mut add);
        }
    }
    reader.end().into_iter().for_each(&mut add);
    Ok(all)
}

#[test]
fn however_they_are_cut() {
    let text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello\
                HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nT: t\r\n\r\n\
                HTTP/1.1 204 No Content\r\nConnection: keep-alive, close\r\n\r\n\
                HTTP/1.0 200\r\nContent-Length: 0\r\n\r\n\
                HTTP/1.0 200 OK\nConnection: Keep-Alive\nContent-Length: 1\n\nx\
                HTTP/1.1 500 Oops\r\n\r\nuntil the end";
    let expected = [
        (200, "hello", true),
        (403, "abcd", true),
        (204, "", false),
        (200, "", false),
        (200, "x", true),
        (500, "until the end", false),
    ];
    for cut in [1, 2, 3, 7, 50, 1000] {
        let read = read(text, cut).unwrap();
        let read: Vec<_> =
            read.iter().map(|(status, body, alive)| (*status, body.as_str(), *alive)).collect();
        assert_eq!(read, expected, "in pieces of {cut}");
    }
}

#[test]
fn what_is_no_answer_is_refused() {
    let wrong = |text: &str| read(text, 4096).unwrap_err();
    assert_eq!(wrong("SSH-2.0-OpenSSH\r\n"), "its answer begins with 'SSH-2'");
    assert_eq!(wrong("HTTP/1.1 2x0 OK\r\n\r\n"), "the head of its answer is malformed: 'HTTP/1.1 2x0 OK\\r'");
    assert!(
        wrong("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")
            .contains("Content-Length '1'")
    );
    assert!(wrong("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n").contains("expected one number"));
    assert_eq!(
        wrong("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"),
        "its answer has 99999999999 bytes"
    );
    assert!(wrong("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n").contains("hexadecimal"));
    let endless = format!("HTTP/1.1 200 OK\r\n{}", "X: y\r\n".repeat(5000));
    assert!(wrong(&endless).contains("longer than 16384 bytes"));
    assert!(wrong(&format!("HTTP/1.1 200 {}", "O".repeat(20_000))).contains("longer than 16384 bytes"));
}

#[test]
fn half_an_answer_is_none() {
    for text in ["HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell"] {
        assert_eq!(read(text, 5).unwrap(), []);
    }
}
