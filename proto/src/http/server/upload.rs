//! `POST /vod/FOLDER`: a form's files, streamed to disk while they come.
//!
//! They lie in a hidden folder until the whole form is there, then each gets its name at once. Whatever ends the connection
//! before that, the hidden folder goes. The shard reads nothing from a client whose bytes are being written.
//!
//! Specs: RFC 7578; RFC 9110 §9.3.3 (POST), §15.3.2 (201).

use std::sync::Arc;

use bytes::Bytes;
use rtmpd_core::files::{FileCall, FileChange, Place, Root, UPLOADING, is_plain};
use rtmpd_core::{Answer, Call, Event, Instant, Note, Output};

use super::super::form::{Multipart, PartHead, Piece, boundary};
use super::super::settings::Uploaders;
use super::super::wire::{Body, Failure, Head, Response, host_name, shown};
use super::{HttpServer, LAST, Manner, Stage};
use crate::bytes::{encode_path, json_strings};

/// Bytes that are written at a time.
const BATCH: usize = 256 << 10;
/// Most bytes that may wait for a write: a driver that reads on regardless is not followed.
const MAX_WAITING: usize = 8 << 20;
/// Most files of a form.
const MAX_FILES: usize = 1000;
/// Most parts of a form that are no files.
const MAX_FIELDS: usize = 1000;
/// Most folders in each other.
const MAX_DEPTH: usize = 16;
/// Longest name of a file, in bytes: what all file systems have.
const MAX_NAME: usize = 240;

/// A form that is coming in.
#[derive(Debug)]
pub(super) struct Upload {
    manner: Manner,
    /// Where the files go, without slashes at its ends.
    folder: String,
    body: Body,
    form: Multipart,
    /// Where they lie until then.
    hold: Place,
    names: Vec<String>,
    fields: usize,
    /// The part that is coming is a file, and not to be passed over.
    in_file: bool,
    /// Changes that wait, and their bytes.
    pending: Vec<FileChange>,
    waiting: usize,
    /// Changes are under way.
    pub(super) busy: bool,
    /// All of the form is there.
    pub(super) ended: bool,
}

impl HttpServer {
    /// The head of an upload has come.
    pub(super) fn begin_upload(&mut self, now: Instant, head: &Head, folder: &str) -> Result<(), Failure> {
        let manner = Manner::of(head);
        let waits = head.expects_continue()?;
        let upload = match self.admit(now, head, folder) {
            Ok(upload) => upload,
            Err(failure) => {
                // The client hears why before it sends the rest.
                self.answer_failure(now, Manner { keep_alive: false, ..manner }, &failure);
                return Ok(());
            }
        };
        if waits && !upload.body.is_done() {
            self.transmit(Response::interim());
        }
        self.stage = Stage::Upload(Box::new(upload));
        if let Err(failure) = self.upload_bytes(now, &mut &[][..]) {
            self.answer_failure(now, LAST, &failure);
        }
        Ok(())
    }

    /// Bytes of the form have come.
    ///
    /// # Errors
    /// When it is malformed, too large, or names a file that cannot be.
    pub(super) fn upload_bytes(&mut self, now: Instant, data: &mut &[u8]) -> Result<(), Failure> {
        let Stage::Upload(upload) = &mut self.stage else { return Ok(()) };
        upload.take(data)?;
        self.deadline = Some(now + self.settings.keep_alive);
        self.write_upload();
        Ok(())
    }

    pub(super) fn answer_upload(&mut self, now: Instant, mut upload: Box<Upload>, answer: Answer) {
        upload.busy = false;
        let failure = match answer {
            Answer::Done if upload.ended && upload.pending.is_empty() => return self.stored(now, *upload),
            Answer::Done => {
                self.stage = Stage::Upload(upload);
                self.deadline = Some(now + self.settings.keep_alive);
                return self.write_upload();
            }
            Answer::Exists => {
                let names = upload.names.join(", ");
                Failure::new(409, format!("there is something of this name already: {}", shown(&names)))
            }
            Answer::Full(why) => {
                self.note(Note::warn(format!("upload to /vod/{}: the disk is full: {why}", upload.folder)));
                Failure::new(507, "there is no room for this on the disk")
            }
            Answer::Failed(why) => {
                self.note(Note::warn(format!("upload to /vod/{}: {why}", upload.folder)));
                Failure::new(503, "the files cannot be written at present")
            }
            Answer::Page { .. }
            | Answer::File(_)
            | Answer::Data(_)
            | Answer::Listing { .. }
            | Answer::Streams(_)
            | Answer::Folder
            | Answer::NotFound
            | Answer::Unfit(_) => Failure::new(503, "the files cannot be written at present"),
        };
        self.answer_failure(now, Manner { keep_alive: false, ..upload.manner }, &failure);
    }

    fn stored(&mut self, now: Instant, upload: Upload) {
        self.unfinished = None;
        let Upload { manner, folder, names, .. } = upload;
        let folder = if folder.is_empty() { "/vod".to_owned() } else { format!("/vod/{folder}") };
        self.note(Note::info(format!("uploaded to {folder}: {}", names.join(", "))));
        let body = format!("{{\"files\":{}}}", json_strings(names.iter().map(String::as_str)));
        let mut response = Response::new(201).field("Cache-Control", "no-store");
        if let [name] = &names[..] {
            response = response.field("Location", &encode_path(&format!("{folder}/{name}")));
        }
        self.respond(now, manner, response.body("application/json", Bytes::from(body)));
    }

    /// Has written what waits, when it is worth a write.
    fn write_upload(&mut self) {
        let Stage::Upload(upload) = &mut self.stage else { return };
        let is_due = upload.waiting >= BATCH || upload.ended;
        if upload.busy || !is_due || upload.pending.is_empty() {
            return;
        }
        upload.busy = true;
        upload.waiting = 0;
        let changes = std::mem::take(&mut upload.pending);
        self.unfinished.get_or_insert_with(|| Box::new(upload.hold.clone()));
        self.out.push_back(Output::Event(Event::Call(Call::File(FileCall::Write(changes)))));
    }

    /// Whether a form may come in, and what will be done with it.
    fn admit(&self, now: Instant, head: &Head, folder: &str) -> Result<Upload, Failure> {
        let settings = self.settings.uploads;
        self.may_upload(head)?;
        let folder = folder.trim_matches('/');
        let is_open = |name: &str| is_plain(name) && !name.starts_with('.') && name.len() <= MAX_NAME;
        let is_folder =
            folder.is_empty() || (folder.split('/').all(is_open) && folder.split('/').count() <= MAX_DEPTH);
        if !is_folder {
            return Err(Failure::new(
                400,
                format!("the folder is {}, which no folder here can be", shown(folder)),
            ));
        }
        let boundary = boundary(head.field("content-type"))?;
        let body = Body::within(head.body_len()?, settings.max_bytes)?;
        // No two connections have both the same.
        let (micros, remote) = (self.settings.wall.unix_micros(now), self.peer.remote);
        let address = match remote.ip().to_canonical() {
            std::net::IpAddr::V4(ip) => u128::from(ip.to_bits()),
            std::net::IpAddr::V6(ip) => ip.to_bits(),
        };
        let hold = format!("{UPLOADING}{micros:x}-{address:x}-{:x}", remote.port());
        Ok(Upload {
            manner: Manner::of(head),
            folder: folder.to_owned(),
            body,
            form: Multipart::new(&boundary),
            hold: Place::new(Root::Vod, &hold),
            names: Vec::new(),
            fields: 0,
            in_file: false,
            pending: Vec::new(),
            waiting: 0,
            busy: false,
            ended: false,
        })
    }

    /// Whether this client may upload at all.
    fn may_upload(&self, head: &Head) -> Result<(), Failure> {
        let settings = self.settings.uploads;
        let no = |why: &str| Err(Failure::new(403, format!("{why}: see <upload> in config.xml")));
        match settings.from {
            _ if settings.max_bytes == 0 => no("uploads are off"),
            Uploaders::Nobody => no("uploads are off"),
            Uploaders::Anyone => Ok(()),
            Uploaders::Local if is_local(head) && self.peer.remote.ip().to_canonical().is_loopback() => {
                Ok(())
            }
            Uploaders::Local => no("uploads are for clients on this machine only"),
        }
    }
}

/// Whether a request was meant for this machine, by somebody on it: proxies and pages of other sites may come from there
/// too.
fn is_local(head: &Head) -> bool {
    let host = head.field("host").unwrap_or_default();
    let name = host_name(host).unwrap_or_default();
    let is_loopback = name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback());
    let is_here = is_loopback || name.eq_ignore_ascii_case("localhost");
    let is_passed_on = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"]
        .iter()
        .any(|name| head.field(name).is_some());
    let is_own_page = head
        .all("origin")
        .all(|origin| origin.split_once("://").is_some_and(|(_, site)| site.eq_ignore_ascii_case(host)));
    is_here && !is_passed_on && is_own_page
}

impl Upload {
    /// Takes bytes of the form from the front of `data`, up to its end.
    fn take(&mut self, data: &mut &[u8]) -> Result<(), Failure> {
        while let Some(mut content) = self.body.take(data)? {
            while let Some(piece) = self.form.poll(&mut content)? {
                self.piece(piece)?;
            }
        }
        if self.busy && self.waiting > MAX_WAITING {
            return Err(Failure::new(503, format!("more than {MAX_WAITING} bytes wait to be written")));
        }
        if self.body.is_done() && !self.ended {
            self.finish()?;
        }
        Ok(())
    }

    fn piece(&mut self, piece: Piece) -> Result<(), Failure> {
        match piece {
            Piece::Begin(head) => return self.begin(head),
            Piece::Data(data) if self.in_file => {
                self.waiting += data.len();
                let place = self.place(self.names.len().saturating_sub(1));
                match self.pending.last_mut() {
                    Some(FileChange::Append { place: last, data: all }) if *last == place => all.push(data),
                    Some(_) | None => self.pending.push(FileChange::Append { place, data: vec![data] }),
                }
            }
            Piece::Data(_) => {}
            Piece::End => self.in_file = false,
        }
        Ok(())
    }

    fn begin(&mut self, head: PartHead) -> Result<(), Failure> {
        // A browser sends an empty name where no file was chosen.
        let Some(name) = head.file.filter(|name| !name.is_empty()) else {
            self.fields += 1;
            let text = format!("the form has more than {MAX_FIELDS} fields that are no files");
            return if self.fields > MAX_FIELDS { Err(Failure::new(413, text)) } else { Ok(()) };
        };
        if !is_plain(&name) || name.starts_with('.') || name.len() > MAX_NAME {
            let text = format!("a file is called {}, which no file here can be", shown(&name));
            return Err(Failure::new(400, text));
        }
        if self.names.contains(&name) {
            return Err(Failure::new(400, format!("two files are called {}", shown(&name))));
        }
        if self.names.len() >= MAX_FILES {
            return Err(Failure::new(413, format!("the form has more than {MAX_FILES} files")));
        }
        // It stands first: all that is done to this folder is done in order.
        let place = self.place(self.names.len());
        self.pending.push(FileChange::Append { place, data: Vec::new() });
        self.pending.push(FileChange::Vacant(self.target(&name)));
        self.names.push(name);
        self.in_file = true;
        Ok(())
    }

    /// The form is there: its files get their names.
    fn finish(&mut self) -> Result<(), Failure> {
        if !self.form.is_finished() {
            return Err(Failure::new(400, "the form ends before its last boundary (RFC 2046 §5.1.1)"));
        }
        if self.names.is_empty() {
            return Err(Failure::new(400, "the form holds no file"));
        }
        self.ended = true;
        let places: Vec<Place> = (0..self.names.len()).map(|number| self.place(number)).collect();
        self.pending.extend(places.iter().cloned().map(FileChange::Sync));
        for (from, name) in places.into_iter().zip(&self.names) {
            self.pending.push(FileChange::Rename { from, to: self.target(name) });
        }
        self.pending.push(FileChange::Discard(self.hold.clone()));
        Ok(())
    }

    /// Where a file lies until the form is there.
    fn place(&self, number: usize) -> Place {
        Place { root: Root::Vod, path: Arc::from(format!("{}/{number}", self.hold.path)) }
    }

    /// Where it is to be.
    fn target(&self, name: &str) -> Place {
        Place::new(Root::Vod, &format!("{}/{name}", self.folder))
    }
}
