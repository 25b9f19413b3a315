//! From the bytes of a config file to settings.

use roxmltree::Node;
use rtmpd_proto::relay::Rules;

use crate::forwards;
use crate::names::{cut, squeeze};
use crate::problem::Problem;
use crate::settings::{Access, Global, Http, Nat, Rtmp, Rtsp, Settings, Srt, Ssl, ports};
use crate::xml::{Findings, Section, decode, document};

/// Longest config file, in bytes.
pub const MAX_FILE: usize = 1 << 20;

/// The sections besides the top level, and what may stand beside them for others to read.
const APART: [&str; 11] =
    ["nat", "ssl", "rtmp", "rtsp", "http", "srt", "vhosts", "urls", "pulls", "users", "keys"];

/// What a config file says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Parsed {
    /// What to run with.
    pub settings: Settings,
    /// Forwarding rules; policy.xml may hold more.
    pub forwards: Rules,
    /// What an operator should look at all the same, in the order of the file.
    pub warnings: Vec<Problem>,
}

/// Parses the content of a config file; `file` names it in problems.
///
/// # Errors
/// When it is longer than [`MAX_FILE`], not UTF-8, not XML, has a DTD, or when any value is wrong: then all wrong
/// values are named, in the order of the file. Never empty.
pub fn parse(file: &str, bytes: &[u8]) -> Result<Parsed, Vec<Problem>> {
    if bytes.len() > MAX_FILE {
        return Err(vec![Problem::whole(file, format!("is longer than {MAX_FILE} bytes"))]);
    }
    let text = decode(file, bytes).map_err(|error| vec![error])?;
    let document = document(file, text).map_err(|error| vec![error])?;
    let root = document.root_element();
    let mut findings = Findings::default();
    check_root(root, "config", &mut findings);
    let (settings, forwards) = match findings.errors() {
        0 => (sections(root, &mut findings), forwards::read(root, &mut findings)),
        _ => (Settings::default(), Rules::default()),
    };
    let (errors, warnings) = findings.into_problems(file, text);
    if errors.is_empty() { Ok(Parsed { settings, forwards, warnings }) } else { Err(errors) }
}

/// Parses the content of a policy file: forwarding rules, and what an operator should look at all the same.
///
/// # Errors
/// As for [`parse`].
pub fn parse_policy(file: &str, bytes: &[u8]) -> Result<(Rules, Vec<Problem>), Vec<Problem>> {
    if bytes.len() > MAX_FILE {
        return Err(vec![Problem::whole(file, format!("is longer than {MAX_FILE} bytes"))]);
    }
    let text = decode(file, bytes).map_err(|error| vec![error])?;
    let document = document(file, text).map_err(|error| vec![error])?;
    let root = document.root_element();
    let mut findings = Findings::default();
    check_root(root, "policy", &mut findings);
    let rules = forwards::read(root, &mut findings);
    let (errors, warnings) = findings.into_problems(file, text);
    if errors.is_empty() { Ok((rules, warnings)) } else { Err(errors) }
}

fn check_root(root: Node<'_, '_>, expected: &str, findings: &mut Findings) {
    let name = root.tag_name().name();
    if name != expected {
        let name = cut(name);
        findings.error(root.range().start, format!("the root element is <{name}>, expected <{expected}>"));
    }
}

fn sections(root: Node<'_, '_>, findings: &mut Findings) -> Settings {
    let top = |section: &mut Section| (Global::read(section), Access::read(section));
    let (global, mut access) = read(Section::new(&[root], "", &APART), top, findings);
    access.read_lists(root, findings);
    let settings = Settings {
        global,
        access,
        nat: read(child(root, "nat"), Nat::read, findings),
        ssl: read(child(root, "ssl"), Ssl::read, findings),
        rtmp: read(child(root, "rtmp"), Rtmp::read, findings),
        rtsp: read(child(root, "rtsp"), Rtsp::read, findings),
        http: read(child(root, "http"), Http::read, findings),
        srt: read(child(root, "srt"), Srt::read, findings),
    };
    ports::check(&settings, root, findings);
    settings
}

/// The section of all children of this name: a file may say `<rtmp>` twice, but no value twice.
fn child(root: Node<'_, '_>, name: &str) -> Section {
    let is_it = |node: &Node<'_, '_>| node.is_element() && squeeze(node.tag_name().name()) == name;
    let nodes: Vec<_> = root.children().filter(is_it).collect();
    Section::new(&nodes, &format!("<{name}>"), &[])
}

fn read<T>(mut section: Section, read: fn(&mut Section) -> T, findings: &mut Findings) -> T {
    let settings = read(&mut section);
    findings.absorb(section.finish());
    settings
}
