//! The forwarding rules that older config.xml files hold: accepted, but not applied by this version.

use roxmltree::Node;

use crate::names::squeeze;
use crate::xml::{Findings, text};

/// Warns once of `<vhosts>` and `<urls>` blocks that hold a rule with a target.
pub(crate) fn warn(root: Node<'_, '_>, findings: &mut Findings) {
    let is_block =
        |node: &Node<'_, '_>| matches!(squeeze(node.tag_name().name()).as_str(), "vhosts" | "urls");
    let mut targets =
        root.children().filter(is_block).flat_map(|block| block.descendants()).filter(is_target);
    if let Some(first) = targets.next() {
        let count = 1 + targets.count();
        let text = format!("forwarding is not part of this version: {count} <forward> rules are not applied");
        findings.warning(first.range().start, text);
    }
}

fn is_target(node: &Node<'_, '_>) -> bool {
    node.tag_name().name() == "forward" && !text(*node).0.is_empty()
}
