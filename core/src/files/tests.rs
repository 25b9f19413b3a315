use super::is_plain;

/// What is no name, or another one on some system.
const WRONG: &[&str] = &[
    "",
    ".",
    "..",
    "...",
    "a.",
    "a ",
    " ",
    "a/b",
    "a\\b",
    "c:",
    "a:stream",
    "a\0b",
    "a\nb",
    "a\u{85}",
    "a*",
    "a?",
    "\"a\"",
    "<a",
    "a>",
    "a|b",
    "con",
    "CON.txt",
    "nul.tar.gz",
    "com1",
    "LPT9.mp4",
    "com¹",
    "aux .x",
    "conin$",
];

#[test]
fn names_that_mean_one_file_everywhere() {
    for name in [
        "a",
        "a.mp4",
        ".hidden",
        "a b",
        "视频.mp4",
        "..a",
        "...b",
        "a%2fb",
        "com",
        "com10",
        "console.txt",
        "a&b",
    ] {
        assert!(is_plain(name), "{name:?}");
    }
    for name in WRONG {
        assert!(!is_plain(name), "{name:?}");
    }
}
