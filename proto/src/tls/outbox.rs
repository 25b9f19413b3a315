//! What the machine inside wants done, with its bytes encrypted.

use std::collections::VecDeque;

use bytes::BytesMut;
use rtmpd_core::{Error, Event, Machine, Output};

use super::session::Session;

/// Things to do, in order.
#[derive(Default)]
pub(super) struct Outbox(VecDeque<Output>);

impl Outbox {
    pub(super) fn pop(&mut self) -> Option<Output> {
        self.0.pop_front()
    }

    /// Records for the peer.
    pub(super) fn transmit(&mut self, records: BytesMut) {
        if !records.is_empty() {
            self.0.push_back(Output::Transmit(records.freeze()));
        }
    }

    pub(super) fn event(&mut self, event: Event) {
        self.0.push_back(Output::Event(event));
    }

    /// As [`Self::drain`], for a machine that makes its own connections: what it says without one is for nobody.
    pub(super) fn drain_between(
        &mut self,
        inner: &mut dyn Machine,
        session: &mut Option<Session>,
    ) -> Result<(), Error> {
        while let Some(output) = inner.poll_output() {
            let mut records = BytesMut::new();
            match (&output, session.as_mut()) {
                (Output::Transmit(plain), Some(session)) => session.send(plain, &mut records)?,
                (Output::Transmit(_), None) => continue,
                (Output::Event(Event::HangUp | Event::Dial(_)) | Output::Close(_), Some(open)) => {
                    open.close(&mut records);
                    *session = None;
                }
                (Output::Event(_) | Output::Datagram(..) | Output::Close(_), _) => {}
            }
            self.transmit(records);
            if !matches!(output, Output::Transmit(_)) {
                self.0.push_back(output);
            }
        }
        Ok(())
    }

    /// Drains the machine inside. What it sends in one go is one piece, however many records that takes.
    pub(super) fn drain(&mut self, inner: &mut dyn Machine, session: &mut Session) -> Result<(), Error> {
        let mut records = BytesMut::new();
        while let Some(output) = inner.poll_output() {
            match output {
                Output::Transmit(plain) => session.send(&plain, &mut records)?,
                Output::Close(why) => {
                    session.close(&mut records);
                    self.transmit(std::mem::take(&mut records));
                    self.0.push_back(Output::Close(why));
                }
                other @ (Output::Datagram(..) | Output::Event(_)) => {
                    self.transmit(std::mem::take(&mut records));
                    self.0.push_back(other);
                }
            }
        }
        self.transmit(records);
        Ok(())
    }
}
