//! Media out: shared bytes, passed on as they are.

use bytes::{Bytes, BytesMut};
use rtmpd_core::media::Kind;
use rtmpd_core::{Close, Error, Instant, Media};

use super::super::chunk::readdress;
use super::super::message;
use super::super::packager::SHARED_STREAM;
use super::RtmpServer;
use super::state::{State, Step};
use crate::amf::{self, Value};

/// What a player wants.
#[derive(Debug)]
pub(super) struct Playing {
    stream: u32,
    reset: bool,
    audio: bool,
    video: bool,
    /// Video was switched on again: it begins with a keyframe.
    wait_key: bool,
}

impl Playing {
    pub(super) fn new(stream: u32, reset: bool) -> Self {
        Self { stream, reset, audio: true, video: true, wait_key: false }
    }

    pub(super) fn want_audio(&mut self, wanted: bool) {
        self.audio = wanted;
    }

    pub(super) fn want_video(&mut self, wanted: bool) {
        self.wait_key |= wanted && !self.video;
        self.video = wanted;
    }

    fn takes(&mut self, kind: Kind, key: bool) -> bool {
        match kind {
            Kind::Audio => self.audio,
            Kind::Video => {
                self.wait_key &= !key;
                self.video && !self.wait_key
            }
            Kind::Data => true,
        }
    }
}

impl RtmpServer {
    /// The shard said yes: media follows.
    pub(super) fn start_playing(&mut self, now: Instant, stream: u32) -> Result<(), Error> {
        self.step(Step::Granted)?;
        self.ping_at = now + self.settings.ping;
        let mut out = BytesMut::new();
        message::put_event(&mut out, message::STREAM_BEGIN, stream);
        self.transmit(out.freeze());
        if self.playing.as_ref().is_some_and(|playing| playing.reset) {
            self.status(stream, "status", "NetStream.Play.Reset", "playing and resetting");
        }
        self.status(stream, "status", "NetStream.Play.Start", "started playing");
        let access =
            amf::write_all(&[Value::text("|RtmpSampleAccess"), Value::Bool(true), Value::Bool(true)]);
        let mut out = BytesMut::new();
        message::put_amf(&mut out, message::DATA, stream, &access, self.settings.chunk_size as usize);
        self.transmit(out.freeze());
        Ok(())
    }

    pub(super) fn play_media(&mut self, media: &Media<'_>) {
        let State::Playing(stream) = self.state else { return };
        let Some(playing) = &mut self.playing else { return };
        match media {
            Media::Start { preamble, .. } => {
                let data = self.address(preamble);
                self.transmit(data);
            }
            Media::Packet(packet) => {
                if playing.takes(packet.kind, packet.key) {
                    let data = self.address(&packet.data);
                    self.transmit(data);
                }
            }
            Media::Gap => {}
            Media::Ended => {
                self.say_stream_over(stream);
                self.end(Close::StreamEnded);
            }
        }
    }

    /// Shared bytes as this player needs them: nearly always as they are.
    fn address(&self, data: &Bytes) -> Bytes {
        match &self.playing {
            Some(playing) if playing.stream != SHARED_STREAM => {
                readdress(data, playing.stream, self.settings.chunk_size as usize).freeze()
            }
            Some(_) | None => data.clone(),
        }
    }

    /// What players take as the end. It is said at the very end only: ffmpeg quits on it.
    pub(super) fn say_stream_over(&mut self, stream: u32) {
        self.status(stream, "status", "NetStream.Play.UnpublishNotify", "the stream is no longer published");
        let mut out = BytesMut::new();
        message::put_event(&mut out, message::STREAM_EOF, stream);
        self.transmit(out.freeze());
        self.status(stream, "status", "NetStream.Play.Stop", "stopped");
    }
}
