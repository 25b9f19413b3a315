//! Peers that send too much and peers that do not read.

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rtmpd_netloop::Settings;

use crate::harness::{Client, start, start_with};
use crate::service::pattern;

/// More than the system buffers between two sockets.
const PLENTY: usize = 48 << 20;

#[test]
fn who_does_not_read_is_waited_for_and_gets_everything() {
    let (_server, addr) = start(1);
    let mut slow = Client::connect(addr);
    slow.send(&format!("give {PLENTY}"));
    let mut other = Client::connect(addr);
    for i in 0..100 {
        assert_eq!(other.ask(&format!("echo {i}")), i.to_string());
    }
    let block = pattern();
    let mut got = vec![0; block.len()];
    for _ in 0..PLENTY / block.len() {
        slow.reader().read_exact(&mut got).expect("the rest comes");
        assert!(got == block, "bytes are lost or out of order");
    }
    assert_eq!(slow.ask("echo after"), "after");
}

#[test]
fn small_buffers_make_many_writes_and_lose_nothing() {
    let (_server, addr) = start_with(Settings {
        threads: 1,
        recv_buffer: 4096,
        send_buffer: 4096,
        unsent: 4096,
        read_budget: 1000,
        ..Settings::default()
    });
    let mut client = Client::connect(addr);
    client.send("give 4194304");
    let block = pattern();
    let mut got = vec![0; block.len()];
    for _ in 0..64 {
        client.reader().read_exact(&mut got).expect("the rest comes");
        assert!(got == block, "bytes are lost or out of order");
    }
    let long = "x".repeat(300_000);
    assert_eq!(client.ask(&format!("echo {long}")), long);
}

#[test]
fn who_is_being_written_for_is_read_when_that_is_done() {
    let (_server, addr) = start(1);
    let mut writer = Client::connect(addr);
    let mut flood = writer.stream.try_clone().expect("a second handle");
    let flood = thread::spawn(move || {
        flood.write_all(b"write\nsink\n").expect("taken");
        flood.write_all(&vec![b'x'; PLENTY]).expect("all is taken in the end");
    });
    let mut other = Client::connect(addr);
    // However long one waits: as long as the write is under way, the flood stands in the buffers of the system.
    thread::sleep(Duration::from_millis(300));
    assert!(!flood.is_finished(), "it was read on");
    while other.ask("ask /release") != "released" {}
    assert_eq!(writer.line(), "Done");
    flood.join().expect("no panic");
}

#[test]
fn who_floods_does_not_keep_others_waiting() {
    let (_server, addr) = start(1);
    let stop = Arc::new(AtomicBool::new(false));
    let flood = {
        let (stop, mut client) = (Arc::clone(&stop), Client::connect(addr));
        move || {
            client.send("sink");
            let junk = vec![0; 1 << 20];
            while !stop.load(Ordering::Relaxed) {
                client.stream.write_all(&junk).expect("the server reads");
            }
        }
    };
    let flood = thread::spawn(flood);
    let mut client = Client::connect(addr);
    for i in 0..200 {
        assert_eq!(client.ask(&format!("echo {i}")), i.to_string());
    }
    stop.store(true, Ordering::Relaxed);
    flood.join().expect("the flood ends");
}

#[test]
fn a_reset_in_the_middle_of_a_write_ends_that_connection_only() {
    let (_server, addr) = start(1);
    for _ in 0..20 {
        let mut client = Client::connect(addr);
        client.send(&format!("give {PLENTY}"));
        let mut some = [0; 1000];
        client.reader().read_exact(&mut some).expect("it begins");
    }
    assert_eq!(Client::connect(addr).ask("echo here"), "here");
}
