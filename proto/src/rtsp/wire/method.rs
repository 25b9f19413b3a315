//! Methods: RFC 2326 §10.

/// What a request asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Method {
    Options,
    Describe,
    Announce,
    Setup,
    Play,
    Pause,
    Record,
    Teardown,
    GetParameter,
    SetParameter,
    Redirect,
    /// RTSP 2.0: RFC 7826 §13.5.
    PlayNotify,
    /// HTTP: the half of a tunnel that leads to the client.
    Get,
    /// HTTP: the half of a tunnel that comes from the client.
    Post,
    Unknown(String),
}

impl Method {
    /// As it stands in a request.
    pub fn name(&self) -> &str {
        match self {
            Self::Options => "OPTIONS",
            Self::Describe => "DESCRIBE",
            Self::Announce => "ANNOUNCE",
            Self::Setup => "SETUP",
            Self::Play => "PLAY",
            Self::Pause => "PAUSE",
            Self::Record => "RECORD",
            Self::Teardown => "TEARDOWN",
            Self::GetParameter => "GET_PARAMETER",
            Self::SetParameter => "SET_PARAMETER",
            Self::Redirect => "REDIRECT",
            Self::PlayNotify => "PLAY_NOTIFY",
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Unknown(name) => name,
        }
    }

    /// The method of this name. Methods are in capitals (RFC 2326 §6.1), so others are unknown ones.
    pub fn of(name: &str) -> Self {
        let known = [
            Self::Options,
            Self::Describe,
            Self::Announce,
            Self::Setup,
            Self::Play,
            Self::Pause,
            Self::Record,
            Self::Teardown,
            Self::GetParameter,
            Self::SetParameter,
            Self::Redirect,
            Self::PlayNotify,
            Self::Get,
            Self::Post,
        ];
        known
            .into_iter()
            .find(|method| method.name() == name)
            .unwrap_or_else(|| Self::Unknown(name.to_owned()))
    }
}
