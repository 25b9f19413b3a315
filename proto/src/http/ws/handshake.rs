//! The request that turns an HTTP connection into a WebSocket, and what answers it.
//!
//! Spec: RFC 6455 §4.2. The origin is not checked: it is the router that knows which ones are allowed.

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use sha1::{Digest, Sha1};

/// What §1.3 appends to every key.
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// The one version there is (§4.1).
const VERSION: &str = "13";
/// Length of a key once its base64 is taken off, in bytes.
const KEY_LEN: usize = 16;
/// Longest decoded key there is room for; one of the right length is 24 characters.
const KEY_ROOM: usize = 18;
/// Not every client clears the four unused bits of a key's last character; they carry nothing.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// A request that may become a WebSocket: answer it with `101 Switching Protocols`, `Upgrade: websocket`,
/// `Connection: Upgrade` and these.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Upgrade {
    /// Value of `Sec-WebSocket-Accept`.
    pub accept: String,
    /// Value of `Sec-WebSocket-Protocol`, if the client offers any: the one it wants most. A browser gives the
    /// connection up when it asked for one and gets none.
    pub protocol: Option<String>,
}

/// A request that becomes no WebSocket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoUpgrade {
    /// HTTP status to answer with: 400 or 426.
    pub status: u16,
    /// A header the answer must have: the version we speak, with a 426 (§4.4).
    pub header: Option<(&'static str, &'static str)>,
    /// What was wrong, for the body and the log.
    pub text: Cow<'static, str>,
}

impl NoUpgrade {
    fn bad(text: impl Into<Cow<'static, str>>) -> Self {
        Self { status: 400, header: None, text: text.into() }
    }
}

impl fmt::Display for NoUpgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.text, self.status)
    }
}

impl std::error::Error for NoUpgrade {}

/// The answer to a client's key (§4.2.2 item 5.4).
pub fn accept_key(key: &str) -> String {
    let digest = Sha1::new().chain_update(key.trim()).chain_update(GUID).finalize();
    STANDARD.encode(digest)
}

/// Checks the headers of a GET of HTTP/1.1 (§4.2.1). `header` finds a header's value by its name, in any case; lines of
/// the same name should have been joined by commas.
///
/// # Errors
/// When it is no upgrade to a WebSocket, or one that we do not speak.
pub fn check_upgrade<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Result<Upgrade, NoUpgrade> {
    let upgrade = header("Upgrade").unwrap_or_default();
    if !elements(upgrade).any(|name| name.eq_ignore_ascii_case("websocket")) {
        return Err(NoUpgrade::bad(format!("Upgrade is {}, expected websocket", shown(upgrade))));
    }
    let connection = header("Connection").unwrap_or_default();
    if !elements(connection).any(|name| name.eq_ignore_ascii_case("upgrade")) {
        return Err(NoUpgrade::bad(format!("Connection is {}, expected Upgrade", shown(connection))));
    }
    let version = header("Sec-WebSocket-Version").unwrap_or_default().trim();
    if version != VERSION {
        let text = format!("Sec-WebSocket-Version is {}, expected {VERSION}", shown(version));
        return Err(NoUpgrade {
            status: 426,
            header: Some(("Sec-WebSocket-Version", VERSION)),
            text: text.into(),
        });
    }
    let key = header("Sec-WebSocket-Key").unwrap_or_default().trim();
    if LENIENT.decode_slice(key, &mut [0; KEY_ROOM]).ok() != Some(KEY_LEN) {
        let text = format!("Sec-WebSocket-Key is {}, expected {KEY_LEN} bytes in base64", shown(key));
        return Err(NoUpgrade::bad(text));
    }
    let protocol = first_protocol(header("Sec-WebSocket-Protocol").unwrap_or_default())?;
    Ok(Upgrade { accept: accept_key(key), protocol })
}

fn first_protocol(offered: &str) -> Result<Option<String>, NoUpgrade> {
    let Some(first) = elements(offered).next() else { return Ok(None) };
    // It goes back in a header: nothing but a token may.
    if !first.bytes().all(is_token) {
        return Err(NoUpgrade::bad(format!("Sec-WebSocket-Protocol has {}, expected a token", shown(first))));
    }
    Ok(Some(first.to_owned()))
}

/// The elements of a comma-separated header; empty ones do not count (RFC 9110 §5.6.1).
fn elements(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|element| !element.is_empty())
}

/// Whether the byte may stand in a token (RFC 9110 §5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// A value for an error text: short, and without bytes that would upset a log.
fn shown(value: &str) -> String {
    if value.is_empty() {
        return "missing".to_owned();
    }
    let shown = value.get(..value.floor_char_boundary(64)).unwrap_or_default();
    format!("\"{}\"", shown.escape_debug())
}
