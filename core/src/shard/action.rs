//! What a shard asks of its driver.

use super::ConnId;
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
    /// Make the driver of that shard call [`super::Shard::handle_mail`].
    Wake(ShardId),
    /// Do this and give the result to [`super::Shard::answer`].
    Call(ConnId, Call),
    /// Write it to the log. Boxed because it is large and rare, and every action moves as many bytes as the largest.
    Report(Box<Report>),
}
