//! Flows and files, cut anywhere.

use proptest::prelude::*;

use super::*;

fn file() -> Vec<u8> {
    let tracks: Vec<Track> = tracks().into_iter().take(1).collect();
    let mut file = put(b"styp", b"msdh\0\0\0\0msdh");
    file.extend(initialisation(&tracks));
    for number in 0..3_u64 {
        let samples = [sample(3000, 0, true, b"\0\0\0\x02ab"), sample(3000, 10, false, b"\0\0\0\x01c")];
        file.extend(fragment(number as u32, 1, number * 6000, &samples));
    }
    file
}

#[test]
fn byte_by_byte() {
    let file = file();
    assert_eq!(read(file.chunks(1)), read([&file[..]]));
    assert_eq!(frames(&file).len(), 6);
    let before = read(FRAGMENTED.chunks(1));
    assert_eq!(before, read([FRAGMENTED]));
}

#[test]
fn what_is_whole() {
    let file = file();
    let ends: Vec<usize> = {
        let mut ends = vec![0];
        let mut boxes = super::super::boxes::Boxes::new(&file);
        let mut at = 0;
        while let Some((kind, content)) = boxes.next().unwrap() {
            at += content.len() + 8;
            if kind != *b"moof" {
                ends.push(at);
            }
        }
        ends
    };
    for length in 0..=file.len() {
        let expected = ends.iter().copied().filter(|&end| end <= length).max().unwrap();
        assert_eq!(whole_prefix(&file[..length]), expected, "of {length}");
        // Only heads are asked for.
        let mut prefix = WholePrefix::new(length as u64);
        while let Some(range) = prefix.want() {
            assert!(range.end - range.start <= 16);
            prefix.push(&file[range.start as usize..range.end as usize]);
        }
        assert_eq!(prefix.length(), expected as u64);
    }
    assert_eq!(whole_prefix(&[file.clone(), vec![0; 100]].concat()), file.len(), "room that was never used");
}

#[test]
fn a_file_in_steps() {
    let whole = index(H264_AAC).unwrap();
    // A film of which the middle is left out: only its head and its index are asked for.
    let hole = 10_u64 << 30;
    let mut file = put(b"ftyp", b"isom\0\0\x02\0");
    file.extend([0, 0, 0, 1]);
    file.extend(b"mdat");
    file.extend((hole + 16).to_be_bytes());
    let begin = file.len() as u64;
    let end = begin + hole;
    let at = H264_AAC.windows(4).rposition(|window| window == b"moov").unwrap() - 4;
    let length = end + (H264_AAC.len() - at) as u64;
    let mut locator = Locator::new(length);
    let mut asked = 0;
    while let Some(range) = locator.want() {
        asked += 1;
        let byte = |place: u64| match place {
            place if place < begin => file[place as usize],
            place if place < end => 0,
            place => H264_AAC[(place - end) as usize + at],
        };
        let data: Vec<u8> = range.map(byte).collect();
        locator.push(&data).unwrap();
    }
    assert_eq!(asked, 2);
    assert_eq!(locator.finish().unwrap(), whole);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_cutting_gives_the_same(cuts in proptest::collection::vec(0..FRAGMENTED.len(), 0..30)) {
        let mut cuts = cuts;
        cuts.sort_unstable();
        cuts.push(FRAGMENTED.len());
        let mut from = 0;
        let pieces: Vec<&[u8]> = cuts.into_iter().map(|cut| &FRAGMENTED[std::mem::replace(&mut from, cut)..cut]).collect();
        prop_assert_eq!(read(pieces), read([FRAGMENTED]));
    }
}
