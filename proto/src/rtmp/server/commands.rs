//! What clients ask. Spec: RTMP 1.0 §7.2; what Flash, FMLE, OBS, librtmp and ffmpeg say beyond it.

use rtmpd_core::{Error, Event, Instant, Note, Refusal, Request};

use super::super::command::Command;
use super::super::{PACKAGING, PACKAGING_ALL, PACKAGING_LEGACY};
use super::playing::Playing;
use super::publishing::Publishing;
use super::state::{State, Step};
use super::{LOITER, RtmpServer};
use crate::amf::Value;
use crate::bytes::param;

/// Most message streams one client may create.
const MAX_STREAMS: u32 = 1024;

impl RtmpServer {
    pub(super) fn handle_command(
        &mut self,
        now: Instant,
        stream: u32,
        command: &Command,
    ) -> Result<(), Error> {
        if self.state == State::Connecting && &*command.name != "connect" {
            let text = format!("command '{}' before 'connect'", command.name.escape_debug());
            return Err(Error::violation(text, "RTMP 1.0 §7.2.1"));
        }
        match &*command.name {
            "connect" => self.connect(now, command)?,
            "createStream" => self.create_stream(command),
            "publish" => self.publish(now, stream, command)?,
            "play" => self.play(stream, command)?,
            "play2" => self.fail(command, "NetStream.Play.Failed", "play2 is not offered: use play"),
            "pause" | "pauseRaw" => self.pause(stream, command),
            "receiveAudio" => self.receive_audio(command),
            "receiveVideo" => self.receive_video(command),
            "seek" => {
                self.status(stream, "error", "NetStream.Seek.Failed", "a live stream cannot be sought in")
            }
            "deleteStream" => self.release(now, command.number(0).map_or(stream, |number| number as u32)),
            "closeStream" => self.release(now, stream),
            "FCUnpublish" => self.fc_unpublish(now, command),
            "FCPublish" => self.answer_fc("onFCPublish", "NetStream.Publish.Start", command),
            "FCSubscribe" => self.answer_fc("onFCSubscribe", "NetStream.Play.Start", command),
            "getStreamLength" => self.answer(command, Value::Number(0.0)),
            "_checkbw" | "checkBandwidth" => self.answer(command, Value::Undefined),
            "_result" | "_error" | "onStatus" => {}
            // releaseStream, FCUnsubscribe, setDataFrame as a command, and whatever else clients think of.
            _ => self.answer(command, Value::Undefined),
        }
        Ok(())
    }

    /// Answers a command that wants an answer.
    fn answer(&mut self, command: &Command, value: Value) {
        if command.transaction != 0.0 {
            self.send(0, &Command::result(command.transaction, [Value::Null, value]));
        }
    }

    fn fail(&mut self, command: &Command, code: &str, text: &str) {
        if command.transaction != 0.0 {
            self.send(0, &Command::error(command.transaction, code, text));
        }
    }

    fn answer_fc(&mut self, name: &str, code: &str, command: &Command) {
        let text = command.text(0).cloned().unwrap_or_default();
        let mut news = Command::on_status("status", code, &text);
        news.name = name.into();
        self.send(0, &news);
        self.answer(command, Value::Undefined);
    }

    fn create_stream(&mut self, command: &Command) {
        if self.streams >= MAX_STREAMS {
            let text = format!("more than {MAX_STREAMS} message streams");
            return self.fail(command, "NetConnection.Call.Failed", &text);
        }
        self.streams += 1;
        let number = Value::Number(self.streams.into());
        self.send(0, &Command::result(command.transaction, [Value::Null, number]));
    }

    fn publish(&mut self, now: Instant, stream: u32, command: &Command) -> Result<(), Error> {
        let name = command.text(0).cloned().unwrap_or_default();
        if self.state == State::Publishing(stream) || self.state == State::AskingPublish(stream) {
            // Some encoders say it twice.
            return Ok(());
        }
        if matches!(self.state, State::Playing(_) | State::AskingPlay(_)) {
            self.release(now, self.state.stream().unwrap_or_default());
        }
        match self.request(&name) {
            Ok(request) => {
                self.step(Step::Publish(stream))?;
                self.publishing = Some(Box::new(Publishing::new(&self.settings)));
                self.event(Event::Publish(Box::new(request)));
                self.waits = true;
            }
            Err(refusal) => {
                self.status(stream, "error", "NetStream.Publish.BadName", &refusal.to_string());
                self.refuse(refusal);
            }
        }
        Ok(())
    }

    fn play(&mut self, stream: u32, command: &Command) -> Result<(), Error> {
        let name = command.text(0).cloned().unwrap_or_default();
        let request = match self.request(&name) {
            Ok(request) => request,
            Err(refusal) => {
                self.say_no_play(stream, &refusal);
                self.refuse(refusal);
                return Ok(());
            }
        };
        // §7.2.2.1: below 0 is live, from 0 on a recording from there; many players say 0 and mean live.
        if command.number(1).is_some_and(|start| start > 0.0) {
            let refusal = Refusal::NotFound(format!("{} as a recording", request.key));
            self.say_no_play(stream, &refusal);
            self.refuse(refusal);
            return Ok(());
        }
        let multitrack = self.client.as_ref().is_some_and(|client| client.multitrack);
        let packaging = match param(&request.params, "hevc") {
            Some("legacy") => PACKAGING_LEGACY,
            Some(_) | None if multitrack => PACKAGING_ALL,
            Some(_) | None => PACKAGING,
        };
        self.step(Step::Play(stream))?;
        let reset = command.values.get(4).and_then(Value::as_bool).unwrap_or(true);
        self.playing = Some(Playing::new(stream, reset));
        self.event(Event::Play(Box::new(request), packaging));
        self.waits = true;
        Ok(())
    }

    fn pause(&mut self, stream: u32, command: &Command) {
        let paused = command.bool(0).unwrap_or(true);
        if self.state != State::Playing(stream) {
            return self.fail(command, "NetStream.Failed", "nothing is played on this stream");
        }
        let (code, text) = match paused {
            true => ("NetStream.Pause.Notify", "paused"),
            false => ("NetStream.Unpause.Notify", "goes on"),
        };
        self.event(Event::Pause(paused));
        self.status(stream, "status", code, text);
    }

    fn receive_audio(&mut self, command: &Command) {
        if let Some(playing) = &mut self.playing {
            playing.want_audio(command.bool(0).unwrap_or(true));
        }
    }

    fn receive_video(&mut self, command: &Command) {
        if let Some(playing) = &mut self.playing {
            playing.want_video(command.bool(0).unwrap_or(true));
        }
    }

    fn fc_unpublish(&mut self, now: Instant, command: &Command) {
        if let State::Publishing(stream) = self.state {
            self.release(now, stream);
        }
        self.answer_fc("onFCUnpublish", "NetStream.Unpublish.Success", command);
    }

    /// The client lets go of a message stream.
    fn release(&mut self, now: Instant, stream: u32) {
        if self.state.stream() != Some(stream) {
            return;
        }
        if let Some(mut publishing) = self.publishing.take() {
            publishing.finish(&mut self.out);
            self.status(stream, "status", "NetStream.Unpublish.Success", "unpublished");
        }
        self.playing = None;
        if let Some(state) = self.state.after(Step::Released(stream)) {
            self.state = state;
        }
        self.active_at = now;
        self.give_up_at = now + LOITER;
        self.event(Event::Stop);
    }

    fn request(&mut self, name: &str) -> Result<Request, Refusal> {
        let Some(client) = &self.client else {
            return Err(Refusal::BadName("comes before 'connect'".into()));
        };
        let (key, vhost, params) = client.place.stream(name)?;
        let agent = client.agent.clone();
        let patience = self.settings.patience;
        self.note(Note::debug(format!("asks for {key}")));
        Ok(Request { vhost, key, params, protocol: "rtmp", agent, patience })
    }
}
