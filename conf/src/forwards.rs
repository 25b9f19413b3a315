//! `<vhosts>`, `<urls>` and `<pulls>`: which streams are forwarded where, and which come from elsewhere, in policy.xml, and in
//! config.xml as older files have it.
//!
//! `<vhost>` is for all streams of an app, `<url>` for one stream, whichever of the two blocks it stands in. What is empty
//! means nothing.

use roxmltree::Node;
use rtmpd_proto::relay::{Forward, Pull, Rule, Rules};

use crate::names::{cut, squeeze};
use crate::xml::{Findings, text};

/// Most rules, and most forwards of one.
const MAX_RULES: usize = 1000;

/// The rules of all blocks in `root`.
pub(crate) fn read(root: Node<'_, '_>, findings: &mut Findings) -> Rules {
    let mut rules = Rules::default();
    let blocks = root.children().filter(|node| is_called(node, &["vhosts", "urls", "pulls"]));
    for node in blocks.flat_map(|block| block.children()).filter(|node| node.is_element()) {
        if is_called(&node, &["pull"]) {
            rules.pulls.extend(pull(node, findings));
            continue;
        }
        let is_app = is_called(&node, &["vhost"]);
        if !is_app && !is_called(&node, &["url"]) {
            let name = cut(node.tag_name().name());
            findings.warning(node.range().start, format!("<{name}> is not known here and is passed over"));
            continue;
        }
        let Some(rule) = rule(node, is_app, findings) else { continue };
        let list = if is_app { &mut rules.apps } else { &mut rules.streams };
        if list.len() >= MAX_RULES {
            findings.error(node.range().start, format!("there are more than {MAX_RULES} rules"));
            break;
        }
        list.push(rule);
    }
    rules
}

/// The rule of a `<vhost>` or `<url>`, unless it means nothing.
fn rule(node: Node<'_, '_>, is_app: bool, findings: &mut Findings) -> Option<Rule> {
    let element = if is_app { "vhost" } else { "url" };
    let name = node.attribute("name").unwrap_or_default().trim();
    let forwards: Vec<Forward> = node
        .children()
        .filter(|child| is_called(child, &["forward"]))
        .filter_map(|child| forward(child, node, findings))
        .take(MAX_RULES)
        .collect();
    if name.is_empty() || forwards.is_empty() {
        return None;
    }
    let expected = "rtmp://host/app";
    match Rule::new(name) {
        Ok(rule) if is_app || rule.path.contains('/') => Some(Rule { forwards, ..rule }),
        Ok(_) => {
            let name = cut(name);
            let text =
                format!("<{element} name> is '{name}', expected the URL of one stream: {expected}/stream");
            findings.error(node.range().start, text);
            None
        }
        Err(why) => {
            let name = cut(name);
            let text = format!("<{element} name> is '{name}', expected {expected}: {why}");
            findings.error(node.range().start, text);
            None
        }
    }
}

/// A `<pull>`, unless it means nothing.
fn pull(node: Node<'_, '_>, findings: &mut Findings) -> Option<Pull> {
    let of = |name: &str| node.attribute(name).unwrap_or_default().trim();
    let (name, url) = (of("name"), of("url"));
    if name.is_empty() || url.is_empty() {
        return None;
    }
    let on_demand = match of("ondemand") {
        "" | "false" | "0" | "no" => false,
        "true" | "1" | "yes" => true,
        other => {
            let text = format!("<pull ondemand> is '{}', expected true or false", cut(other));
            findings.error(node.range().start, text);
            return None;
        }
    };
    let pull = Pull::new(name, url, on_demand);
    pull.map_err(|why| {
        let (name, url) = (cut(name), cut(url));
        let text = format!("<pull name='{name}' url='{url}'>: expected {why}");
        findings.error(node.range().start, text);
    })
    .ok()
}

/// A `<forward>`; older files have `<rewrite>` beside it.
fn forward(node: Node<'_, '_>, rule: Node<'_, '_>, findings: &mut Findings) -> Option<Forward> {
    let target = text(node).0;
    let target = target.trim();
    if target.is_empty() {
        return None;
    }
    let beside = || rule.children().find(|child| is_called(child, &["rewrite"])).map(|child| text(child).0);
    let rewrite = node.attribute("rewrite").map(str::to_owned).or_else(beside).unwrap_or_default();
    let forward = Forward::new(target, &rewrite);
    forward
        .map_err(|why| {
            let (target, rewrite) = (cut(target), cut(&rewrite));
            let text =
                format!("<forward rewrite='{rewrite}'> is '{target}', expected host[:port] or a URL: {why}");
            findings.error(node.range().start, text);
        })
        .ok()
}

fn is_called(node: &Node<'_, '_>, names: &[&str]) -> bool {
    node.is_element() && names.contains(&squeeze(node.tag_name().name()).as_str())
}
