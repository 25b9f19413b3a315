//! Many datagrams with one call, and those of one peer as one message where the kernel cuts it.

use std::io;
use std::mem;
use std::os::fd::AsRawFd;
use std::ptr;

use super::name::Name;
use super::progress::{Next, Progress};
use super::run::Run;
use crate::datagram::outgoing::Datagram;
use crate::datagram::socket::Socket;

/// Most messages for one call; one message has most 128 pieces, far below the kernel's 1,024.
const MESSAGES: usize = 64;

/// Sends batches; one for all sockets of a thread.
#[derive(Debug, Default)]
pub(in crate::datagram) struct Sender {
    messages: Messages,
    progress: Progress,
}

/// What one call sends: the kernel's arrays, kept for their memory only.
#[derive(Default)]
struct Messages {
    runs: Vec<Run>,
    pieces: Vec<libc::iovec>,
    names: Vec<Name>,
    sizes: Vec<SegmentSize>,
    headers: Vec<libc::mmsghdr>,
}

// SAFETY: the pointers in `pieces` and `headers` are used only by the call of `Messages::send` which wrote them, and
// that has `&mut self`; what is left of them between calls is never read, so it does not matter which thread is next.
unsafe impl Send for Messages {}

/// The control message `UDP_SEGMENT` as the kernel reads it: head and value, with room to the next head.
#[repr(C)]
#[derive(Clone, Copy)]
struct SegmentSize {
    head: libc::cmsghdr,
    value: [u8; mem::size_of::<usize>()],
}

impl Sender {
    pub(in crate::datagram) fn lost(&self) -> u64 {
        self.progress.lost()
    }

    pub(in crate::datagram) fn send<D: Datagram>(
        &mut self,
        socket: &Socket,
        batch: &[D],
    ) -> io::Result<usize> {
        self.progress.begin();
        while let rest = &batch[self.progress.taken()..]
            && !rest.is_empty()
        {
            let singles = self.progress.singles(rest.len(), socket.segments());
            let answer = self.messages.send(socket, rest, singles);
            match (self.progress.answered(&self.messages.runs, &answer), answer) {
                (Next::Go, _) => {}
                (Next::Broken, Err(error)) if self.progress.taken() == 0 => return Err(error),
                (Next::Full | Next::Broken, _) => break,
            }
        }
        Ok(self.progress.taken())
    }
}

impl Messages {
    /// Sends what can be sent of the batch with one call, the first `singles` datagrams one by one; gives how many
    /// messages were sent, of those in `runs`.
    fn send<D: Datagram>(&mut self, socket: &Socket, batch: &[D], singles: usize) -> io::Result<usize> {
        self.fill(batch, singles, socket.is_ipv6());
        self.link();
        let count = libc::c_uint::try_from(self.headers.len()).unwrap_or(0);
        let headers = self.headers.as_mut_ptr();
        // SAFETY: `headers` are `count` initialized mmsghdr. `link` has just pointed each of them to its name, its
        // pieces and its control message within the vectors of `self`, which nobody has touched since, with lengths
        // that end within them. Each piece is a slice borrowed from `batch`, which is borrowed for longer than this
        // call lasts, and the kernel only reads it. The kernel writes nothing but `msg_len` of the headers, through
        // a pointer that has the right to. The descriptor is open because `socket` is borrowed.
        match unsafe { libc::sendmmsg(socket.inner().as_raw_fd(), headers, count, 0) } {
            sent if sent >= 0 => Ok(usize::try_from(sent).unwrap_or(0)),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Decides what is a message, and gathers the pieces.
    fn fill<D: Datagram>(&mut self, batch: &[D], singles: usize, ipv6: bool) {
        self.runs.clear();
        self.pieces.clear();
        self.names.clear();
        self.sizes.clear();
        let mut at = 0;
        while let Some(first) = batch.get(at)
            && self.runs.len() < MESSAGES
        {
            let run = if at < singles { Run::ONE } else { Run::at_front(&batch[at..]) };
            self.runs.push(run);
            self.names.push(Name::new(first.to(), ipv6));
            self.sizes.push(SegmentSize::new(run.segment));
            for datagram in &batch[at..at + run.count] {
                self.pieces.extend(datagram.pieces().into_iter().map(piece));
            }
            at += run.count;
        }
    }

    /// Points the headers to what belongs to them: only now does no vector move any more.
    fn link(&mut self) {
        self.headers.clear();
        let mut pieces = self.pieces.as_mut_slice();
        for ((run, name), size) in self.runs.iter().zip(&mut self.names).zip(&mut self.sizes) {
            let (own, rest) = mem::take(&mut pieces).split_at_mut(2 * run.count);
            pieces = rest;
            let mut message = empty();
            message.msg_name = name.pointer();
            message.msg_namelen = name.length();
            message.msg_iov = own.as_mut_ptr();
            message.msg_iovlen = own.len() as _;
            if run.count > 1 {
                message.msg_control = ptr::from_mut(size).cast();
                message.msg_controllen = mem::size_of::<SegmentSize>() as _;
            }
            self.headers.push(libc::mmsghdr { msg_hdr: message, msg_len: 0 });
        }
    }
}

impl std::fmt::Debug for Messages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Messages").field("runs", &self.runs).finish_non_exhaustive()
    }
}

impl SegmentSize {
    fn new(size: u16) -> Self {
        // SAFETY: a cmsghdr is integers only, for which zeros are a value.
        let mut head: libc::cmsghdr = unsafe { mem::zeroed() };
        head.cmsg_len = (mem::offset_of!(Self, value) + mem::size_of::<u16>()) as _;
        head.cmsg_level = libc::SOL_UDP;
        head.cmsg_type = libc::UDP_SEGMENT;
        let mut value = [0; mem::size_of::<usize>()];
        let [first, second] = size.to_ne_bytes();
        (value[0], value[1]) = (first, second);
        Self { head, value }
    }
}

// The value lies where CMSG_DATA looks for it, and there is nothing between the fields or after them.
const _: () = {
    let word = mem::size_of::<usize>();
    assert!(mem::offset_of!(SegmentSize, value) == mem::size_of::<libc::cmsghdr>().next_multiple_of(word));
    assert!(mem::size_of::<SegmentSize>() == mem::size_of::<libc::cmsghdr>() + word);
};

/// A piece as the kernel reads it; for sending it does not write there.
fn piece(bytes: &[u8]) -> libc::iovec {
    libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() }
}

/// A message without anything. Some systems have hidden fields in it.
pub(super) fn empty() -> libc::msghdr {
    // SAFETY: a msghdr is integers and pointers only, for which zeros are a value.
    unsafe { mem::zeroed() }
}
