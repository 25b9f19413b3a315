use proptest::prelude::*;
use rtmpd_core::Error;

use super::*;

/// What comes out of `data` when it goes in in pieces of these sizes, which are repeated.
fn read_cut(data: &[u8], sizes: &[usize]) -> (Vec<Message>, Option<(Error, Response)>) {
    let mut decoder = Decoder::default();
    let mut messages = Vec::new();
    let (mut rest, mut sizes) = (data, sizes.iter().cycle());
    while !rest.is_empty() {
        let (mut piece, after) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
        rest = after;
        while !piece.is_empty() {
            if let Some((channel, payload)) = decoder.feed(&mut piece) {
                messages.push(Message::Data { channel, payload: Bytes::copy_from_slice(payload) });
            }
            loop {
                match decoder.next_message() {
                    Ok(Some(message)) => messages.push(message),
                    Ok(None) => break,
                    Err(error) => return (messages, Some((error, decoder.farewell()))),
                }
            }
        }
    }
    (messages, None)
}

/// The same, whichever way it is cut.
fn read(data: &[u8]) -> (Vec<Message>, Option<(Error, Response)>) {
    let whole = read_cut(data, &[data.len().max(1)]);
    for sizes in [&[1][..], &[2, 1], &[7], &[3, 40], &[100]] {
        assert_eq!(whole, read_cut(data, sizes), "in pieces of {sizes:?}");
    }
    whole
}

fn requests(text: &str) -> Vec<Request> {
    let (messages, error) = read(text.as_bytes());
    assert_eq!(error, None, "{text}");
    let requests = messages.into_iter().map(|message| match message {
        Message::Request(request) => request,
        other @ (Message::Response(_) | Message::Data { .. }) => panic!("{other:?}"),
    });
    requests.collect()
}

fn request(text: &str) -> Request {
    let mut all = requests(text);
    assert_eq!(all.len(), 1, "{text}");
    all.remove(0)
}

/// The status that answers it, and the error's text.
fn refused(data: &[u8]) -> (u16, String) {
    let (_, error) = read(data);
    let (error, response) = error.unwrap_or_else(|| panic!("{:?} is taken", String::from_utf8_lossy(data)));
    (response.status, error.to_string())
}

/// What clients really begin with: method, URL, agent.
const CLIENTS: &[(&str, Method, &str, &str)] = &[
    (
        "OPTIONS rtsp://10.0.0.1:554/live/a RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: Lavf59.27.100\r\n\r\n",
        Method::Options,
        "rtsp://10.0.0.1:554/live/a",
        "Lavf59.27.100",
    ),
    (
        "OPTIONS rtsp://10.0.0.1/live/a RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: GStreamer/1.22.0\r\n\
         Date: Mon, 23 Nov 2026 12:00:00 GMT\r\n\r\n",
        Method::Options,
        "rtsp://10.0.0.1/live/a",
        "GStreamer/1.22.0",
    ),
    (
        "DESCRIBE rtsp://10.0.0.1/live/a RTSP/1.0\r\nCSeq: 3\r\n\
         User-Agent: LibVLC/3.0.18 (LIVE555 Streaming Media v2016.11.28)\r\nAccept: application/sdp\r\n\r\n",
        Method::Describe,
        "rtsp://10.0.0.1/live/a",
        "LibVLC/3.0.18 (LIVE555 Streaming Media v2016.11.28)",
    ),
    // live555's openRTSP names its whole path.
    (
        "OPTIONS rtsp://10.0.0.1/live/a RTSP/1.0\r\nCSeq: 2\r\n\
         User-Agent: ./openRTSP (LIVE555 Streaming Media v2023.01.19)\r\n\r\n",
        Method::Options,
        "rtsp://10.0.0.1/live/a",
        "./openRTSP (LIVE555 Streaming Media v2023.01.19)",
    ),
    // RTSP 2.0, RFC 7826 §13.1
    (
        "OPTIONS * RTSP/2.0\r\nCSeq: 1\r\nUser-Agent: PhonyClient/1.2\r\nSupported: play.basic\r\n\r\n",
        Method::Options,
        "*",
        "PhonyClient/1.2",
    ),
    // Names of headers in any case, no blank behind the colon, blanks at the end, bare LF, two blanks in the line.
    (
        "SETUP  rtsp://10.0.0.1/live/a/trackID=0  RTSP/1.0\ncseq:4 \nUSER-AGENT:NKPlayer-1.00.00.081112\t\n\n",
        Method::Setup,
        "rtsp://10.0.0.1/live/a/trackID=0",
        "NKPlayer-1.00.00.081112",
    ),
    // A blank in the name.
    (
        "PLAY rtsp://10.0.0.1/live/front door RTSP/1.0\r\nCSeq: 5\r\nUser-Agent: x\r\n\r\n",
        Method::Play,
        "rtsp://10.0.0.1/live/front door",
        "x",
    ),
    // UTF-8 in the name, a line without a colon, a folded header.
    (
        "PAUSE rtsp://10.0.0.1/live/tür RTSP/1.0\r\nIPCAM\r\nUser-Agent: a\r\n  b\r\n\tc\r\n\r\n",
        Method::Pause,
        "rtsp://10.0.0.1/live/tür",
        "a b c",
    ),
    // No headers at all.
    ("TEARDOWN rtsp://h/live/a RTSP/1.0\r\n\r\n", Method::Teardown, "rtsp://h/live/a", ""),
];

#[test]
fn what_clients_send_is_understood() {
    for (text, method, uri, agent) in CLIENTS {
        let request = request(text);
        assert_eq!((&request.method, request.uri.as_str()), (method, *uri), "{text}");
        assert_eq!(request.header("user-agent").unwrap_or_default(), *agent, "{text}");
        assert_eq!(request.body, Bytes::new());
    }
    assert_eq!(request("FLUSH * RTSP/1.0\r\n\r\n").method, Method::Unknown("FLUSH".into()));
}

#[test]
fn messages_and_packets_follow_each_other() {
    let mut data = b"\r\n$\x00\x00\x04abcd$\x01\x00\x00".to_vec();
    data.extend(
        b"GET_PARAMETER rtsp://h/live/a RTSP/1.0\r\nCSeq: 9\r\nContent-Length: 10\r\n\r\nposition\r\n",
    );
    data.extend(
        b"$\x02\x00\x02\r\n\r\n\0RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 0\r\n\r\n$\x00\x00\x01x",
    );
    let (messages, error) = read(&data);
    assert_eq!(error, None);
    let data = |channel, payload: &'static [u8]| Message::Data { channel, payload: payload.into() };
    assert_eq!(messages.len(), 6);
    assert_eq!(messages[..2], [data(0, b"abcd"), data(1, b"")]);
    assert!(matches!(&messages[2], Message::Request(request)
        if request.method == Method::GetParameter && request.body == "position\r\n"));
    assert_eq!(messages[3], data(2, b"\r\n"));
    assert!(matches!(&messages[4], Message::Response(response)
        if response.status == 200 && response.header("CSeq") == Some("1")));
    assert_eq!(messages[5], data(0, b"x"));
}

#[test]
fn packets_that_are_all_there_are_not_copied() {
    let data = b"$\x00\x00\x03abc$\x01\x00\x02de$\x00\x00\x05f";
    let (mut decoder, mut rest) = (Decoder::default(), &data[..]);
    for (channel, at, end) in [(0, 4, 7), (1, 11, 13)] {
        let (found, payload) = decoder.feed(&mut rest).unwrap();
        assert_eq!((found, payload.as_ptr(), payload.len()), (channel, data[at..].as_ptr(), end - at));
    }
    // The rest of the third comes with the next bytes, of which only that is taken in.
    assert_eq!((decoder.feed(&mut rest), decoder.waiting()), (None, 5));
    assert_eq!(decoder.next_message(), Ok(None));
    let mut more = &b"ghij$\x00\x00\x01k"[..];
    assert_eq!((decoder.feed(&mut more), more), (None, &b"$\x00\x00\x01k"[..]));
    assert_eq!(decoder.next_message(), Ok(Some(Message::Data { channel: 0, payload: "fghij".into() })));
    assert_eq!(decoder.feed(&mut more), Some((0, &b"k"[..])));
}

#[test]
fn what_stands_between_messages_is_passed_over_by_those_who_spoke_before() {
    let first = b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n";
    // A body longer than its Content-Length, packets longer than they say, line ends after packets.
    let junk: [&[u8]; 6] = [
        b"a=control:trackID=1\r\na=recvonly\r\n",
        &[0x80, 0x60, 0x12, 0x34, 0xff, 0xfe],
        b"$\x00\x00\x02ab\x01\x02\x03",
        b"xyz\x07AB\x00",
        b"\0\0\0\r\n\r\n",
        b"HELLO WORLD\r\n",
    ];
    for junk in junk {
        let data = [first, junk, first, b"xy$\x00\x00\x01z".as_slice()].concat();
        let (messages, error) = read(&data);
        assert_eq!(error, None, "{junk:?}");
        let said = messages.iter().filter(|message| matches!(message, Message::Request(_))).count();
        assert_eq!(said, 2, "{junk:?}: {messages:?}");
        assert_eq!(messages.last(), Some(&Message::Data { channel: 0, payload: "z".into() }));
    }
    let data = [&first[..], &[0xff; 70 << 10]].concat();
    assert!(refused(&data).1.contains("neither message nor packet") || refused(&data).0 == 414);
    let data = [&first[..], &[1; 70 << 10]].concat();
    assert!(refused(&data).1.contains("65537 bytes are neither message nor packet"));
}

#[test]
fn what_is_no_rtsp_says_why_and_with_which_status() {
    let tls = b"\x16\x03\x01\x02\x00\x01\x00";
    assert_eq!(refused(tls).0, 400);
    assert!(
        refused(tls).1.contains("begins with \"\\u{16}\", expected METHOD URL RTSP/1.0"),
        "{:?}",
        refused(tls)
    );
    let cases: &[(&str, u16, &str)] = &[
        ("HELLO\r\n\r\n", 400, "begins with \"HELLO\""),
        ("OPTIONS RTSP/1.0\r\n\r\n", 400, "request line is \"OPTIONS RTSP/1.0\""),
        ("OPTIONS * RTSP/3.0\r\n\r\n", 505, "version is \"RTSP/3.0\""),
        ("RTSP/1.0 OK\r\n\r\n", 400, "status line is \"RTSP/1.0 OK\""),
        ("A * RTSP/1.0\r\nContent-Length: -1\r\n\r\n", 400, "Content-Length is \"-1\", expected a number"),
        ("A * RTSP/1.0\r\nContent-Length: \r\n\r\n", 400, "Content-Length is \"\", expected a number"),
        ("A * RTSP/1.0\r\nContent-Length: 0x10\r\n\r\n", 400, "Content-Length is \"0x10\""),
        ("A * RTSP/1.0\r\nContent-Length: 1\r\nContent-length: 2\r\n\r\n", 400, "both \"1\" and \"2\""),
        ("A * RTSP/1.0\r\nContent-Length: 65537\r\n\r\n", 413, "at most 65536 are taken"),
        ("A * RTSP/1.0\r\nContent-Length: 9223372036854775808\r\n\r\n", 413, "at most 65536 are taken"),
        ("A * RTSP/1.0\r\nContent-Length: 99999999999999999999999\r\n\r\n", 413, "at most 65536"),
    ];
    for (text, status, says) in cases {
        let (found, error) = refused(text.as_bytes());
        assert_eq!(found, *status, "{text}: {error}");
        assert!(error.contains(says), "{text}: {error}");
    }
    let line = format!("OPTIONS rtsp://h/{} RTSP/1.0\r\n\r\n", "a".repeat(4096));
    assert_eq!(refused(line.as_bytes()).0, 414);
    assert_eq!(refused("A".repeat(5000).as_bytes()).0, 414);
    let headers: String = (0..65).map(|n| format!("X-{n}: y\r\n")).collect();
    assert!(refused(format!("A * RTSP/1.0\r\n{headers}\r\n").as_bytes()).1.contains("more than 64 headers"));
    let header = format!("A * RTSP/1.0\r\nX: {}", "y".repeat(1 << 20));
    assert!(refused(header.as_bytes()).1.contains("longer than 16384 bytes"));
}

#[test]
fn a_refusal_answers_the_request_that_it_is_about() {
    let (_, error) = read(b"A * RTSP/1.0\r\nCSeq: 77\r\nContent-Length: x\r\n\r\n");
    let (_, response) = error.unwrap();
    assert_eq!(
        response.write("RTSP/1.0"),
        "RTSP/1.0 400 Bad Request\r\nCSeq: 77\r\nConnection: close\r\n\r\n"
    );
}

#[test]
fn the_same_length_said_twice_is_one() {
    let said = request("A * RTSP/1.0\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\nxy");
    assert_eq!(said.body, "xy");
}

#[test]
fn halves_of_a_tunnel_have_no_body() {
    // ffmpeg says 32767 and goes on for ever.
    let text = "POST /live/a HTTP/1.0\r\nUser-Agent: Lavf59.27.100\r\nx-sessioncookie: 1a2b\r\n\
                Content-Type: application/x-rtsp-tunnelled\r\nContent-Length: 32767\r\n\r\nT1BUSU9OUyA=";
    let mut decoder = Decoder::default();
    decoder.push(text.as_bytes());
    let Ok(Some(Message::Request(half))) = decoder.next_message() else { panic!("no request") };
    assert_eq!((&half.method, half.version.as_str()), (&Method::Post, "HTTP/1.0"));
    assert_eq!(half.header("X-SessionCookie"), Some("1a2b"));
    assert_eq!(decoder.take_rest(), "T1BUSU9OUyA=");
    let get = request("GET /live/a HTTP/1.1\r\nHost: h\r\nX-Sessioncookie: 1a2b\r\n\r\n");
    assert_eq!(get.method, Method::Get);
}

#[test]
fn line_ends_in_values_and_urls_make_no_headers() {
    let request = Request::new(Method::Setup, "rtsp://h/a\r\nX: y").with("Transport", "a\r\nEvil: b");
    assert_eq!(request.write(), "SETUP rtsp://h/aX: y RTSP/1.0\r\nTransport: a  Evil: b\r\n\r\n");
}

/// Base64 in pieces of each of these sizes.
fn decoded(text: &str) -> Vec<u8> {
    let decode = |size: usize| -> Vec<u8> {
        let mut base64 = Base64::default();
        text.as_bytes().chunks(size).flat_map(|piece| base64.push(piece).unwrap()).collect()
    };
    let whole = decode(text.len().max(1));
    (1..6).for_each(|size| assert_eq!(decode(size), whole, "{text} in pieces of {size}"));
    whole
}

#[test]
fn base64_comes_in_any_cut_with_line_breaks_and_padding_in_the_middle() {
    assert_eq!(decoded(""), b"");
    assert_eq!(decoded("T1BUSU9OUw=="), b"OPTIONS");
    assert_eq!(decoded("T1BU\r\nSU9O\r\n Uw==\r\n"), b"OPTIONS");
    // Each request for itself, as QuickTime has it.
    assert_eq!(decoded("T1BUSU9OUw==UExBWQ==\nQQ==QUI=QUJD"), b"OPTIONSPLAYAABABC");
    let error = Base64::default().push(b"QU-I").unwrap_err().to_string();
    assert!(error.contains("0x2d, expected base64"), "{error}");
}

fn word() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_-]{1,12}"
}

fn headers() -> impl Strategy<Value = Vec<(String, String)>> {
    let value = "[!-~]{0,3}([ -~äß]{0,20}[!-~])?";
    // Content-Length is the writer's.
    prop::collection::vec(("X-[A-Za-z0-9-]{1,10}", value), 0..8)
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        method in word(), path in "[!-~äß]{1,30}", headers in headers(), body: Vec<u8>, status in 100_u16..1000,
    ) {
        let mut request = Request::new(Method::of(&method), &path);
        let mut response = Response::new(status);
        for (name, value) in &headers {
            request.headers.push(name, value.trim());
            response.headers.push(name, value.trim());
        }
        request.body = body.clone().into();
        response.body = body.into();
        let data = [request.write(), Bytes::from_static(b"$\x07\x00\x01z"), response.write("RTSP/1.0")].concat();
        let (messages, error) = read(&data);
        prop_assert_eq!(error, None);
        prop_assert_eq!(messages.len(), 3);
        let length = |headers: &Headers| headers.find("Content-Length").map(str::to_owned);
        let (Message::Request(found), Message::Response(answer)) = (&messages[0], &messages[2]) else {
            return Err(TestCaseError::fail("other kinds"));
        };
        prop_assert_eq!(length(&found.headers), (!request.body.is_empty()).then(|| request.body.len().to_string()));
        let plain = |headers: &Headers| -> Vec<(String, String)> {
            let own = headers.iter().filter(|(name, _)| *name != "Content-Length");
            own.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
        };
        prop_assert_eq!((&found.method, &found.uri, &found.body), (&request.method, &request.uri, &request.body));
        prop_assert_eq!(plain(&found.headers), plain(&request.headers));
        prop_assert_eq!((answer.status, plain(&answer.headers)), (status, plain(&response.headers)));
        prop_assert_eq!(&answer.body, &response.body);
    }

    #[test]
    fn any_bytes_have_the_same_outcome_in_any_cut(
        start: bool,
        parts in prop::collection::vec(prop_oneof![
            prop::collection::vec(any::<u8>(), 0..40),
            Just(b"\r\n".to_vec()), Just(b"\n".to_vec()), Just(b"$".to_vec()), Just(b"$\x00\x00\x02ab".to_vec()),
            Just(b"PLAY rtsp://h/live/a RTSP/1.0\r\n".to_vec()), Just(b"RTSP/1.0 200 OK\r\n".to_vec()),
            Just(b"Content-Length: 3\r\n".to_vec()), Just(b"CSeq: 1\r\n\r\n".to_vec()), Just(b" RTSP/1.0".to_vec()),
        ], 0..20),
        sizes in prop::collection::vec(1_usize..60, 1..6),
    ) {
        let mut data = if start { b"OPTIONS * RTSP/1.0\r\n\r\n".to_vec() } else { Vec::new() };
        data.extend(parts.concat());
        prop_assert_eq!(read_cut(&data, &[data.len().max(1)]), read_cut(&data, &sizes));
    }
}
