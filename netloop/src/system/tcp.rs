//! Socket options, set on the listener because accepted sockets inherit them: an accept then costs few calls.

use std::io;
use std::time::Duration;

use mio::net::TcpStream;
use socket2::{Socket, TcpKeepalive};

use crate::settings::Settings;

/// After this long without a sign of life the system asks whether an idle peer is still there, and then this often.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
const KEEP_ASKING: Duration = Duration::from_secs(10);

/// Sets what all connections of this listener will have. Only hints: a system that refuses one is obeyed.
pub(crate) fn tune(socket: &Socket, settings: &Settings) {
    let steps = [
        set_buffer(settings.recv_buffer, "rmem_max", |size| socket.set_recv_buffer_size(size)),
        set_buffer(settings.send_buffer, "wmem_max", |size| socket.set_send_buffer_size(size)),
        bound_unsent(socket, settings.unsent),
        socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEP_ALIVE).with_interval(KEEP_ASKING)),
    ];
    for error in steps.into_iter().filter_map(Result::err) {
        log::debug!(target: "rtmpd", "a socket option was refused: {error}");
    }
}

/// Sets a buffer size, unless the system's bound would make it smaller than the system's own tuning does: Linux
/// cuts an explicit size silently (to 208 KiB by default) and then stops growing it.
fn set_buffer(size: usize, bound: &str, set: impl FnOnce(usize) -> io::Result<()>) -> io::Result<()> {
    if size == 0 {
        return Ok(());
    }
    match largest(bound) {
        Some(most) if most < size => {
            log::debug!(target: "rtmpd", "net.core.{bound} is {most}, less than {size}: left to the system's tuning");
            Ok(())
        }
        _ => set(size),
    }
}

/// The system's bound for explicit sizes, where it has one.
fn largest(bound: &str) -> Option<usize> {
    std::fs::read_to_string(format!("/proc/sys/net/core/{bound}")).ok()?.trim().parse().ok()
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn bound_unsent(socket: &Socket, unsent: u32) -> io::Result<()> {
    if unsent == 0 { Ok(()) } else { socket.set_tcp_notsent_lowat(unsent) }
}

/// Only Linux offers it through socket2.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn bound_unsent(_socket: &Socket, _unsent: u32) -> io::Result<()> {
    Ok(())
}

/// Bounds how long the system keeps the unsent rest of a connection that we are done with: a peer that stopped
/// reading could hold megabytes of it for minutes.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn bound_farewell(stream: &TcpStream) -> io::Result<()> {
    socket2::SockRef::from(stream).set_tcp_user_timeout(Some(Duration::from_secs(30)))
}

/// Other systems bound this by themselves.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn bound_farewell(_stream: &TcpStream) -> io::Result<()> {
    Ok(())
}
