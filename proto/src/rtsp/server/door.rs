//! Who is let in: Basic and Digest, when an account is configured.
//!
//! Specs: RFC 2326 §D.2.2 (401), RFC 7616, RFC 7617.

use rtmpd_core::{Dice, Error, Refusal};

use super::RtspServer;
use super::recalled::Recalled;
use crate::rtsp::Account;
use crate::rtsp::auth::{self, Proof, challenges};
use crate::rtsp::wire::{Method, Request, Response};

/// So many wrong answers, then the connection ends.
const TRIES: u8 = 5;

/// See the module's text.
#[derive(Debug)]
pub(super) struct Door {
    account: Option<Account>,
    nonce: String,
    /// Wrong answers so far.
    wrong: u8,
}

impl Door {
    pub(super) fn new(account: Option<Account>) -> Self {
        Self { account, nonce: String::new(), wrong: 0 }
    }

    /// Whether a request may be obeyed; when not, the answer to it.
    pub(super) fn admit(
        &mut self,
        request: &Request,
        dice: &mut Dice,
        recalled: &mut Recalled,
    ) -> Result<(), Response> {
        let Some(account) = self.account.as_ref().filter(|_| needs_leave(&request.method)) else {
            return Ok(());
        };
        let asked = auth::Account { user: &account.user, password: &account.password, realm: &account.realm };
        let mut is_stale = false;
        if let Some(header) = request.header("Authorization") {
            match auth::prove(header, request.method.name(), &asked, &self.nonce) {
                Proof::Right => return Ok(()),
                // VLC and NVRs that come again begin with their answer to the last connection's challenge.
                Proof::Stale => is_stale = true,
                Proof::Wrong => self.wrong = self.wrong.saturating_add(1),
            }
        }
        if self.nonce.is_empty() {
            let draw = || format!("{:016x}{:016x}", dice.next_u64(), dice.next_u64());
            self.nonce = recalled.nonce().unwrap_or_else(draw);
        }
        let mut response = Response::new(401);
        for challenge in challenges(&account.realm, &self.nonce, is_stale) {
            response.headers.push("WWW-Authenticate", &challenge);
        }
        Err(response)
    }
}

/// OPTIONS is asked before anything is known, and signs of life are for those who are in.
fn needs_leave(method: &Method) -> bool {
    match method {
        Method::Describe | Method::Announce | Method::Setup | Method::Play | Method::Record => true,
        Method::Options
        | Method::Pause
        | Method::Teardown
        | Method::GetParameter
        | Method::SetParameter
        | Method::Redirect
        | Method::PlayNotify
        | Method::Get
        | Method::Post
        | Method::Unknown(_) => false,
    }
}

impl RtspServer {
    /// Says that a proof is wanted; ends the connection of one who guesses.
    pub(super) fn turn_away(&mut self, request: &Request, response: Response) -> Result<(), Error> {
        self.answer(request, response);
        if self.door.wrong >= TRIES {
            let text = format!("{TRIES} wrong names or passwords");
            return Err(Error::Refused(Refusal::Unsupported(text)));
        }
        Ok(())
    }
}
