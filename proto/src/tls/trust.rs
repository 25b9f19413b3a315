//! Whom we believe when we call others.

use std::fmt;
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

use super::identity::{TlsError, certificates, private_key, provider, roots};

/// Whom a client believes, and who it is itself.
#[derive(Clone)]
pub struct Trust(Arc<ClientConfig>);

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trust(…)")
    }
}

impl Trust {
    /// Believes who is signed by `authorities` (PEM), or by one of those that browsers know (Mozilla's list). `own` is the
    /// certificate chain and the key to be shown to servers that ask, both PEM.
    ///
    /// # Errors
    /// Which of them is wrong, and why.
    pub fn new(authorities: Option<&[u8]>, own: Option<(&[u8], &[u8])>) -> Result<Self, TlsError> {
        let roots = match authorities {
            Some(pem) => roots(pem).map_err(TlsError::Authority)?,
            None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
        };
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::Authority(error.to_string()))?
            .with_root_certificates(roots);
        let config = match own {
            Some((chain, key)) => builder
                .with_client_auth_cert(certificates(chain).map_err(TlsError::Certificate)?, private_key(key)?)
                .map_err(|error| TlsError::Pair(error.to_string()))?,
            None => builder.with_no_client_auth(),
        };
        Ok(Self(Arc::new(config)))
    }

    pub(super) fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.0)
    }
}
