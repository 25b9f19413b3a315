//! Many datagrams with one call, and several of a peer in one buffer where the kernel puts them together.

use std::io;
use std::mem;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::ptr;

use super::name::{Name, ROOM};
use super::sender::empty;
use crate::datagram::Received;
use crate::datagram::error::is_fatal;
use crate::datagram::socket::Socket;

/// Errors passed over in one call: answers of the network to what was sent before.
const PATIENCE: usize = 32;

/// Takes what has come; one for all sockets of a thread.
#[derive(Debug, Default)]
pub(in crate::datagram) struct Receiver {
    /// For sockets whose datagrams come one by one.
    single: Slots<32, 9_216>,
    /// For those whose datagrams are put together.
    joined: Slots<8, 65_536>,
    truncated: u64,
}

/// So many buffers of such a size, in bytes, and what the kernel tells about each; allocated when first used.
#[derive(Default)]
struct Slots<const COUNT: usize, const SIZE: usize> {
    buffer: Box<[u8]>,
    names: Vec<Name>,
    pieces: Vec<libc::iovec>,
    controls: Vec<Control>,
    headers: Vec<libc::mmsghdr>,
}

// SAFETY: the pointers in `pieces` and `headers` are used only by the call of `Slots::receive` which wrote them, and
// that has `&mut self`; what is left of them between calls is never followed, so any thread may be next.
unsafe impl<const COUNT: usize, const SIZE: usize> Send for Slots<COUNT, SIZE> {}

/// The control message `UDP_GRO` as the kernel writes it: head and value.
#[repr(C)]
#[derive(Clone, Copy)]
struct Control {
    head: libc::cmsghdr,
    size: libc::c_int,
}

/// One buffer's worth.
struct Arrived<'a> {
    from: Option<SocketAddr>,
    data: &'a [u8],
    /// Length of each datagram in `data`, but for the last one.
    segment: usize,
    /// The end of the datagram did not fit.
    cut: bool,
}

impl Receiver {
    pub(in crate::datagram) fn truncated(&self) -> u64 {
        self.truncated
    }

    pub(in crate::datagram) fn receive(
        &mut self,
        socket: &Socket,
        on: impl FnMut(SocketAddr, &[u8]),
    ) -> io::Result<Received> {
        if socket.coalesces() {
            self.joined.receive(socket, &mut self.truncated, on)
        } else {
            self.single.receive(socket, &mut self.truncated, on)
        }
    }
}

impl<const COUNT: usize, const SIZE: usize> Slots<COUNT, SIZE> {
    fn receive(
        &mut self,
        socket: &Socket,
        truncated: &mut u64,
        mut on: impl FnMut(SocketAddr, &[u8]),
    ) -> io::Result<Received> {
        for _ in 0..PATIENCE {
            match self.fill(socket) {
                Ok(filled) => {
                    let mut datagrams = 0;
                    for arrived in self.arrived(filled) {
                        if arrived.cut {
                            *truncated += 1;
                        } else if let Some(from) = arrived.from {
                            datagrams += split(arrived.data, arrived.segment, |data| on(from, data));
                        }
                    }
                    return Ok(Received { datagrams, dry: filled < COUNT });
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Received { datagrams: 0, dry: true });
                }
                Err(error) if is_fatal(&error) => return Err(error),
                Err(_) => {}
            }
        }
        Ok(Received { datagrams: 0, dry: false })
    }

    /// Lets the kernel fill buffers; gives how many.
    fn fill(&mut self, socket: &Socket) -> io::Result<usize> {
        self.link();
        let count = libc::c_uint::try_from(self.headers.len()).unwrap_or(0);
        let headers = self.headers.as_mut_ptr();
        // SAFETY: `headers` are `count` initialized mmsghdr. `link` has just pointed each of them to its name, its
        // piece and its control message within the vectors of `self`, and each piece to its own SIZE bytes of
        // `buffer`, all through pointers with the right to write; nobody has touched them since. All lengths given
        // are those of what is pointed to, and any bytes are valid values of what the kernel writes there: bytes
        // and integers. Without a timeout the kernel reads none. The descriptor is open because `socket` is
        // borrowed.
        match unsafe {
            libc::recvmmsg(socket.inner().as_raw_fd(), headers, count, libc::MSG_DONTWAIT, ptr::null_mut())
        } {
            filled if filled >= 0 => Ok(usize::try_from(filled).unwrap_or(0)),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Points the headers to their buffers anew: the kernel has written over the lengths.
    fn link(&mut self) {
        if self.buffer.is_empty() {
            self.buffer = vec![0; COUNT * SIZE].into();
            self.names = vec![Name::EMPTY; COUNT];
            self.controls = vec![Control::empty(); COUNT];
        }
        self.pieces.clear();
        let piece =
            |bytes: &mut [u8]| libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
        self.pieces.extend(self.buffer.chunks_exact_mut(SIZE).map(piece));
        self.headers.clear();
        for ((name, piece), control) in self.names.iter_mut().zip(&mut self.pieces).zip(&mut self.controls) {
            *control = Control::empty();
            let mut message = empty();
            message.msg_name = name.pointer();
            message.msg_namelen = ROOM;
            message.msg_iov = piece;
            message.msg_iovlen = 1;
            message.msg_control = ptr::from_mut(control).cast();
            message.msg_controllen = mem::size_of::<Control>() as _;
            self.headers.push(libc::mmsghdr { msg_hdr: message, msg_len: 0 });
        }
    }

    /// What is in the buffers that were filled.
    fn arrived(&self, filled: usize) -> impl Iterator<Item = Arrived<'_>> {
        let slots =
            self.headers.iter().zip(&self.names).zip(&self.controls).zip(self.buffer.chunks_exact(SIZE));
        slots.take(filled).map(|(((header, name), control), buffer)| {
            let data = &buffer[..usize::try_from(header.msg_len).unwrap_or(SIZE).min(SIZE)];
            let segment = control.segment().unwrap_or(data.len());
            let cut = header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0;
            Arrived { from: name.peer(), data, segment, cut }
        })
    }
}

impl<const COUNT: usize, const SIZE: usize> std::fmt::Debug for Slots<COUNT, SIZE> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slots").field("count", &COUNT).field("size", &SIZE).finish_non_exhaustive()
    }
}

impl Control {
    fn empty() -> Self {
        // SAFETY: a Control is integers only, for which zeros are a value.
        unsafe { mem::zeroed() }
    }

    /// The length of datagrams that were put together. The one who is told is the first and only one: nothing else
    /// was asked for.
    fn segment(&self) -> Option<usize> {
        let told = self.head.cmsg_level == libc::SOL_UDP && self.head.cmsg_type == libc::UDP_GRO;
        usize::try_from(self.size).ok().filter(|size| told && *size > 0)
    }
}

// The value lies where CMSG_DATA finds it.
const _: () = assert!(
    mem::offset_of!(Control, size)
        == mem::size_of::<libc::cmsghdr>().next_multiple_of(mem::size_of::<usize>())
);

/// Cuts what was put together; an empty datagram is one too. Gives how many there were.
fn split(data: &[u8], segment: usize, mut on: impl FnMut(&[u8])) -> usize {
    if data.is_empty() {
        on(data);
        return 1;
    }
    let segments = data.chunks(segment.max(1));
    let count = segments.len();
    segments.for_each(on);
    count
}
