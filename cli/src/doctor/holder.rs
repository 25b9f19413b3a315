//! Which program has a port: on Linux the system tells in `/proc`, elsewhere nobody is asked.

use std::fmt;
use std::fs;
use std::path::Path;

/// What a port is of.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Protocol {
    Tcp,
    Udp,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        })
    }
}

/// A program that has a port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Holder {
    /// Its name.
    pub(super) name: String,
    /// Its process id.
    pub(super) pid: u32,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (process {})", self.name, self.pid)
    }
}

/// Who listens there, as far as this user may see it.
pub(super) fn holder(port: u16, protocol: Protocol) -> Option<Holder> {
    let tables = match protocol {
        Protocol::Tcp => ["/proc/net/tcp", "/proc/net/tcp6"],
        Protocol::Udp => ["/proc/net/udp", "/proc/net/udp6"],
    };
    let inode = tables.iter().find_map(|table| inode(&fs::read_to_string(table).ok()?, port, protocol))?;
    let link = format!("socket:[{inode}]");
    let processes = fs::read_dir("/proc").ok()?.flatten();
    processes.filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path()))).find_map(
        |(pid, folder): (u32, _)| has_open(&folder, &link).then(|| Holder { name: name_of(&folder), pid }),
    )
}

/// The socket's number in a table of the kernel's: `sl local_address rem_address st … inode`, addresses in hex.
pub(super) fn inode(table: &str, port: u16, protocol: Protocol) -> Option<u64> {
    // TCP_LISTEN, and TCP_CLOSE, which stands for a UDP socket that is not connected.
    let state = match protocol {
        Protocol::Tcp => "0A",
        Protocol::Udp => "07",
    };
    table.lines().skip(1).find_map(|line| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let (_, local) = words.get(1)?.rsplit_once(':')?;
        let fits = u16::from_str_radix(local, 16) == Ok(port) && words.get(3) == Some(&state);
        if fits { words.get(9)?.parse().ok() } else { None }
    })
}

fn has_open(process: &Path, link: &str) -> bool {
    let Ok(files) = fs::read_dir(process.join("fd")) else { return false };
    files.flatten().any(|file| fs::read_link(file.path()).is_ok_and(|target| target.as_os_str() == link))
}

fn name_of(process: &Path) -> String {
    fs::read_to_string(process.join("comm"))
        .map_or_else(|_| "a program".to_owned(), |name| name.trim().to_owned())
}
