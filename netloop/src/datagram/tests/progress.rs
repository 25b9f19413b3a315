//! What becomes of a batch when the kernel takes a part, nothing, or does not cut: answers that a loopback never gives.

use std::io::{Error, Result};
use std::net::{Ipv4Addr, SocketAddr};

use super::harness::{loopback, pattern, take};
use crate::datagram::linux::progress::{Next, Progress};
use crate::datagram::linux::run::Run;
use crate::datagram::{Options, Outgoing, Receiver, Sender};

const FIVE: Run = Run { count: 5, segment: 1200 };

fn no(code: i32) -> Result<usize> {
    Err(Error::from_raw_os_error(code))
}

#[test]
fn what_a_full_socket_has_taken_is_not_sent_again() {
    let mut progress = Progress::default();
    progress.begin();
    assert_eq!(progress.answered(&[FIVE, Run::ONE, FIVE], &Ok(2)), Next::Go);
    assert_eq!(progress.answered(&[FIVE], &no(libc::EINTR)), Next::Go);
    assert_eq!(progress.taken(), 6);
    assert_eq!(progress.answered(&[FIVE], &no(libc::EAGAIN)), Next::Full);
    assert_eq!((progress.taken(), progress.lost()), (6, 0));
    progress.begin();
    assert_eq!(progress.answered(&[FIVE], &Ok(1)), Next::Go);
    assert_eq!((progress.taken(), progress.lost()), (5, 0));
}

#[test]
fn a_peers_misfortune_costs_its_datagrams_only() {
    for code in [libc::ECONNREFUSED, libc::EHOSTUNREACH, libc::ENETUNREACH, libc::EPERM, libc::ENOBUFS] {
        let mut progress = Progress::default();
        progress.begin();
        assert_eq!(progress.answered(&[FIVE, Run::ONE], &no(code)), Next::Go);
        assert_eq!((progress.taken(), progress.lost()), (5, 5));
        assert_eq!(progress.answered(&[Run::ONE], &no(code)), Next::Go);
        assert_eq!((progress.taken(), progress.lost()), (6, 6));
        assert_eq!(progress.singles(9, true), 0, "cutting is not to blame");
    }
}

#[test]
fn a_socket_that_is_none_is_an_error() {
    for code in [libc::EBADF, libc::ENOTSOCK] {
        let mut progress = Progress::default();
        assert_eq!(progress.answered(&[FIVE], &no(code)), Next::Broken);
        assert_eq!((progress.taken(), progress.lost()), (0, 0));
    }
}

#[test]
fn datagrams_go_singly_when_the_kernel_does_not_cut_them() {
    for code in [libc::EINVAL, libc::EIO, libc::EOPNOTSUPP, libc::ENOPROTOOPT] {
        let mut progress = Progress::default();
        for round in 0..8 {
            progress.begin();
            assert_eq!(progress.singles(7, true), 0, "round {round}");
            assert_eq!(progress.answered(&[FIVE, Run::ONE], &no(code)), Next::Go);
            assert_eq!((progress.taken(), progress.lost()), (0, 0));
            assert_eq!(progress.singles(7, true), 5);
            assert_eq!(progress.answered(&[Run::ONE; 7], &Ok(7)), Next::Go);
            assert_eq!(progress.taken(), 7);
        }
        for rest in [256, 512] {
            for _ in 0..rest {
                assert_eq!(progress.singles(7, true), 7, "it is not tried all the time");
                progress.begin();
            }
            assert_eq!(progress.singles(7, true), 0, "it is tried once");
            progress.answered(&[FIVE, Run::ONE], &no(code));
            progress.answered(&[Run::ONE; 7], &Ok(7));
        }
    }
}

#[test]
fn the_kernels_cutting_is_not_blamed_for_peers_that_cannot_be_had() {
    let mut progress = Progress::default();
    for _ in 0..100 {
        progress.begin();
        progress.answered(&[FIVE], &no(libc::EINVAL));
        for _ in 0..5 {
            progress.answered(&[Run::ONE; 5], &no(libc::EINVAL));
        }
        assert_eq!(progress.taken(), 5);
        progress.begin();
        progress.answered(&[FIVE], &no(libc::EMSGSIZE));
        progress.answered(&[Run::ONE; 5], &Ok(5));
    }
    assert_eq!(progress.lost(), 500);
    assert_eq!(progress.singles(7, true), 0);
}

#[test]
fn a_message_that_was_cut_clears_the_kernel_of_blame() {
    let mut progress = Progress::default();
    for _ in 0..100 {
        progress.begin();
        progress.answered(&[FIVE], &no(libc::EIO));
        progress.answered(&[Run::ONE, Run::ONE, FIVE], &Ok(3));
    }
    assert_eq!(progress.singles(7, true), 0);
    assert_eq!(progress.singles(7, false), 7, "a socket that was told not to");
}

#[test]
fn a_run_is_one_peer_and_one_length_and_a_shorter_end() {
    let [here, there] = [1, 2].map(|port| SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port));
    let bytes = [0; 70_000];
    let run = |lengths: &[(SocketAddr, usize)]| {
        let out =
            |(to, len): &(SocketAddr, usize)| Outgoing { to: *to, head: &bytes[..1], body: &bytes[1..*len] };
        Run::at_front(&lengths.iter().map(out).collect::<Vec<_>>()).count
    };
    assert_eq!(run(&[(here, 10), (here, 10), (here, 5), (here, 5)]), 3);
    assert_eq!(run(&[(here, 10), (here, 11)]), 1);
    assert_eq!(run(&[(here, 10), (there, 10)]), 1);
    assert_eq!(run(&[(here, 65_001), (here, 65_001)]), 1);
    assert_eq!(run(&[(here, 40_000), (here, 40_000)]), 1);
    for (length, most) in [(1, 64), (1015, 64), (1016, 63), (9000, 7)] {
        assert_eq!(run(&vec![(here, length); 100]), most, "{length}");
    }
    let empty = Outgoing { to: here, head: &[], body: &[] };
    assert_eq!(Run::at_front(&[empty; 3]), Run::ONE);
    assert_eq!(Run::at_front(&[Outgoing { body: &bytes[..9], ..empty }, empty, empty]).count, 1);
}

#[test]
fn a_socket_without_checksums_sends_all_the_same() {
    let peer = Options::default().bind(loopback()).expect("a free port");
    let socket = Options::default().bind(loopback()).expect("a free port");
    if !socket.segments() {
        return;
    }
    // The kernel refuses to cut what has no checksums.
    let raw = std::os::fd::AsRawFd::as_raw_fd(socket.inner());
    let (on, size) = (1_i32, 4);
    // SAFETY: setsockopt reads four bytes through the pointer to a c_int that lives through the call.
    let set =
        unsafe { libc::setsockopt(raw, libc::SOL_SOCKET, libc::SO_NO_CHECK, (&raw const on).cast(), size) };
    assert_eq!(set, 0);
    let bodies: Vec<Vec<u8>> = (0..10).map(|n| pattern(n, 1000)).collect();
    let mut sender = Sender::new();
    for _ in 0..20 {
        let out = |body| Outgoing { to: peer.local(), head: b"no sum", body };
        let batch: Vec<_> = bodies.iter().map(|body| out(body)).collect();
        assert_eq!(sender.send(&socket, &batch).expect("the socket works"), 10);
        let got = take(&mut Receiver::new(), &peer, 10);
        assert!(got.iter().zip(&bodies).all(|((_, data), body)| data[6..] == body[..]));
    }
    assert_eq!(sender.lost(), 0);
}
