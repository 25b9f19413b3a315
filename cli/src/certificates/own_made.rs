//! A certificate for those who have none: signed by an authority that is made once, and kept beside the configuration so
//! that browsers which were told to trust it do so after the next start, too.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use rtmpd_proto::tls::Identity;

/// The folder of the authority, beside the configuration.
pub(crate) const FOLDER: &str = "ssl";
/// The authority's certificate, in that folder.
pub(crate) const AUTHORITY: &str = "ca.crt";
/// The authority's key, in that folder.
const KEY: &str = "ca.key";
/// How long browsers take a server's certificate for at most: 398 days.
const DAYS: i64 = 397;
/// How long the authority is good for.
const AUTHORITY_DAYS: i64 = 3650;

/// An identity for all names and addresses of this machine.
///
/// # Errors
/// When the authority can be neither read nor made.
pub(super) fn identity(folder: &Path) -> Result<Identity, String> {
    let folder = folder.join(FOLDER);
    let (certificate, key) = (folder.join(AUTHORITY), folder.join(KEY));
    if !certificate.exists() || !key.exists() {
        let (certificate_pem, key_pem) = authority().map_err(|error| format!("an authority: {error}"))?;
        write(&folder, KEY, key_pem.as_bytes(), true)
            .and_then(|()| write(&folder, AUTHORITY, certificate_pem.as_bytes(), false))
            .map_err(|error| format!("a certificate cannot be kept in {}: {error}", folder.display()))?;
    }
    let read = |file: &Path| fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()));
    let (authority_pem, key_pem) = (read(&certificate)?, read(&key)?);
    let (chain, leaf_key) = leaf(&authority_pem, &key_pem).map_err(|error| {
        format!("{} and {} make no certificate: {error}; delete both", certificate.display(), key.display())
    })?;
    Identity::parse(chain.as_bytes(), leaf_key.as_bytes(), None).map_err(|error| error.to_string())
}

fn authority() -> Result<(String, String), rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name = name(&format!("smart_rtmpd on {}", host_name()));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    last(&mut params, AUTHORITY_DAYS);
    Ok((params.self_signed(&key)?.pem(), key.serialize_pem()))
}

fn leaf(authority: &str, authority_key: &str) -> Result<(String, String), rcgen::Error> {
    let issuer = Issuer::from_ca_cert_pem(authority, KeyPair::from_pem(authority_key)?)?;
    let key = KeyPair::generate()?;
    let mut names = vec!["localhost".to_owned(), host_name()];
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    names.extend(interfaces.iter().map(|interface| interface.ip().to_string()));
    names.sort();
    names.dedup();
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = name(&host_name());
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    last(&mut params, DAYS);
    let certificate = params.signed_by(&key, &issuer)?;
    Ok((format!("{}{authority}", certificate.pem()), key.serialize_pem()))
}

fn name(text: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, text);
    name
}

/// From yesterday, as clocks differ, for so many days.
fn last(params: &mut CertificateParams, days: i64) {
    let day = |offset: i64| {
        let at = Timestamp::now().saturating_add(SignedDuration::from_hours(offset * 24));
        let at = at.unwrap_or(Timestamp::MAX).to_zoned(jiff::tz::TimeZone::UTC).date();
        let number = |value: i8| u8::try_from(value).unwrap_or(1);
        rcgen::date_time_ymd(at.year().into(), number(at.month()), number(at.day()))
    };
    (params.not_before, params.not_after) = (day(-1), day(days - 1));
}

/// What the machine is called, as far as it stands in a certificate.
fn host_name() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = name.or_else(|| std::env::var("COMPUTERNAME").or_else(|_| std::env::var("HOSTNAME")).ok());
    let name = name.unwrap_or_default().trim().to_ascii_lowercase();
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    if name.is_empty() || !is_name(&name) { "localhost".to_owned() } else { name }
}

/// Writes a file, whole or not at all. `secret`: nobody else may read it.
fn write(folder: &Path, name: &str, bytes: &[u8], secret: bool) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let (path, new) = (folder.join(name), folder.join(format!("{name}.new")));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if secret { 0o600 } else { 0o644 });
    #[cfg(not(unix))]
    let _as_the_folder_allows = secret;
    let mut file = options.open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(new, path)
}
