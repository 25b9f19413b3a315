//! What a shard asks of its driver.

use std::net::{IpAddr, SocketAddr};

use super::{ConnId, PortId};
use crate::datagram::Way;
use crate::dial::Dial;
use crate::hub::ShardId;
use crate::machine::Call;
use crate::report::Report;

/// Names a listener of a shard.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ServiceId(pub usize);

/// Something only the driver can do.
#[derive(Clone, Debug)]
pub enum Action {
    /// Write what [`super::Shard::unsent`] gives, then tell [`super::Shard::sent`].
    Send(ConnId),
    /// Everything was written: close the connection. The id is dead from now on.
    Close(ConnId),
    /// Its bytes may be read again: see [`super::Shard::wants_read`].
    Read(ConnId),
    /// Send what [`super::Shard::unsent_datagrams`] gives, then tell [`super::Shard::sent_datagrams`].
    SendDatagrams(PortId),
    /// Bind a pair of UDP sockets, the first on an even port, the other on the next, and tell [`super::Shard::bound`].
    Bind {
        /// What they are called.
        pair: [PortId; 2],
        /// Our address, as the peer reached it.
        local: IpAddr,
        /// What they are for.
        way: Way,
        /// Where the peer is expected to send from.
        remotes: [SocketAddr; 2],
    },
    /// Close this UDP socket. The id is dead from now on.
    Unbind(PortId),
    /// Look up the host, connect to it, and tell [`super::Shard::dialled`]. With a port, which is for datagrams: open the
    /// socket that it names, and tell whom they go to.
    Dial(Box<Outgoing>),
    /// What a dialled connection has of the driver's, or is being made, is no longer needed. The id lives on and may be
    /// dialled again.
    HangUp(ConnId),
    /// Make the driver of that shard call [`super::Shard::handle_mail`].
    Wake(ShardId),
    /// Do this and give the result to [`super::Shard::answer`].
    Call(ConnId, Call),
    /// Write it to the log. Boxed because it is large and rare, and every action moves as many bytes as the largest.
    Report(Box<Report>),
}

/// A connection that is to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outgoing {
    /// For whom.
    pub conn: ConnId,
    /// To whom.
    pub dial: Dial,
    /// The socket that is to be opened, when it is for datagrams.
    pub port: Option<PortId>,
}
