use super::*;

#[test]
fn a_written_header_reads_back() {
    let header = Header {
        marker: true,
        payload_type: 96,
        sequence: 65_535,
        timestamp: 0xfeed_beef,
        ssrc: 0x0102_0304,
    };
    let mut data = header.write().to_vec();
    data.extend([1, 2, 3]);
    assert_eq!(Packet::parse(&data), Ok(Packet { header, payload: &[1, 2, 3] }));
}

#[test]
fn sources_extension_and_padding_are_passed_over() {
    let mut data = vec![0x80 | 0x20 | 0x10 | 1, 96, 0, 7, 0, 0, 0, 9, 0, 0, 0, 5];
    data.extend([0, 0, 0, 1]); // one contributing source
    data.extend([0xbe, 0xde, 0, 1, 9, 9, 9, 9]); // an extension of one word
    data.extend([42, 43, 0, 0, 3]); // padding of three bytes, its count included
    let packet = Packet::parse(&data).unwrap();
    assert_eq!((packet.header.sequence, packet.payload), (7, &[42, 43][..]));
}

#[test]
fn what_is_no_packet_says_why() {
    let says = |data: &[u8]| Packet::parse(data).unwrap_err().to_string();
    assert!(says(&[0x40; 12]).contains("version is 1, expected 2"));
    assert!(says(&[0x80, 96, 0]).contains("cut short"));
    assert!(says(&[0xa0, 96, 0, 7, 0, 0, 0, 9, 0, 0, 0, 5, 1, 9]).contains("padding is 9"));
    assert!(says(&[0xa0, 96, 0, 7, 0, 0, 0, 9, 0, 0, 0, 5, 1, 0]).contains("padding is 0"));
}
