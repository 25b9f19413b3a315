//! What differs between operating systems, each difference one small function.

#[cfg(unix)]
#[path = "unix.rs"]
mod here;
#[cfg(windows)]
#[path = "windows.rs"]
mod here;

mod tcp;

pub(crate) use here::{balance, out_of_descriptors, raise_descriptor_limit, write_pieces};
pub(crate) use tcp::{bound_farewell, tune};

/// A read or write that moved less than it could shows that the socket is drained or full, and the next edge will
/// tell when that changes: true of epoll and kqueue. Windows tells only after a call that would block.
pub(crate) const SHORT_IS_DRY: bool = cfg!(unix);

/// A descriptor held back so that one can be given up when there are no more, and so that one can find out
/// whether there are some again.
#[derive(Debug)]
pub(crate) struct Spare(Option<socket2::Socket>);

impl Spare {
    pub(crate) fn new() -> Self {
        let mut spare = Self(None);
        spare.take_back();
        spare
    }

    /// Gives the descriptor up: the rest of the program may need one, to answer or to log.
    pub(crate) fn give_up(&mut self) {
        self.0 = None;
    }

    /// Takes a descriptor again if there is one.
    pub(crate) fn take_back(&mut self) -> bool {
        if self.0.is_none() {
            self.0 = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).ok();
        }
        self.0.is_some()
    }
}
