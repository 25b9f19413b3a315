//! Both ends against each other, and against peers that do not know what they do.
#![allow(clippy::unwrap_used)]

mod caller;
mod identity;
mod pairs;

use std::collections::VecDeque;

use bytes::Bytes;
use rcgen::{CertificateParams, Issuer, KeyPair, KeyUsagePurpose};
use rtmpd_core::{Close, Error, Event, Input, Instant, Machine, Note, NoteLevel, Output};

const NOW: Instant = Instant::ZERO;

/// A certificate for `localhost`, and who has signed it; PEM.
struct Paper {
    authority: String,
    chain: String,
    key: String,
}

fn paper() -> Paper {
    let root_key = KeyPair::generate().unwrap();
    let mut root = CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority = root.self_signed(&root_key).unwrap().pem();
    let issuer = Issuer::new(root, root_key);
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".into()]).unwrap();
    let chain = leaf.signed_by(&key, &issuer).unwrap().pem();
    Paper { authority, chain, key: key.serialize_pem() }
}

/// Says everything back, twice as loud; ends when it hears `bye`.
#[derive(Default)]
struct Echo {
    heard: Vec<u8>,
    eof: bool,
    at: Option<Instant>,
    out: VecDeque<Output>,
}

impl Machine for Echo {
    fn handle_input(&mut self, _now: Instant, input: Input<'_>) -> Result<(), Error> {
        if let Input::Bytes(data) = input {
            self.heard.extend_from_slice(data);
            let data = Bytes::copy_from_slice(data);
            self.out.push_back(Output::Transmit(data.clone()));
            self.out
                .push_back(Output::Event(Event::Note(Note { level: NoteLevel::Debug, text: "echo".into() })));
            self.out.push_back(Output::Transmit(data));
            if self.heard.ends_with(b"bye") {
                self.out.push_back(Output::Close(Close::Done));
            }
            if self.heard.ends_with(b"bad") {
                self.out.push_back(Output::Transmit(Bytes::from_static(b"farewell")));
                return Err(Error::violation("it is bad", "RFC 862"));
            }
        } else if let Input::Eof = input {
            self.eof = true;
            self.out.push_back(Output::Close(Close::PeerGone));
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.at
    }
}

/// Says what it is told to say, and keeps what it hears.
struct Caller {
    heard: std::sync::Arc<std::sync::Mutex<Vec<u8>>>,
    out: VecDeque<Output>,
}

impl Caller {
    fn new(says: Vec<Bytes>) -> (Self, std::sync::Arc<std::sync::Mutex<Vec<u8>>>) {
        let heard = std::sync::Arc::default();
        let out = says.into_iter().map(Output::Transmit).collect();
        (Self { heard: std::sync::Arc::clone(&heard), out }, heard)
    }
}

impl Machine for Caller {
    fn handle_input(&mut self, _now: Instant, input: Input<'_>) -> Result<(), Error> {
        if let Input::Bytes(data) = input {
            self.heard.lock().unwrap().extend_from_slice(data);
        } else if let Input::Eof = input {
            self.out.push_back(Output::Close(Close::PeerGone));
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}

/// What a machine has to say, apart.
#[derive(Default, Debug)]
struct Said {
    bytes: Vec<u8>,
    notes: usize,
    close: Option<Close>,
}

fn drain(machine: &mut dyn Machine) -> Said {
    let mut said = Said::default();
    while let Some(output) = machine.poll_output() {
        match output {
            Output::Transmit(bytes) => {
                assert!(said.close.is_none(), "nothing follows the end");
                said.bytes.extend_from_slice(&bytes);
            }
            Output::Event(_) => said.notes += 1,
            Output::Close(why) => said.close = Some(why),
            Output::Datagram(..) => panic!("no datagrams"),
        }
    }
    said
}
