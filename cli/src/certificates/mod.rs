//! Who the server is in TLS: the files of `<ssl>`, or a certificate of its own making; and whom it believes.
//!
//! - `own_made`: an authority beside the configuration, and a certificate that it signs at each start
//! - `watch`: new files are for new connections

mod own_made;
#[cfg(test)]
mod tests;
mod watch;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rtmpd_conf::settings::Ssl;
use rtmpd_proto::tls::{Identities, Identity, TlsError, Trust};

pub(crate) use own_made::{AUTHORITY, FOLDER};
pub(crate) use watch::watch;

/// The files that the server's identity comes from.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    chain: PathBuf,
    key: PathBuf,
    authorities: Option<PathBuf>,
}

impl Files {
    /// Those of the configuration in this folder, if it names any.
    pub(crate) fn of(ssl: &Ssl, folder: &Path) -> Option<Self> {
        Some(Self {
            chain: folder.join(ssl.server_cert.as_ref()?),
            key: folder.join(ssl.server_key.as_ref()?),
            authorities: ssl.server_ca.as_ref().map(|file| folder.join(file)),
        })
    }

    /// Reads them.
    ///
    /// # Errors
    /// Which file is wrong, and why.
    pub(crate) fn read(&self) -> Result<Identity, String> {
        let chain = bytes_of(&self.chain, "<ssl><servercert>")?;
        let key = bytes_of(&self.key, "<ssl><serverkey>")?;
        let authorities =
            self.authorities.as_ref().map(|file| bytes_of(file, "<ssl><serverca>")).transpose()?;
        Identity::parse(&chain, &key, authorities.as_deref()).map_err(|error| {
            let (element, file) = match &error {
                TlsError::Key(_) => ("serverkey", &self.key),
                TlsError::Authority(_) => ("serverca", self.authorities.as_ref().unwrap_or(&self.chain)),
                TlsError::Certificate(_) => ("servercert", &self.chain),
                TlsError::Pair(_) => {
                    let (chain, key) = (self.chain.display(), self.key.display());
                    return format!("<ssl> {chain} and {key}: {error}");
                }
            };
            format!("<ssl><{element}> {}: {error}", file.display())
        })
    }
}

/// The identity that a server of this configuration begins with.
///
/// # Errors
/// What is wrong with its files, or why none can be made.
pub(crate) fn identities(ssl: &Ssl, folder: &Path) -> Result<Arc<Identities>, String> {
    let identity = match Files::of(ssl, folder) {
        Some(files) => files.read()?,
        None => own_made::identity(folder)?,
    };
    Ok(Arc::new(Identities::new(identity)))
}

/// Whom this configuration lets us believe, and who we are to other servers.
///
/// # Errors
/// Which file is wrong, and why.
pub(crate) fn trust(ssl: &Ssl, folder: &Path) -> Result<Trust, String> {
    let read = |file: &Option<PathBuf>, element: &str| {
        file.as_ref().map(|file| bytes_of(&folder.join(file), element)).transpose()
    };
    let authorities = read(&ssl.client_ca, "<ssl><clientca>")?;
    let own = read(&ssl.client_cert, "<ssl><clientcert>")?.zip(read(&ssl.client_key, "<ssl><clientkey>")?);
    let own = own.as_ref().map(|(chain, key)| (chain.as_slice(), key.as_slice()));
    Trust::new(authorities.as_deref(), own).map_err(|error| format!("<ssl> of clients: {error}"))
}

fn bytes_of(file: &Path, element: &str) -> Result<Vec<u8>, String> {
    fs::read(file).map_err(|error| format!("{element} {}: {error}", file.display()))
}
