//! Which servers a forwarded stream has passed, so that none forwards it round and round.
//!
//! Each server has an id. One that forwards tells the ids of all that the stream has passed, itself the last, in words
//! that other servers pass over: `via 0a1b2c3d.99887766` in the name of the client (RTMP, RTSP), `via=…` among the
//! parameters (SRT).

use crate::error::Refusal;
use crate::request::Request;

/// Most servers that a stream passes.
pub const MAX_HOPS: usize = 8;

/// The ids of the servers that a publisher's stream has passed, in their order; not more than [`MAX_HOPS`] and one.
pub fn passed(request: &Request) -> Vec<u32> {
    let said = after(&request.agent, "via ").or_else(|| after(&request.params, "via="));
    let ids = said.unwrap_or_default().split('.').map_while(|id| {
        let digits = id.get(..8).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        u32::from_str_radix(digits, 16).ok()
    });
    ids.take(MAX_HOPS + 1).collect()
}

/// What the next server is told of a stream that is published here by `request` and goes on from the server `own`.
pub fn mark(request: &Request, own: u32) -> String {
    let mut ids = passed(request);
    ids.push(own);
    ids.iter().map(|id| format!("{id:08x}")).collect::<Vec<_>>().join(".")
}

/// Whether the server `own` may have a publisher's stream; 0 is a server that has no id and asks nobody.
///
/// # Errors
/// [`Refusal::Looped`] when the stream has passed it already, or too many others.
pub fn check_route(request: &Request, own: u32) -> Result<(), Refusal> {
    let ids = passed(request);
    if own != 0 && (ids.contains(&own) || ids.len() > MAX_HOPS) {
        return Err(Refusal::Looped(request.key.to_string()));
    }
    Ok(())
}

fn after<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    text.split_once(word).map(|(_, rest)| rest)
}

#[cfg(test)]
mod tests;
