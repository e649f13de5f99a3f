//! Files below folders.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// The file itself, or the `.dsl` files below a folder by name; hidden folders and links to folders are left out.
///
/// # Errors
/// A file or folder that cannot be read.
pub fn dsl_files(path: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    if !fs::metadata(path)?.is_dir() {
        found.push(path.to_owned());
        return Ok(());
    }
    files_below(path, "dsl", found)
}

/// The files of that ending below a folder, likewise.
///
/// # Errors
/// A folder that cannot be read.
pub fn files_below(path: &Path, ending: &str, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries = fs::read_dir(path)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (kind, path) = (entry.file_type()?, entry.path());
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if kind.is_dir() && !hidden {
            files_below(&path, ending, found)?;
        } else if path.extension().is_some_and(|e| e == ending) && path.is_file() {
            found.push(path);
        }
    }
    Ok(())
}
