//! Ranges and conditions: tables. Specs: RFC 9110 §13, §14.

use rtmpd_core::files::Facts;

use super::super::wire::{ByteRange, Conditions, Head, HeadReader, Ranges, Verdict, ranges};

fn some(pairs: &[(u64, u64)]) -> Ranges {
    Ranges::Some(pairs.iter().map(|&(from, to)| ByteRange { from, to }).collect())
}

#[test]
fn ranges_of_ten_thousand_bytes() {
    let table = [
        // §14.1.2's examples.
        ("bytes=0-499", some(&[(0, 500)])),
        ("bytes=500-999", some(&[(500, 1000)])),
        ("bytes=-500", some(&[(9500, 10_000)])),
        ("bytes=9500-", some(&[(9500, 10_000)])),
        ("bytes=0-0,-1", some(&[(0, 1), (9999, 10_000)])),
        ("bytes= 0-999, 4500-5499, -1000", some(&[(0, 1000), (4500, 5500), (9000, 10_000)])),
        ("bytes=500-600,601-999", some(&[(500, 601), (601, 1000)])),
        ("bytes=500-700,601-999", some(&[(500, 701), (601, 1000)])),
        // Ends beyond the end.
        ("bytes=0-", some(&[(0, 10_000)])),
        ("bytes=9999-", some(&[(9999, 10_000)])),
        ("bytes=9999-99999", some(&[(9999, 10_000)])),
        ("bytes=-99999", some(&[(0, 10_000)])),
        ("bytes=0-99999999999999999999999", some(&[(0, 10_000)])),
        ("bytes=0-18446744073709551615", some(&[(0, 10_000)])),
        ("bytes=,0-1,,", some(&[(0, 2)])),
        ("bytes=0-1,10000-", some(&[(0, 2)])),
        // Nothing of it is there.
        ("bytes=10000-", Ranges::Unsatisfiable),
        ("bytes=10000-10001,20000-", Ranges::Unsatisfiable),
        ("bytes=99999999999999999999999-", Ranges::Unsatisfiable),
        ("bytes=-0", Ranges::Unsatisfiable),
        // None that is understood: §14.2 has it passed over.
        ("", Ranges::Whole),
        ("bytes=", Ranges::Whole),
        ("bytes=,", Ranges::Whole),
        ("bytes", Ranges::Whole),
        ("items=0-1", Ranges::Whole),
        ("bytes=-", Ranges::Whole),
        ("bytes=a-b", Ranges::Whole),
        ("bytes=1", Ranges::Whole),
        ("bytes=5-4", Ranges::Whole),
        ("bytes=0-1,5-4", Ranges::Whole),
        ("bytes=+1-2", Ranges::Whole),
        ("bytes=0x1-2", Ranges::Whole),
        ("bytes=1 - 2", Ranges::Whole),
        ("bytes=--1", Ranges::Whole),
        // As much as the file, or more: it is cheaper whole.
        ("bytes=0-,0-", Ranges::Whole),
        ("bytes=0-4999,5000-", Ranges::Whole),
    ];
    for (field, expected) in table {
        assert_eq!(ranges(field, 10_000), expected, "{field}");
    }
    let many = |count: usize| format!("bytes={}", vec!["0-0"; count].join(","));
    assert!(matches!(ranges(&many(16), 10_000), Ranges::Some(found) if found.len() == 16));
    assert_eq!(ranges(&many(17), 10_000), Ranges::Whole);
}

#[test]
fn an_empty_file_has_no_ranges() {
    for field in ["bytes=0-", "bytes=0-0", "bytes=-1", "bytes=-0"] {
        assert_eq!(ranges(field, 0), Ranges::Unsatisfiable, "{field}");
    }
}

/// 784111777 is the example date of RFC 9110.
const FACTS: (u64, &str) = (784_111_777, "\"a\"");
const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const EARLIER: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
const LATER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

fn head(fields: &str) -> Head {
    let text = format!("GET / HTTP/1.1\r\nHost: h\r\n{fields}\r\n");
    HeadReader::default().read(&mut text.as_bytes()).unwrap().unwrap()
}

fn weigh(fields: &str) -> Verdict {
    let facts =
        Facts { is_folder: false, size: 100, modified: FACTS.0 * 1_000_000 + 999_999, etag: FACTS.1.into() };
    Conditions::of(&head(fields)).weigh(&facts)
}

#[test]
fn conditions_in_their_order() {
    let part = || Verdict::Part(vec![ByteRange { from: 0, to: 10 }]);
    let range = "Range: bytes=0-9\r\n";
    let table = [
        (String::new(), Verdict::Whole),
        ("If-Match: \"a\"\r\n".into(), Verdict::Whole),
        ("If-Match: \"b\", \"a\"\r\n".into(), Verdict::Whole),
        ("If-Match: \"b\"\r\nIf-Match: \"a\"\r\n".into(), Verdict::Whole),
        ("If-Match: *\r\n".into(), Verdict::Whole),
        ("If-Match: \"b\"\r\n".into(), Verdict::Failed),
        // §13.1.1: by strong comparison.
        ("If-Match: W/\"a\"\r\n".into(), Verdict::Failed),
        (format!("If-Unmodified-Since: {DATE}\r\n"), Verdict::Whole),
        (format!("If-Unmodified-Since: {EARLIER}\r\n"), Verdict::Failed),
        ("If-Unmodified-Since: yesterday\r\n".into(), Verdict::Whole),
        (format!("If-Match: \"a\"\r\nIf-Unmodified-Since: {EARLIER}\r\n"), Verdict::Whole),
        ("If-None-Match: \"a\"\r\n".into(), Verdict::NotModified),
        ("If-None-Match: W/\"a\"\r\n".into(), Verdict::NotModified),
        ("If-None-Match: \"b\", W/\"a\"\r\n".into(), Verdict::NotModified),
        ("If-None-Match: *\r\n".into(), Verdict::NotModified),
        ("If-None-Match: \"b\"\r\n".into(), Verdict::Whole),
        (format!("If-Modified-Since: {DATE}\r\n"), Verdict::NotModified),
        (format!("If-Modified-Since: {LATER}\r\n"), Verdict::NotModified),
        (format!("If-Modified-Since: {EARLIER}\r\n"), Verdict::Whole),
        ("If-Modified-Since: tomorrow\r\n".into(), Verdict::Whole),
        // §13.1.3: passed over where there is If-None-Match.
        (format!("If-None-Match: \"b\"\r\nIf-Modified-Since: {DATE}\r\n"), Verdict::Whole),
        ("If-Match: \"b\"\r\nIf-None-Match: \"a\"\r\n".into(), Verdict::Failed),
        (range.into(), part()),
        (format!("{range}If-Range: \"a\"\r\n"), part()),
        (format!("{range}If-Range: {DATE}\r\n"), part()),
        (format!("{range}If-Range: \"b\"\r\n"), Verdict::Whole),
        // §13.1.5: strong comparison, and the very date.
        (format!("{range}If-Range: W/\"a\"\r\n"), Verdict::Whole),
        (format!("{range}If-Range: {LATER}\r\n"), Verdict::Whole),
        (format!("{range}If-Range: {EARLIER}\r\n"), Verdict::Whole),
        (format!("{range}If-Range: nonsense\r\n"), Verdict::Whole),
        (format!("{range}If-None-Match: \"a\"\r\n"), Verdict::NotModified),
        (format!("{range}If-Match: \"b\"\r\n"), Verdict::Failed),
        ("Range: bytes=100-\r\n".into(), Verdict::Unsatisfiable),
        ("Range: bytes=100-\r\nIf-Range: \"b\"\r\n".into(), Verdict::Whole),
    ];
    for (fields, expected) in table {
        assert_eq!(weigh(&fields), expected, "{fields}");
    }
}

#[test]
fn what_has_no_date_is_not_weighed_by_dates() {
    let facts = Facts { is_folder: false, size: 100, modified: 0, etag: "\"a\"".into() };
    let table = [
        (format!("If-Modified-Since: {DATE}\r\n"), Verdict::Whole),
        (format!("If-Unmodified-Since: {DATE}\r\n"), Verdict::Whole),
        ("Range: bytes=0-9\r\nIf-Range: Thu, 01 Jan 1970 00:00:00 GMT\r\n".to_owned(), Verdict::Whole),
        (
            "Range: bytes=0-9\r\nIf-Range: \"a\"\r\n".to_owned(),
            Verdict::Part(vec![ByteRange { from: 0, to: 10 }]),
        ),
        ("If-None-Match: \"a\"\r\n".to_owned(), Verdict::NotModified),
    ];
    for (fields, expected) in table {
        assert_eq!(Conditions::of(&head(&fields)).undated().weigh(&facts), expected, "{fields}");
    }
}
