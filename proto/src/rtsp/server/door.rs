//! Who is let in: Basic and Digest, when an account is configured; and as which user, where there are users.
//!
//! Specs: RFC 2326 §D.2.2 (401), RFC 7616, RFC 7617.

use std::sync::Arc;

use rtmpd_core::{Ask, Dice, Error, Event, Instant, Refusal, Request as Wish, Role};

use super::recalled::Recalled;
use super::{RtspServer, Waiting};
use crate::rtp::RTP;
use crate::rtsp::Settings;
use crate::rtsp::auth::{self, Proof, challenges};
use crate::rtsp::wire::{Method, Request, Response};

/// So many wrong answers, then the connection ends.
const TRIES: u8 = 5;

/// See the module's text.
#[derive(Debug)]
pub(super) struct Door {
    settings: Arc<Settings>,
    nonce: String,
    /// Which user the client has proven to be.
    proven: Arc<str>,
    /// Wrong answers so far.
    wrong: u8,
}

impl Door {
    pub(super) fn new(settings: Arc<Settings>) -> Self {
        Self { settings, nonce: String::new(), proven: Arc::default(), wrong: 0 }
    }

    /// Whether a request may be obeyed; when not, the answer to it.
    pub(super) fn admit(
        &mut self,
        request: &Request,
        dice: &mut Dice,
        recalled: &mut Recalled,
    ) -> Result<(), Response> {
        let settings = self.settings.clone();
        if !needs_leave(&request.method) {
            return Ok(());
        }
        let header = request.header("Authorization");
        let Some((header, user)) = header.and_then(|header| Some((header, auth::user_of(header)?))) else {
            if settings.account.is_none() {
                return Ok(());
            }
            self.wrong = self.wrong.saturating_add(u8::from(header.is_some()));
            return Err(self.challenge(false, dice, recalled));
        };
        let mut accounts = settings.account.iter().chain(settings.users.iter()).peekable();
        if accounts.peek().is_none() {
            return Ok(());
        }
        let mut is_stale = false;
        for account in accounts.filter(|account| *account.user == *user) {
            let realm = self.realm();
            let asked = auth::Account { user: &account.user, password: &account.password, realm: &realm };
            match auth::prove(header, request.method.name(), &asked, &self.nonce) {
                Proof::Right => {
                    self.proven = account.user.clone();
                    return Ok(());
                }
                // VLC and NVRs that come again begin with their answer to the last connection's challenge.
                Proof::Stale => is_stale = true,
                Proof::Wrong => {}
            }
        }
        self.wrong = self.wrong.saturating_add(u8::from(!is_stale));
        Err(self.challenge(is_stale, dice, recalled))
    }

    /// What all accounts are called.
    fn realm(&self) -> Arc<str> {
        let Settings { account, users, .. } = &*self.settings;
        account.iter().chain(users.iter()).next().map_or_else(Arc::default, |account| account.realm.clone())
    }

    /// Asks for a proof.
    fn challenge(&mut self, is_stale: bool, dice: &mut Dice, recalled: &mut Recalled) -> Response {
        if self.nonce.is_empty() {
            let draw = || format!("{:016x}{:016x}", dice.next_u64(), dice.next_u64());
            self.nonce = recalled.nonce().unwrap_or_else(draw);
        }
        let mut response = Response::new(401);
        for challenge in challenges(&self.realm(), &self.nonce, is_stale) {
            response.headers.push("WWW-Authenticate", &challenge);
        }
        response
    }
}

fn wanted(wish: Wish, role: Role) -> Event {
    match role {
        Role::Publisher => Event::Publish(Box::new(wish)),
        Role::Api | Role::Upload | Role::Download | Role::Player => Event::Play(Box::new(wish), RTP),
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
    /// Asks the shard whether the client may do this: at once, or first as the user that it has proven to be.
    pub(super) fn ask_as(&mut self, wish: Wish, waiting: Waiting, credentials: &str) {
        let role = if matches!(waiting, Waiting::Announce(_)) { Role::Publisher } else { Role::Player };
        let is_user = !self.settings.users.is_empty() && !self.door.proven.is_empty();
        let is_bearer = credentials.get(..7).is_some_and(|begin| begin.eq_ignore_ascii_case("bearer "));
        // Who shows nothing at all is asked for a name before anybody else is asked.
        let shows_nothing = !is_user && !is_bearer && wish.params.is_empty();
        if shows_nothing && self.settings.needs_user.has(role) {
            return self.answer_ask(self.heard_at, (wish, waiting), Err(Refusal::Denied));
        }
        if !is_user && !is_bearer {
            self.event(wanted(wish, role));
            self.waiting = Some(waiting);
            return;
        }
        let ask = Ask {
            user: self.door.proven.clone(),
            credentials: credentials.into(),
            ..Ask::of(&wish, role, self.peer.remote)
        };
        self.event(Event::Ask(Box::new(ask)));
        self.waiting = Some(Waiting::Leave(Box::new((wish, waiting))));
    }

    /// The client may do it, or not.
    pub(super) fn answer_ask(
        &mut self,
        now: Instant,
        (wish, waiting): (Wish, Waiting),
        result: Result<(), Refusal>,
    ) {
        match (result, waiting) {
            (Ok(()), waiting) => {
                let role =
                    if matches!(waiting, Waiting::Announce(_)) { Role::Publisher } else { Role::Player };
                self.event(wanted(wish, role));
                self.waiting = Some(waiting);
            }
            (Err(refusal), Waiting::Announce(request)) => self.announced(now, &request, Err(refusal)),
            (Err(refusal), Waiting::Describe(request) | Waiting::SetUp(request)) => {
                self.say_no(&request, &refusal);
            }
            (Err(_), Waiting::Bind(_) | Waiting::First(..) | Waiting::Leave(_)) => {}
        }
    }

    /// The challenge for a client that was denied something, and might be a user who has not said so.
    pub(super) fn challenge_user(&mut self) -> Option<Response> {
        let might = !self.settings.users.is_empty() && self.door.proven.is_empty();
        might.then(|| self.door.challenge(false, &mut self.dice, &mut self.recalled))
    }

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
