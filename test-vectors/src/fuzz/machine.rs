//! Drives any machine as a shard would, with bytes cut in any way, and writes down what it says.

use std::sync::Arc;

use bytes::Bytes;
use rtmpd_core::media::{Description, Kind, Packet};
use rtmpd_core::{Answer, Event, Input, Instant, Machine, Media, Output, Reply};

/// Bytes that a machine may at most say in answer to one input, times the input: nobody makes us a loudspeaker.
const MOST_ANSWER: usize = 64;
/// What it may say regardless, in bytes.
const FREE_ANSWER: usize = 64 << 10;

/// What became of a connection.
#[derive(Debug, Default)]
pub(super) struct Talk {
    /// Events and the end, as text: the same whichever way the bytes were cut.
    pub(super) said: Vec<String>,
    /// Bytes sent. A reply may come before or after later bytes of the peer, so these may differ.
    sent: usize,
    ended: bool,
}

/// Feeds `pieces` to a machine, answering yes to whatever it asks, and serving a little media to players.
pub(super) fn drive<'a>(machine: &mut dyn Machine, pieces: impl Iterator<Item = &'a [u8]>) -> Talk {
    let mut talk = Talk::default();
    let mut fed = 0;
    for piece in pieces {
        fed += piece.len();
        tell(machine, &mut talk, Input::Bytes(piece));
        assert!(talk.sent <= FREE_ANSWER + MOST_ANSWER * fed, "{} bytes for {fed}", talk.sent);
        if talk.ended {
            return talk;
        }
    }
    tell(machine, &mut talk, Input::Eof);
    talk
}

/// One input, then the drain; answers are told the same way.
fn tell(machine: &mut dyn Machine, talk: &mut Talk, input: Input<'_>) {
    let outcome = machine.handle_input(Instant::ZERO, input);
    if let Err(error) = &outcome {
        talk.said.push(format!("{error:?}"));
        talk.ended = true;
    }
    let mut replies = Vec::new();
    while let Some(output) = machine.poll_output() {
        match output {
            Output::Transmit(data) => talk.sent += data.len(),
            Output::Event(event) => {
                replies.extend(reply(&event));
                talk.said.push(format!("{event:?}"));
            }
            Output::Close(close) => {
                talk.said.push(format!("{close:?}"));
                talk.ended = true;
            }
        }
    }
    machine.poll_timeout();
    for reply in replies {
        if talk.ended {
            return;
        }
        let plays = matches!(reply, Reply::Play(_));
        tell(machine, talk, Input::Reply(reply));
        if plays && !talk.ended {
            serve(machine, talk);
        }
    }
}

fn reply(event: &Event) -> Option<Reply> {
    match event {
        Event::Publish(_) => Some(Reply::Publish(Ok(()))),
        Event::Play(..) => Some(Reply::Play(Ok(Arc::new(Description::default())))),
        Event::Call(_) => Some(Reply::Call(Answer::NotFound)),
        Event::Stop | Event::Pause(_) | Event::Tracks(_) | Event::Frame(_) | Event::Note(_) => None,
    }
}

fn serve(machine: &mut dyn Machine, talk: &mut Talk) {
    let (description, preamble) = (Arc::new(Description::default()), Bytes::from_static(b"preamble"));
    tell(machine, talk, Input::Media(Media::Start { description: &description, preamble: &preamble }));
    let data = Bytes::from_static(b"packet");
    let packet = Packet { at: Instant::ZERO, revision: 0, kind: Kind::Video, key: true, data };
    if !talk.ended {
        tell(machine, talk, Input::Media(Media::Packet(&packet)));
    }
}
