//! Names become addresses, on threads of their own: a name server may take its time.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::inbox::{Inbox, Letter};

/// Most names that are looked up at once: each has a thread.
const MAX_LOOKUPS: usize = 64;

static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);

/// Looks a host up; the answer comes as a [`Letter::Resolved`] with this number.
///
/// # Errors
/// When too many are being looked up, or the system has no thread left.
pub(crate) fn look_up(host: &str, port: u16, number: u64, inbox: Arc<Inbox>) -> Result<(), String> {
    if UNDER_WAY.fetch_add(1, Ordering::Relaxed) >= MAX_LOOKUPS {
        UNDER_WAY.fetch_sub(1, Ordering::Relaxed);
        return Err(format!("{MAX_LOOKUPS} names are being looked up already"));
    }
    let host = host.to_owned();
    let work = move || {
        let found = (host.as_str(), port).to_socket_addrs();
        let found = found.map(Vec::from_iter).map_err(|error| error.to_string());
        UNDER_WAY.fetch_sub(1, Ordering::Relaxed);
        inbox.post(Letter::Resolved(number, found));
    };
    thread::Builder::new().name("lookup".into()).spawn(work).map(drop).map_err(|error| {
        UNDER_WAY.fetch_sub(1, Ordering::Relaxed);
        format!("no thread to look it up: {error}")
    })
}

/// The addresses in the order in which they are to be tried, beginning with number `turn`, counted round.
pub(crate) fn in_turn(mut addrs: Vec<SocketAddr>, turn: usize, most: usize) -> Vec<SocketAddr> {
    let mut known = Vec::new();
    addrs.retain(|addr| {
        let is_new = !known.contains(addr) && known.len() < most;
        if is_new {
            known.push(*addr);
        }
        is_new
    });
    if !addrs.is_empty() {
        let first = turn % addrs.len();
        addrs.rotate_left(first);
    }
    addrs
}
