use super::Recalled;

fn read(said: &str) -> (Vec<String>, Option<String>) {
    let mut recalled = Recalled::read(said.as_bytes());
    let sessions = std::iter::from_fn(|| recalled.session()).map(|id| id.to_string()).collect();
    (sessions, recalled.nonce())
}

#[test]
fn sessions_in_their_order_and_the_challenge() {
    let said = "RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\n\
                WWW-Authenticate: Digest realm=\"r\", nonce=\"abc\"\r\nWWW-Authenticate: Basic realm=\"r\"\r\n\r\n\
                RTSP/1.0 200 OK\r\nCSeq: 2\r\nSession: 12;timeout=10\r\n\r\n$\0\0\x04data\
                RTSP/1.0 200 OK\r\nCSeq: 3\r\nSession: 12\r\nContent-Length: 3\r\n\r\nabc\
                RTSP/1.0 200 OK\r\nCSeq: 4\r\nSession: 34 \r\n\r\n";
    assert_eq!(read(said), (vec!["12".to_owned(), "34".to_owned()], Some("abc".to_owned())));
}

#[test]
fn through_http() {
    let said = "HTTP/1.0 200 OK\r\nContent-Length: 32767\r\n\r\nRTSP/1.0 200 OK\r\nSession: 12\r\n\r\n";
    assert_eq!(read(said).0, ["12"]);
}

#[test]
fn what_is_no_rtsp_says_nothing() {
    for said in ["", "HTTP/1.0 200 OK\r\n", "SSH-2.0-x\r\n\r\n", "RTSP/1.0 200 OK\r\nSession: 12\r\n"] {
        assert_eq!(read(said), (Vec::new(), None), "{said:?}");
    }
}
