//! `<ssl>`: files of keys and certificates, relative to the config's folder.

use std::path::PathBuf;

use crate::xml::Section;

/// Files in PEM form; relative paths count from the config's folder.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ssl {
    /// `<serverca>`: who may sign clients' certificates.
    pub server_ca: Option<PathBuf>,
    /// `<serverkey>`: this server's key; given exactly when `server_cert` is.
    pub server_key: Option<PathBuf>,
    /// `<servercert>`: this server's certificate chain.
    pub server_cert: Option<PathBuf>,
    /// `<clientca>`: who may sign the certificates of servers this one forwards to.
    pub client_ca: Option<PathBuf>,
    /// `<clientkey>`: the key shown to those servers; given exactly when `client_cert` is.
    pub client_key: Option<PathBuf>,
    /// `<clientcert>`: the certificate shown to those servers.
    pub client_cert: Option<PathBuf>,
}

impl Ssl {
    pub(crate) fn read(section: &mut Section) -> Self {
        let mut file = |name| section.take(name, |text| Ok(Some(PathBuf::from(text))), None);
        let ssl = Self {
            server_ca: file("serverca"),
            server_key: file("serverkey"),
            server_cert: file("servercert"),
            client_ca: file("clientca"),
            client_key: file("clientkey"),
            client_cert: file("clientcert"),
        };
        for (key, cert) in [("serverkey", "servercert"), ("clientkey", "clientcert")] {
            if section.peek(key).is_none() {
                section.refuse(cert, &format!("expected <{key}> beside it"));
            }
            if section.peek(cert).is_none() {
                section.refuse(key, &format!("expected <{cert}> beside it"));
            }
        }
        ssl
    }
}
