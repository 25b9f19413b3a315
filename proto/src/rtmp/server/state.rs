//! All transitions of a client's connection.

/// Where a connection stands. Numbers are message streams.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// The handshake is under way.
    Greeting,
    /// `connect` is awaited.
    Connecting,
    /// Connected; neither publishes nor plays.
    Idle,
    /// The shard was asked whether it may publish.
    AskingPublish(u32),
    /// The shard was asked whether it may play; it may have to wait for a publisher.
    AskingPlay(u32),
    /// Publishes.
    Publishing(u32),
    /// Plays.
    Playing(u32),
    /// The end was said; nothing more is listened to.
    Over,
}

/// What moves a connection.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// The handshake is done.
    Greeted,
    /// `connect` was accepted.
    Connected,
    /// `publish` on this message stream.
    Publish(u32),
    /// `play` on this message stream.
    Play(u32),
    /// The shard said yes.
    Granted,
    /// The message stream was closed or deleted by the client.
    Released(u32),
    /// The connection is to end.
    End,
}

impl State {
    /// Where `step` leads from here; `None` when it must not happen here.
    pub(super) fn after(self, step: Step) -> Option<Self> {
        let next = match (self, step) {
            (_, Step::End) | (Self::Over, _) => Self::Over,
            (Self::Greeting, Step::Greeted) => Self::Connecting,
            (Self::Connecting, Step::Connected) => Self::Idle,
            (Self::AskingPublish(stream), Step::Granted) => Self::Publishing(stream),
            (Self::AskingPlay(stream), Step::Granted) => Self::Playing(stream),
            (Self::Idle, Step::Publish(stream)) => Self::AskingPublish(stream),
            // Players switch streams by playing again; a publisher must let go first.
            (Self::Idle | Self::AskingPlay(_) | Self::Playing(_), Step::Play(stream)) => {
                Self::AskingPlay(stream)
            }
            (
                Self::AskingPublish(of) | Self::AskingPlay(of) | Self::Publishing(of) | Self::Playing(of),
                Step::Released(stream),
            ) => {
                if of == stream {
                    Self::Idle
                } else {
                    self
                }
            }
            (Self::Idle, Step::Released(_)) => self,
            (Self::Greeting, _) | (Self::Connecting, _) => return None,
            (Self::Idle, Step::Greeted | Step::Connected | Step::Granted) => return None,
            (
                Self::AskingPublish(_) | Self::Publishing(_),
                Step::Greeted | Step::Connected | Step::Publish(_) | Step::Play(_),
            ) => return None,
            (Self::Publishing(_) | Self::Playing(_), Step::Granted) => return None,
            (Self::AskingPlay(_) | Self::Playing(_), Step::Greeted | Step::Connected | Step::Publish(_)) => {
                return None;
            }
        };
        Some(next)
    }

    /// Whether the client publishes, or has asked to, or plays: on which message stream.
    pub(super) fn stream(self) -> Option<u32> {
        match self {
            Self::AskingPublish(stream)
            | Self::AskingPlay(stream)
            | Self::Publishing(stream)
            | Self::Playing(stream) => Some(stream),
            Self::Greeting | Self::Connecting | Self::Idle | Self::Over => None,
        }
    }
}
