//! Where things are: the build folder, the binary under test, tools, scratch folders.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// The build folder that holds this test (`target` unless configured otherwise).
pub fn target() -> PathBuf {
    let test = std::env::current_exe().expect("the test knows its own path");
    // target/debug/deps/test
    test.ancestors().nth(3).expect("a test lies in target/<profile>/deps").to_path_buf()
}

/// The repository.
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("this crate lies two folders deep").to_path_buf()
}

/// The server under test: `$SMART_RTMPD`, else the newest of what was built.
pub fn server() -> PathBuf {
    if let Some(path) = std::env::var_os("SMART_RTMPD") {
        return path.into();
    }
    newest("smart_rtmpd").expect("no server: run `cargo build --release -p smart_rtmpd`, or set SMART_RTMPD")
}

/// The newest build of an executable, such as `smart_rtmpd` or `examples/embed`.
pub fn newest(name: &str) -> Option<PathBuf> {
    let built = ["release", "debug"].map(|profile| target().join(profile).join(name));
    built
        .into_iter()
        .filter(|path| path.exists())
        .max_by_key(|path| path.metadata().and_then(|m| m.modified()).ok())
}

/// A current ffmpeg, which speaks Enhanced RTMP.
pub fn modern_ffmpeg() -> PathBuf {
    let path = repository().join(".tools/ffmpeg");
    assert!(path.exists(), "{} is missing: run scripts/setup.sh", path.display());
    path
}

/// A new empty folder for one use, under the build folder. The caller removes it.
pub fn scratch(name: &str) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = target().join("interop-runs").join(format!("{name}-{}-{count}", std::process::id()));
    std::fs::create_dir_all(&path).expect("a scratch folder can be made");
    path
}
