//! Files of `vod/` and `rec/`, a block at a time, and what is in their folders.
//!
//! Specs: RFC 9110 §13 (conditions), §14 (ranges), §15.3.7 (206).

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use rtmpd_core::files::{self, Facts, FileCall, Place};
use rtmpd_core::{Answer, Call, Close, Event, Instant, Note, Output};

use super::super::library::{Aim, Area, film_of};
use super::super::mime;
use super::super::pass::Session;
use super::super::wire::{ByteRange, Conditions, Failure, Response, Verdict, imf_fixdate, shown};
use super::shelf::is_playlist;
use super::{HttpServer, Manner, Stage};
use crate::bytes::{encode_path, json_string, json_strings, slice};
use crate::rec::names::{is_day, is_playable, text_of};

/// Bytes that are asked for at a time.
const BLOCK: u32 = 256 << 10;
/// Between the parts of a multipart answer; a file that holds it does no harm, as each part has its length.
const BOUNDARY: &str = "smart-rtmpd-5f3a9c1e7b";
/// Longest playlist whose URLs get a pass, in bytes.
const MAX_PLAYLIST: u64 = 4 << 20;
/// A recording that was changed this recently may still be growing, in seconds.
const GROWING: u64 = 60;

/// A request for a file or a folder.
#[derive(Debug)]
pub(super) struct Borrowing {
    pub(super) manner: Manner,
    pub(super) area: Area,
    pub(super) place: Place,
    pub(super) aim: Aim,
    pub(super) conditions: Conditions,
    /// To be saved and not shown.
    pub(super) download: bool,
    /// What a playlist's URLs end with.
    pub(super) kept: Arc<str>,
    /// Of whom, where that matters.
    pub(super) session: Option<Box<Session>>,
    sending: Option<Sending>,
}

/// What is left of an answer.
#[derive(Debug)]
struct Sending {
    etag: Arc<str>,
    rest: VecDeque<Piece>,
    /// A playlist, which is sent when all of it is there.
    whole: Option<Vec<u8>>,
}

#[derive(Debug)]
enum Piece {
    Text(Bytes),
    File(ByteRange),
}

impl Borrowing {
    pub(super) fn new(manner: Manner, area: Area, place: Place, aim: Aim) -> Self {
        let conditions = Conditions::default();
        Self {
            manner,
            area,
            place,
            aim,
            conditions,
            download: false,
            kept: Arc::default(),
            session: None,
            sending: None,
        }
    }
}

impl Borrowing {
    /// It is a recording's playlist, for one who has a pass.
    fn names_others(&self) -> bool {
        let is_recording = matches!(self.area, Area::Rec(_)) && !self.download;
        is_recording && self.session.is_some() && is_playlist(&self.place.path)
    }

    /// It is asked for as a file, and may be the playlist of a film.
    fn is_playlist(&self) -> bool {
        let is_asked = self.aim == Aim::Serve && self.area == Area::Vod && self.sending.is_none();
        is_asked && film_of(&self.place.path).is_some()
    }

    /// The same request, for the playlist of the film.
    fn of_film(self) -> Self {
        let film = film_of(&self.place.path).unwrap_or_default();
        let place = Place::new(self.place.root.clone(), film);
        let piece = files::Piece::Playlist { query: self.kept.clone() };
        Self { place, aim: Aim::Cut(piece, None), ..self }
    }
}

impl HttpServer {
    /// Asks the embedding program for a file or a folder.
    pub(super) fn ask_library(&mut self, borrowing: Borrowing) {
        let place = borrowing.place.clone();
        let call = match borrowing.aim.clone() {
            Aim::Serve | Aim::List => FileCall::Look(place),
            Aim::Cut(piece, etag) => FileCall::Cut { place, piece, etag },
            Aim::Streams | Aim::Days | Aim::Recordings => FileCall::List(place),
        };
        self.stage = Stage::Library(Box::new(borrowing));
        self.ask_file(call);
    }

    fn ask_file(&mut self, call: FileCall) {
        self.out.push_back(Output::Event(Event::Call(Call::File(call))));
    }

    pub(super) fn answer_library(&mut self, now: Instant, borrowing: Box<Borrowing>, answer: Answer) {
        let manner = borrowing.manner;
        let in_body = borrowing.sending.is_some();
        match answer {
            Answer::File(facts) if facts.is_folder && borrowing.aim == Aim::List => {
                let call = FileCall::List(borrowing.place.clone());
                self.stage = Stage::Library(borrowing);
                self.ask_file(call);
            }
            Answer::File(facts) if !facts.is_folder => self.serve(now, *borrowing, &facts),
            Answer::Data(data) if in_body => self.send_block(now, *borrowing, data),
            Answer::Listing { folders, files, trouble } => {
                let mut body = listing(&borrowing.aim, &folders, &files);
                if let Some(text) = trouble.filter(|_| borrowing.aim == Aim::Streams) {
                    body.truncate(body.len() - 1);
                    body.push_str(&format!(",\"error\":{}}}", json_string(&text)));
                }
                let response = Response::new(200).field("Cache-Control", "no-cache");
                self.respond(now, manner, response.body("application/json", Bytes::from(body)));
            }
            Answer::Page { content_type, etag, body, .. } if matches!(borrowing.aim, Aim::Cut(..)) => {
                self.serve_piece(now, &borrowing, content_type, (&etag, body));
            }
            Answer::NotFound if borrowing.is_playlist() => self.ask_library(borrowing.of_film()),
            Answer::Unfit(text) => self.answer_failure(now, manner, &Failure::new(404, text.to_string())),
            // A folder that nothing was put into yet is an empty one.
            Answer::NotFound if borrowing.place.path.is_empty() && !in_body => {
                let body = listing(&borrowing.aim, &[], &[]);
                self.respond(now, manner, Response::new(200).body("application/json", Bytes::from(body)));
            }
            // The head has gone out: all that is left to say is that this is not the end.
            other if in_body => {
                let why =
                    if let Answer::Failed(text) = &other { text } else { "another file lies there now" };
                self.note(Note::warn(format!("{} was cut short: {why}", shown(&borrowing.place.path))));
                self.end(Close::Done);
            }
            Answer::Failed(text) => {
                self.note(Note::warn(format!("{}: {text}", shown(&borrowing.place.path))));
                let response = Response::text(503, "the file cannot be read at present");
                self.respond(now, manner, response.field("Retry-After", "2"));
            }
            Answer::NotFound
            | Answer::Folder
            | Answer::File(_)
            | Answer::Data(_)
            | Answer::Page { .. }
            | Answer::Done
            | Answer::Streams(_)
            | Answer::Exists
            | Answer::Full(_) => {
                let text = format!("there is nothing at {}", shown(&borrowing.place.path));
                self.answer_failure(now, manner, &Failure::new(404, text));
            }
        }
    }

    fn serve(&mut self, now: Instant, borrowing: Borrowing, facts: &Facts) {
        let manner = borrowing.manner;
        if borrowing.names_others() && facts.size <= MAX_PLAYLIST {
            let rest = VecDeque::from([Piece::File(ByteRange { from: 0, to: facts.size })]);
            let sending = Sending { etag: facts.etag.clone(), rest, whole: Some(Vec::new()) };
            return self.send_on(now, Borrowing { sending: Some(sending), ..borrowing });
        }
        let (status, ranges) = match borrowing.conditions.weigh(facts) {
            Verdict::Whole => (200, vec![ByteRange { from: 0, to: facts.size }]),
            Verdict::Part(ranges) => (206, ranges),
            Verdict::NotModified => {
                let response = self.describe(now, Response::new(304), &borrowing, facts);
                return self.respond(now, manner, response.unsized_body());
            }
            Verdict::Failed => {
                return self.respond(now, manner, Response::text(412, "the file is another one by now"));
            }
            Verdict::Unsatisfiable => {
                let range = format!("bytes */{}", facts.size);
                let text = format!("no such bytes, the file has {}", facts.size);
                return self.respond(now, manner, Response::text(416, &text).field("Content-Range", &range));
            }
        };
        let response = self.describe(now, Response::new(status), &borrowing, facts);
        let content_type = mime::of(&borrowing.place.path);
        let (response, rest) = match *ranges {
            [range] if status == 206 => {
                let content = content_range(range, facts.size);
                (
                    response.field("Content-Type", content_type).field("Content-Range", &content),
                    vec![Piece::File(range)],
                )
            }
            [range] => (response.field("Content-Type", content_type), vec![Piece::File(range)]),
            _ => {
                let kind = format!("multipart/byteranges; boundary={BOUNDARY}");
                (response.field("Content-Type", &kind), parts(&ranges, content_type, facts.size))
            }
        };
        let length: u64 = rest.iter().map(Piece::len).sum();
        let response = response.field("Content-Length", &length.to_string()).unsized_body();
        let (head, _) = self.dated(now, manner.word(response)).finish(true);
        self.transmit(head);
        if manner.head_only {
            return self.responded(now, manner);
        }
        let sending = Sending { etag: facts.etag.clone(), rest: rest.into(), whole: None };
        self.send_on(now, Borrowing { sending: Some(sending), ..borrowing });
    }

    /// A piece of a film, which is made when it is asked for and has no date.
    fn serve_piece(
        &mut self,
        now: Instant,
        borrowing: &Borrowing,
        content_type: &str,
        (etag, body): (&Arc<str>, Bytes),
    ) {
        let manner = borrowing.manner;
        let size = body.len() as u64;
        let facts = Facts { is_folder: false, size, modified: 0, etag: etag.clone() };
        // What a playlist names is of one state of the film: it never changes.
        let is_lasting =
            matches!(&borrowing.aim, Aim::Cut(files::Piece::Init | files::Piece::Segment(_), Some(_)));
        let cache = if is_lasting { "public, max-age=86400, immutable" } else { "no-cache" };
        let cache = self.cache_control(cache);
        let say = |status| {
            let response = Response::new(status).field("ETag", etag).field("Cache-Control", &cache);
            response.field("Accept-Ranges", "bytes").field("X-Content-Type-Options", "nosniff")
        };
        let response = match borrowing.conditions.clone().undated().weigh(&facts) {
            Verdict::NotModified => say(304).unsized_body(),
            Verdict::Failed => Response::text(412, "it is another one by now"),
            Verdict::Unsatisfiable => {
                let text = format!("no such bytes, there are {size}");
                Response::text(416, &text).field("Content-Range", &format!("bytes */{size}"))
            }
            Verdict::Part(ranges) if ranges.len() == 1 => {
                let range = ranges.first().copied().unwrap_or(ByteRange { from: 0, to: size });
                let [from, to] = [range.from, range.to].map(|at| usize::try_from(at).unwrap_or(usize::MAX));
                let part = slice(&body, from, to).unwrap_or_default();
                say(206).field("Content-Range", &content_range(range, size)).body(content_type, part)
            }
            Verdict::Part(_) | Verdict::Whole => say(200).body(content_type, body),
        };
        self.respond(now, manner, response);
    }

    /// What is said of a file, whether it is sent or not.
    fn describe(&self, now: Instant, response: Response, borrowing: &Borrowing, facts: &Facts) -> Response {
        let modified = facts.modified / 1_000_000;
        let age = (self.settings.wall.unix_micros(now) / 1_000_000).saturating_sub(modified);
        let is_list = [".m3u8", ".mpd"].iter().any(|ending| borrowing.place.path.ends_with(ending));
        let cache = match borrowing.area {
            Area::Vod => "public, max-age=60",
            Area::Rec(_) if is_list || age < GROWING => "no-cache",
            Area::Rec(_) => "public, max-age=86400, immutable",
        };
        let response = response
            .field("ETag", &facts.etag)
            .field("Last-Modified", &imf_fixdate(modified))
            .field("Accept-Ranges", "bytes")
            .field("Cache-Control", &self.cache_control(cache))
            .field("X-Content-Type-Options", "nosniff");
        // A page that somebody uploaded must not act as one of ours.
        let acts = ["text/html", "image/svg", "application/xml"];
        let is_page = acts.iter().any(|kind| mime::of(&borrowing.place.path).starts_with(kind));
        let response = if is_page { response.field("Content-Security-Policy", "sandbox") } else { response };
        if !borrowing.download {
            return response;
        }
        let name = borrowing.place.path.rsplit('/').next().unwrap_or_default();
        response.field("Content-Disposition", &format!("attachment; filename*=UTF-8''{}", encode_path(name)))
    }

    fn send_block(&mut self, now: Instant, mut borrowing: Borrowing, data: Bytes) {
        let Some(sending) = &mut borrowing.sending else { return };
        if let Some(Piece::File(range)) = sending.rest.front_mut() {
            range.from += data.len() as u64;
            if data.is_empty() {
                self.note(Note::warn(format!("{} has become shorter", shown(&borrowing.place.path))));
                return self.end(Close::Done);
            }
        }
        match borrowing.sending.as_mut().and_then(|sending| sending.whole.as_mut()) {
            Some(whole) => whole.extend_from_slice(&data),
            None => self.transmit(data),
        }
        self.send_on(now, borrowing);
    }

    /// Sends what is at hand and asks for the next block.
    fn send_on(&mut self, now: Instant, mut borrowing: Borrowing) {
        let Some(sending) = &mut borrowing.sending else { return };
        while let Some(piece) = sending.rest.front() {
            match piece {
                Piece::Text(text) => self.out.push_back(Output::Transmit(text.clone())),
                Piece::File(range) if range.from >= range.to => {}
                Piece::File(range) => {
                    let len = u32::try_from(range.to - range.from).unwrap_or(u32::MAX).min(BLOCK);
                    let (place, etag) = (borrowing.place.clone(), sending.etag.clone());
                    let call = FileCall::Read { place, offset: range.from, len, etag };
                    self.stage = Stage::Library(Box::new(borrowing));
                    return self.ask_file(call);
                }
            }
            sending.rest.pop_front();
        }
        if let Some((text, session)) = sending.whole.take().zip(borrowing.session.as_deref()) {
            let name = &borrowing.place.path;
            let head = Response::new(200)
                .field("Content-Type", mime::of(name))
                .field("Cache-Control", "private, no-cache")
                .field("X-Content-Type-Options", "nosniff");
            return self.send_playlist(now, (borrowing.manner, head), session, (name, &text));
        }
        self.responded(now, borrowing.manner);
    }
}

impl Piece {
    fn len(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::File(range) => range.to - range.from,
        }
    }
}

fn content_range(range: ByteRange, size: u64) -> String {
    format!("bytes {}-{}/{size}", range.from, range.to - 1)
}

/// §14.6: each part with its own head.
fn parts(ranges: &[ByteRange], content_type: &str, size: u64) -> Vec<Piece> {
    let mut out = Vec::new();
    for (place, &range) in ranges.iter().enumerate() {
        let line = if place == 0 { "" } else { "\r\n" };
        let content = content_range(range, size);
        let head =
            format!("{line}--{BOUNDARY}\r\nContent-Type: {content_type}\r\nContent-Range: {content}\r\n\r\n");
        out.push(Piece::Text(Bytes::from(head)));
        out.push(Piece::File(range));
    }
    out.push(Piece::Text(Bytes::from(format!("\r\n--{BOUNDARY}--\r\n"))));
    out
}

/// A folder's names in the words of the API.
fn listing(aim: &Aim, folders: &[String], files: &[String]) -> String {
    let names = |names: &[String]| json_strings(names.iter().map(String::as_str));
    let days = || folders.iter().map(String::as_str).filter(|name| is_day(name));
    match aim {
        Aim::Serve | Aim::Cut(..) | Aim::List => {
            format!("{{\"dirs\":{},\"files\":{}}}", names(folders), names(files))
        }
        Aim::Streams => {
            let streams: Vec<String> = folders.iter().map(|folder| text_of(folder)).collect();
            format!("{{\"dirs\":{}}}", names(&streams))
        }
        Aim::Days => format!("{{\"dirs\":{}}}", json_strings(days())),
        Aim::Recordings => {
            let playable = files.iter().map(String::as_str).filter(|name| is_playable(name));
            format!("{{\"files\":{}}}", json_strings(playable))
        }
    }
}
