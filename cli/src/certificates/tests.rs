use std::fs;

use rtmpd_conf::settings::Ssl;

use super::{AUTHORITY, FOLDER, Files, identities, trust};
use crate::tests::folder::Folder;

#[test]
fn an_authority_is_made_once() {
    let folder = Folder::new();
    identities(&Ssl::default(), folder.path()).unwrap();
    let authority = folder.path().join(FOLDER).join(AUTHORITY);
    let made = fs::read(&authority).unwrap();
    identities(&Ssl::default(), folder.path()).unwrap();
    assert_eq!(fs::read(&authority).unwrap(), made);
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let key = folder.path().join(FOLDER).join("ca.key");
        assert_eq!(key.metadata().unwrap().mode() & 0o777, 0o600);
    }
    // Its certificate is one that others can be told to believe.
    let ssl = Ssl { client_ca: Some(authority), ..Ssl::default() };
    trust(&ssl, folder.path()).unwrap();
    fs::write(folder.path().join(FOLDER).join("ca.key"), "x").unwrap();
    assert!(identities(&Ssl::default(), folder.path()).unwrap_err().contains("delete both"));
}

#[test]
fn files_that_are_wrong_are_named() {
    let folder = Folder::new();
    let of = |chain: &str, key: &str| {
        let ssl = Ssl { server_cert: Some(chain.into()), server_key: Some(key.into()), ..Ssl::default() };
        Files::of(&ssl, folder.path()).unwrap().read().map(drop)
    };
    let error = of("none.crt", "none.key").unwrap_err();
    assert!(error.starts_with("<ssl><servercert> ") && error.contains("none.crt: "), "{error}");
    identities(&Ssl::default(), folder.path()).unwrap();
    let (chain, key) = ("ssl/ca.crt", "ssl/ca.key");
    assert_eq!(of(chain, key), Ok(()));
    let error = of(chain, chain).unwrap_err();
    assert!(error.starts_with("<ssl><serverkey> ") && error.contains("ca.crt: key: no '"), "{error}");
    let error = of(key, key).unwrap_err();
    assert!(
        error.starts_with("<ssl><servercert> ") && error.contains("no '-----BEGIN CERTIFICATE"),
        "{error}"
    );
    let other = Folder::new();
    identities(&Ssl::default(), other.path()).unwrap();
    fs::copy(other.path().join(key), folder.path().join("other.key")).unwrap();
    let error = of(chain, "other.key").unwrap_err();
    assert!(error.contains("other.key: certificate and key: they do not belong together"), "{error}");
}
