//! One TLS connection without a socket: records come in cut anywhere, plain bytes come out, and the other way round.
//!
//! Spec: RFC 8446 §5 (records), §6 (alerts). By rustls's buffered interface: its unbuffered one spares a copy, but fails
//! with an assertion when it is asked again after a peer's error.

use std::io::{self, Read, Write};

use bytes::{BufMut, BytesMut};
use rtmpd_core::Error;
use rustls::Connection;

/// Most bytes that may be said before the handshake is over.
const MAX_EARLY: usize = 128 << 10;

/// See the module's text.
pub(super) struct Session {
    connection: Connection,
    /// Bytes that were said before the handshake was over; rustls keeps them.
    early: usize,
    peer_closed: bool,
}

impl Session {
    pub(super) fn new(connection: impl Into<Connection>) -> Self {
        let mut connection = connection.into();
        // What is written is taken out at once.
        connection.set_buffer_limit(None);
        Self { connection, early: 0, peer_closed: false }
    }

    /// Whether the handshake is over.
    pub(super) fn is_open(&self) -> bool {
        !self.connection.is_handshaking()
    }

    /// Whether the peer has said that it sends no more.
    pub(super) fn peer_closed(&self) -> bool {
        self.peer_closed
    }

    /// Takes what came: plain bytes are appended to `plain`, records for the peer to `records`.
    ///
    /// # Errors
    /// When the peer broke the protocol; `records` then ends with the alert that tells it.
    pub(super) fn receive(
        &mut self,
        mut data: &[u8],
        plain: &mut Vec<u8>,
        records: &mut BytesMut,
    ) -> Result<(), Error> {
        let mut result = Ok(());
        while !data.is_empty() && result.is_ok() && !self.peer_closed {
            result = self.connection.read_tls(&mut data).map_err(|error| unable(&error)).and_then(|_| {
                let state = self.connection.process_new_packets().map_err(|error| fault(&error))?;
                self.peer_closed = state.peer_has_closed();
                take(&mut self.connection, plain, state.plaintext_bytes_to_read())
            });
        }
        self.flush(records);
        result
    }

    /// Sends plain bytes: records are appended to `records`, unless the handshake is not over yet.
    ///
    /// # Errors
    /// When too much is to be sent before the handshake is over.
    pub(super) fn send(&mut self, plain: &[u8], records: &mut BytesMut) -> Result<(), Error> {
        if !self.is_open() {
            self.early += plain.len();
            if self.early > MAX_EARLY {
                let text = format!("{} bytes to be sent before the handshake is over", self.early);
                return Err(Error::limit(text, "RFC 8446 §2"));
            }
        }
        self.connection.writer().write_all(plain).map_err(|error| unable(&error))?;
        self.flush(records);
        Ok(())
    }

    /// Tells the peer that nothing follows.
    pub(super) fn close(&mut self, records: &mut BytesMut) {
        self.connection.send_close_notify();
        self.flush(records);
    }

    /// Takes out the records that rustls has made.
    pub(super) fn flush(&mut self, records: &mut BytesMut) {
        // A writer into memory never fails.
        while self.connection.wants_write()
            && self.connection.write_tls(&mut Records(records)).is_ok_and(|count| count > 0)
        {}
    }
}

/// Appends all slices at once.
struct Records<'a>(&'a mut BytesMut);

impl Write for Records<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.put_slice(data);
        Ok(data.len())
    }

    fn write_vectored(&mut self, slices: &[io::IoSlice<'_>]) -> io::Result<usize> {
        let length = slices.iter().map(|slice| slice.len()).sum();
        self.0.reserve(length);
        slices.iter().for_each(|slice| self.0.put_slice(slice));
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Takes out the plain bytes that are there.
fn take(connection: &mut Connection, plain: &mut Vec<u8>, count: usize) -> Result<(), Error> {
    let begun = plain.len();
    plain.resize(begun + count, 0);
    let room = plain.get_mut(begun..).unwrap_or_default();
    connection.reader().read_exact(room).map_err(|error| unable(&error))
}

fn fault(error: &rustls::Error) -> Error {
    Error::violation(format!("TLS: {error}"), "RFC 8446 §6.2")
}

fn unable(error: &io::Error) -> Error {
    Error::violation(format!("TLS: {error}"), "RFC 8446 §5.1")
}
