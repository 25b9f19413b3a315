//! Playlists for those who were let in: what they name has a pass.

use bytes::Bytes;
use rtmpd_core::Instant;

use super::super::pass::{PASS, Session, with_pass};
use super::super::wire::Response;
use super::{HttpServer, Manner};

impl HttpServer {
    /// Sends a playlist or manifest, with this head, in which every URL has the session's pass.
    pub(super) fn send_playlist(
        &mut self,
        now: Instant,
        (manner, head): (Manner, Response),
        session: &Session,
        (name, text): (&str, &[u8]),
    ) {
        let Some(passes) = self.passes.clone() else { return };
        let pass = passes.issue(now, session);
        let text = with_pass(name, &String::from_utf8_lossy(text), &pass);
        let app = session.scope.split('/').next().unwrap_or_default();
        let head = head
            .field("Set-Cookie", &passes.cookie(session, &pass, &format!("/{app}/")))
            .field("Content-Length", &text.len().to_string())
            .unsized_body();
        let (head, _) = self.dated(now, manner.word(head)).finish(true);
        self.transmit(head);
        if !manner.head_only {
            self.transmit(Bytes::from(text));
        }
        self.responded(now, manner);
    }

    /// What a film's playlist is to add to its URLs: the session's pass too.
    pub(super) fn with_pass_kept(&self, now: Instant, kept: &str, session: Option<&Session>) -> String {
        let Some((passes, session)) = self.passes.as_ref().zip(session) else { return kept.to_owned() };
        let others = kept.split('&').filter(|pair| !pair.is_empty() && pair.split('=').next() != Some(PASS));
        let mut out: String = others.map(|pair| format!("&{pair}")).collect();
        out.push_str(&format!("&{PASS}={}", passes.issue(now, session)));
        out
    }

    /// What caches may do: what not everybody may have is for the client's own.
    pub(super) fn cache_control(&self, open: &str) -> String {
        if self.passes.is_some() { open.replace("public", "private") } else { open.to_owned() }
    }
}
