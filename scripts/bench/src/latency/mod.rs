//! The latency probe: publishes frames that carry their own send time, and plays them back in the same process.
//! Blocking sockets and a thread per connection: few connections, and no polling between a byte and its time stamp.

mod frames;
mod join;
mod link;
mod publish;
mod view;

pub use frames::FrameMaker;
pub use join::{JoinTimes, join_many};
pub(crate) use link::Link;
pub use publish::Publisher;
pub use view::{ViewReport, Viewer};
