//! Finds and reads the config file.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::parse::{MAX_FILE, Parsed, parse};
use crate::problem::{Problem, Wrong};
use crate::settings::Settings;

/// The config file's name in its folder.
pub const FILE_NAME: &str = "config.xml";

/// Settings, and where they came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Loaded {
    /// What to run with.
    pub settings: Settings,
    /// What an operator should look at all the same.
    pub warnings: Vec<Problem>,
    /// The file that was read; `None`: there is none, and these are the defaults.
    pub file: Option<PathBuf>,
    /// Where `html/`, `log/` and the rest are.
    pub folder: PathBuf,
}

/// Reads the settings of `path`: an XML file, or a folder. A folder without [`FILE_NAME`] means the defaults.
///
/// # Errors
/// When `path` does not exist or cannot be read, and as [`parse`] does.
pub fn load(path: &Path) -> Result<Loaded, Wrong> {
    let problem = |text: String| Problem::whole(&path.display().to_string(), text);
    let is_folder =
        std::fs::metadata(path).map_err(|error| problem(format!("cannot be read: {error}")))?.is_dir();
    let (folder, file) = if is_folder {
        (path, path.join(FILE_NAME))
    } else {
        // The parent of a bare file name is the empty path, which is no folder.
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        (parent.unwrap_or(Path::new(".")), path.to_path_buf())
    };
    let name = file.display().to_string();
    let (parsed, file) = match read(&file) {
        Ok(bytes) => (parse(&name, &bytes)?, Some(file)),
        Err(error) if is_folder && error.kind() == ErrorKind::NotFound => (Parsed::default(), None),
        Err(error) => return Err(Problem::whole(&name, format!("cannot be read: {error}")).into()),
    };
    let Parsed { settings, warnings } = parsed;
    Ok(Loaded { settings, warnings, file, folder: folder.to_path_buf() })
}

/// The file, or one byte more than may be: [`parse`] then says that it is too long.
fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(MAX_FILE as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
