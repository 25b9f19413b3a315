//! Drives any machine as a shard would, with bytes cut in any way, and writes down what it says.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use rtmpd_core::media::{Description, Fetched, Kind, Packet};
use rtmpd_core::{Answer, Error, Event, Input, Instant, Machine, Media, Output, Reply};

/// Bytes that a machine may at most say in answer to one input, times the input: nobody makes us a loudspeaker.
const MOST_ANSWER: usize = 64;
/// What it may say regardless, in bytes.
const FREE_ANSWER: usize = 64 << 10;

/// What became of a connection.
#[derive(PartialEq, Eq, Debug, Default)]
pub(super) struct Talk {
    /// Events, as text.
    said: Vec<String>,
    /// Bytes sent, but for media that was served: how much of that goes out is a matter of time.
    sent: usize,
    error: Option<Error>,
    ended: bool,
}

/// When a machine's questions are answered.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Answers {
    /// Before the next bytes, as our own shard does mostly.
    AtOnce,
    /// When all bytes are in: then what is said cannot depend on how they were cut.
    Late,
}

/// Feeds `pieces` to a machine, answering yes to whatever it asks, and serving a little media to players.
pub(super) fn drive<'a>(
    machine: &mut dyn Machine,
    answers: Answers,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> Talk {
    let mut talk = Talk::default();
    let mut asked = VecDeque::new();
    let mut fed = 0;
    for piece in pieces {
        fed += piece.len();
        tell(machine, &mut talk, &mut asked, Input::Bytes(piece));
        if answers == Answers::AtOnce {
            answer(machine, &mut talk, &mut asked);
        }
        wake(machine, &mut talk, &mut asked);
        assert!(talk.sent <= FREE_ANSWER + MOST_ANSWER * fed, "{} bytes for {fed}", talk.sent);
    }
    answer(machine, &mut talk, &mut asked);
    tell(machine, &mut talk, &mut asked, Input::Eof);
    talk
}

/// One input, then the drain; what is asked waits in `asked`.
fn tell(machine: &mut dyn Machine, talk: &mut Talk, asked: &mut VecDeque<Reply>, input: Input<'_>) {
    if talk.ended {
        return;
    }
    let outcome = machine.handle_input(Instant::ZERO, input);
    while let Some(output) = machine.poll_output() {
        match output {
            Output::Transmit(data) => talk.sent += data.len(),
            Output::Datagram(_, datagram) => talk.sent += datagram.size(),
            Output::Event(event) => {
                asked.extend(reply(&event));
                talk.said.push(format!("{event:?}"));
            }
            Output::Close(close) => {
                talk.said.push(format!("{close:?}"));
                talk.ended = true;
            }
        }
    }
    machine.poll_timeout();
    if let Err(error) = outcome {
        talk.error = Some(error);
        talk.ended = true;
    }
}

/// Tells the time to a machine that wants it at once.
fn wake(machine: &mut dyn Machine, talk: &mut Talk, asked: &mut VecDeque<Reply>) {
    if machine.poll_timeout().is_some_and(|at| at <= Instant::ZERO) {
        tell(machine, talk, asked, Input::Timeout);
    }
}

fn answer(machine: &mut dyn Machine, talk: &mut Talk, asked: &mut VecDeque<Reply>) {
    while let Some(reply) = asked.pop_front() {
        let plays = matches!(reply, Reply::Play(_));
        tell(machine, talk, asked, Input::Reply(reply));
        if plays {
            serve(machine, talk, asked);
        }
    }
}

fn reply(event: &Event) -> Option<Reply> {
    match event {
        Event::Publish(_) => Some(Reply::Publish(Ok(()))),
        Event::Play(..) => Some(Reply::Play(Ok(Arc::new(Description::default())))),
        Event::Fetch(fetch) => Some(Reply::Fetch(Ok(Fetched {
            version: 1,
            pieces: Arc::new([Bytes::from_static(b"piece")]),
            from: fetch.from,
            // One that grows, once.
            whole: fetch.from > 0 || fetch.name.contains("m3u8"),
        }))),
        Event::Ask(_) => Some(Reply::Asked(Ok(()))),
        Event::Call(_) => Some(Reply::Call(Answer::NotFound)),
        Event::Bind(_) => Some(Reply::Bound(Ok(40_000))),
        Event::Stop
        | Event::Pause(_)
        | Event::Tracks(_)
        | Event::Frame(_)
        | Event::Unbind(_)
        | Event::Answer(_)
        | Event::Dial(_)
        | Event::HangUp
        | Event::Watched(_)
        | Event::Alias(..)
        | Event::Meet(_)
        | Event::Hand(..)
        | Event::Count(..)
        | Event::Note(_) => None,
    }
}

fn serve(machine: &mut dyn Machine, talk: &mut Talk, asked: &mut VecDeque<Reply>) {
    let sent = talk.sent;
    let (description, preamble) = (Arc::new(Description::default()), Bytes::from_static(b"preamble"));
    tell(machine, talk, asked, Input::Media(Media::Start { description: &description, preamble: &preamble }));
    let data = Bytes::from_static(b"packet");
    let packet = Packet {
        at: Instant::ZERO,
        revision: 0,
        kind: Kind::Video,
        key: true,
        stamp: rtmpd_core::media::Stamp::default(),
        data,
    };
    tell(machine, talk, asked, Input::Media(Media::Packet(&packet)));
    talk.sent = sent;
}
