//! Waiting for files to change.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

/// How often the files are looked at.
const EVERY: Duration = Duration::from_millis(200);

/// What tells whether a file has changed: modification time and size; nothing for a file that is not there.
type Stamp = Option<(SystemTime, u64)>;

/// Files as they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Watched {
    files: Vec<(PathBuf, Stamp)>,
    /// One that was written after it had been read.
    late: Option<PathBuf>,
}

impl Watched {
    /// The files as they are now. Reading them began at `read`: one that was written since counts as changed.
    pub fn new(files: impl IntoIterator<Item = PathBuf>, read: SystemTime) -> Watched {
        let files: Vec<(PathBuf, Stamp)> = files.into_iter().map(|f| (f.clone(), stamp(&f))).collect();
        // A time to come is that of a wrong clock, and would never pass.
        let now = SystemTime::now();
        let since = |stamp: &Stamp| stamp.is_some_and(|(written, _)| written >= read && written <= now);
        let late = files.iter().find(|(_, stamp)| since(stamp)).map(|(f, _)| f.clone());
        Watched { files, late }
    }

    /// The first file that is no longer as it was.
    pub fn changed(&self) -> Option<&Path> {
        self.late.as_deref().or_else(|| self.files.iter().find(|(f, was)| stamp(f) != *was).map(|(f, _)| f.as_path()))
    }

    /// Waits until one of the files is no longer as it was, and then until it stays as it is: editors write in several
    /// steps.
    pub fn wait(&self) -> PathBuf {
        loop {
            sleep(EVERY);
            let Some(changed) = self.changed() else { continue };
            loop {
                let now = stamp(changed);
                sleep(EVERY / 4);
                if now.is_some() && stamp(changed) == now {
                    return changed.to_owned();
                }
            }
        }
    }
}

fn stamp(file: &Path) -> Stamp {
    let about = std::fs::metadata(file).ok()?;
    Some((about.modified().ok()?, about.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_a_lost_one_and_a_new_one_are_seen() {
        let dir = tempfile::tempdir().unwrap();
        let [a, b] = ["a.dsl", "b.dsl"].map(|n| dir.path().join(n));
        std::fs::write(&a, "hyper d = 1\n").unwrap();
        // Written after reading began.
        assert_eq!(Watched::new([a.clone()], SystemTime::UNIX_EPOCH).wait(), a);
        let later = SystemTime::now() + Duration::from_secs(9);
        let watched = Watched::new([a.clone(), b.clone()], later);
        assert_eq!(watched.changed(), None);
        std::fs::write(&b, "").unwrap();
        assert_eq!(watched.changed(), Some(b.as_path()));
        std::fs::write(&a, "hyper d = 10\n").unwrap();
        assert_eq!(watched.wait(), a);
        let watched = Watched::new([a.clone()], later);
        std::fs::remove_file(&a).unwrap();
        assert_eq!(watched.changed(), Some(a.as_path()));
    }
}
