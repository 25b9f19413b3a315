//! Close codes. Spec: RFC 6455 §7.4.

/// The purpose of the connection is fulfilled.
pub const NORMAL: u16 = 1000;
/// The endpoint goes away: a server that shuts down, a stream that ends.
pub const GOING_AWAY: u16 = 1001;
/// The peer broke the protocol.
pub const PROTOCOL_ERROR: u16 = 1002;
/// Never sent: stands for a close frame without a code.
pub const NO_CODE: u16 = 1005;
/// The peer sent a text that is not UTF-8.
pub const INVALID_DATA: u16 = 1007;
/// The peer broke a rule of the server's.
pub const POLICY: u16 = 1008;
/// The peer sent a message longer than we take.
pub const TOO_BIG: u16 = 1009;
/// The server failed.
pub const INTERNAL: u16 = 1011;

/// Whether a close frame may carry this code: those of §7.4.1, 1012 to 1014 of IANA's registry, and the ranges that
/// §7.4.2 leaves to libraries and applications.
pub fn may_travel(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}
