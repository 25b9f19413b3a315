//! Sample tables, edit lists and boxes by hand.

use super::super::{boxes, edits, table};
use super::*;

fn full(kind: &[u8; 4], version: u8, words: &[u32]) -> Vec<u8> {
    let mut content = vec![version, 0, 0, 0];
    words.iter().for_each(|word| content.put_u32(*word));
    put(kind, &content)
}

fn frame(length: u64) -> table::Frame {
    table::Frame { length, shift: 0, all_keys: false, most: 1000 }
}

/// Offset, size, decoding time, composition offset, key.
fn rows(samples: &Samples) -> Vec<(u64, u32, i64, i32, bool)> {
    let row = |sample: Sample| (sample.offset, sample.size, sample.dts, sample.cts, sample.key);
    samples.iter().map(row).collect()
}

#[test]
fn a_table() {
    let stbl = [
        full(b"stts", 0, &[2, 3, 10, 2, 20]),
        full(b"ctts", 0, &[2, 1, 5, 4, 0xFFFF_FFFE]),
        full(b"stss", 0, &[2, 1, 4]),
        full(b"stsc", 0, &[2, 1, 2, 1, 2, 1, 1]),
        full(b"stsz", 0, &[0, 5, 7, 8, 9, 10, 11]),
        full(b"stco", 0, &[4, 100, 200, 300, 400]),
    ]
    .concat();
    let samples = table::read(&stbl, &frame(1000)).unwrap();
    let expected = [
        (100, 7, 0, 5, true),
        (107, 8, 10, -2, false),
        (200, 9, 20, -2, false),
        (300, 10, 30, -2, true),
        (400, 11, 50, -2, false),
    ];
    assert_eq!(rows(&samples), expected);
    assert_eq!((samples.end(), samples.find(2).unwrap().duration, samples.find(5)), (70, 10, None));
    // What is beyond the end of the file is not there.
    assert_eq!(rows(&table::read(&stbl, &frame(310)).unwrap()), expected[..4]);
    assert_eq!(rows(&table::read(&stbl, &frame(309)).unwrap()), expected[..3]);
    let late = table::Frame { shift: -25, ..frame(1000) };
    assert_eq!(table::read(&stbl, &late).unwrap().find(0).unwrap().dts, -25);
}

#[test]
fn other_forms_of_tables() {
    let rest = [full(b"stts", 0, &[1, 3, 10]), full(b"stsc", 0, &[1, 1, 9, 1])].concat();
    let far = 1_u64 << 40;
    let co64 = full(b"co64", 0, &[1, 1 << 8, 0]);
    let of = |stz2: Vec<u8>| {
        let samples = table::read(&[rest.clone(), co64.clone(), stz2].concat(), &frame(far + 1000)).unwrap();
        rows(&samples).into_iter().map(|row| (row.0 - far, row.1, row.4)).collect::<Vec<_>>()
    };
    // No stss: a decoder can begin anywhere.
    let expected = [(0, 3, true), (3, 4, true), (7, 5, true)];
    assert_eq!(of(full(b"stz2", 0, &[4, 3, 0x3450_0000])), expected);
    assert_eq!(of(full(b"stz2", 0, &[8, 3, 0x0304_0500])), expected);
    assert_eq!(of(full(b"stz2", 0, &[16, 3, 0x0003_0004, 0x0005_0000])), expected);
    assert_eq!(of(full(b"stz2", 0, &[12, 3, 0x0003_0004, 0x0005_0000])), [], "no such field size");
    assert_eq!(of(full(b"stsz", 0, &[6, 2])), [(0, 6, true), (6, 6, true)]);
    assert_eq!(of(vec![]), []);
}

#[test]
fn counts_that_lie() {
    let base = [full(b"stts", 0, &[u32::MAX, 3, 10]), full(b"stsc", 0, &[u32::MAX, 1, u32::MAX, 1])].concat();
    let with = |tables: [Vec<u8>; 2]| table::read(&[base.clone(), tables.concat()].concat(), &frame(1000));
    let chunks = full(b"stco", 0, &[u32::MAX, 10]);
    // As many as there are entries, or room in the file.
    assert_eq!(with([full(b"stsz", 0, &[0, u32::MAX, 1, 2]), chunks.clone()]).unwrap().len(), 2);
    assert_eq!(with([full(b"stsz", 0, &[100, 999]), chunks.clone()]).unwrap().len(), 9);
    let error = with([full(b"stsz", 0, &[1, u32::MAX]), chunks.clone()]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "limit exceeded: a track has 4294967295 samples, expected at most 1000 (ISO/IEC 14496-12 §8.7, byte 0)"
    );
    assert_eq!(
        with([full(b"stsz", 0, &[0, 1, 0x8000_0000]), chunks.clone()]).unwrap().len(),
        0,
        "a sample of 2 GiB"
    );
    assert!(with([put(b"stsz", &[0; 9]), chunks]).is_err());
    assert!(with([full(b"stsz", 0, &[0, 0]), put(b"stco", &[0; 5])]).is_err());
    // Chunks that have no samples.
    let empty =
        [full(b"stsc", 0, &[1, 1, 0, 1]), full(b"stsz", 0, &[1, 9]), full(b"stco", 0, &[2, 1, 2])].concat();
    assert_eq!(table::read(&empty, &frame(1000)).unwrap().len(), 0);
}

#[test]
fn edit_lists() {
    let shift = |version, words: &[u32]| {
        edits::shift(&put(b"edts", &full(b"elst", version, words)), 1000, 48_000).unwrap()
    };
    assert_eq!(edits::shift(&[], 1000, 48_000).unwrap(), 0);
    assert_eq!(shift(0, &[1, 2000, 1024, 0x1_0000]), -1024);
    assert_eq!(shift(0, &[2, 500, u32::MAX, 0x1_0000, 2000, 1024, 0x1_0000]), 24_000 - 1024);
    assert_eq!(shift(1, &[1, 0, 2000, 1, 0, 0x1_0000]), -(1 << 32));
    assert_eq!(shift(0, &[1, 500, u32::MAX, 0x1_0000]), 0, "nothing but emptiness");
    assert_eq!(shift(0, &[9, 500]), 0, "cut off");
    assert_eq!(shift(1, &[1, u32::MAX, 0, 0, 0, 0]), 0, "longer than time");
}

#[test]
fn boxes_of_all_sizes() {
    let all = |data: &[u8]| {
        let mut boxes = boxes::Boxes::new(data);
        let mut found = Vec::new();
        while let Some((kind, content)) = boxes.next().map_err(|error| error.to_string())? {
            found.push((kind, content.to_vec()));
        }
        Ok::<_, String>(found)
    };
    let long = b"\0\0\0\x01free\0\0\0\0\0\0\0\x11x\0\0\0\0rest";
    assert_eq!(all(long).unwrap(), [(*b"free", b"x".to_vec()), (*b"rest", b"".to_vec())]);
    assert_eq!(all(b"\0\0\0\0mdatabc").unwrap(), [(*b"mdat", b"abc".to_vec())]);
    assert_eq!(all(b"\0\0\0\x08free\0\0\0\0").unwrap().len(), 1, "a few bytes more");
    let error = |data: &[u8]| all(data).unwrap_err();
    assert_eq!(
        error(b"\0\0\0\x07free"),
        "malformed: box 'free' is 7 bytes long, expected at least 8 (ISO/IEC 14496-12 §4.2, byte 0)"
    );
    assert_eq!(
        error(b"\0\0\0\x08free\0\0\0\x10moov"),
        "malformed: box 'moov' is 16 bytes long, expected at most 8 (ISO/IEC 14496-12 §4.2, byte 8)"
    );
    assert!(error(b"\0\0\0\x01free\0\0\0\0\0\0\0\x0F").contains("is 15 bytes long, expected at least 16"));
}

/// A file of one track of H.264 with NAL units' lengths of two bytes.
fn with_short_lengths() -> Vec<u8> {
    let mut track = tracks().remove(0);
    let mut config = AVCC.to_vec();
    config[4] = 0xFD;
    track.config = config.into();
    let mut file = initialisation(&[track]).to_vec();
    file.extend(fragment(1, 1, 0, &[sample(3000, 0, true, b"\0\x02ab\0\x01c")]));
    file
}

#[test]
fn short_lengths_become_long() {
    let file = with_short_lengths();
    let index = index(&file).unwrap();
    assert_eq!((index.tracks[0].length_size, &index.tracks[0].track.config[..]), (2, AVCC));
    let wide = b"\0\0\0\x02ab\0\0\0\x01c";
    assert_eq!(frames(&file)[0].data, &wide[..]);
    let plan = plan(&index, 1000);
    let again = [&plan.init(&index)[..], &segment(&plan, &index, 0, &file).unwrap()].concat();
    assert_eq!(frames(&again)[0].data, &wide[..]);
}

#[test]
fn fragments_that_say_little() {
    let track = tracks().remove(0);
    let mut file = initialisation(&[track]).to_vec();
    // Everything by default, of the track's part; no time; the data begin behind the moof, as offset says.
    let tfhd = full(b"tfhd", 0, &[]);
    let mut head = tfhd[..8].to_vec();
    head.extend([0, 0x02, 0, 0x38]);
    [1_u32, 1500, 2, 0x0101_0000].iter().for_each(|word| head.put_u32(*word));
    head[..4].copy_from_slice(&28_u32.to_be_bytes());
    let mut run = b"\0\0\0\0trun\0\0\0\x05".to_vec();
    [3_u32, 8 + 8 + 28 + 24 + 8, 0x0200_0000].iter().for_each(|word| run.put_u32(*word));
    run[..4].copy_from_slice(&24_u32.to_be_bytes());
    let fragment = [put(b"moof", &put(b"traf", &[head, run].concat())), put(b"mdat", b"aabbcc")].concat();
    file.extend(&fragment);
    file.extend(&fragment);
    let rows: Vec<_> = frames(&file).into_iter().map(|frame| (frame.dts, frame.key, frame.data)).collect();
    let expected = [
        (0, true, "aa"),
        (1500, false, "bb"),
        (3000, false, "cc"),
        (4500, true, "aa"),
        (6000, false, "bb"),
        (7500, false, "cc"),
    ];
    assert_eq!(rows, expected.map(|(dts, key, data)| (dts, key, Bytes::from(data))));
    let index = index(&file).unwrap();
    let told: Vec<_> = index.tracks[0].samples.iter().map(|sample| (sample.dts, sample.key)).collect();
    assert_eq!(told, expected.map(|(dts, key, _)| (dts, key)));
}
