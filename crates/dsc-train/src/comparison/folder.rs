//! The folder of a comparison: which folder may be used, its mark and its lock.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use dsc_experiment::run_folder::{FolderLock, RunFolder, files};
use dsc_experiment::write;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::{E0910, E0933};

/// The files that a comparison replaces.
const TABLES: [&str; 5] = ["table.txt", "table.md", "table.tex", "table.csv", "plot.svg"];

/// Makes the folder, or goes on with the one of an earlier comparison. While the lock is held, no other comparison uses it.
///
/// # Errors
/// `E0910` for a folder with other files, `E0935` while another comparison is running in it, `E0933` when it cannot be written.
pub(super) fn open(folder: &Path) -> Result<FolderLock, Diagnostic> {
    match fs::read_dir(folder) {
        Ok(_) if folder.join(files::COMPARISON).is_file() || has_rows_alone(folder) => {}
        // An empty folder, a path through a file.
        Ok(_) => RunFolder::check_free(folder).map_err(|fault| not_a_comparison(folder, fault))?,
        Err(why) if why.kind() == ErrorKind::NotFound => {
            fs::create_dir_all(folder).map_err(|why| unwritable(folder, &why))?;
        }
        Err(_) => RunFolder::check_free(folder)?,
    }
    let lock = FolderLock::take(folder)?;
    let mark = folder.join(files::COMPARISON);
    if !mark.is_file() {
        let text = format!("{{\"dsc\": \"{}\"}}\n", env!("CARGO_PKG_VERSION"));
        write::replace(&mark, text.as_bytes()).map_err(|why| unwritable(&mark, &why))?;
    }
    Ok(lock)
}

/// The folder of a row, made if it is not there. A link in it could lead anywhere and is refused.
///
/// # Errors
/// `E0933`.
pub(super) fn of_row(folder: &Path, row: &str) -> Result<PathBuf, Diagnostic> {
    let mut place = folder.to_owned();
    for step in Path::new(row) {
        place.push(step);
        if place.is_symlink() {
            let fault = Diagnostic::error(E0933, format!("`{}` is a link", place.display()));
            return Err(
                fault.help("runs are written into the folder itself: remove the link, or choose another `--out`")
            );
        }
    }
    fs::create_dir_all(&place).map_err(|why| unwritable(&place, &why))?;
    Ok(place)
}

/// The name of a row as the name of one folder: what a path gives a meaning to is written as `%2F`, and two rows have two names.
pub(super) fn encoded(row: &str) -> String {
    let mut name = String::new();
    for c in row.chars() {
        match c {
            '/' | '%' => name.push_str(&format!("%{:02X}", u32::from(c))),
            '.' if name.is_empty() => name.push_str("%2E"),
            c if c.is_control() => name.push_str(&format!("%{:02X}", u32::from(c))),
            c => name.push(c),
        }
    }
    name
}

/// Whether a folder without a mark was made by an earlier version: there are rows with runs in it, and nothing but rows and tables.
fn has_rows_alone(folder: &Path) -> bool {
    let below = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
    let has_seed = |row: &Path| below(row).any(|e| e.file_name().to_string_lossy().starts_with("seed-"));
    let is_row = |row: &Path| has_seed(row) || below(row).any(|e| has_seed(&e.path()));
    let is_known = |name: &str| TABLES.contains(&name) || name == files::LOCK;
    let rows = below(folder).filter(|e| !is_known(&e.file_name().to_string_lossy())).map(|e| e.path());
    let rows: Vec<bool> = rows.map(|path| is_row(&path)).collect();
    !rows.is_empty() && rows.iter().all(|is_row| *is_row)
}

fn not_a_comparison(folder: &Path, fault: Diagnostic) -> Diagnostic {
    if fault.code != E0910 {
        return fault;
    }
    let message = format!("`{}` exists, is not empty, and is not the folder of a comparison", folder.display());
    Diagnostic::error(E0910, message).help("choose a new folder with `--out`: runs and tables are written into it")
}

/// What cannot be written.
pub(super) fn unwritable(path: &Path, why: &dyn std::fmt::Display) -> Diagnostic {
    Diagnostic::error(E0933, format!("cannot write `{}`: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_folder_of_a_comparison_is_used_again() {
        let dir = tempfile::tempdir().unwrap();
        let code = |folder: &Path| open(folder).map(drop).map_err(|fault| fault.code.0);
        let new = dir.path().join("a/b");
        assert_eq!(code(&new), Ok(()));
        fs::write(new.join("notes.txt"), "mine").unwrap();
        assert_eq!(code(&new), Ok(()), "it has the mark");
        // A folder of the user's own, with a table in it.
        let own = dir.path().join("own");
        fs::create_dir(&own).unwrap();
        fs::write(own.join("table.csv"), "mine").unwrap();
        assert_eq!(code(&own), Err("E0910"));
        fs::create_dir_all(own.join("models")).unwrap();
        assert_eq!(code(&own), Err("E0910"));
        // One of an earlier version.
        fs::remove_dir(own.join("models")).unwrap();
        fs::create_dir_all(own.join("narrow/seed-1")).unwrap();
        fs::create_dir_all(own.join("unimodal/text/seed-1")).unwrap();
        assert_eq!(code(&own), Ok(()));
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        assert_eq!((code(&file), code(&file.join("x"))), (Err("E0910"), Err("E0913")));
        // One comparison at a time.
        let held = open(&new).unwrap();
        assert_eq!(code(&new), Err("E0935"));
        drop(held);
        assert_eq!(code(&new), Ok(()));
    }

    #[test]
    fn the_name_of_a_row_is_the_name_of_one_folder() {
        assert_eq!(["Small", "d=3", "lr=1.5e-3"].map(encoded), ["Small", "d=3", "lr=1.5e-3"]);
        assert_eq!(encoded("mode=../../x"), "mode=..%2F..%2Fx");
        assert_eq!(
            [encoded(".."), encoded("a%2Fb"), encoded("a/b\n")],
            ["%2E.", "a%252Fb", "a%2Fb%0A"].map(str::to_owned)
        );
    }

    #[test]
    fn a_row_is_not_written_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("elsewhere")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("elsewhere"), dir.path().join("unimodal")).unwrap();
        assert_eq!(of_row(dir.path(), "unimodal/text").unwrap_err().code, E0933);
        assert_eq!(of_row(dir.path(), "narrow").unwrap(), dir.path().join("narrow"));
        assert_eq!(fs::read_dir(dir.path().join("elsewhere")).unwrap().count(), 0);
    }
}
