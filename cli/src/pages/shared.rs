//! Bodies that are being sent: many slow readers of a large file share one copy of it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use bytes::Bytes;

/// Bodies by file and validator, each for as long as somebody is being sent it.
#[derive(Debug, Default)]
pub(super) struct Shared {
    bodies: Mutex<BTreeMap<(PathBuf, Arc<str>), Weak<Vec<u8>>>>,
}

/// One reader's hold on a body.
struct Share(Arc<Vec<u8>>);

impl AsRef<[u8]> for Share {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Shared {
    /// The body of this state of a file: the copy that others are being sent, or else what `load` gives.
    ///
    /// # Errors
    /// Those of `load`.
    pub(super) fn body(
        &self,
        file: &Path,
        etag: &Arc<str>,
        load: impl FnOnce() -> io::Result<Arc<Vec<u8>>>,
    ) -> io::Result<Bytes> {
        let key = (file.to_path_buf(), Arc::clone(etag));
        let held =
            self.bodies.lock().unwrap_or_else(PoisonError::into_inner).get(&key).and_then(Weak::upgrade);
        let body = match held {
            Some(body) => body,
            None => self.keep(key, load()?),
        };
        Ok(Bytes::from_owner(Share(body)))
    }

    /// Remembers what was read without the lock; gives the copy of whoever was faster.
    fn keep(&self, key: (PathBuf, Arc<str>), read: Arc<Vec<u8>>) -> Arc<Vec<u8>> {
        let mut bodies = self.bodies.lock().unwrap_or_else(PoisonError::into_inner);
        bodies.retain(|_, body| body.strong_count() > 0);
        match bodies.get(&key).and_then(Weak::upgrade) {
            Some(body) => body,
            None => {
                bodies.insert(key, Arc::downgrade(&read));
                read
            }
        }
    }
}
