//! The one idiom: every protocol is a pure, synchronous state machine that is fed bytes and time and gives bytes
//! and events.
//!
//! **Drain rule.** After each [`Machine::handle_input`] call [`Machine::poll_output`] until `None`, then read
//! [`Machine::poll_timeout`]. Only the shard does this. After `Err`, drain once more (the farewell), then drop the
//! machine. Machines never block, log, lock, spawn or ask the time; randomness comes from [`crate::Dice`].

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::admission::Ask;
use crate::datagram::{Alias, Bind, Datagram, Leg};
use crate::dial::Dial;
use crate::error::{Close, Error, Refusal};
use crate::files::{Facts, FileCall};
use crate::media::{Description, Fetched, Frame, Packaging, Packet};
use crate::request::{Peer, Request, StreamKey};
use crate::time::Instant;

/// A connection's protocol.
pub trait Machine: Send {
    /// Takes one input. What follows from it waits in [`Self::poll_output`].
    ///
    /// # Errors
    /// When the peer broke the protocol or a limit: the connection ends after one last drain.
    fn handle_input(&mut self, now: Instant, input: Input<'_>) -> Result<(), Error>;

    /// The next thing to do, or `None` until the next input.
    fn poll_output(&mut self) -> Option<Output>;

    /// When [`Input::Timeout`] is wanted next.
    fn poll_timeout(&self) -> Option<Instant>;

    /// Whether it takes more media now. One that says no is fed on after its next input that makes it say yes.
    fn has_room(&self) -> bool {
        true
    }

    /// What is to be done when the connection ends, whatever ends it: what it began must not be left lying about. Nobody
    /// hears the answer.
    fn last_call(&mut self) -> Option<Call> {
        None
    }
}

/// What a machine is told.
#[derive(Debug)]
pub enum Input<'a> {
    /// Bytes of the stream, cut anywhere.
    Bytes(&'a [u8]),
    /// Exactly one datagram.
    Datagram {
        /// By which of the connection's sockets it came.
        leg: Leg,
        /// Where it came from.
        from: SocketAddr,
        /// What it holds.
        data: &'a [u8],
    },
    /// What another connection has handed over.
    Handed(&'a [u8]),
    /// The peer will send no more. For a machine that has dialled: its connection is over, and it may dial again.
    Eof,
    /// The time asked for by [`Machine::poll_timeout`] has come.
    Timeout,
    /// The shard's answer to an [`Event`].
    Reply(Reply),
    /// Media for a player.
    Media(Media<'a>),
    /// The server is going down: say goodbye in the protocol's way, then [`Output::Close`].
    Shutdown,
}

/// What a player is fed.
#[derive(Debug)]
pub enum Media<'a> {
    /// Before the first packet, and again whenever the next packet has another revision.
    Start {
        /// The tracks as they are from here on.
        description: &'a Arc<Description>,
        /// What a joiner must get first, in the player's packaging.
        preamble: &'a Bytes,
    },
    /// The next packet.
    Packet(&'a Packet),
    /// Packets were left out: the next one is a keyframe where there is video.
    Gap,
    /// The stream is over and nobody came back to publish it.
    Ended,
}

/// What a machine wants done.
#[derive(Debug)]
pub enum Output {
    /// Bytes for the peer.
    Transmit(Bytes),
    /// A datagram, by one of the connection's sockets.
    Datagram(Leg, Datagram),
    /// Something for the shard.
    Event(Event),
    /// Flush what was transmitted, then end the connection.
    Close(Close),
}

/// The server's verbs: a closed set.
#[derive(Clone, Debug)]
pub enum Event {
    /// Asks to publish; answered by [`Reply::Publish`].
    Publish(Box<Request>),
    /// Asks whether the peer may do this, before it is done; answered by [`Reply::Asked`]. After a yes the same is not
    /// asked again when the connection publishes or plays that stream.
    Ask(Box<Ask>),
    /// From an asker: what came of the question that it was handed, and if it is a no, why, for the log.
    Answer(Result<(), String>),
    /// Asks to play in this packaging; answered by [`Reply::Play`], then by [`Media`].
    Play(Box<Request>, Packaging),
    /// Asks for an object of a stream by its name; answered by [`Reply::Fetch`] when it is there.
    Fetch(Box<Fetch>),
    /// No longer publishes or plays; the connection goes on.
    Stop,
    /// A player stops (`true`) or resumes (`false`) the flow: where it stopped, or at a newer keyframe.
    Pause(bool),
    /// A publisher's tracks, before their first frame and whenever they change.
    Tracks(Arc<Description>),
    /// A publisher's next frame.
    Frame(Frame),
    /// Asks something that the embedding program answers, by [`Reply::Call`].
    Call(Call),
    /// Asks for a pair of UDP sockets; answered by [`Reply::Bound`].
    Bind(Box<Bind>),
    /// No longer needs this socket and its companion.
    Unbind(Leg),
    /// What comes to this socket, which others use too, under this alias is for this connection.
    Alias(Leg, Alias),
    /// Asks for a connection; answered by [`Reply::Dialled`], then there are bytes or datagrams. Only for machines without
    /// an accepted connection: attendants, and what [`crate::shard::Shard::spawn`] began.
    Dial(Box<Dial>),
    /// Gives the connection that was dialled up: what was transmitted still goes out as far as the socket takes it at
    /// once. The machine lives on.
    HangUp,
    /// Asks whether anybody plays this stream, or waits for it; answered by [`Reply::Watched`].
    Watched(StreamKey),
    /// Other connections may hand this one bytes, under this name, from now on.
    Meet(Arc<str>),
    /// Bytes for the connection that is to be met under this name: two connections may be one session, as when RTSP
    /// goes through HTTP.
    Hand(Arc<str>, Bytes),
    /// For the counters: so many more of these.
    Count(Counted, u64),
    /// For the log, under the connection's name.
    Note(Note),
}

/// The answer to an [`Event`].
#[derive(Clone, Debug)]
pub enum Reply {
    /// To [`Event::Publish`].
    Publish(Result<(), Refusal>),
    /// To [`Event::Play`]: the stream is there and media follows, or why not.
    Play(Result<Arc<Description>, Refusal>),
    /// To [`Event::Ask`].
    Asked(Result<(), Refusal>),
    /// To [`Event::Fetch`].
    Fetch(Result<Fetched, Refusal>),
    /// To [`Event::Call`].
    Call(Answer),
    /// To [`Event::Bind`]: the port of the first socket, or why there is none.
    Bound(Result<u16, Refusal>),
    /// To [`Event::Dial`]: both ends of the connection, or why there is none: host, port and cause.
    Dialled(Result<Peer, Arc<str>>),
    /// To [`Event::Watched`].
    Watched(bool),
}

/// What machines count.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Counted {
    /// Packets of publishers that never came.
    PacketsLost,
    /// Packets of publishers that came twice.
    PacketsDoubled,
    /// Packets of publishers that came too late to be of use.
    PacketsLate,
    /// Access units of publishers that were left out as something of them, or of what they build on, was missing.
    UnitsDropped,
    /// Packets for players that had to be sent again.
    PacketsResent,
}

/// An object that a player asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fetch {
    /// Who asks, and of which stream.
    pub request: Request,
    /// In which packaging.
    pub packaging: Packaging,
    /// The object's name.
    pub name: Arc<str>,
    /// In which version, or a later one.
    pub at_least: u64,
    /// From which of its pieces on.
    pub from: usize,
    /// How long it is waited for.
    pub wait: Duration,
}

/// What only the embedding program can do, because it needs files or other threads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Call {
    /// A file of the static site.
    Page {
        /// Decoded absolute path of the URL: no query, no `..`, always begins with `/`.
        path: Arc<str>,
        /// Verbatim `If-None-Match`, if the client sent one.
        if_none_match: Option<Arc<str>>,
        /// The client takes bodies that are packed with gzip.
        gzip: bool,
    },
    /// Something with the server's files.
    File(FileCall),
    /// The streams that have a publisher, or wait for its return.
    Streams,
}

/// The answer to a [`Call`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The file.
    Page {
        /// MIME type.
        content_type: &'static str,
        /// Strong validator, quoted as on the wire.
        etag: Arc<str>,
        /// The whole file; empty when the client's copy is current.
        body: Bytes,
        /// The client's copy is current.
        not_modified: bool,
        /// The body is packed with gzip.
        gzip: bool,
    },
    /// To [`FileCall::Look`].
    File(Facts),
    /// To [`FileCall::Read`].
    Data(Bytes),
    /// To [`FileCall::List`]: names, sorted.
    Listing {
        /// Of folders.
        folders: Vec<String>,
        /// Of files.
        files: Vec<String>,
        /// Why the last change to anything in the root could not be made, when it could not.
        trouble: Option<Arc<str>>,
    },
    /// To [`FileCall::Write`]: all of it.
    Done,
    /// To [`Call::Streams`], by name.
    Streams(Vec<StreamKey>),
    /// The path names a folder and lacks its final slash.
    Folder,
    /// There is no such thing.
    NotFound,
    /// It cannot be made, as something is in its way.
    Exists,
    /// It is there, but is not what was asked for; the text is for whoever asked.
    Unfit(Arc<str>),
    /// There is no room for it; the text is for the log.
    Full(Arc<str>),
    /// It exists but could not be read; the text is for the log.
    Failed(Arc<str>),
}

/// A remark of a machine; the driver logs it with the connection's name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// How much it matters.
    pub level: NoteLevel,
    /// What happened.
    pub text: String,
}

/// How much a [`Note`] matters.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum NoteLevel {
    /// An operator should look.
    Warn,
    /// Worth a line in normal operation.
    Info,
    /// One connection's talk.
    Debug,
}

impl Note {
    /// A remark that an operator should look at.
    pub fn warn(text: impl Into<String>) -> Self {
        Self { level: NoteLevel::Warn, text: text.into() }
    }

    /// A remark worth a line in normal operation.
    pub fn info(text: impl Into<String>) -> Self {
        Self { level: NoteLevel::Info, text: text.into() }
    }

    /// A remark for one who debugs this connection.
    pub fn debug(text: impl Into<String>) -> Self {
        Self { level: NoteLevel::Debug, text: text.into() }
    }
}

/// Makes the machines of one listener.
pub trait Service: Send {
    /// The name of the listener in logs and counters: `rtmp`, `http`.
    fn name(&self) -> &'static str;

    /// A machine for a connection that was just accepted. A protocol that has no connections but datagrams only is
    /// never asked.
    fn accept(&mut self, _now: Instant, _peer: Peer) -> Box<dyn Machine> {
        Box::new(NoConnection)
    }

    /// What tells whose this datagram is.
    fn alias(&self, from: SocketAddr, _data: &[u8]) -> Alias {
        Alias::From(from)
    }

    /// A datagram that is nobody's: answers it by `replies`, without keeping anything, or makes the machine of a new
    /// connection, which is then given the datagram.
    fn stray(
        &mut self,
        _now: Instant,
        _peer: Peer,
        _data: &[u8],
        _replies: &mut Vec<Bytes>,
    ) -> Option<Box<dyn Machine>> {
        None
    }

    /// In a replay: what the captured server once sent to this client, by the connection that comes next or in one
    /// datagram. The client answers what that server drew, such as session ids and cookies: the machine made next for it
    /// draws the same.
    fn recall(&mut self, _peer: Peer, _said: &[u8]) {}
}

/// What a protocol without connections makes of one: nothing.
struct NoConnection;

impl Machine for NoConnection {
    fn handle_input(&mut self, _now: Instant, _input: Input<'_>) -> Result<(), Error> {
        Err(Error::violation("a connection where datagrams are expected", "RFC 768"))
    }

    fn poll_output(&mut self) -> Option<Output> {
        None
    }

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}

/// Makes machines that go along with streams: recorders, forwards, pulls. Such a machine has no peer: it plays the stream and
/// does something with it, or gets it from elsewhere and publishes it. It first hears [`Input::Timeout`] when it asked for that.
pub trait Attendant: Send {
    /// What it is called in logs: `rec`.
    fn name(&self) -> &'static str;

    /// Makes machines for a stream that is being published, as many as have something to do. There is at most one of a
    /// name and part for each stream.
    fn attend(&mut self, now: Instant, request: &Request, out: &mut Vec<Attending>);

    /// Makes machines that will publish a stream which somebody wants to play and which is not there. Asked again and again;
    /// here too there is at most one of a name and part for each stream.
    fn wanted(&mut self, _now: Instant, _request: &Request, _out: &mut Vec<Attending>) {}

    /// Makes machines for streams, whether they are there or not: those that publish them always. Asked when the server
    /// begins, and when [`crate::shard::Shard::attend_anew`] is called.
    fn always(&mut self, _now: Instant, _out: &mut Vec<(StreamKey, Attending)>) {}
}

/// One that goes along with a stream.
pub struct Attending {
    /// What tells it from others of its attendant's: the target of a forward; empty where there is one only.
    pub part: Arc<str>,
    /// The machine.
    pub machine: Box<dyn Machine>,
}

impl Attending {
    /// The only one of its attendant's.
    pub fn only(machine: impl Machine + 'static) -> Self {
        Self { part: Arc::default(), machine: Box::new(machine) }
    }
}
