//! What an event is about, packed into mio's token.

use mio::Token;

const KIND_SHIFT: u32 = usize::BITS - 3;
const INDEX: usize = (1 << KIND_SHIFT) - 1;

/// The subject of an event, with its index in the table of its kind.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Subject {
    /// A connection of the shard.
    Conn(usize),
    /// A listener.
    Listener(usize),
    /// A socket that is being closed.
    Farewell(usize),
    /// A UDP socket.
    Port(usize),
    /// A socket that is being connected, by the index of its connection.
    Dial(usize),
    /// The waker: mail or letters.
    Wake,
}

impl From<Subject> for Token {
    fn from(subject: Subject) -> Self {
        let (kind, index) = match subject {
            Subject::Conn(index) => (0, index),
            Subject::Listener(index) => (1, index),
            Subject::Farewell(index) => (2, index),
            Subject::Port(index) => (3, index),
            Subject::Dial(index) => (4, index),
            Subject::Wake => (5, 0),
        };
        Self(kind << KIND_SHIFT | index & INDEX)
    }
}

impl From<Token> for Subject {
    fn from(token: Token) -> Self {
        let index = token.0 & INDEX;
        match token.0 >> KIND_SHIFT {
            0 => Self::Conn(index),
            1 => Self::Listener(index),
            2 => Self::Farewell(index),
            3 => Self::Port(index),
            4 => Self::Dial(index),
            _ => Self::Wake,
        }
    }
}
