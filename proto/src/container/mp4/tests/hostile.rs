//! Any bytes end in values or an error, in bounded time and memory.

use proptest::prelude::*;

use super::*;

/// Everything that can be asked of a file.
fn survive(file: &[u8]) {
    let _ = whole_prefix(file);
    let _ = read([file]);
    let Ok(index) = index(file) else { return };
    let plan = plan(&index, 500);
    let _ = plan.init(&index);
    let _ = plan.playlist("i", |n| n.to_string());
    for n in 0..plan.segments.len().min(20) {
        let _ = segment(&plan, &index, n, file);
    }
}

#[test]
fn files_that_are_none() {
    let error = |file: &[u8]| index(file).unwrap_err().to_string();
    assert!(error(b"").contains("there is no 'moov' in 0 bytes"));
    assert!(error(b"\x1A\x45\xDF\xA3webm").contains("file begins with 'webm', expected a box 'ftyp'"));
    assert!(error(&put(b"ftyp", b"")).contains("there is no 'moov' in 8 bytes"));
    let cut = &H264_AAC[..H264_AAC.len() - 10];
    assert!(error(cut).contains("'moov' is"), "{}", error(cut));
    let huge = b"\0\0\0\x08ftyp\0\0\0\x01moov\0\0\0\0\x10\0\0\0";
    assert!(error(huge).contains("expected at most 67108864"), "{}", error(huge));
    // A file that says that it is longer than it is.
    let mut locator = Locator::new(1 << 40);
    locator.push(&put(b"ftyp", b"")).unwrap();
    assert_eq!(locator.want(), None);
}

#[test]
fn what_stands_behind() {
    let whole = index(FRAGMENTED).unwrap();
    // A file whose writer died: what came last is not there.
    for cut in [1, 100, 700] {
        let index = index(&FRAGMENTED[..FRAGMENTED.len() - cut]).unwrap();
        assert!(index.len() <= whole.len());
    }
    assert_eq!(index(&[FRAGMENTED, &[0; 20]].concat()).unwrap(), whole);
    assert_eq!(index(&[FRAGMENTED, b"\0\0\0\x02abcd"].concat()).unwrap(), whole);
}

#[test]
fn tracks_that_cannot_be_read() {
    let mut file = HEVC_OPUS.to_vec();
    let at = file.windows(4).position(|window| window == b"Opus").unwrap();
    file[at..at + 4].copy_from_slice(b"what");
    let index = index(&file).unwrap();
    assert_eq!(index.tracks.len(), 1);
    assert_eq!(
        index.left_out,
        [
            "track 2: malformed: sample entry 'what' is of a codec that is not known here (ISO/IEC 14496-12 §8.5.2, byte 0)"
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn changed_files_end(
        which in 0..4_usize,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
        heads in any::<bool>(),
    ) {
        let mut file = [H264_AAC, FRAGMENTED, HEVC_OPUS, H264_G711][which].to_vec();
        // Rather where the tables are.
        let at = file.windows(4).position(|window| window == b"moov").unwrap();
        for (place, byte) in changes {
            let place = if heads { at + place.index(file.len() - at) } else { place.index(file.len()) };
            file[place] = byte;
        }
        survive(&file);
    }

    #[test]
    fn any_boxes(parts in proptest::collection::vec((0..24_usize, proptest::collection::vec(any::<u8>(), 0..60)), 0..12)) {
        let kinds: [&[u8; 4]; 24] = [
            b"ftyp", b"moov", b"mvhd", b"trak", b"tkhd", b"mdia", b"mdhd", b"minf", b"stbl", b"stsd", b"stts", b"ctts",
            b"stsc", b"stsz", b"stz2", b"stco", b"co64", b"mvex", b"trex", b"moof", b"traf", b"tfhd", b"trun", b"mdat",
        ];
        let file = parts.iter().fold(Vec::new(), |inner, (kind, content)| {
            let next = put(kinds[*kind], content);
            // In it, or behind it.
            if content.len() % 2 == 0 { put(kinds[*kind], &inner) } else { [inner, next].concat() }
        });
        survive(&[put(b"ftyp", b"isom"), file].concat());
    }
}
