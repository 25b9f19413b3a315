//! The player page: what `scripts/web.sh` makes of `web/`, inside the program.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use rtmpd_core::Answer;
use rtmpd_proto::http::mime;

use super::{INDEX, matches_any};

/// A file of the page.
pub(crate) struct File {
    /// Below `/player/`; the index is at the root.
    pub(crate) name: &'static str,
    /// As it is, and packed with gzip.
    pub(crate) bodies: [&'static [u8]; 2],
}

/// All of it, in the order of their names.
pub(crate) static FILES: [File; 8] = [
    File {
        name: "LICENSES.txt",
        bodies: [
            include_bytes!("../../../web/dist/LICENSES.txt"),
            include_bytes!("../../../web/dist/LICENSES.txt.gz"),
        ],
    },
    File {
        name: "app.css",
        bodies: [include_bytes!("../../../web/dist/app.css"), include_bytes!("../../../web/dist/app.css.gz")],
    },
    File {
        name: "app.js",
        bodies: [include_bytes!("../../../web/dist/app.js"), include_bytes!("../../../web/dist/app.js.gz")],
    },
    File {
        name: "hls.js",
        bodies: [include_bytes!("../../../web/dist/hls.js"), include_bytes!("../../../web/dist/hls.js.gz")],
    },
    File {
        name: "icon.svg",
        bodies: [
            include_bytes!("../../../web/dist/icon.svg"),
            include_bytes!("../../../web/dist/icon.svg.gz"),
        ],
    },
    File {
        name: INDEX,
        bodies: [
            include_bytes!("../../../web/dist/index.html"),
            include_bytes!("../../../web/dist/index.html.gz"),
        ],
    },
    File {
        name: "mpegts.js",
        bodies: [
            include_bytes!("../../../web/dist/mpegts.js"),
            include_bytes!("../../../web/dist/mpegts.js.gz"),
        ],
    },
    File {
        name: "shaka.js",
        bodies: [
            include_bytes!("../../../web/dist/shaka.js"),
            include_bytes!("../../../web/dist/shaka.js.gz"),
        ],
    },
];

/// What tells the bodies of each file from those of other versions.
static ETAGS: LazyLock<Vec<[Arc<str>; 2]>> =
    LazyLock::new(|| FILES.iter().map(|file| file.bodies.map(etag_of)).collect());

/// The page's file at this path, if there is one. `gzip`: the client takes packed bodies.
pub(super) fn answer(path: &str, if_none_match: Option<&str>, gzip: bool) -> Option<Answer> {
    let name = match path {
        "/" | "/index.html" | "/player.html" => INDEX,
        _ => path.strip_prefix("/player/").filter(|name| *name != INDEX)?,
    };
    let at = FILES.iter().position(|file| file.name == name)?;
    let form = usize::from(gzip);
    let etag = Arc::clone(&ETAGS[at][form]);
    let not_modified = if_none_match.is_some_and(|tags| matches_any(tags, &etag));
    let body = Bytes::from_static(if not_modified { b"" } else { FILES[at].bodies[form] });
    Some(Answer::Page { content_type: mime::of(name), etag, body, not_modified, gzip })
}

fn etag_of(body: &[u8]) -> Arc<str> {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    format!("\"b-{:016x}\"", hasher.finish()).into()
}
