//! Publishes a scene on a host, at its pace.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use rtmpd_core::media::{Description, Frame};
use rtmpd_core::{Error, Event, Input, Instant, Machine, Output, Reply, Request};

use super::Scene;

/// See the module's text. It begins when it is first told the time, and is silent at the scene's end.
pub(in crate::rtsp::tests) struct Camera {
    wish: Option<Request>,
    description: Arc<Description>,
    frames: VecDeque<(Duration, Frame)>,
    began: Option<Instant>,
    out: VecDeque<Output>,
}

impl Camera {
    pub(in crate::rtsp::tests) fn new(wish: Request, scene: &Scene) -> Self {
        Self {
            wish: Some(wish),
            description: scene.description.clone(),
            frames: scene.frames.clone().into(),
            began: None,
            out: VecDeque::new(),
        }
    }

    fn event(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }

    fn due(&self) -> Option<Instant> {
        let (at, _) = self.frames.front()?;
        self.began.map(|began| began + *at)
    }
}

impl Machine for Camera {
    fn handle_input(&mut self, now: Instant, input: Input<'_>) -> Result<(), Error> {
        match input {
            Input::Reply(Reply::Publish(result)) => {
                result.unwrap();
                self.began = Some(now);
                let description = self.description.clone();
                self.event(Event::Tracks(description));
            }
            Input::Timeout => {
                if let Some(wish) = self.wish.take() {
                    self.event(Event::Publish(Box::new(wish)));
                }
            }
            _ => {}
        }
        while self.due().is_some_and(|at| at <= now) {
            let (_, frame) = self.frames.pop_front().unwrap();
            self.event(Event::Frame(frame));
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if self.wish.is_some() { Some(Instant::ZERO) } else { self.due() }
    }
}
