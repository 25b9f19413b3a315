//! Replays every stored fuzz input: none may panic, and no target may be without any.

#![forbid(unsafe_code)]

use std::path::PathBuf;

use rtmpd_vectors::fuzz::TARGETS;

const MOST_FILES: usize = 50;
const MOST_BYTES: u64 = 64 << 10;

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(name)
}

#[test]
fn every_stored_input_is_survived() {
    for (name, body) in TARGETS {
        let entries =
            std::fs::read_dir(folder(name)).unwrap_or_else(|error| panic!("corpus of {name}: {error}"));
        let files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        assert!((1..=MOST_FILES).contains(&files.len()), "{name} has {} inputs", files.len());
        for file in files {
            let data = std::fs::read(&file).unwrap();
            assert!(data.len() as u64 <= MOST_BYTES, "{} is too large to keep", file.display());
            if std::panic::catch_unwind(|| body(&data)).is_err() {
                panic!("{} fails on {}", name, file.display());
            }
        }
    }
}

#[test]
fn every_target_has_a_program_and_every_corpus_a_target() {
    let programs = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz/fuzz_targets");
    for (name, _) in TARGETS {
        assert!(programs.join(format!("{name}.rs")).exists(), "fuzz/fuzz_targets/{name}.rs");
    }
    for entry in std::fs::read_dir(folder("")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        assert!(
            name == "README.md" || TARGETS.iter().any(|(target, _)| name == *target),
            "{name:?} belongs to no target"
        );
    }
}
