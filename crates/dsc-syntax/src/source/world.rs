//! Where text comes from. Everything below `cli/` reads files through a [`World`] or not at all.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Read access to source files.
pub trait World {
    /// The text of the file at `path`.
    fn read(&self, path: &str) -> io::Result<String>;
}

/// The machine's file system, with the embedded models behind it: `dashfusion` finds `models/dashfusion.dsl` anywhere.
#[derive(Clone, Debug, Default)]
pub struct FsWorld;

impl World for FsWorld {
    fn read(&self, path: &str) -> io::Result<String> {
        std::fs::read_to_string(path)
    }
}

/// Files held in memory, for tests and for embedding `dsc`.
#[derive(Clone, Debug, Default)]
pub struct MemoryWorld {
    files: BTreeMap<PathBuf, String>,
}

impl MemoryWorld {
    /// An empty world.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same world with one more file.
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
