//! The lock of a folder: one process at a time trains in it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::{files, unwritable};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::E0935;

/// A folder that this process alone writes into. The lock is that of an open file (`flock`), so it ends with the process, however
/// that ends; dropping it removes the file.
#[derive(Debug)]
pub struct FolderLock {
    path: PathBuf,
    /// Holds the lock while it is open.
    _file: File,
}

impl FolderLock {
    /// Locks a folder that exists. Where the file system has no locks, nothing is locked.
    ///
    /// # Errors
    /// `E0935` while another process holds the lock, `E0913` when the file cannot be made.
    pub fn take(folder: &Path) -> Result<FolderLock, Diagnostic> {
        let path = folder.join(files::LOCK);
        loop {
            let options = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .custom_flags(libc::O_NOFOLLOW)
                .clone();
            let mut file = options.open(&path).map_err(|why| unwritable(&path, &why))?;
            match file.try_lock() {
                Ok(()) | Err(TryLockError::Error(_)) => {}
                Err(TryLockError::WouldBlock) => return Err(in_use(folder, &mut file)),
            }
            // The process that held it may have removed the file after it was opened here.
            if !is_at(&file, &path) {
                continue;
            }
            // Says who holds it; the lock does not depend on it.
            let _ = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
            return Ok(FolderLock { path, _file: file });
        }
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether the open file is the one at `path`.
fn is_at(file: &File, path: &Path) -> bool {
    let same = || -> io::Result<bool> {
        let (open, there) = (file.metadata()?, fs::symlink_metadata(path)?);
        Ok((open.dev(), open.ino()) == (there.dev(), there.ino()))
    };
    same().unwrap_or(false)
}

fn in_use(folder: &Path, file: &mut File) -> Diagnostic {
    let mut holder = String::new();
    let _ = file.rewind().and_then(|()| file.take(20).read_to_string(&mut holder));
    let process = if holder.is_empty() { String::new() } else { format!(" (process {holder})") };
    let message = format!("another training{process} is running in `{}`", folder.display());
    Diagnostic::error(E0935, message).help("wait until it has ended, or choose another folder with `--out`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let lock = FolderLock::take(dir.path()).unwrap();
        let fault = FolderLock::take(dir.path()).unwrap_err();
        assert_eq!(fault.code, E0935);
        assert!(fault.message.contains(&format!("process {}", std::process::id())), "{fault}");
        drop(lock);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        drop(FolderLock::take(dir.path()).unwrap());
    }

    #[test]
    fn a_lock_that_a_killed_process_left_is_taken_over() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(files::LOCK), "4000000").unwrap();
        let lock = FolderLock::take(dir.path()).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join(files::LOCK)).unwrap(), std::process::id().to_string());
        drop(lock);
        std::os::unix::fs::symlink("elsewhere", dir.path().join(files::LOCK)).unwrap();
        assert!(FolderLock::take(dir.path()).is_err());
        assert!(!dir.path().join("elsewhere").exists());
    }
}
