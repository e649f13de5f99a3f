//! Files below folders.

use std::path::{Path, PathBuf};
use std::{fs, io};

use dsc_experiment::run_folder::files::MANIFEST;

/// The file itself, or the `.dsl` files below a folder by name. Left out are hidden folders, links to folders, and run folders, whose
/// sources are a record.
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
        let is_run = || path.join(MANIFEST).is_file();
        if kind.is_dir() && !hidden && !is_run() {
            files_below(&path, ending, found)?;
        } else if path.extension().is_some_and(|e| e == ending) && path.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_of_runs_are_left_out() {
        let dir = tempfile::tempdir().unwrap();
        for file in ["mine.dsl", "more/other.dsl", ".hidden/no.dsl", "runs/one/source/mine.dsl", "runs/one/run.json"] {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let mut found = Vec::new();
        dsl_files(dir.path(), &mut found).unwrap();
        let names: Vec<_> = found.iter().map(|f| f.strip_prefix(dir.path()).unwrap().display().to_string()).collect();
        assert_eq!(names, ["mine.dsl", "more/other.dsl"]);
    }
}
