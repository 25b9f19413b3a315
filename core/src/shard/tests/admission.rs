//! Who is let in, who waits for it, and who does not.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::{Cluster, Link};
use crate::machine::{Attending, Event, Input, Machine, Output};
use crate::{Ask, Close, Error, Gate, Instant, Verdict};

const PATIENCE: Duration = Duration::from_secs(3);

/// Decides by the parameters: `yes`, `no`; anything else is a question.
struct ToyGate;

impl Gate for ToyGate {
    fn judge(&mut self, _now: Instant, ask: &Ask) -> Verdict {
        match &*ask.params {
            "yes" => Verdict::Yes,
            "no" => Verdict::No("it said no".to_owned()),
            params => Verdict::Ask(Bytes::from(params.to_owned())),
        }
    }

    fn asker(&mut self) -> Box<dyn Machine> {
        Box::<ToyAsker>::default()
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }
}

/// Answers `good` and `bad` at once, `slow` after five seconds, `lost` never, and breaks at `break`.
#[derive(Default)]
struct ToyAsker {
    at: Option<Instant>,
    out: VecDeque<Output>,
}

impl Machine for ToyAsker {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) -> Result<(), Error> {
        let answer = match input {
            Input::Handed(b"good") => Ok(()),
            Input::Handed(b"bad") => Err("it was bad".to_owned()),
            Input::Handed(b"break") => return Err(Error::TimedOut("everything")),
            Input::Handed(b"slow") => {
                assert!(self.at.is_none(), "one at a time");
                self.at = Some(now + Duration::from_secs(5));
                return Ok(());
            }
            Input::Timeout if self.at.take().is_some() => Ok(()),
            Input::Shutdown => {
                self.out.push_back(Output::Close(Close::Shutdown));
                return Ok(());
            }
            Input::Bytes(_)
            | Input::Datagram { .. }
            | Input::Handed(_)
            | Input::Eof
            | Input::Timeout
            | Input::Reply(_)
            | Input::Media(_) => return Ok(()),
        };
        self.out.push_back(Output::Event(Event::Answer(answer)));
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.at
    }
}

fn guarded() -> Cluster {
    Cluster::guarded(1, Arc::new(|| Some(Box::new(ToyGate))))
}

fn say(cluster: &mut Cluster, text: &str) -> Link {
    let link = cluster.open(0);
    cluster.send(link, text);
    link
}

const DENIED: &str = "refused: this is not allowed\n";

#[test]
fn the_gate_decides_at_once_or_asks() {
    let mut cluster = guarded();
    for (params, word) in [("yes", "ok\n"), ("no", DENIED), ("good", "ok\n"), ("bad", DENIED)] {
        let link = say(&mut cluster, &format!("publish live/{params} {params}"));
        assert_eq!(cluster.take(link), format!("publish {word}"), "{params}");
        cluster.send(link, "quit");
        let link = say(&mut cluster, &format!("ask live/{params} {params}"));
        assert_eq!(cluster.take(link), format!("asked {word}"), "{params}");
        cluster.send(link, "quit");
    }
    let denied = |why: &str, role: &str, name: &str| {
        format!("127.0.0.1:1 toy denied {role} of /live/{name} by toy: it {why}")
    };
    let denials: Vec<&String> = cluster.log.iter().filter(|line| line.contains("denied")).collect();
    assert_eq!(
        denials,
        [
            &denied("said no", "publisher", "no"),
            &denied("said no", "player", "no"),
            &denied("was bad", "publisher", "bad"),
            &denied("was bad", "player", "bad"),
        ]
    );
    cluster.shutdown();
}

#[test]
fn what_was_asked_for_is_not_asked_again() {
    let mut cluster = guarded();
    let publisher = say(&mut cluster, "publish live/a yes");
    cluster.send(publisher, "tracks aac\nframe 0 0 k");
    let link = say(&mut cluster, "ask live/a good");
    cluster.send(link, "play live/a?no");
    assert_eq!(cluster.take(link), "asked ok\nplay ok\nstart 1 aac\n[0:0]");
    cluster.send(link, "play live/a?no");
    assert_eq!(cluster.take(link), format!("play {DENIED}"), "it was for once");
    cluster.send(link, "ask live/a yes\nplay live/b?no");
    assert_eq!(cluster.take(link), format!("asked ok\nplay {DENIED}"), "it was for another stream");
    cluster.send(link, "ask live/a yes\npublish live/a no");
    assert_eq!(cluster.take(link), format!("asked ok\npublish {DENIED}"), "it was for playing");
}

#[test]
fn nobody_is_asked_about_apps_that_do_not_exist() {
    let mut cluster = guarded();
    let link = say(&mut cluster, "publish news/a no");
    assert!(cluster.take(link).contains("app 'news' does not exist"));
}

#[test]
fn only_those_who_ask_wait() {
    let mut cluster = guarded();
    let publisher = say(&mut cluster, "publish live/a yes");
    cluster.send(publisher, "tracks aac\nframe 0 0 k");
    let waiting: Vec<Link> = (0..40).map(|_| say(&mut cluster, "play live/a?slow")).collect();
    let watching = say(&mut cluster, "play live/a?yes");
    assert_eq!(cluster.take(watching), "play ok\nstart 1 aac\n[0:0]");
    cluster.send(publisher, "frame 0 10 k");
    assert_eq!(cluster.take(watching), "[0:10]");
    cluster.pass(PATIENCE - Duration::from_millis(1));
    assert!(waiting.iter().all(|link| cluster.take(*link).is_empty()));
    cluster.pass(Duration::from_millis(1));
    let words: Vec<String> = waiting.iter().map(|link| cluster.take(*link)).collect();
    assert!(words.iter().all(|word| *word == format!("play {DENIED}")), "{words:?}");
    let count = |text: &str| cluster.log.iter().filter(|line| line.contains(text)).count();
    assert_eq!(count("the auth server gave no answer in 3000 ms"), 32, "as many as there are askers");
    assert_eq!(count("so it was not asked in 3000 ms"), 8);
    // The askers are free again two seconds later.
    let late = say(&mut cluster, "play live/a?good");
    assert_eq!(cluster.take(late), "");
    cluster.pass(Duration::from_secs(2));
    assert!(cluster.take(late).starts_with("play ok"));
    cluster.shutdown();
    assert_eq!(cluster.connections(), 0);
}

#[test]
fn a_slow_yes_is_a_yes_while_somebody_waits_for_it() {
    let mut cluster = guarded();
    let (gone, other) = (say(&mut cluster, "publish live/a slow"), say(&mut cluster, "publish live/b slow"));
    cluster.hang_up(gone);
    cluster.send(other, "stop");
    cluster.pass(Duration::from_secs(6));
    assert_eq!(cluster.take(other), "", "it wants nothing any more");
    assert!(cluster.hub.streams().is_empty());
    cluster.send(other, "publish live/b good");
    assert_eq!(cluster.take(other), "publish ok\n");
}

#[test]
fn an_asker_that_breaks_costs_one_question() {
    let mut cluster = guarded();
    let link = say(&mut cluster, "publish live/a break");
    assert_eq!(cluster.take(link), format!("publish {DENIED}"));
    assert!(cluster.log.iter().any(|line| line.ends_with("the connection to the auth server has failed")));
    cluster.send(link, "publish live/a good");
    assert_eq!(cluster.take(link), "publish ok\n");
}

#[test]
fn our_own_are_not_asked() {
    /// Goes along with each stream as a player.
    struct Companion;

    struct Company(VecDeque<Output>);

    impl crate::Attendant for Companion {
        fn name(&self) -> &'static str {
            "companion"
        }

        fn attend(&mut self, _now: Instant, request: &crate::Request, out: &mut Vec<Attending>) {
            let event = Event::Play(Box::new(request.clone()), super::toy::PACKAGING);
            out.push(Attending::only(Company(VecDeque::from([Output::Event(event)]))));
        }
    }

    impl Machine for Company {
        fn handle_input(&mut self, _now: Instant, input: Input<'_>) -> Result<(), Error> {
            if let Input::Reply(reply) = input {
                let note = crate::Note::info(format!("{reply:?}"));
                self.0.push_back(Output::Event(Event::Note(note)));
            }
            Ok(())
        }

        fn poll_output(&mut self) -> Option<Output> {
            self.0.pop_front()
        }

        fn poll_timeout(&self) -> Option<Instant> {
            (!self.0.is_empty()).then_some(Instant::ZERO)
        }
    }

    let mut cluster = guarded();
    cluster.shards[0].add_attendant(Box::new(Companion));
    let publisher = say(&mut cluster, "publish live/a good");
    cluster.send(publisher, "tracks aac\nframe 0 0 k");
    assert!(cluster.log.iter().any(|line| line.contains("companion Play(Ok(")), "{:?}", cluster.log);
}
