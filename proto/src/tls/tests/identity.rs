use super::paper;
use crate::tls::{Identity, TlsError, Trust};

fn fails(chain: &str, key: &str, authorities: Option<&str>) -> TlsError {
    Identity::parse(chain.as_bytes(), key.as_bytes(), authorities.map(str::as_bytes)).unwrap_err()
}

#[test]
fn what_is_wrong_is_named() {
    let (one, other) = (paper(), paper());
    assert!(Identity::parse(one.chain.as_bytes(), one.key.as_bytes(), None).is_ok());
    let with = Some(other.authority.as_bytes());
    assert!(Identity::parse(one.chain.as_bytes(), one.key.as_bytes(), with).is_ok());
    assert_eq!(
        fails(&one.chain, &other.key, None).to_string(),
        "certificate and key: they do not belong together: the key is another certificate's"
    );
    assert_eq!(
        fails("nothing", &one.key, None).to_string(),
        "certificate: no '-----BEGIN CERTIFICATE-----' in it"
    );
    assert_eq!(fails(&one.key, &one.key, None), fails("", &one.key, None), "a key is no certificate");
    assert!(
        fails(&one.chain, &one.chain, None).to_string().starts_with("key: no '-----BEGIN PRIVATE KEY-----'")
    );
    let secret = one.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    assert!(fails(&one.chain, &secret, None).to_string().starts_with("key: it is encrypted"));
    assert!(matches!(fails(&one.chain, &one.key, Some("x")), TlsError::Authority(_)));
    let broken = one.chain.replace("MII", "!!!");
    assert!(fails(&broken, &one.key, None).to_string().starts_with("certificate: it is no PEM"));
    assert!(Trust::new(None, None).is_ok() && Trust::new(Some(b"x"), None).is_err());
    assert!(matches!(
        Trust::new(None, Some((one.chain.as_bytes(), other.key.as_bytes()))),
        Err(TlsError::Pair(_))
    ));
}
