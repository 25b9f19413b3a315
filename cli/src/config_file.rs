//! Finds config.xml and reads it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rtmpd_conf::Parsed;
use rtmpd_conf::settings::Access;

/// The file's usual name.
const NAME: &str = "config.xml";
/// Longest configuration, in bytes: a wrong file should be told, not read for minutes.
const MAX_FILE: u64 = 4 << 20;
/// What is read where there is no file.
const EMPTY: &[u8] = b"<config/>";

/// Where the configuration is, and with it `html/` and `log/`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    /// The server's folder.
    pub(crate) folder: PathBuf,
    /// The file; `None` = there is none, the defaults hold.
    pub(crate) file: Option<PathBuf>,
}

impl Place {
    /// Finds the place: what `--config` names, else `here` or the program's folder, whichever has a config.xml
    /// first, else `here` without one.
    ///
    /// # Errors
    /// When `--config` names what does not exist or cannot be looked at.
    pub(crate) fn find(config: Option<&Path>, here: &Path, program: Option<&Path>) -> Result<Self, String> {
        if let Some(path) = config {
            let metadata =
                fs::metadata(path).map_err(|error| format!("--config {}: {error}", path.display()))?;
            return Ok(if metadata.is_dir() { Self::of_folder(path) } else { Self::of_file(path) });
        }
        let candidates = [Some(here), program];
        let mut places = candidates.into_iter().flatten().map(Self::of_folder);
        Ok(places
            .find(|place| place.file.is_some())
            .unwrap_or_else(|| Self { folder: here.into(), file: None }))
    }

    fn of_folder(folder: &Path) -> Self {
        let file = Some(folder.join(NAME)).filter(|file| file.exists());
        Self { folder: folder.into(), file }
    }

    fn of_file(file: &Path) -> Self {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        Self { folder: folder.unwrap_or(Path::new(".")).into(), file: Some(file.into()) }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// All that is wrong with it, one text each.
    pub(crate) fn read(&self) -> Result<Parsed, Vec<String>> {
        let (name, bytes) = match &self.file {
            Some(file) => {
                let name = file.display().to_string();
                let bytes = bytes_of(file).map_err(|error| vec![format!("{name}: {error}")])?;
                (name, bytes)
            }
            None => (NAME.into(), EMPTY.into()),
        };
        let mut parsed = rtmpd_conf::parse(&name, &bytes)
            .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        self.read_keys(&mut parsed.settings.access).map_err(|error| vec![format!("{name}: {error}")])?;
        Ok(parsed)
    }

    /// Adds the keys of the file that the configuration names.
    fn read_keys(&self, access: &mut Access) -> Result<(), String> {
        let Some(file) = access.jwks.as_ref().map(|file| self.folder.join(file)) else { return Ok(()) };
        let wrong = |why: String| format!("<jwt jwks>: {} {why}", file.display());
        let bytes = bytes_of(&file).map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let text = String::from_utf8(bytes).map_err(|_| wrong("is no text".to_owned()))?;
        match access.keys.add_set(&text).map_err(wrong)? {
            0 => Err(wrong("has no key for HS256 or RS256".to_owned())),
            _ => Ok(()),
        }
    }

    /// What the settings come from, for the log.
    pub(crate) fn describe(&self) -> String {
        match &self.file {
            Some(file) => format!("configuration {}", file.display()),
            None => format!("no {NAME} in {}: the defaults hold", self.folder.display()),
        }
    }
}

fn bytes_of(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|len| len > MAX_FILE) {
        let text = format!("is longer than {MAX_FILE} bytes, which no configuration is");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
    }
    Ok(bytes)
}
