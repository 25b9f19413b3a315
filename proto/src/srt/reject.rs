//! Why a connection is refused, in the numbers that callers show to people.
//!
//! Specs: draft-sharabayko-srt §4.3 (table 7), libsrt's `SRT_REJ_*` and the codes of its access control guidelines.

use std::fmt;

use rtmpd_core::Refusal;

/// A reason. On the wire it is 1000 more than the number that libsrt's `srt_getrejectreason` gives.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct Reject(u32);

impl Reject {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self(0);
    /// A system call failed.
    pub const SYSTEM: Self = Self(1);
    /// The peer said no.
    pub const PEER: Self = Self(2);
    /// Memory or another resource is short.
    pub const RESOURCE: Self = Self(3);
    /// The handshake makes no sense.
    pub const ROGUE: Self = Self(4);
    /// Too many are waiting to be accepted.
    pub const BACKLOG: Self = Self(5);
    /// A defect in the program.
    pub const DEFECT: Self = Self(6);
    /// The socket is closing.
    pub const CLOSE: Self = Self(7);
    /// The peer is too old.
    pub const VERSION: Self = Self(8);
    /// Both ends of a rendezvous have the same cookie.
    pub const RENDEZVOUS_COOKIE: Self = Self(9);
    /// The passphrase is another one.
    pub const BAD_SECRET: Self = Self(10);
    /// One side wants encryption, the other one not.
    pub const UNSECURE: Self = Self(11);
    /// One side wants messages, the other a stream of bytes.
    pub const MESSAGE_API: Self = Self(12);
    /// The kinds of congestion control differ.
    pub const CONGESTION: Self = Self(13);
    /// The packet filters do not fit.
    pub const FILTER: Self = Self(14);
    /// Links are not grouped here.
    pub const GROUP: Self = Self(15);
    /// It took too long.
    pub const TIMEOUT: Self = Self(16);
    /// The ciphers differ.
    pub const CRYPTO: Self = Self(17);

    /// Some problem of the service.
    pub const FALLBACK: Self = Self(1000);
    /// A key of the stream id is not known here.
    pub const KEY_NOT_SUPPORTED: Self = Self(1001);
    /// The file that is asked for does not exist.
    pub const FILE_PATH: Self = Self(1002);
    /// The host `h` is not known here.
    pub const HOST_NOT_FOUND: Self = Self(1003);
    /// The stream id cannot be understood.
    pub const BAD_REQUEST: Self = Self(1400);
    /// The user is not who he says.
    pub const UNAUTHORIZED: Self = Self(1401);
    /// The server has too much to do.
    pub const OVERLOAD: Self = Self(1402);
    /// The user may not have this.
    pub const FORBIDDEN: Self = Self(1403);
    /// There is no such stream.
    pub const NOT_FOUND: Self = Self(1404);
    /// This mode `m` is not possible for this stream.
    pub const BAD_MODE: Self = Self(1405);
    /// These parameters cannot be satisfied.
    pub const UNACCEPTABLE: Self = Self(1406);
    /// The stream is being published already.
    pub const CONFLICT: Self = Self(1409);
    /// This type `t` of media is not served.
    pub const MEDIA_NOT_SUPPORTED: Self = Self(1415);
    /// The stream is locked.
    pub const LOCKED: Self = Self(1423);
    /// The session that this one depends on is gone.
    pub const FAILED_DEPENDENCY: Self = Self(1424);
    /// The server has an error.
    pub const SERVER_ERROR: Self = Self(1500);
    /// The server cannot do this.
    pub const UNIMPLEMENTED: Self = Self(1501);
    /// The server behind this one said no.
    pub const GATEWAY: Self = Self(1502);
    /// The server is down.
    pub const DOWN: Self = Self(1503);
    /// This version is not spoken here.
    pub const VERSION_NOT_SUPPORTED: Self = Self(1505);
    /// There is no room to record the stream.
    pub const NO_ROOM: Self = Self(1507);

    /// A code of one's own: 2000 and more is for applications.
    pub const fn new(code: u32) -> Self {
        Self(code)
    }

    /// The number that libsrt shows.
    pub const fn code(self) -> u32 {
        self.0
    }

    /// From the word of a handshake, which is 1000 or more.
    pub const fn from_wire(word: u32) -> Self {
        Self(word.saturating_sub(1000))
    }

    /// As the word of a handshake.
    pub const fn wire(self) -> u32 {
        self.0.saturating_add(1000)
    }

    /// In a few words; empty when the number has none.
    pub fn text(self) -> &'static str {
        TEXTS.iter().find(|(code, _)| *code == self.0).map_or("", |(_, text)| text)
    }
}

/// What the numbers mean.
const TEXTS: &[(u32, &str)] = &[
    (0, "unknown reason"),
    (1, "system error"),
    (2, "rejected by the peer"),
    (3, "out of resources"),
    (4, "rogue handshake"),
    (5, "backlog exceeded"),
    (6, "internal program error"),
    (7, "socket is closing"),
    (8, "peer is too old"),
    (9, "rendezvous cookie collision"),
    (10, "wrong passphrase"),
    (11, "encryption required or unexpected"),
    (12, "messages and streams of bytes do not fit"),
    (13, "congestion control does not fit"),
    (14, "packet filter does not fit"),
    (15, "groups of links do not fit"),
    (16, "timed out"),
    (17, "ciphers do not fit"),
    (1000, "rejected by the application"),
    (1001, "key of the stream id not supported"),
    (1002, "file not found"),
    (1003, "host not found"),
    (1400, "bad request"),
    (1401, "unauthorized"),
    (1402, "overloaded"),
    (1403, "forbidden"),
    (1404, "not found"),
    (1405, "bad mode"),
    (1406, "not acceptable"),
    (1409, "conflict"),
    (1415, "media type not supported"),
    (1423, "locked"),
    (1424, "failed dependency"),
    (1500, "server error"),
    (1501, "not implemented"),
    (1502, "bad gateway"),
    (1503, "service down"),
    (1505, "version not supported"),
    (1507, "no room"),
];

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.text())
    }
}

impl From<&Refusal> for Reject {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::UnknownApp(_) | Refusal::NotFound(_) | Refusal::NotYet(_) => Self::NOT_FOUND,
            Refusal::BadName(_) => Self::BAD_REQUEST,
            Refusal::Busy(_) | Refusal::Looped(_) => Self::CONFLICT,
            Refusal::Unsupported(_) => Self::UNACCEPTABLE,
            Refusal::NoPort(_) | Refusal::Full(_) => Self::RESOURCE,
            Refusal::Denied => Self::FORBIDDEN,
            Refusal::ShuttingDown => Self::DOWN,
        }
    }
}
