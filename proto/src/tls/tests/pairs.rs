use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use rtmpd_core::{Close, Error, Input, Machine};

use super::{Caller, Echo, NOW, Paper, drain, paper};
use crate::tls::{Identities, Identity, TlsClient, TlsServer, Trust};

fn identity(paper: &Paper) -> Identity {
    Identity::parse(paper.chain.as_bytes(), paper.key.as_bytes(), None).unwrap()
}

fn server(paper: &Paper) -> TlsServer {
    TlsServer::new(NOW, Box::new(Echo::default()), Arc::new(Identities::new(identity(paper))), true)
}

fn trust(paper: &Paper) -> Trust {
    Trust::new(Some(paper.authority.as_bytes()), None).unwrap()
}

/// Carries bytes both ways in pieces of `step`, until nobody has anything to say; how it ended for each, and what the
/// server had to note.
fn carry(
    client: &mut dyn Machine,
    server: &mut dyn Machine,
    step: usize,
) -> Result<(Option<Close>, Option<Close>, usize), Error> {
    let (mut client_end, mut server_end, mut notes) = (None, None, 0);
    loop {
        let (ours, theirs) = (drain(client), drain(server));
        notes += theirs.notes;
        client_end = client_end.or(ours.close);
        server_end = server_end.or(theirs.close);
        if ours.bytes.is_empty() && theirs.bytes.is_empty() {
            return Ok((client_end, server_end, notes));
        }
        for piece in ours.bytes.chunks(step) {
            server.handle_input(NOW, Input::Bytes(piece))?;
        }
        for piece in theirs.bytes.chunks(step) {
            client.handle_input(NOW, Input::Bytes(piece))?;
        }
    }
}

#[test]
fn what_is_said_is_heard_however_it_is_cut() {
    let paper = paper();
    let long: Vec<u8> = (0..100_000_u32).map(|number| number as u8).collect();
    for step in [1, 7, 1460, 40_000] {
        let mut server = server(&paper);
        // Both are said before the handshake is over.
        let (caller, heard) = Caller::new(vec![Bytes::from_static(b"hello"), Bytes::from(long.clone())]);
        let mut client = TlsClient::new(Box::new(caller), "localhost", &trust(&paper)).unwrap();
        carry(&mut client, &mut server, step).unwrap();
        let heard = heard.lock().unwrap();
        assert_eq!(heard.len(), 2 * (5 + long.len()), "pieces of {step}");
        let mut counts = [0_usize; 256];
        heard.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
        assert!(counts.iter().all(|count| *count > 770), "the bytes are those that were sent");
    }
}

#[test]
fn the_end_is_told_in_tls() {
    let paper = paper();
    let mut server = server(&paper);
    let (caller, heard) = Caller::new(vec![Bytes::from_static(b"bye")]);
    let mut client = TlsClient::new(Box::new(caller), "localhost", &trust(&paper)).unwrap();
    let (client_end, server_end, notes) = carry(&mut client, &mut server, 1 << 20).unwrap();
    assert_eq!(*heard.lock().unwrap(), b"byebye");
    assert_eq!(server_end, Some(Close::Done));
    assert_eq!(client_end, Some(Close::PeerGone), "close_notify says that nothing follows");
    assert_eq!(notes, 1);
}

#[test]
fn farewells_are_encrypted_too() {
    let paper = paper();
    let mut server = server(&paper);
    let (caller, heard) = Caller::new(vec![Bytes::from_static(b"bad")]);
    let mut client = TlsClient::new(Box::new(caller), "localhost", &trust(&paper)).unwrap();
    let error = carry(&mut client, &mut server, 1 << 20).unwrap_err();
    assert!(error.to_string().contains("it is bad"));
    client.handle_input(NOW, Input::Bytes(&drain(&mut server).bytes)).unwrap();
    assert_eq!(*heard.lock().unwrap(), b"badbadfarewell");
}

#[test]
fn plain_peers_are_served_as_ever() {
    let mut server = server(&paper());
    server.handle_input(NOW, Input::Bytes(b"GET / HTTP/1.0 bye")).unwrap();
    let said = drain(&mut server);
    assert_eq!(said.bytes, b"GET / HTTP/1.0 byeGET / HTTP/1.0 bye");
    assert_eq!((said.notes, said.close), (1, Some(Close::Done)));
    assert_eq!(server.poll_timeout(), None);
}

#[test]
fn who_says_nothing_or_stops_in_the_middle_is_closed() {
    let late = NOW + Duration::from_secs(10);
    let mut silent = server(&paper());
    assert_eq!(silent.poll_timeout(), Some(late));
    assert_eq!(silent.handle_input(late, Input::Timeout), Err(Error::TimedOut("the TLS handshake")));
    let mut halfway = server(&paper());
    halfway.handle_input(NOW, Input::Bytes(&[22, 3, 1, 2, 0, 1])).unwrap();
    assert_eq!(halfway.poll_timeout(), Some(late));
    assert_eq!(halfway.handle_input(late, Input::Timeout), Err(Error::TimedOut("the TLS handshake")));
}

#[test]
fn who_is_not_trusted_is_told() {
    let (ours, other) = (paper(), paper());
    for (host, trusted) in [("localhost", &other), ("elsewhere", &ours)] {
        let mut server = server(&ours);
        let (caller, _) = Caller::new(vec![Bytes::from_static(b"hello")]);
        let mut client = TlsClient::new(Box::new(caller), host, &trust(trusted)).unwrap();
        let error = carry(&mut client, &mut server, 1 << 20).unwrap_err().to_string();
        assert!(error.contains("certificate"), "{error}");
        let alert = drain(&mut client).bytes;
        assert!(!alert.is_empty(), "the server hears why");
        let error = server.handle_input(NOW, Input::Bytes(&alert)).unwrap_err().to_string();
        assert!(error.contains("alert"), "{error}");
    }
    assert!(TlsClient::new(Box::new(Echo::default()), "no host", &trust(&ours)).is_err());
}

#[test]
fn a_new_identity_is_for_new_connections() {
    let (old, new) = (paper(), paper());
    let identities = Arc::new(Identities::new(identity(&old)));
    let accept = || TlsServer::new(NOW, Box::new(Echo::default()), Arc::clone(&identities), false);
    let call = |paper: &Paper, says: &'static [u8]| {
        let (caller, heard) = Caller::new(vec![Bytes::from_static(says)]);
        (TlsClient::new(Box::new(caller), "localhost", &trust(paper)).unwrap(), heard)
    };
    let (mut first, (mut client, heard)) = (accept(), call(&old, b"one"));
    carry(&mut client, &mut first, 1 << 20).unwrap();
    identities.replace(identity(&new));
    let (mut second, (mut newcomer, _)) = (accept(), call(&new, b"two"));
    carry(&mut newcomer, &mut second, 1 << 20).unwrap();
    assert!(carry(&mut call(&old, b"three").0, &mut accept(), 1 << 20).is_err());
    first.handle_input(NOW, Input::Eof).unwrap();
    assert_eq!(*heard.lock().unwrap(), b"oneone");
}

#[test]
fn bytes_that_never_become_records_are_limited() {
    let mut server = server(&paper());
    server.handle_input(NOW, Input::Bytes(&[22, 3, 1, 64, 0])).unwrap();
    let outcome = (0..100).try_for_each(|_| server.handle_input(NOW, Input::Bytes(&[0; 4096])));
    assert!(outcome.is_err());
    assert!(!drain(&mut server).bytes.is_empty(), "an alert");
}

proptest! {
    #[test]
    fn any_bytes_end_in_words(mut data: Vec<u8>, tls: bool, step in 1_usize..50) {
        if tls {
            data.splice(0..0, [22, 3, 1]);
        }
        let mut server = server(&paper());
        for piece in data.chunks(step) {
            if server.handle_input(NOW, Input::Bytes(piece)).is_err() {
                break;
            }
            drain(&mut server);
        }
        drain(&mut server);
    }
}
