//! Files that are written whole: to a partial file beside them, flushed, and then put in place at once. Whoever reads sees the old
//! file, the new one or none, and a write that fails leaves nothing behind.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::checkpoint::settle;

/// Puts a file in the place of the one at `path`, or makes it. A link at `path` is replaced by the file: what it leads to stays as
/// it is.
///
/// # Errors
/// Those of the file system; the old file is then unchanged.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    through_partial(path, bytes, |partial| settle(partial, path).map(|_| ()))
}

/// Makes a file that does not exist yet.
///
/// # Errors
/// `AlreadyExists` if there is anything at `path`, also a link that leads nowhere; those of the file system.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    through_partial(path, bytes, |partial| {
        match fs::hard_link(partial, path) {
            Ok(()) => fs::remove_file(partial)?,
            Err(why) if why.kind() == ErrorKind::AlreadyExists => return Err(why),
            // A file system without hard links.
            Err(_) if fs::symlink_metadata(path).is_ok() => return Err(ErrorKind::AlreadyExists.into()),
            Err(_) => fs::rename(partial, path)?,
        }
        Ok(())
    })
}

/// Writes and flushes a partial file and hands it to `place`; it is removed if one of both fails.
fn through_partial(path: &Path, bytes: &[u8], place: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let partial = partial(path);
    // Left behind by a process of the same number that was killed.
    let _ = fs::remove_file(&partial);
    let written = File::options()
        .write(true)
        .create_new(true)
        .open(&partial)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| place(&partial));
    if written.is_err() {
        let _ = fs::remove_file(&partial);
    }
    written
}

/// A hidden file beside `path`, with the number of this process, so that two writers of one file do not share it.
fn partial(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.part", std::process::id()));
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = entries.collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_or_made_and_a_link_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let [path, link, other] = ["a.csv", "b.csv", "mine.txt"].map(|n| dir.path().join(n));
        for text in ["one", "two"] {
            replace(&path, text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        fs::write(&other, "mine").unwrap();
        std::os::unix::fs::symlink(&other, &link).unwrap();
        replace(&link, b"table").unwrap();
        assert_eq!(
            (fs::read_to_string(&other).unwrap(), fs::read_to_string(&link).unwrap()),
            ("mine".into(), "table".into())
        );
        assert_eq!(names(dir.path()), ["a.csv", "b.csv", "mine.txt"]);
    }

    #[test]
    fn a_new_file_takes_no_other_place() {
        let dir = tempfile::tempdir().unwrap();
        let [path, link] = ["a.csv", "b.csv"].map(|n| dir.path().join(n));
        create(&path, b"one").unwrap();
        assert_eq!(create(&path, b"two").unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        std::os::unix::fs::symlink(dir.path().join("nowhere"), &link).unwrap();
        assert_eq!(create(&link, b"two").unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(names(dir.path()), ["a.csv", "b.csv"]);
        // A folder that is not there, and a place that is one.
        assert!(create(&dir.path().join("no/x.csv"), b"x").is_err());
        fs::create_dir(dir.path().join("sub")).unwrap();
        assert!(replace(&dir.path().join("sub"), b"x").is_err());
        assert_eq!(names(dir.path()), ["a.csv", "b.csv", "sub"]);
    }
}
