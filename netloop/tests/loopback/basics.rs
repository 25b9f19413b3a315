//! Connections, workers, addresses.

use std::collections::BTreeSet;
use std::io;
use std::net::Shutdown;

use rtmpd_netloop::Settings;

use crate::harness::{Client, listener, start, start_with, try_start};

#[test]
fn a_line_comes_back() {
    let (_server, addr) = start(1);
    let mut client = Client::connect(addr);
    assert_eq!(client.ask("echo hello"), "hello");
    assert_eq!(client.ask("echo again"), "again");
}

#[test]
fn peers_are_known_by_their_plain_addresses() {
    let (_server, addr) = start(1);
    let mut client = Client::connect(addr);
    let mine = client.stream.local_addr().expect("connected");
    assert_eq!(client.ask("peer"), format!("{mine} {addr}"));
}

#[test]
fn every_worker_gets_connections_of_a_shared_port() {
    all_serve(Settings { threads: 2, ..Settings::default() }, 2);
}

#[test]
fn every_worker_gets_connections_that_are_dealt() {
    all_serve(Settings { threads: 3, share_ports: false, ..Settings::default() }, 3);
}

fn all_serve(settings: Settings, workers: usize) {
    let (_server, addr) = start_with(settings);
    let mut clients: Vec<_> = (0..200).map(|_| Client::connect(addr)).collect();
    let seen: BTreeSet<String> = clients.iter_mut().map(|client| client.ask("worker")).collect();
    assert_eq!(seen, (0..workers).map(|worker| worker.to_string()).collect());
    for (i, client) in clients.iter_mut().enumerate() {
        assert_eq!(client.ask(&format!("echo {i}")), i.to_string());
    }
}

#[test]
fn a_half_closed_connection_still_gets_its_answers() {
    let (_server, addr) = start(1);
    let mut client = Client::connect(addr);
    client.send("echo last words");
    client.stream.shutdown(Shutdown::Write).expect("connected");
    assert_eq!(client.line(), "last words");
    assert_eq!(client.line(), "eof");
    assert_eq!(client.line(), "");
}

#[test]
fn connections_come_and_go() {
    let (_server, addr) = start(2);
    for i in 0..500 {
        let mut client = Client::connect(addr);
        if i % 3 > 0 {
            assert_eq!(client.ask("echo x"), "x");
        }
        if i % 3 > 1 {
            assert_eq!(client.ask("bye"), "bye");
        }
    }
}

#[test]
fn a_taken_port_is_named() {
    for settings in [1, 2].map(|threads| Settings { threads, ..Settings::default() }) {
        let (_server, addr) = start_with(settings.clone());
        let error = try_start(settings, listener(addr.port())).expect_err("the port is taken");
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        let text = error.to_string();
        assert!(text.contains("lines") && text.contains(&addr.port().to_string()), "{text}");
    }
}
