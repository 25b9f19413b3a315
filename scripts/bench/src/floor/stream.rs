//! Those who get FLV by HTTP: one write per connection and batch.

use std::io;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use super::Counts;
use super::client::{Client, Wish};
use super::serve::Crowd;
use crate::flv::Trace;

const OK_FLV: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\nConnection: close\r\n\r\n";

#[derive(Debug, Default)]
pub(super) struct StreamCrowd {
    clients: Vec<Option<Client>>,
    counts: Counts,
    stop: bool,
}

impl Crowd for StreamCrowd {
    fn welcome(&mut self, registry: &Registry, mut socket: TcpStream) -> io::Result<()> {
        registry.register(&mut socket, Token(self.clients.len()), Interest::READABLE)?;
        self.clients.push(Some(Client::new(socket)));
        Ok(())
    }

    fn on_readable(&mut self, place: usize, trace: &Trace) {
        let Some(client) = self.clients.get_mut(place).and_then(Option::as_mut) else { return };
        let keep = match client.read() {
            Ok(Wish::Unknown) => true,
            Ok(Wish::Stream) => {
                client.playing = true;
                self.counts.players += 1;
                client.greet(&[OK_FLV, trace.headers()].concat()).is_ok()
            }
            Ok(Wish::Stats) => {
                let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n";
                let text = format!("{head}{}", self.counts.line());
                // Whoever is already gone misses nothing: the connection ends here either way.
                drop(client.greet(text.as_bytes()));
                false
            }
            Ok(Wish::Stop) => {
                self.stop = true;
                true
            }
            Err(_) => false,
        };
        if !keep {
            self.clients[place] = None;
        }
    }

    fn send(&mut self, (from, to): (u64, u64), trace: &Trace) {
        let pieces = trace.pieces(from, to);
        for slot in &mut self.clients {
            if let Some(client) = slot
                && client.playing
                && client.send(pieces, &mut self.counts).is_err()
            {
                *slot = None;
            }
        }
    }

    fn is_over(&self) -> bool {
        self.stop
    }

    fn counts(&self) -> Counts {
        self.counts
    }
}
