//! What is wrong with a head, in words. Spec: RFC 9112 §2.3, §3, §5.

use super::{Failure, is_token_byte, shown};

/// Puts the parser's complaint about a whole head into words that name the line.
pub(super) fn explain(error: httparse::Error, head: &[u8]) -> Failure {
    use httparse::Error;
    match error {
        Error::Version => {
            let line = first_line(head);
            let version = line.rsplit(' ').next().unwrap_or_default();
            let status = if version.starts_with("HTTP/") { 505 } else { 400 };
            let text =
                format!("the request line is {}, expected HTTP/1.1 or HTTP/1.0 at its end", shown(&line));
            Failure::new(status, text)
        }
        Error::HeaderName | Error::HeaderValue | Error::TooManyHeaders => malformed_field(head),
        Error::NewLine | Error::Token | Error::Status => malformed_line(head),
    }
}

/// The request line is none.
pub(super) fn malformed_line(head: &[u8]) -> Failure {
    let text = format!("the request line is {}, expected METHOD TARGET HTTP/1.1", shown(&first_line(head)));
    Failure::new(400, text)
}

fn first_line(head: &[u8]) -> String {
    let line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    String::from_utf8_lossy(line).trim().to_owned()
}

/// Names the first header line that is wrong.
fn malformed_field(head: &[u8]) -> Failure {
    let is_wrong = |line: &&[u8]| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let name = line.iter().position(|&byte| byte == b':').and_then(|colon| line.get(..colon));
        let is_name = name.is_some_and(|name| !name.is_empty() && name.iter().copied().all(is_token_byte));
        let has_control = line.iter().any(|&byte| byte.is_ascii_control() && byte != b'\t');
        !line.is_empty() && (has_control || !is_name)
    };
    let line = head.split(|&byte| byte == b'\n').skip(1).find(is_wrong).unwrap_or_default();
    let text = String::from_utf8_lossy(line);
    if text.starts_with([' ', '\t']) {
        let text = format!(
            "the line {} continues the field above it, expected each on one line",
            shown(text.trim())
        );
        return Failure::new(400, text);
    }
    Failure::new(400, format!("the header line is {}, expected NAME: VALUE", shown(text.trim())))
}
