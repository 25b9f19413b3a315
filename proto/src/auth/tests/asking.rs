//! The machine that asks, and what it says of the answers.

use std::time::Duration;

use rtmpd_core::{Event, Input, Instant, Machine, Output, Peer, Reply};

use super::super::{Asker, AuthServer, HttpType, Target};

const QUESTION: &[u8] = b"GET /live/a?user=admin&token=secret&bare&type=rtmp&role=player HTTP/1.1\r\n\r\n";

fn asked(inputs: &[&str]) -> Vec<String> {
    let server = AuthServer {
        host: "10.0.0.9".into(),
        port: 81,
        target: Target::Router("".into()),
        timeout: Duration::from_secs(3),
        http_type: HttpType::Rtmp,
    };
    let mut asker = Asker::new(&server);
    let mut now = Instant::from_millis(1);
    let address = "127.0.0.1:80".parse().unwrap();
    let peer = Peer { local: address, remote: address };
    asker.handle_input(now, Input::Handed(QUESTION)).unwrap();
    for input in inputs {
        match *input {
            "dialled" => asker.handle_input(now, Input::Reply(Reply::Dialled(Ok(peer)))),
            "dead" => asker.handle_input(now, Input::Reply(Reply::Dialled(Err("refused".into())))),
            "eof" => asker.handle_input(now, Input::Eof),
            "wait" => {
                now = asker.poll_timeout().unwrap();
                asker.handle_input(now, Input::Timeout)
            }
            text => asker.handle_input(now, Input::Bytes(text.as_bytes())),
        }
        .unwrap();
    }
    let mut said = Vec::new();
    while let Some(output) = asker.poll_output() {
        match output {
            Output::Transmit(data) => assert_eq!(data, QUESTION),
            Output::Event(Event::Answer(answer)) => said.push(format!("{answer:?}")),
            Output::Event(Event::Note(note)) => said.push(note.text),
            Output::Datagram(..) | Output::Event(_) | Output::Close(_) => {}
        }
    }
    said
}

#[test]
fn two_hundred_is_yes_and_secrets_are_not_told() {
    let about = "/live/a?user=…&token=…&…&type=rtmp&role=player";
    assert_eq!(
        asked(&["dialled", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]),
        [format!("auth server 10.0.0.9:81 answered 200 to {about}"), "Ok(())".to_owned()]
    );
    let no = |what: &str| [format!("Err(\"auth server 10.0.0.9:81 {what} {about}\")")];
    for status in ["201 Created", "204 No Content", "302 Found", "403 Forbidden", "500 Oops"] {
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        let (code, _) = status.split_once(' ').unwrap();
        assert_eq!(asked(&["dialled", &answer]), no(&format!("answered {code} to")));
    }
    assert_eq!(asked(&["dead"]), no("cannot be reached: refused, asked"));
    assert_eq!(asked(&["wait"]), no("could not be reached in 3000 ms, asked"));
    assert_eq!(asked(&["dialled", "wait"]), no("gave no answer in 3000 ms, asked"));
    assert_eq!(
        asked(&["dialled", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "eof"]),
        no("closed the connection in the middle of its answer, asked")
    );
}
