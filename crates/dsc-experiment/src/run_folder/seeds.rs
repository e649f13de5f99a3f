//! `seeds.json`: the runs of several seeds in one folder, and the state of each.

use super::files;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{RunFolder, SCHEMA};
use dsc_syntax::diag::Diagnostic;

/// The runs of several seeds in one folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seeds {
    /// Version of the layout, [`SCHEMA`].
    pub schema: u32,
    /// Number of requested seeds.
    pub seeds: usize,
    /// Number of finished seeds.
    pub finished: usize,
    /// The seeds that were started, in order.
    pub runs: Vec<SeedRun>,
}

/// The run of one seed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeedRun {
    /// Seed of the run.
    pub seed: u64,
    /// Run folder, relative to the folder of `seeds.json`.
    pub folder: String,
    /// Whether the run is finished.
    pub state: SeedState,
}

/// The state of the run of one seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SeedState {
    /// It was started; after a crash this state remains.
    Begun,
    /// It has results.
    Finished,
    /// It was stopped by Ctrl-C.
    Interrupted,
    /// It ended with an error.
    Failed,
}

impl Seeds {
    /// The state before the first of `seeds` seeds.
    pub fn new(seeds: usize) -> Seeds {
        Seeds { schema: SCHEMA, seeds, finished: 0, runs: Vec::new() }
    }

    /// Records that a seed starts, and creates its run folder in `top`.
    ///
    /// # Errors
    /// As [`RunFolder::create`]; `E0913` when `seeds.json` cannot be written.
    pub fn begin(&mut self, top: &RunFolder, seed: u64) -> Result<RunFolder, Diagnostic> {
        let folder = format!("seed-{seed}");
        let below = top.below(&folder)?;
        self.runs.push(SeedRun { seed, folder, state: SeedState::Begun });
        top.write_json(files::SEEDS, self)?;
        Ok(below)
    }

    /// Records how the seed that was started last has ended.
    ///
    /// # Errors
    /// `E0913` when `seeds.json` cannot be written.
    pub fn end(&mut self, top: &RunFolder, state: SeedState) -> Result<(), Diagnostic> {
        if let Some(last) = self.runs.last_mut() {
            last.state = state;
        }
        self.finished = self.runs.iter().filter(|r| r.state == SeedState::Finished).count();
        top.write_json(files::SEEDS, self)
    }

    /// Reads `seeds.json`; `None` if the folder is a single run, or not a folder of several seeds.
    ///
    /// # Errors
    /// `E0911` for a file that is damaged or of another schema.
    pub fn open(path: &Path) -> Result<Option<Seeds>, Diagnostic> {
        let folder = RunFolder { path: path.to_owned() };
        if folder.file(files::MANIFEST).is_file() || !folder.file(files::SEEDS).is_file() {
            return Ok(None);
        }
        let value: serde_json::Value = folder.read_json(files::SEEDS)?;
        super::check_schema(path, &value)?;
        folder.read_json(files::SEEDS).map(Some)
    }

    /// The runs of the finished seeds.
    pub fn finished(&self) -> impl Iterator<Item = &SeedRun> {
        self.runs.iter().filter(|r| r.state == SeedState::Finished)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_written_to_disk() {
        let dir = tempfile::tempdir().unwrap();
        let top = RunFolder::create(Some(dir.path()), dir.path(), "x").unwrap();
        assert_eq!(Seeds::open(dir.path()).unwrap(), None);
        let mut seeds = Seeds::new(3);
        assert_eq!(seeds.begin(&top, 7).unwrap().path(), dir.path().join("seed-7"));
        let read = || Seeds::open(dir.path()).unwrap().unwrap();
        assert_eq!((read().finished, read().runs[0].state), (0, SeedState::Begun));
        seeds.end(&top, SeedState::Finished).unwrap();
        seeds.begin(&top, 8).unwrap();
        seeds.end(&top, SeedState::Interrupted).unwrap();
        assert_eq!(read(), seeds);
        assert_eq!((read().seeds, read().finished), (3, 1));
        assert_eq!(read().finished().map(|r| r.folder.as_str()).collect::<Vec<_>>(), ["seed-7"]);
        std::fs::write(dir.path().join(files::SEEDS), "{\"schema\": 99}").unwrap();
        assert!(Seeds::open(dir.path()).unwrap_err().message.contains("schema is 99"));
        std::fs::write(dir.path().join(files::SEEDS), "[\"seed-1\"]").unwrap();
        assert!(Seeds::open(dir.path()).unwrap_err().message.contains("an earlier version of dsc"));
    }
}
