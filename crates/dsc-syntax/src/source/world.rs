//! Read access to source files. The compiler reads files only through a [`World`].

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Read access to source files.
pub trait World {
    /// The contents of the file at `path`.
    ///
    /// # Errors
    /// The file does not exist, cannot be read, or is not UTF-8.
    fn read(&self, path: &str) -> io::Result<String>;
}

/// Bytes of a file that are read, at most: a larger one is no source file.
const MAX_READ: u64 = 1 << 20;

/// The file system of this machine.
#[derive(Clone, Debug, Default)]
pub struct FsWorld;

impl World for FsWorld {
    fn read(&self, path: &str) -> io::Result<String> {
        let mut bytes = Vec::new();
        std::fs::File::open(path)?.take(MAX_READ + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_READ {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {MAX_READ} bytes")));
        }
        String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
    }
}

/// Files in memory, for tests and for programs that embed the compiler.
#[derive(Clone, Debug, Default)]
pub struct MemoryWorld {
    files: BTreeMap<PathBuf, String>,
}

impl MemoryWorld {
    /// A world without files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file, replacing one with the same path.
    pub fn with(mut self, path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        self.files.insert(path.into(), text.into());
        self
    }
}

impl World for MemoryWorld {
    fn read(&self, path: &str) -> io::Result<String> {
        self.files.get(Path::new(path)).cloned().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }
}
