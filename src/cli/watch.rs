//! Waiting for files to change.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

/// How often the files are looked at.
const EVERY: Duration = Duration::from_millis(200);

/// Files with what tells whether they have changed: modification time and size, nothing for a file that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Watched {
    files: Vec<(PathBuf, Option<(SystemTime, u64)>)>,
}

impl Watched {
    /// The files as they are now.
    pub fn new(files: impl IntoIterator<Item = PathBuf>) -> Watched {
        Watched { files: files.into_iter().map(|f| (f.clone(), stamp(&f))).collect() }
    }

    /// The first file that is no longer as it was.
    pub fn changed(&self) -> Option<&Path> {
        self.files.iter().find(|(f, was)| stamp(f) != *was).map(|(f, _)| f.as_path())
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

fn stamp(file: &Path) -> Option<(SystemTime, u64)> {
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
        let watched = Watched::new([a.clone(), b.clone()]);
        assert_eq!(watched.changed(), None);
        std::fs::write(&b, "").unwrap();
        assert_eq!(watched.changed(), Some(b.as_path()));
        std::fs::write(&a, "hyper d = 10\n").unwrap();
        assert_eq!(watched.wait(), a);
        let watched = Watched::new([a.clone()]);
        std::fs::remove_file(&a).unwrap();
        assert_eq!(watched.changed(), Some(a.as_path()));
    }
}
