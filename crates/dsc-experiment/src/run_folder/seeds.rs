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
        let last = self.runs.last().map_or(0, |run| run.seed);
        self.set(top, last, state)
    }

    /// Records how a seed that was begun before stands now.
    ///
    /// # Errors
    /// `E0913` when `seeds.json` cannot be written.
    pub fn set(&mut self, top: &RunFolder, seed: u64, state: SeedState) -> Result<(), Diagnostic> {
        if let Some(run) = self.runs.iter_mut().find(|run| run.seed == seed) {
            run.state = state;
        }
        self.finished = self.runs.iter().filter(|r| r.state == SeedState::Finished).count();
        top.write_json(files::SEEDS, self)
    }

    /// Reads `seeds.json`; without it, the seeds are those of a row of a comparison, whose folders are called `seed-1`, `seed-2`, ...
    /// `None` if the folder is a single run, or not a folder of several seeds.
    ///
    /// # Errors
    /// `E0911` for a file that is damaged or of another schema.
    pub fn open(path: &Path) -> Result<Option<Seeds>, Diagnostic> {
        let folder = RunFolder { path: path.to_owned() };
        if folder.file(files::MANIFEST).is_file() {
            return Ok(None);
        }
        if !folder.file(files::SEEDS).is_file() {
            return Ok(Seeds::of_row(&folder));
        }
        let value: serde_json::Value = folder.read_json(files::SEEDS)?;
        super::check_schema(path, &value)?;
        folder.read_json(files::SEEDS).map(Some)
    }

    /// The seeds of a row of a comparison, by their folders.
    fn of_row(row: &RunFolder) -> Option<Seeds> {
        let runs = row.seeds().filter(|run| run.file(files::MANIFEST).is_file()).filter_map(|run| {
            let folder = run.path().file_name()?.to_str()?.to_owned();
            // A run that was stopped is left as it is, and its seed trained again in `seed-1-2`.
            let seed = folder.strip_prefix("seed-")?.split('-').next()?.parse().ok()?;
            let state = if run.is_finished() { SeedState::Finished } else { SeedState::Begun };
            Some(SeedRun { seed, folder, state })
        });
        let mut runs: Vec<SeedRun> = runs.collect();
        runs.sort_by_key(|run| (run.seed, run.state != SeedState::Finished, run.folder.clone()));
        runs.dedup_by_key(|run| run.seed);
        let finished = runs.iter().filter(|run| run.state == SeedState::Finished).count();
        let seeds = runs.len();
        (seeds > 0).then_some(Seeds { schema: SCHEMA, seeds, finished, runs })
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
    fn a_row_of_a_comparison_has_the_seeds_of_its_folders() {
        let dir = tempfile::tempdir().unwrap();
        let row = RunFolder::create(Some(dir.path()), dir.path(), "x").unwrap();
        for (seed, file) in [
            ("seed-10", files::GRAPH),
            ("seed-10-2", files::RESULTS),
            ("seed-2", files::RESULTS),
            ("seed-3", files::GRAPH),
        ] {
            let run = row.below(seed).unwrap();
            [files::MANIFEST, file].iter().for_each(|name| run.write(name, b"{}").unwrap());
        }
        row.below("seed-x").unwrap().write(files::MANIFEST, b"{}").unwrap();
        row.below("seed-4").unwrap();
        let seeds = Seeds::open(dir.path()).unwrap().unwrap();
        assert_eq!(seeds.runs.iter().map(|r| r.seed).collect::<Vec<_>>(), [2, 3, 10]);
        assert_eq!((seeds.seeds, seeds.finished), (3, 2));
        assert_eq!(seeds.finished().map(|r| r.folder.as_str()).collect::<Vec<_>>(), ["seed-2", "seed-10-2"]);
    }

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
