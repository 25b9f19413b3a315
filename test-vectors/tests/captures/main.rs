//! Every capture in all three cuttings against its golden transcript.
//!
//! `scripts/bless.sh` rewrites the transcripts; the diff is for a person to read.

mod facts;
mod server;
mod story;

use std::fs;
use std::path::{Path, PathBuf};

use rtmpd_core::replay::{self, Cutting, Setup, Transcript};

use facts::Facts;

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

#[test]
fn rtsp() {
    check_all("rtsp");
}

#[test]
fn srt() {
    check_all("srt");
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
    let facts = Facts::read(&case.join("case.toml"))?;
    let capture = fs::read(case.join("capture.pcap")).map_err(|error| told(case, &error.to_string()))?;
    let play = |cutting| play(&capture, &facts, cutting).map_err(|error| told(case, &error));
    let as_captured = play(Cutting::AsCaptured)?;
    compare_golden(case, &as_captured.by_connection())?;
    if as_captured != play(Cutting::AsCaptured)? {
        return Err(told(case, "played twice it is another story"));
    }
    for cutting in [Cutting::ByteByByte, Cutting::AllAtOnce] {
        let (expected, found) = (story::of(&as_captured, cutting), story::of(&play(cutting)?, cutting));
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

fn play(capture: &[u8], facts: &Facts, cutting: Cutting) -> Result<Transcript, String> {
    let make_packager = server::make_packager(facts.number("seed")?);
    let setup = Setup { cutting, ..Setup::new(server::services(facts)?, make_packager) };
    replay::run(capture, setup).map_err(|error| error.to_string())
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
