//! What has come: bounded for each call, empty ones too, and those that are too long not at all.

use super::harness::{Sends, assert_dry, loopback, pattern, receivers, senders, take};
use crate::datagram::{Options, Outgoing, Receiver, Sender};

#[test]
fn a_call_is_bounded_and_says_whether_more_is_there() {
    for (how, mut receiver, socket) in receivers(loopback()) {
        let from = Options { segment: false, ..Options::default() }.bind(loopback()).expect("a free port");
        let batch = vec![Outgoing { to: socket.local(), head: b"abc", body: b"def" }; 100];
        assert_eq!(Sender::new().send(&from, &batch).expect("the socket works"), 100);
        let (mut calls, mut came) = (0, 0);
        loop {
            let received = receiver.receive(&socket, &mut |_, _| ()).expect("the socket works");
            came += received.datagrams;
            calls += 1;
            if received.dry {
                break;
            }
            assert!(calls < 100, "{how}");
        }
        assert_eq!(came, 100, "{how}");
        assert!(calls >= 100 / 32, "{how}: {calls}");
    }
}

#[test]
fn empty_datagrams_are_datagrams() {
    for (how, mut receiver, socket) in receivers(loopback()) {
        for (way, mut sender, from) in senders(loopback()) {
            let batch = [Outgoing { to: socket.local(), head: &[], body: &[] }; 3];
            assert_eq!(sender.send(&from, &batch).expect("the socket works"), 3);
            let wanted = (from.local(), Vec::new());
            assert!(take(receiver.as_mut(), &socket, 3).iter().all(|got| *got == wanted), "{way}, {how}");
        }
    }
}

#[test]
fn datagrams_that_do_not_fit_are_dropped_and_counted() {
    let socket = Options::default().bind(loopback()).expect("a free port");
    let from = Options::default().bind(loopback()).expect("a free port");
    let (mut sender, mut receiver) = (Sender::new(), Receiver::new());
    for (length, fits) in [(9_216, true), (9_217, false), (60_000, false), (100, true)] {
        let body = pattern(1, length);
        let out = Outgoing { to: socket.local(), head: &[], body: &body };
        assert_eq!(Sends::send(&mut sender, &from, &[out]).expect("the socket works"), 1);
        let before = receiver.truncated();
        if fits || cfg!(not(target_os = "linux")) {
            assert!(take(&mut receiver, &socket, 1)[0].1 == body, "{length}");
        } else {
            // The system passes it on at once on the loopback.
            assert_dry(&mut receiver, &socket);
            assert_eq!(receiver.truncated(), before + 1, "{length}");
        }
    }
}

#[test]
fn the_longest_datagram_fits_where_datagrams_are_put_together() {
    let (_, mut receiver, socket) = receivers(loopback()).remove(0);
    let from = Options::default().bind(loopback()).expect("a free port");
    let body = pattern(9, 65_507);
    let out = Outgoing { to: socket.local(), head: &[], body: &body };
    assert_eq!(Sender::new().send(&from, &[out]).expect("the socket works"), 1);
    assert!(take(receiver.as_mut(), &socket, 1) == [(from.local(), body)]);
}
