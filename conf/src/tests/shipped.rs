//! The shipped file is the manual: it must say what is, and all of it.

use crate::{Settings, parse};

const SHIPPED: &str = include_str!("../../config.xml");

#[test]
fn it_says_the_defaults() {
    let parsed = parse("config.xml", SHIPPED.as_bytes()).expect("the shipped file is right");
    assert_eq!(parsed.settings, Settings::default());
    assert_eq!(parsed.warnings, []);
}

#[test]
fn it_names_all_there_is() {
    // With all values gone wrong, every one of them must be complained of: none is missing, none is unread.
    let document = roxmltree::Document::parse(SHIPPED).expect("XML");
    let elements = document.descendants().filter(|node| node.is_element());
    let attributes: usize = elements.clone().map(|node| node.attributes().len()).sum();
    let values =
        attributes + elements.filter(|node| !node.children().any(|child| child.is_element())).count();
    let holders = [
        "<rtp ",
        "<hostmap ",
        "<hls ",
        "<dash ",
        "<rec ",
        "<upload ",
        "<auth ",
        "<user ",
        "<jwt ",
        "<ips ",
        "<limits ",
    ]
    .len();
    // Files may have any name, also one with keys.
    let files = 7;
    // So may users, with their passwords and streams, and what they are told; and stream keys.
    let words = 3 + 5;
    let broken = break_values(SHIPPED);
    let wrong = parse("config.xml", broken.as_bytes()).expect_err("all is wrong");
    assert_eq!(wrong.len(), values - holders - files - words, "{wrong:?}");
}

/// The file with `?` as every value.
fn break_values(text: &str) -> String {
    let document = roxmltree::Document::parse(text).expect("XML");
    let mut edits = Vec::new();
    for node in document.descendants().filter(|node| node.is_element()) {
        edits.extend(node.attributes().map(|attribute| attribute.range_value()));
        let is_file = node.parent_element().is_some_and(|parent| parent.has_tag_name("ssl"));
        let has_value = text[node.range()].ends_with(&format!("</{}>", node.tag_name().name()));
        if !node.children().any(|child| child.is_element()) && has_value && !is_file {
            let end = node.range().end - node.tag_name().name().len() - 3;
            edits.push(node.first_child().map_or(end, |first| first.range().start)..end);
        }
    }
    let mut broken = text.to_string();
    edits.sort_by_key(|range| std::cmp::Reverse(range.start));
    for range in edits {
        broken.replace_range(range, "?");
    }
    broken
}
