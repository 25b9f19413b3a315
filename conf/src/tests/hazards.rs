//! Files that are no config, or mean harm.

use proptest::prelude::*;

use crate::{MAX_FILE, parse};

fn error(bytes: &[u8]) -> String {
    let errors = parse("c.xml", bytes).expect_err("not a config");
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors[0].to_string()
}

#[test]
fn what_is_not_a_config_is_said() {
    for (bytes, text) in [
        (&b""[..], "c.xml:1:1: is not XML here"),
        (b"hello", "c.xml:1:1: is not XML here"),
        (b"<config>", "c.xml:1:9: is not XML here"),
        (b"<config>\n<a></b></config>", "c.xml:2:4: is not XML here: expected 'a' tag, not 'b'"),
        (b"<config>\n<!-- a -- b --></config>", "c.xml:2:1: is not XML here: comment"),
        (b"<config>&nbsp;</config>", "c.xml:1:9: is not XML here: unknown entity reference 'nbsp'"),
        (b"<conf/>", "c.xml:1:1: the root element is <conf>, expected <config>"),
        (b"\xFF\xFE<\0", "c.xml: is UTF-16 (Windows calls it Unicode), expected UTF-8: save it as UTF-8"),
        (b"<\0c\0", "c.xml: is UTF-16"),
        (b"<config>\n <!-- \xC4\xE3 -->", "c.xml:2:7: byte 0xC4 is not UTF-8: save the file as UTF-8"),
    ] {
        let said = error(bytes);
        assert!(said.starts_with(text), "{said}\n{text}");
    }
}

#[test]
fn a_byte_order_mark_is_fine() {
    assert!(parse("c.xml", b"\xEF\xBB\xBF<?xml version='1.0'?><config/>").is_ok());
}

#[test]
fn entities_of_ones_own_are_refused() {
    let file = "<?xml version='1.0'?>\n<!DOCTYPE config [<!ENTITY a 'b'>]><config>&a;</config>";
    assert_eq!(
        error(file.as_bytes()),
        "c.xml:2:1: <!DOCTYPE is not accepted: a config file defines no entities"
    );
}

#[test]
fn sizes_are_bounded() {
    let long = format!("<config><!--{}--></config>", "x".repeat(MAX_FILE));
    assert_eq!(error(long.as_bytes()), "c.xml: is longer than 1048576 bytes");
    let wide = format!("<config>{}</config>", "<a/>".repeat(200_000));
    assert!(error(wide.as_bytes()).contains("is not XML here: nodes limit"), "{}", error(wide.as_bytes()));
    let attributes: String = (0..100_000).map(|i| format!(" a{i:x}=''")).collect();
    let many = format!("<config><a{attributes}/></config>");
    assert_eq!(error(many.as_bytes()), "c.xml: has more than 10000 '=', which no config has");
}

#[test]
fn depth_and_long_names_cost_nothing() {
    let deep = format!("<config>{}{}</config>", "<x>".repeat(90_000), "</x>".repeat(90_000));
    assert_eq!(parse("c.xml", deep.as_bytes()).expect("unknown, not wrong").warnings.len(), 1);
    let name = "n".repeat(300_000);
    let attributes: String = (0..5_000).map(|i| format!(" a{i}=''")).collect();
    let names = format!("<config><{name}{attributes}/></config>");
    let warnings = parse("c.xml", names.as_bytes()).expect("unknown, not wrong").warnings;
    assert!(warnings.iter().all(|warning| warning.text.len() < 300));
}

proptest! {
    #[test]
    fn any_bytes_end_well(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        drop(parse("c.xml", &bytes));
    }

    #[test]
    fn any_words_end_well(words in prop::collection::vec(prop::sample::select(WORDS), 0..40)) {
        drop(parse("c.xml", format!("<config>{}</config>", words.concat()).as_bytes()));
    }

    #[test]
    fn any_cut_of_the_manual_ends_well(at in 0..SHIPPED.len(), byte: u8) {
        drop(parse("c.xml", &SHIPPED.as_bytes()[..at]));
        let mut bytes = SHIPPED.as_bytes().to_vec();
        bytes[at] = byte;
        drop(parse("c.xml", &bytes));
    }
}

const SHIPPED: &str = include_str!("../../config.xml");
const WORDS: &[&str] = &[
    "<rtmp>",
    "</rtmp>",
    "<http>",
    "</http>",
    "<port>",
    "</port>",
    "<port/>",
    "<hls count='",
    "'/>",
    "<gop_cache>",
    "</gop_cache>",
    "1",
    "-1",
    "x",
    "true",
    "[::1]:",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "&lt;",
    "&#0;",
    "ü",
    "\n",
    "<vhosts>",
    "</vhosts>",
    "<forward>",
    "</forward>",
    "<authurl>",
    "</authurl>",
    "http://",
    "<nat>",
    "</nat>",
];
