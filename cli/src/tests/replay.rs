//! Captures by the command `replay`, with a configuration that has their ports.

use std::fs;
use std::path::Path;

use super::folder::Folder;

/// The transcript of a case of the test vectors.
fn replayed(case: &str) -> String {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-vectors").join(case);
    let facts = fs::read_to_string(case.join("case.toml")).unwrap();
    let port = |name: &str| {
        let found = facts.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
        format!("<{name}><port>{}</port></{name}>", found.unwrap())
    };
    let ports: String = ["rtmp", "http", "rtsp", "srt"].map(port).concat();
    let folder = Folder::new();
    fs::write(folder.path().join("config.xml"), format!("<config>{ports}</config>")).unwrap();
    crate::replay::run(&case.join("capture.pcap"), Some(folder.path())).unwrap()
}

#[test]
fn clients_that_answer_what_a_server_drew() {
    for (case, expected) in [
        ("rtsp/ffmpeg-play-udp", "Play live/a by rtsp"),
        ("rtsp/gstreamer-publish-tcp", "Publish live/a by rtsp"),
        ("srt/ffmpeg-publish", "Publish live/a by srt"),
    ] {
        let transcript = replayed(case);
        assert!(transcript.contains(expected), "{case}: {transcript}");
        assert!(!transcript.contains("is answered 4"), "{case}: {transcript}");
        assert_eq!(transcript, replayed(case), "{case}: another one the second time");
    }
}
