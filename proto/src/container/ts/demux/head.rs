//! The head of a packet. Specs: ISO/IEC 13818-1 §2.4.3.2 (head), §2.4.3.4 (adaptation field), §2.4.3.3 (counter).

use super::super::PACKET;
use crate::bytes::Reader;

/// What stands in front of a packet's payload.
#[derive(Debug)]
pub(super) struct Head<'a> {
    pub(super) pid: u16,
    /// The link knows that bits are wrong.
    pub(super) is_damaged: bool,
    /// A section or PES begins here.
    pub(super) is_start: bool,
    pub(super) is_scrambled: bool,
    /// The counter may jump here.
    pub(super) discontinuity: bool,
    pub(super) counter: u8,
    pub(super) payload: Option<&'a [u8]>,
}

impl<'a> Head<'a> {
    /// `None` when the adaptation field is longer than the packet.
    pub(super) fn parse(packet: &'a [u8; PACKET]) -> Option<Self> {
        let mut reader = Reader::new(packet);
        let [_, flags, low, control] = reader.array()?;
        let mut discontinuity = false;
        if control & 0x20 != 0 {
            let length = reader.u8()?;
            let field = reader.take(usize::from(length))?;
            discontinuity = field.first().is_some_and(|flags| flags & 0x80 != 0);
        }
        Some(Self {
            pid: u16::from(flags & 0x1F) << 8 | u16::from(low),
            is_damaged: flags & 0x80 != 0,
            is_start: flags & 0x40 != 0,
            is_scrambled: control & 0xC0 != 0,
            discontinuity,
            counter: control & 0x0F,
            payload: (control & 0x10 != 0).then(|| reader.rest()),
        })
    }
}

/// How a packet follows the one before it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Order {
    /// As it should.
    Next,
    /// It is the same one again.
    Duplicate,
    /// There were others in between that did not come.
    Gap,
    /// Its sender says that it begins anew.
    Anew,
}

/// The counter of one PID, and what tells a repeated packet from one that comes sixteen later.
#[derive(Debug, Default)]
pub(super) struct Continuity {
    last: Option<u8>,
    payload: Vec<u8>,
    repeated: bool,
}

impl Continuity {
    /// Looks at a packet with payload.
    pub(super) fn check(&mut self, head: &Head<'_>, payload: &[u8]) -> Order {
        let order = match self.last {
            None => Order::Next,
            Some(last) if head.counter == (last + 1) & 0x0F => Order::Next,
            Some(last) if head.counter == last && !self.repeated && self.payload == payload => {
                self.repeated = true;
                return Order::Duplicate;
            }
            Some(_) if head.discontinuity => Order::Anew,
            Some(_) => Order::Gap,
        };
        self.last = Some(head.counter);
        self.repeated = false;
        self.payload.clear();
        self.payload.extend_from_slice(payload);
        order
    }
}
