//! Two services must not want the same port of the same address.

use std::net::IpAddr;

use roxmltree::Node;

use crate::names::squeeze;
use crate::settings::Settings;
use crate::xml::{Findings, text};

/// A TCP port that will be listened on.
struct Door {
    section: &'static str,
    name: &'static str,
    ip: Option<IpAddr>,
    port: u16,
}

/// Finds TCP ports that two services of `settings`, read from `root`, would listen on.
pub(crate) fn check(settings: &Settings, root: Node<'_, '_>, findings: &mut Findings) {
    let doors = doors(settings);
    for (index, door) in doors.iter().enumerate() {
        let clash = |other: &&Door| other.port == door.port && overlap(other.ip, door.ip);
        if let Some(other) = doors.iter().take(index).find(clash) {
            let text = format!(
                "<{}><{}> is {}, which is <{}><{}> too: expected different ports",
                door.section, door.name, door.port, other.section, other.name
            );
            findings.error(place(root, door).or(place(root, other)).unwrap_or(0), text);
        }
    }
}

fn doors(settings: &Settings) -> Vec<Door> {
    let Settings { rtmp, rtsp, http, .. } = settings;
    let mut doors = vec![Door { section: "rtmp", name: "port", ip: rtmp.ip, port: rtmp.port }];
    if rtsp.enable {
        doors.push(Door { section: "rtsp", name: "port", ip: rtsp.ip, port: rtsp.port });
    }
    if http.enable {
        doors.push(Door { section: "http", name: "port", ip: http.ip, port: http.port });
    }
    if http.enable && http.ssl {
        doors.push(Door { section: "http", name: "sport", ip: http.ip, port: http.sport });
    }
    doors
}

/// Whether two listeners on one port would be in each other's way. `[::]` takes IPv4 too; `0.0.0.0` takes no IPv6.
fn overlap(one: Option<IpAddr>, other: Option<IpAddr>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return true };
    let takes = |all: IpAddr, ip: IpAddr| all.is_unspecified() && (all.is_ipv6() || ip.is_ipv4());
    one == other || takes(one, other) || takes(other, one)
}

/// Where the file speaks of this port: a section may stand there twice, and the port may be an attribute of it.
fn place(root: Node<'_, '_>, door: &Door) -> Option<usize> {
    let sections = || root.children().filter(|node| is(*node, door.section));
    let port = sections().find_map(|section| {
        let attribute = section.attributes().find(|attribute| squeeze(attribute.name()) == door.name);
        let child = section.children().find(|node| is(*node, door.name) && !text(*node).0.is_empty());
        attribute.map(|attribute| attribute.range().start).or(child.map(|child| child.range().start))
    });
    port.or(sections().next().map(|section| section.range().start))
}

fn is(node: Node<'_, '_>, name: &str) -> bool {
    node.is_element() && squeeze(node.tag_name().name()) == name
}
