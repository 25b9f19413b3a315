//! How connections and servers end.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use rtmpd_netloop::{Listener, MakeService, Settings};

use crate::harness::{Client, start, start_with, try_start};
use crate::service::Lines;

#[test]
fn last_words_reach_a_peer_that_is_still_sending() {
    let (_server, addr) = start(1);
    for _ in 0..20 {
        let mut client = Client::connect(addr);
        client.stream.write_all(b"bye\n").expect("the server reads");
        client.stream.write_all(&vec![b'x'; 1 << 20]).expect("the server reads on");
        assert_eq!(client.line(), "bye");
        assert_eq!(client.line(), "");
    }
}

#[test]
fn a_shutdown_says_goodbye_to_everybody() {
    let (server, addr) = start(2);
    let mut clients: Vec<_> = (0..100).map(|_| Client::connect(addr)).collect();
    for client in &mut clients {
        assert_eq!(client.ask("echo there"), "there");
    }
    let ending = std::thread::spawn(move || server.shutdown());
    for mut client in clients {
        assert_eq!(client.line(), "goodbye");
        assert_eq!(client.line(), "");
    }
    ending.join().expect("no panic").expect("a good end");
}

#[test]
fn a_shutdown_flushes_what_is_read_and_gives_up_on_who_does_not_read() {
    let (server, addr) =
        start_with(Settings { threads: 1, grace: Duration::from_millis(500), ..Settings::default() });
    let mut deaf = Client::connect(addr);
    deaf.send("give 50331648");
    let mut client = Client::connect(addr);
    assert_eq!(client.ask("echo there"), "there");
    let ending = std::thread::spawn(move || server.shutdown());
    assert_eq!(client.line(), "goodbye");
    ending.join().expect("no panic").expect("a good end");
}

#[test]
fn a_second_stop_changes_nothing() {
    let (server, addr) = start(2);
    let mut client = Client::connect(addr);
    assert_eq!(client.ask("echo there"), "there");
    let stopper = server.stopper();
    assert!(stopper.stop());
    assert!(!stopper.stop());
    assert_eq!(client.line(), "goodbye");
    drop(client);
    server.join().expect("a good end");
}

#[test]
fn a_worker_that_panics_takes_the_server_down() {
    let make: MakeService = Arc::new(|worker| {
        assert!(worker == 0, "no service for worker {worker}");
        Box::new(Lines { worker })
    });
    let settings = Settings { threads: 2, ..Settings::default() };
    let server = try_start(settings, Listener::any("lines", 0, make)).expect("the server starts");
    let error = server.join().expect_err("a worker failed").to_string();
    assert!(error.contains("worker-1") && error.contains("no service for worker 1"), "{error}");
}
