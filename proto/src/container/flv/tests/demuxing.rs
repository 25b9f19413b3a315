//! File headers and odd tags.

use super::*;

fn error(data: &'static [u8]) -> String {
    let mut demuxer = Demuxer::new();
    demuxer.push(data);
    demuxer.poll().unwrap_err().to_string()
}

#[test]
fn headers_are_checked() {
    assert!(error(b"GIF89a").contains("file begins with 'G', expected 'FLV'"));
    assert!(error(b"F4V\x01").contains("'F4'"));
    assert!(error(b"FLV\x02\x05").contains("FLV version is 2, expected 1"));
    assert!(error(b"FLV\x01\x05\0\0\0\x08").contains("8 bytes long, expected 9 to 4096"));
    assert!(error(b"FLV\x01\x05\xFF\0\0\x08").contains("expected 9 to 4096"));
    for cut in 0..13 {
        let mut demuxer = Demuxer::new();
        demuxer.push(&b"FLV\x01\x05\0\0\0\x09\0\0\0\0"[..cut]);
        assert_eq!(demuxer.poll().unwrap(), None);
    }
}

#[test]
fn tags() {
    let file = b"FLV\x01\x05\0\0\0\x0A?\0\0\0\0\
        \x09\0\0\x02\x45\x67\x89\x23\0\0\0ab????\
        \x0F\0\0\x01\0\0\0\0\0\0\0x????\
        \x08\0\0\0\0\0\x01\0\0\0\0????";
    let tags = demux([&file[..]]);
    assert_eq!(
        tags,
        [
            Tag { tag: TagType::Video, timestamp: 0x2345_6789, body: bytes(b"ab") },
            Tag { tag: TagType::Audio, timestamp: 1, body: bytes(b"") },
        ]
    );
    let encrypted = error(b"FLV\x01\x05\0\0\0\x09\0\0\0\0\x29\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    assert!(encrypted.contains("encrypted") && encrypted.contains("byte 13"), "{encrypted}");
}
