//! Files of `vod/` as curl, ffmpeg and sockets get them and send them.

#![forbid(unsafe_code)]

use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rtmpd_interop::raw::{connect, exchange, get, read_head, read_response};
use rtmpd_interop::{Server, paths, raw, until};

const OPEN: &str = "<upload max=\"64\" from=\"any\"/>";

/// Bytes that repeat nowhere within reach, the same on each run.
fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut out: Vec<u8> = std::iter::repeat_with(&mut next).take(length / 8 + 1).flatten().collect();
    out.truncate(length);
    out
}

/// A server with these files in `vod/`.
fn serving(name: &str, http: &str, files: &[(&str, &[u8])]) -> Server {
    let server = Server::start_http(name, http);
    for (path, content) in files {
        let path = server.folder().join("vod").join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
        std::fs::write(path, content).expect("a file can be written");
    }
    server
}

/// What curl writes, when it succeeds.
fn curl(args: &[&str]) -> Vec<u8> {
    let output =
        Command::new("curl").args(["-sS", "--max-time", "60"]).args(args).output().expect("curl runs");
    assert!(output.status.success(), "curl {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn text(args: &[&str]) -> String {
    String::from_utf8(curl(args)).expect("text")
}

fn show(path: &Path) -> &str {
    path.to_str().expect("a path of ours is text")
}

/// The names in `vod/`, hidden ones too.
fn left(server: &Server) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(server.folder().join("vod")) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn ranges_byte_by_byte() {
    let film = noise(3_000_000, 1);
    let server = serving("vod-ranges", "", &[("d/fílm ü.mkv", &film)]);
    let url = server.http("/vod/d/f%C3%ADlm%20%C3%BC.mkv");
    assert!(curl(&[&url]) == film, "the whole");
    let ranges = [
        ("0-0", 0..1),
        ("0-262143", 0..262_144),
        ("262143-262145", 262_143..262_146),
        ("2999999-", 2_999_999..3_000_000),
    ];
    for (range, bytes) in
        ranges.into_iter().chain([("-5", 2_999_995..3_000_000), ("1000-2500000", 1000..2_500_001)])
    {
        assert!(curl(&["-r", range, &url]) == film[bytes], "{range}");
    }
    let two = curl(&["-r", "0-9,1000000-1000009", &url]);
    for part in [&film[..10], &film[1_000_000..1_000_010]] {
        assert!(two.windows(10).any(|window| window == part), "both parts are there");
    }
    let listing = text(&[&server.http("/api/vod/d")]);
    assert_eq!(listing, "{\"dirs\":[],\"files\":[\"fílm ü.mkv\"]}");
    assert_eq!(text(&[&server.http("/api/vod")]), "{\"dirs\":[\"d\"],\"files\":[]}");
    assert!(curl(&[&server.http("/api/vod/d/f%C3%ADlm%20%C3%BC.mkv")]) == film);
    let beyond =
        exchange(server.http_port(), &get("/vod/d/f%C3%ADlm%20%C3%BC.mkv", "Range: bytes=3000000-\r\n"));
    assert_eq!((beyond.status, beyond.field("content-range")), (416, Some("bytes */3000000")));
}

#[test]
fn a_download_that_broke_off_goes_on() {
    let film = noise(2_000_000, 2);
    let server = serving("vod-resume", "", &[("film.ts", &film)]);
    let part = paths::scratch("vod-resume-client").join("film.ts");
    std::fs::write(&part, &film[..700_001]).expect("a file can be written");
    let url = server.http("/vod/film.ts");
    curl(&["-C", "-", "-o", show(&part), &url]);
    assert!(std::fs::read(&part).expect("a file") == film, "curl has put both parts together");
    std::fs::remove_dir_all(part.parent().expect("a folder")).ok();
    // If the file is another one by now, the part that the client has is worth nothing.
    let first = exchange(server.http_port(), &get("/vod/film.ts", "Range: bytes=0-9\r\n"));
    let [etag, date] = ["etag", "last-modified"].map(|name| first.field(name).expect(name).to_owned());
    let after = |condition: &str| {
        let lines = format!("Range: bytes=10-19\r\nIf-Range: {condition}\r\n");
        exchange(server.http_port(), &get("/vod/film.ts", &lines))
    };
    for condition in [&etag, &date] {
        let response = after(condition);
        assert_eq!((response.status, &response.body[..]), (206, &film[10..20]), "{condition}");
    }
    std::thread::sleep(Duration::from_millis(1100));
    let other = noise(500_000, 3);
    std::fs::write(server.folder().join("vod/film.ts"), &other).expect("a file can be written");
    for condition in [&etag, &date] {
        let response = after(condition);
        assert!(response.status == 200 && response.body == other, "{condition}: {}", response.head);
    }
    let stale = get("/vod/film.ts", &format!("If-Match: {etag}\r\n"));
    assert_eq!(exchange(server.http_port(), &stale).status, 412);
}

#[test]
fn many_read_at_once() {
    let film = noise(4_000_000, 4);
    let server = serving("vod-many", "", &[("film.mp4", &film)]);
    let port = server.http_port();
    std::thread::scope(|scope| {
        for reader in 0..20_usize {
            let film = &film;
            scope.spawn(move || {
                let mut socket = connect(port);
                for turn in 0..10_usize {
                    let from = (reader * 197_003 + turn * 391_117) % film.len();
                    let to = (from + 150_000 + reader * 10_000).min(film.len());
                    let line = format!("Range: bytes={from}-{}\r\n", to - 1);
                    socket.write_all(get("/vod/film.mp4", &line).as_bytes()).expect("a request is taken");
                    let response = read_response(&mut socket);
                    assert!(response.status == 206 && response.body == film[from..to], "{from}..{to}");
                }
            });
        }
    });
}

#[test]
fn a_slow_reader_costs_no_memory() {
    let server = serving("vod-slow", "", &[]);
    let path = server.folder().join("vod/film.mkv");
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
    let file = std::fs::File::create(&path).expect("a file can be made");
    file.set_len(200 << 20).expect("a file can be long");
    assert_eq!(raw::status(server.http_port(), "/vod/film.mkv"), 200);
    let before = server.resident_kib();
    let mut readers: Vec<_> = (0..10)
        .map(|_| {
            let mut socket = connect(server.http_port());
            socket.write_all(get("/vod/film.mkv", "").as_bytes()).expect("a request is taken");
            assert_eq!(read_head(&mut socket).status, 200);
            socket
        })
        .collect();
    for _ in 0..40 {
        let mut buffer = [0; 100];
        readers
            .iter_mut()
            .for_each(|reader| reader.read_exact(&mut buffer).expect("a slow reader is served"));
        std::thread::sleep(Duration::from_millis(100));
    }
    let grown = server.resident_kib().saturating_sub(before);
    assert!(grown < 20 << 10, "ten readers of 200 MB each take {grown} KiB");
    // It still comes, and is whole: such a reader was not given up.
    let mut rest = vec![0; 1 << 20];
    readers[0].read_exact(&mut rest).expect("the rest comes when it is wanted");
}

#[test]
fn three_files_arrive_as_they_are() {
    let server = serving("vod-upload", OPEN, &[]);
    let folder = paths::scratch("vod-upload-client");
    let files =
        [("a.mp4", noise(9_000_000, 5)), ("视频 ü.mkv", noise(1_234_567, 6)), ("empty.txt", Vec::new())];
    let mut args = Vec::new();
    for (number, (name, content)) in files.iter().enumerate() {
        std::fs::write(folder.join(name), content).expect("a file can be written");
        args.extend(["-F".to_owned(), format!("file{number}=@{}", folder.join(name).display())]);
    }
    let url = server.http("/vod/new/folder");
    let post = |more: &[&str]| {
        let mut all: Vec<&str> = args.iter().map(String::as_str).collect();
        all.extend(["-F", "note=hello", "-w", " %{http_code}", &url]);
        all.extend(more);
        text(&all)
    };
    assert_eq!(post(&[]), "{\"files\":[\"a.mp4\",\"视频 ü.mkv\",\"empty.txt\"]} 201");
    let check = |place: &str| {
        for (name, content) in &files {
            let stored = server.folder().join("vod").join(place).join(name);
            assert!(std::fs::read(&stored).expect("a stored file") == *content, "{}", stored.display());
        }
    };
    check("new/folder");
    assert_eq!(left(&server), ["new"], "nothing hidden is left");
    assert!(post(&[]).ends_with(" 409"), "nothing is overwritten");
    check("new/folder");
    let chunked = url.replace("new/folder", "chunked");
    let mut all: Vec<&str> = args.iter().map(String::as_str).collect();
    all.extend(["-H", "Transfer-Encoding: chunked", "-H", "Expect:", &chunked]);
    assert!(text(&all).starts_with("{\"files\":["));
    check("chunked");
    assert_eq!(left(&server), ["chunked", "new"]);
    std::fs::remove_dir_all(folder).ok();
}

/// The head and beginning of an upload, of which more was promised.
fn begun(server: &Server) -> std::net::TcpStream {
    let mut socket = connect(server.http_port());
    let part = "--b\r\nContent-Disposition: form-data; name=f; filename=a.mp4\r\n\r\n";
    let head = "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 9000000\r\n";
    let request = get("/vod/new", head).replacen("GET", "POST", 1) + part;
    socket.write_all(request.as_bytes()).expect("a request is taken");
    socket.write_all(&noise(2_000_000, 7)).expect("bytes are taken");
    until("some of it is written", Duration::from_secs(10), || !left(server).is_empty());
    socket
}

#[test]
fn what_breaks_off_leaves_nothing() {
    let server = serving("vod-abort", OPEN, &[]);
    let gone = |how: &str| until(how, Duration::from_secs(10), || left(&server).is_empty());
    drop(begun(&server));
    gone("closed");
    let socket = begun(&server);
    socket.shutdown(std::net::Shutdown::Write).expect("a side can be closed");
    gone("half closed");
    drop(socket);
    let mut socket = begun(&server);
    // A boundary that goes on like no boundary.
    socket.write_all(b"\r\n--bXX").expect("bytes are taken");
    assert_eq!(read_response(&mut socket).status, 400);
    gone("malformed");
    assert_eq!(raw::status(server.http_port(), "/vod/new/a.mp4"), 404);
    assert_eq!(text(&[&server.http("/api/vod")]), "{\"dirs\":[],\"files\":[]}");
}

#[test]
fn a_killed_server_tidies_up_at_its_next_start() {
    let folder = paths::scratch("vod-killed");
    let start = || Server::start_in(|_| folder.clone(), "vod-killed", ["", "", OPEN, ""]);
    let mut server = start();
    let socket = begun(&server);
    assert_eq!(left(&server).len(), 1);
    server.process().signal("KILL");
    server.process().wait(Duration::from_secs(5));
    drop(socket);
    assert_eq!(left(&server).len(), 1, "nobody could tidy up");
    let second = start();
    until("it is tidied up", Duration::from_secs(5), || left(&second).is_empty());
    second.wait_log("uploads: 1 that were cut off are removed");
    drop((server, second));
}

#[test]
fn uploads_are_off_unless_they_are_wanted() {
    let server = serving("vod-off", "", &[]);
    let refused = text(&["-F", "f=x;filename=a", "-w", " %{http_code}", &server.http("/vod/d")]);
    assert!(refused.contains("uploads are off") && refused.ends_with(" 403"), "{refused}");
    let large = format!("f=@{}", paths::server().display());
    let server = serving("vod-small", "<upload max=\"1\" from=\"local\"/>", &[]);
    let answer = |extra: &[&str]| {
        let mut all = vec!["-F", &large, "-o", "/dev/null", "-w", "%{http_code}"];
        all.extend(extra);
        let url = server.http("/vod/d");
        all.push(&url);
        text(&all)
    };
    assert_eq!(answer(&[]), "413");
    assert_eq!(answer(&["-H", "Origin: http://evil.example"]), "403");
    assert_eq!(answer(&["-H", "X-Forwarded-For: 192.0.2.1"]), "403");
    assert_eq!(left(&server), Vec::<String>::new());
}

/// What must never lead to a byte from outside, each sent as it stands.
const HOSTILE: [&str; 42] = [
    "/vod/../config.xml",
    "/vod/../../config.xml",
    "/vod/../../../../../../../../etc/passwd",
    "/vod/%2e%2e/config.xml",
    "/vod/%2e%2e%2fconfig.xml",
    "/vod/..%2fconfig.xml",
    "/vod/.%2e/config.xml",
    "/vod/%252e%252e/config.xml",
    "/vod/%252e%252e%252fconfig.xml",
    "/vod/..%5cconfig.xml",
    "/vod/..\\config.xml",
    "/vod/%5c..%5cconfig.xml",
    "/vod/..%c0%afconfig.xml",
    "/vod/%c0%ae%c0%ae/config.xml",
    "/vod/%e0%80%ae%e0%80%ae/config.xml",
    "/vod/..%u2215config.xml",
    "/vod/%uff0e%uff0e/config.xml",
    "/vod/\u{ff0e}\u{ff0e}/config.xml",
    "/vod/d/../../config.xml",
    "/vod/d/%2e%2e/%2e%2e/config.xml",
    "/vod//../config.xml",
    "/vod/./../config.xml",
    "/vod/..;/config.xml",
    "/vod/...//config.xml",
    "/vod/....//....//config.xml",
    "/vod//etc/passwd",
    "/vod/%2fetc%2fpasswd",
    "/vod/file:///etc/passwd",
    "/vod/link",
    "/vod/linkdir/passwd",
    "/vod/linkdir%2fpasswd",
    "/vod/.hidden",
    "/vod/%2ehidden",
    "/vod/config.xml%00.mp4",
    "/vod/a.mp4%00",
    "/vod/../config.xml?hls=init",
    "/vod/link.mp4?hls=init",
    "/vod/link.mp4.m3u8",
    "/api/vod/../../config.xml",
    "/api/vod/linkdir",
    "/rec/../../config.xml",
    "/rec/a/2022-05-21/..%2f..%2f..%2f..%2fconfig.xml",
];

#[test]
fn nobody_gets_out() {
    let server = serving("vod-hostile", OPEN, &[("d/a.mp4", b"film"), (".hidden", b"SECRET")]);
    let folder = server.folder();
    std::fs::write(folder.join("secret"), "SECRET").expect("a file can be written");
    for (to, name) in [("../secret", "link"), ("/etc", "linkdir"), ("../secret", "link.mp4")] {
        std::os::unix::fs::symlink(to, folder.join("vod").join(name)).expect("a link can be made");
    }
    let is_outside = |body: &[u8]| {
        let body = String::from_utf8_lossy(body);
        ["SECRET", "<config>", "root:", "passwd\""].iter().any(|secret| body.contains(secret))
    };
    for path in HOSTILE {
        for method in ["GET", "POST"] {
            let form = "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 0\r\n";
            let lines = if method == "POST" { form } else { "Range: bytes=0-99999\r\n" };
            let response = exchange(server.http_port(), &get(path, lines).replacen("GET", method, 1));
            assert!((300..500).contains(&response.status), "{method} {path}: {}", response.head);
            assert!(!is_outside(&response.body), "{method} {path}");
        }
    }
    // As the name of a file, or of the folder it is for.
    let before = left(&server);
    let form = |name: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=f; filename=\"{name}\"\r\n\r\nEVIL\r\n--b--")
    };
    let post = |path: &str, name: &str| {
        let body = form(name);
        let head =
            format!("Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {}\r\n", body.len());
        exchange(server.http_port(), &(get(path, &head).replacen("GET", "POST", 1) + &body)).status
    };
    for name in ["..", ".", ".x", "con", "a.", "a:b", "a*", "x\\..", "../.", "a\u{7f}", "nul.mp4"] {
        assert_eq!(post("/vod", name), 400, "{name:?}");
    }
    for path in
        ["/vod/linkdir", "/vod/linkdir/x", "/vod/.hidden", "/vod/.upload-1", "/vod/d/a.mp4", "/vod/link"]
    {
        assert!(matches!(post(path, "evil"), 400 | 409 | 503), "{path}");
    }
    until("nothing is left", Duration::from_secs(5), || left(&server) == before);
    assert!(!Path::new("/etc/evil").exists());
    assert_eq!(exchange(server.http_port(), &get("/vod/d/a.mp4", "")).body, b"film");
}
