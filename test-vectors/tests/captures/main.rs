//! Every capture in all three cuttings against its golden transcript.
//!
//! `scripts/bless.sh` rewrites the transcripts; the diff is for a person to read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rtmpd_core::media::{MakePackager, Packager};
use rtmpd_core::replay::{self, Cutting, Setup, Transcript};
use rtmpd_core::{Dice, Service};
use rtmpd_proto::container::flv::DEFAULT_H265_ID;
use rtmpd_proto::http::{self, HttpService};
use rtmpd_proto::rtmp::{self, RtmpPackager, RtmpService};

/// Set to rewrite the goldens instead of comparing with them.
const BLESS: &str = "BLESS";

#[test]
fn rtmp() {
    check_all("rtmp");
}

#[test]
fn http() {
    check_all("http");
}

fn check_all(proto: &str) {
    let cases = cases(proto);
    assert!(!cases.is_empty(), "test-vectors/{proto} has no cases");
    let failures: Vec<String> = cases.iter().filter_map(|case| check(case).err()).collect();
    assert!(
        failures.is_empty(),
        "{} of {} cases failed:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

/// The folders of the cases, in order of their names.
fn cases(proto: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(proto);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut cases: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    cases.sort();
    cases
}

fn check(case: &Path) -> Result<(), String> {
    let facts = facts(&case.join("case.toml"))?;
    let capture = fs::read(case.join("capture.pcap")).map_err(|error| told(case, &error.to_string()))?;
    let play = |cutting| play(&capture, &facts, cutting).map_err(|error| told(case, &error));
    let as_captured = play(Cutting::AsCaptured)?;
    compare_golden(case, &as_captured.by_connection())?;
    for cutting in [Cutting::ByteByByte, Cutting::AllAtOnce] {
        let (expected, found) = (as_captured.without_times(), play(cutting)?.without_times());
        if expected != found {
            let what = first_difference(&expected, &found);
            return Err(told(case, &format!("cut {cutting:?} it is another story: {what}")));
        }
    }
    Ok(())
}

fn compare_golden(case: &Path, found: &str) -> Result<(), String> {
    let path = case.join("expected.txt");
    if std::env::var_os(BLESS).is_some() {
        return fs::write(&path, found).map_err(|error| told(case, &error.to_string()));
    }
    let expected = fs::read_to_string(&path).map_err(|error| told(&path, &error.to_string()))?;
    if expected == found {
        return Ok(());
    }
    Err(told(case, &format!("not as in expected.txt: {}", first_difference(&expected, found))))
}

fn play(capture: &[u8], facts: &BTreeMap<String, u64>, cutting: Cutting) -> Result<Transcript, String> {
    let fact =
        |name: &str| facts.get(name).copied().ok_or_else(|| format!("case.toml lacks '{name} = NUMBER'"));
    let port = |name| u16::try_from(fact(name)?).map_err(|_| format!("case.toml: '{name}' is no port"));
    let services: Vec<(u16, Box<dyn Service>)> = vec![
        (port("rtmp")?, Box::new(RtmpService::new(rtmp::Settings::default(), Dice::new(fact("seed")?)))),
        (port("http")?, Box::new(HttpService::new(http::Settings::default()))),
    ];
    let make: MakePackager =
        Arc::new(|packaging, _| match RtmpPackager::of(packaging, &rtmp::Settings::default()) {
            Some(packager) => Some(Box::new(packager) as Box<dyn Packager>),
            None => http::packager(packaging, DEFAULT_H265_ID),
        });
    let setup = Setup { cutting, ..Setup::new(services, make) };
    replay::run(capture, setup).map_err(|error| error.to_string())
}

/// The numbers of a case.toml; its texts are for people.
fn facts(path: &Path) -> Result<BTreeMap<String, u64>, String> {
    let text = fs::read_to_string(path).map_err(|error| told(path, &error.to_string()))?;
    let mut facts = BTreeMap::new();
    for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        let place = format!("line {}", n + 1);
        let (name, value) =
            line.split_once(" = ").ok_or_else(|| told(path, &format!("{place}: expected 'name = value'")))?;
        if !value.starts_with('"') {
            let number =
                value.parse().map_err(|_| told(path, &format!("{place}: '{value}' is no number")))?;
            facts.insert(name.to_owned(), number);
        }
    }
    Ok(facts)
}

fn told(path: &Path, what: &str) -> String {
    format!("{}: {what}", path.display())
}

fn first_difference(expected: &str, found: &str) -> String {
    let mut lines = expected.lines().zip(found.lines()).enumerate();
    match lines.find(|(_, (expected, found))| expected != found) {
        Some((n, (expected, found))) => {
            format!("line {}\n  expected  {expected}\n  found     {found}", n + 1)
        }
        None => format!("{} lines expected, {} found", expected.lines().count(), found.lines().count()),
    }
}
