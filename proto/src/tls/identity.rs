//! Who a server is: certificate chain and key, in PEM.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

/// Most bytes of a PEM file.
const MAX_PEM: usize = 1 << 20;

/// What is wrong with a certificate, a key, or both together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TlsError {
    /// The certificate file.
    Certificate(String),
    /// The key file.
    Key(String),
    /// Each is fine, but they do not belong together.
    Pair(String),
    /// The file of authorities.
    Authority(String),
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(why) => write!(f, "certificate: {why}"),
            Self::Key(why) => write!(f, "key: {why}"),
            Self::Pair(why) => write!(f, "certificate and key: {why}"),
            Self::Authority(why) => write!(f, "authorities: {why}"),
        }
    }
}

impl std::error::Error for TlsError {}

/// A server's certificate and key, ready for use.
#[derive(Clone)]
pub struct Identity {
    plain: Arc<ServerConfig>,
    http: Arc<ServerConfig>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}

impl Identity {
    /// Reads a chain (the server's own certificate first) and its key (PKCS#8, PKCS#1 or SEC1), both PEM. With
    /// `authorities`, clients that show a certificate must show one which these have signed; nobody has to show one.
    ///
    /// # Errors
    /// Which of them is wrong, and why.
    pub fn parse(chain: &[u8], key: &[u8], authorities: Option<&[u8]>) -> Result<Self, TlsError> {
        let chain = certificates(chain).map_err(TlsError::Certificate)?;
        let key = private_key(key)?;
        let builder = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::Pair(error.to_string()))?;
        let builder = match authorities {
            Some(pem) => {
                let roots = roots(pem).map_err(TlsError::Authority)?;
                let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider())
                    .allow_unauthenticated()
                    .build()
                    .map_err(|error| TlsError::Authority(error.to_string()))?;
                builder.with_client_cert_verifier(verifier)
            }
            None => builder.with_no_client_auth(),
        };
        let plain = builder.with_single_cert(chain, key).map_err(|error| {
            TlsError::Pair(if matches!(error, rustls::Error::InconsistentKeys(_)) {
                "they do not belong together: the key is another certificate's".to_owned()
            } else {
                error.to_string()
            })
        })?;
        let mut http = plain.clone();
        http.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { plain: plain.into(), http: http.into() })
    }

    /// How it is shown: with ALPN for `http/1.1`, or without any, which RTMP and RTSP have no name for.
    pub(super) fn config(&self, is_http: bool) -> Arc<ServerConfig> {
        Arc::clone(if is_http { &self.http } else { &self.plain })
    }
}

/// The identity that new connections see; others go on with the one they began with.
#[derive(Debug)]
pub struct Identities(RwLock<Identity>);

impl Identities {
    /// This one, for now.
    pub fn new(identity: Identity) -> Self {
        Self(RwLock::new(identity))
    }

    /// From now on this one.
    pub fn replace(&self, identity: Identity) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = identity;
    }

    /// The one that is valid now.
    pub fn current(&self) -> Identity {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

pub(super) fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The certificates of a PEM file.
pub(super) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    if pem.len() > MAX_PEM {
        return Err(format!("{} bytes, at most {MAX_PEM} are read", pem.len()));
    }
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if found.is_empty() => Err("no '-----BEGIN CERTIFICATE-----' in it".into()),
        Ok(found) => Ok(found),
        Err(error) => Err(format!("it is no PEM: {error}")),
    }
}

/// The first key of a PEM file.
pub(super) fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    if pem.len() > MAX_PEM {
        return Err(TlsError::Key(format!("{} bytes, at most {MAX_PEM} are read", pem.len())));
    }
    if pem.windows(9).any(|word| word == b"ENCRYPTED") {
        return Err(TlsError::Key(
            "it is encrypted: take the password off (openssl pkey -in KEY -out KEY)".into(),
        ));
    }
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| {
        TlsError::Key(if matches!(error, rustls::pki_types::pem::Error::NoItemsFound) {
            "no '-----BEGIN PRIVATE KEY-----', 'RSA PRIVATE KEY' or 'EC PRIVATE KEY' in it".to_owned()
        } else {
            format!("it is no PEM: {error}")
        })
    })
}

/// Authorities of a PEM file.
pub(super) fn roots(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem)? {
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    Ok(roots)
}
