//! Files of the server: what machines ask of the embedding program, which alone touches them.

mod name;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use bytes::Bytes;

pub use name::{is_device, is_plain};

/// Where uploads lie until they are whole: folders in [`Root::Vod`] that begin with this. Nobody is shown them, and when
/// the program starts they go.
pub const UPLOADING: &str = ".upload-";

/// A folder of the server's that machines may name files in.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Root {
    /// `vod/`.
    Vod,
    /// `rec/`, of one virtual host. When there are no recordings of this host but of one other, it is that one.
    Rec {
        /// The host name the client used.
        vhost: Arc<str>,
    },
}

/// A file or folder. It comes from the network: whoever opens it must see to it that it lies within its root.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    /// In which folder.
    pub root: Root,
    /// Decoded path within it, with `/` between names and none at the ends; empty: the folder itself.
    pub path: Arc<str>,
}

impl Place {
    /// A file or folder within `root`.
    pub fn new(root: Root, path: &str) -> Self {
        Self { root, path: path.trim_matches('/').into() }
    }
}

/// What is asked of the program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FileCall {
    /// What is there; answered by [`crate::Answer::File`].
    Look(Place),
    /// Bytes of a file; answered by [`crate::Answer::Data`]. A connection with more to send than it may hold is made to
    /// wait for this answer.
    Read {
        /// The file.
        place: Place,
        /// From here on, in bytes.
        offset: u64,
        /// At most so many bytes.
        len: u32,
        /// Only if it is still this state of it.
        etag: Arc<str>,
    },
    /// A film as players of HLS fetch it; answered by [`crate::Answer::Page`].
    Cut {
        /// The film.
        place: Place,
        /// What of it.
        piece: Piece,
        /// Only if it is still this state of it; any, where there is none.
        etag: Option<Arc<str>>,
    },
    /// Names in a folder; answered by [`crate::Answer::Listing`].
    List(Place),
    /// Changes, in this order and up to the first that fails; answered by [`crate::Answer::Done`]. Nothing is read from a
    /// connection whose changes are under way.
    Write(Vec<FileChange>),
}

/// What players of HLS fetch of a film.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Piece {
    /// The list of all the others.
    Playlist {
        /// What their URLs end with: empty, or `&` and parameters.
        query: Arc<str>,
    },
    /// What a decoder must have first.
    Init,
    /// One of its segments, from 0.
    Segment(u32),
}

/// One change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FileChange {
    /// A file that is not there yet, with its folders.
    Create {
        /// The file.
        place: Place,
        /// Its bytes.
        data: Bytes,
    },
    /// Bytes behind the last of a file, which comes to be if it is not there, with its folders.
    Append {
        /// The file.
        place: Place,
        /// The bytes.
        data: Vec<Bytes>,
    },
    /// The whole of a file, at once: readers see the old or the new one.
    Replace {
        /// The file.
        place: Place,
        /// The bytes.
        data: Bytes,
    },
    /// Another name; nothing that bears it already is overwritten.
    Rename {
        /// The file.
        from: Place,
        /// Its new name, in the same root.
        to: Place,
    },
    /// The file goes, if it is there.
    Remove(Place),
    /// There must be nothing of this name yet, nor a file where it has a folder: else this and what follows it fails.
    Vacant(Place),
    /// The folder of an upload goes, if it is there, with all that is in it: see [`UPLOADING`].
    Discard(Place),
    /// The playlist of a recording that was cut off is completed: what is whole can be played to its end.
    Mend(Place),
    /// What was written must survive a power cut from here on.
    Sync(Place),
}

/// What is known of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// It is a folder.
    pub is_folder: bool,
    /// Bytes.
    pub size: u64,
    /// When it was last changed, in µs since 1970.
    pub modified: u64,
    /// Strong validator, quoted as on the wire.
    pub etag: Arc<str>,
}

impl FileChange {
    /// The file it is made to.
    pub fn place(&self) -> &Place {
        match self {
            Self::Create { place, .. }
            | Self::Append { place, .. }
            | Self::Replace { place, .. }
            | Self::Rename { from: place, .. }
            | Self::Remove(place)
            | Self::Vacant(place)
            | Self::Discard(place)
            | Self::Mend(place)
            | Self::Sync(place) => place,
        }
    }
}
