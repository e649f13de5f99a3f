//! Waiting for files to change.

use dsc_syntax::source::World;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;
use std::{fs, io};

/// How often the files are looked at.
const EVERY: Duration = Duration::from_millis(200);

/// The machine's files, and all that was read of them, so that a change can be waited for. Texts are compared, no times: the
/// clock of files may lag behind the clock that tells when reading began, and a change between the two would be lost.
#[derive(Debug, Default)]
pub(super) struct Watched {
    read: RefCell<BTreeMap<PathBuf, Option<Vec<u8>>>>,
}

impl World for Watched {
    fn read(&self, path: &str) -> io::Result<String> {
        let bytes = fs::read(path);
        self.read.borrow_mut().insert(PathBuf::from(path), bytes.as_ref().ok().cloned());
        String::from_utf8(bytes?).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
    }
}

impl Watched {
    /// Whether no file was read, or looked for.
    pub fn is_empty(&self) -> bool {
        self.read.borrow().is_empty()
    }

    /// The first file that is no longer as it was read.
    pub fn changed(&self) -> Option<PathBuf> {
        let read = self.read.borrow();
        read.iter().find(|(file, was)| fs::read(file).ok() != **was).map(|(file, _)| file.clone())
    }

    /// Waits until one of the files is no longer as it was, and then until it stays as it is: editors write in several
    /// steps.
    pub fn wait(&self) -> PathBuf {
        loop {
            sleep(EVERY);
            let Some(changed) = self.changed() else { continue };
            loop {
                let now = fs::read(&changed).ok();
                sleep(EVERY / 4);
                if now.is_some() && fs::read(&changed).ok() == now {
                    return changed;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_a_lost_one_and_a_new_one_are_seen() {
        let dir = tempfile::tempdir().unwrap();
        let [a, b] = ["a.dsl", "b.dsl"].map(|n| dir.path().join(n));
        fs::write(&a, "hyper d = 1\n").unwrap();
        let watched = Watched::default();
        assert_eq!(watched.read(a.to_str().unwrap()).unwrap(), "hyper d = 1\n");
        assert!(watched.read(b.to_str().unwrap()).is_err());
        assert_eq!(watched.changed(), None);
        fs::write(&b, "").unwrap();
        assert_eq!(watched.changed(), Some(b));
        // As long as before, and within one tick of the clock of files.
        fs::write(&a, "hyper d = 2\n").unwrap();
        assert_eq!(watched.wait(), a);
        fs::write(&a, "hyper d = 1\n").unwrap();
        fs::remove_file(dir.path().join("b.dsl")).unwrap();
        assert_eq!(watched.changed(), None);
        fs::remove_file(&a).unwrap();
        assert_eq!(watched.changed(), Some(a));
    }
}
