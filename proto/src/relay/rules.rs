//! Which streams go where: the rules of policy.xml.

use std::fmt;

use rtmpd_core::{Request, StreamKey, Transport};

use super::url::split_authority;
use super::{Scheme, Url};

/// All rules.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rules {
    /// For every stream whose URL begins with theirs.
    pub apps: Vec<Rule>,
    /// For exactly one stream.
    pub streams: Vec<Rule>,
    /// Streams that come from other servers.
    pub pulls: Vec<Pull>,
}

/// A stream, or all of an app, that comes from another server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pull {
    /// What it is here: `app/stream`, or `app` for all of its streams.
    pub path: String,
    /// Where it is. For an app the stream's name follows it.
    pub url: Url,
    /// Only while somebody plays it.
    pub on_demand: bool,
}

/// What happens to streams of a URL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    /// Host of the URL; `*`: any.
    pub host: String,
    /// Its path, without slashes around it: `live`, or `live/sport`.
    pub path: String,
    /// Where they go.
    pub forwards: Vec<Forward>,
}

/// Where streams of a rule go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Forward {
    /// Whom to connect to.
    pub host: String,
    /// At which port, where one is given.
    pub port: Option<u16>,
    /// What is asked for there; `None`: the URL that the stream has here. For rules of apps the stream's name follows it.
    pub rewrite: Option<Url>,
}

/// A stream on another server. Displayed as its URL, and whom to connect to where that is somebody else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Destination {
    /// What is asked for.
    pub url: Url,
    /// Whom to connect to.
    pub host: String,
    /// At which port.
    pub port: u16,
}

impl Rule {
    /// A rule without forwards for the URL `name`: `rtmp://host[:port]/path`, or a host alone. Ports are not looked at.
    ///
    /// # Errors
    /// What is wrong with the name and what is expected.
    pub fn new(name: &str) -> Result<Self, String> {
        let name = name.trim();
        let (host, path) = match name.split_once("://") {
            Some((scheme, rest)) if rest.starts_with("*/") || rest == "*" => {
                let _same_for_all = scheme;
                ("*".to_owned(), rest.trim_start_matches('*').trim_matches('/').to_owned())
            }
            Some(_) => {
                let url = Url::parse(name)?;
                (url.host, url.path)
            }
            None => (split_authority(name)?.0, String::new()),
        };
        Ok(Self { host, path, forwards: Vec::new() })
    }

    /// The name that streams have under this rule, for one that it is for.
    fn name_of<'a>(&self, request: &'a Request) -> Option<&'a str> {
        if self.host != "*" && !self.host.eq_ignore_ascii_case(&request.vhost) {
            return None;
        }
        match self.path.as_str() {
            "" => Some(request.key.name()),
            path => request.key.as_str().strip_prefix(path)?.strip_prefix('/'),
        }
    }

    fn is_exactly(&self, request: &Request) -> bool {
        (self.host == "*" || self.host.eq_ignore_ascii_case(&request.vhost))
            && self.path == request.key.as_str()
    }
}

impl Pull {
    /// A pull of `name`, `app/stream` or `app` or a URL of one, from `url`.
    ///
    /// # Errors
    /// What is wrong with them and what is expected.
    pub fn new(name: &str, url: &str, on_demand: bool) -> Result<Self, String> {
        let name = name.trim();
        let path = match name.split_once("://") {
            Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
            None => name,
        };
        let path = path.trim_matches('/').to_owned();
        match path.split_once('/') {
            Some((app, stream)) => drop(StreamKey::new(app, stream).map_err(|refusal| refusal.to_string())?),
            None if path.is_empty() => return Err("app/stream".to_owned()),
            None if !on_demand => {
                return Err("app/stream: all streams of an app can only be had on demand".to_owned());
            }
            None => {}
        }
        Ok(Self { path, url: Url::parse(url)?, on_demand })
    }

    /// The one stream that it is about.
    pub(super) fn key(&self) -> Option<StreamKey> {
        let (app, stream) = self.path.split_once('/')?;
        StreamKey::new(app, stream).ok()
    }

    /// Where this stream is.
    pub(super) fn source(&self, key: &StreamKey) -> Option<Destination> {
        let url = if key.as_str() == self.path {
            self.url.clone()
        } else if key.app() == self.path {
            let path = [self.url.path.as_str(), key.name()].into_iter().filter(|part| !part.is_empty());
            Url { path: path.collect::<Vec<_>>().join("/"), ..self.url.clone() }
        } else {
            return None;
        };
        Some(Destination { host: url.host.clone(), port: url.real_port(), url })
    }
}

impl Forward {
    /// A forward to `target`, `host[:port]` or a whole URL, that asks for `rewrite` there.
    ///
    /// # Errors
    /// What is wrong with them and what is expected.
    pub fn new(target: &str, rewrite: &str) -> Result<Self, String> {
        let rewrite = match rewrite.trim() {
            "" => None,
            text => Some(Url::parse(text)?),
        };
        if target.contains("://") {
            let url = Url::parse(target)?;
            let (host, port) = (url.host.clone(), Some(url.real_port()));
            return Ok(Self { host, port, rewrite: rewrite.or(Some(url)) });
        }
        let (host, port) = split_authority(target.trim())?;
        Ok(Self { host, port, rewrite })
    }

    /// For a stream that has `name` under a rule for apps, or is the only one of its rule.
    fn destination(&self, request: &Request, name: Option<&str>) -> Destination {
        let url = match &self.rewrite {
            None => Url {
                scheme: Scheme::Rtmp,
                account: None,
                // Not every protocol names a host.
                host: match &*request.vhost {
                    "" => self.host.clone(),
                    host => host.to_ascii_lowercase(),
                },
                port: None,
                path: request.key.to_string(),
                query: request.params.to_string(),
            },
            Some(rewrite) => {
                let parts = [Some(rewrite.path.as_str()).filter(|path| !path.is_empty()), name];
                let path = parts.into_iter().flatten().collect::<Vec<_>>().join("/");
                Url { path, ..rewrite.clone() }
            }
        };
        let port = self.port.unwrap_or(url.real_port());
        Destination { url, host: self.host.clone(), port }
    }
}

impl Rules {
    /// Where a stream goes, each place once.
    pub fn destinations(&self, request: &Request) -> Vec<Destination> {
        let mut all: Vec<Destination> = Vec::new();
        let apps = self.apps.iter().filter_map(|rule| Some((rule, Some(rule.name_of(request)?))));
        let streams = self.streams.iter().filter(|rule| rule.is_exactly(request)).map(|rule| (rule, None));
        for (rule, name) in apps.chain(streams) {
            for forward in &rule.forwards {
                let destination = forward.destination(request, name);
                if !all.contains(&destination) {
                    all.push(destination);
                }
            }
        }
        all
    }

    /// Where a stream comes from, and whether only on demand.
    pub fn source(&self, key: &StreamKey) -> Option<(Destination, bool)> {
        self.pulls.iter().find_map(|pull| Some((pull.source(key)?, pull.on_demand)))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.apps.len() + self.streams.len() + self.pulls.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Destination {
    /// What tells it from all others. Not to be shown: there may be secrets in it.
    pub(super) fn part(&self) -> String {
        format!("{self}?{} {:?}", self.url.query, self.url.account)
    }

    /// What carries it.
    pub fn transport(&self) -> Transport {
        match self.url.scheme {
            Scheme::Srt => Transport::Udp,
            Scheme::Rtmp | Scheme::Rtmps | Scheme::Rtsp | Scheme::Rtsps => Transport::Tcp,
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.url)?;
        if self.host != self.url.host || self.port != self.url.real_port() {
            write!(f, " at {}:{}", self.host, self.port)?;
        }
        Ok(())
    }
}
