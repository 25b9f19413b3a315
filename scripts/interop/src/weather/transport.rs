//! Messages of RTSP and their Transport headers (RFC 2326 §12.39, RFC 7826 §18.54), with ports exchanged.

/// Longest head and body that are passed on; whoever sends more is cut off.
const HEAD: usize = 64 * 1024;
const BODY: usize = 16 << 20;

/// What the front of a buffer holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// Not enough to tell.
    Unfinished,
    /// So many bytes to be passed on as they are: interleaved data, a body, empty lines.
    Plain(usize),
    /// A head of so many bytes, and then a body of so many.
    Head(usize, usize),
    /// No RTSP.
    Nonsense,
}

/// Looks at the front of what has been read.
pub(super) fn part(buffer: &[u8]) -> Part {
    match buffer {
        [b'$', _, high, low, ..] => Part::Plain(4 + usize::from(u16::from_be_bytes([*high, *low]))),
        [] | [b'$', ..] => Part::Unfinished,
        [b'\r' | b'\n', ..] => Part::Plain(1),
        _ => match buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            Some(end) => {
                let length = std::str::from_utf8(&buffer[..end])
                    .ok()
                    .map(|head| field(head, "content-length").map_or(Some(0), |value| value.parse().ok()));
                match length {
                    Some(Some(length)) if length <= BODY => Part::Head(end + 4, length),
                    _ => Part::Nonsense,
                }
            }
            None if buffer.len() > HEAD => Part::Nonsense,
            None => Part::Unfinished,
        },
    }
}

/// The value of a header field; names do not care about case.
pub(super) fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(key, _)| key.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// The first port of a parameter of the first transport that has it, such as `client_port=5000-5001`, and the last
/// one, if there are two.
pub(super) fn ports(transport: &str, name: &str) -> Option<(u16, Option<u16>)> {
    let (at, value) = find(transport, name)?;
    let text = &transport[at..at + value];
    let (first, last) = text.split_once('-').map_or((text, None), |(first, last)| (first, Some(last)));
    Some((first.parse().ok()?, last.and_then(|last| last.parse().ok())))
}

/// The head with another first port in a parameter of its Transport, and with the next one for its second port.
pub(super) fn with_ports(head: &str, name: &str, port: u16) -> String {
    let Some(transport) = field(head, "transport") else { return head.to_owned() };
    let Some((at, length)) = find(transport, name) else { return head.to_owned() };
    let two = transport[at..at + length].contains('-');
    let value = if two { format!("{port}-{}", port + 1) } else { port.to_string() };
    let new = format!("{}{value}{}", &transport[..at], &transport[at + length..]);
    head.replacen(transport, &new, 1)
}

/// Where a parameter's value begins and how long it is.
fn find(transport: &str, name: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(found) = transport[from..].find(name) {
        let begins = from + found;
        let at = begins + name.len() + 1;
        let is_name = transport[..begins].chars().next_back().is_none_or(|c| matches!(c, ';' | ',' | ' '));
        if is_name && transport[begins + name.len()..].starts_with('=') {
            let length = transport[at..].find([';', ',', ' ']).unwrap_or(transport.len() - at);
            return Some((at, length));
        }
        from = begins + name.len();
    }
    None
}
