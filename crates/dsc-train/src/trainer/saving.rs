//! The checkpoints that a training writes.

use std::time::Instant;

use dsc_experiment::checkpoint::{
    self, Checkpoint, PoolState, State, TensorData, TensorEntry, first_moment, pool_tensors, second_moment,
};
use dsc_experiment::run_folder::files;
use dsc_syntax::diag::Diagnostic;
use indexmap::IndexMap;

use super::Training;
use super::restoring::restore;

impl Training<'_> {
    /// Rewrites `last.safetensors` without moments and companion lists. The weights in memory are those of the selected epoch, so
    /// the last ones are read from the file.
    pub(super) fn drop_moments(&mut self) -> Result<(), Diagnostic> {
        let last = Checkpoint::open(&self.job.folder.file(files::LAST))?;
        restore(&mut self.store, &last)?;
        drop(last);
        self.save_last(false)
    }

    pub(super) fn weights(&self) -> Vec<TensorEntry<'_>> {
        let mut parts = Vec::with_capacity(self.store.len());
        for (path, tensor) in self.store.iter() {
            let shape = tensor.size().iter().map(|n| *n as usize).collect();
            let fetch = move || Ok(self.store.get(path)?.map(|(_, numbers)| numbers).unwrap_or_default());
            parts.push(TensorEntry { name: path.to_owned(), shape, numbers: TensorData::Fetch(Box::new(fetch)) });
        }
        parts
    }

    /// Writes `last.safetensors`; with moments and companion lists if it is `resumable`.
    pub(super) fn save_last(&mut self, resumable: bool) -> Result<(), Diagnostic> {
        self.log.sync()?;
        self.state.logs = IndexMap::from([(files::METRICS.to_owned(), self.log.bytes())]);
        self.state.seconds = self.before + self.began.elapsed().as_secs_f64();
        let mut steps = IndexMap::new();
        let mut parts = self.weights();
        let mut pools = IndexMap::new();
        if resumable {
            for (decl, listed) in self.job.graph.companions.iter().zip(&self.lists) {
                let Some(listed) = listed else { continue };
                pools.insert(decl.name.clone(), PoolState { settings: listed.pools.settings, epoch: listed.epoch });
                parts.extend(pool_tensors(&decl.name, &listed.pools));
            }
            for path in self.optimizer.paths() {
                let Some(moments) = self.optimizer.moments(path)? else { continue };
                steps.insert(path.to_owned(), moments.step);
                // Fetched again when they are written: two thirds of a checkpoint are moments.
                let optimizer = &self.optimizer;
                let fetch = move |second: bool| {
                    let moments = optimizer.moments(path)?;
                    Ok(moments.map(|m| if second { m.square } else { m.mean }).unwrap_or_default())
                };
                for (name, second) in [(first_moment(path), false), (second_moment(path), true)] {
                    let shape = moments.shape.iter().map(|n| *n as usize).collect();
                    parts.push(TensorEntry {
                        name,
                        shape,
                        numbers: TensorData::Fetch(Box::new(move || fetch(second))),
                    });
                }
            }
        }
        let state = State { pools, moment_steps: steps, ..self.state.clone() };
        checkpoint::write(&self.job.folder.file(files::LAST), &state, &parts)?;
        drop(parts);
        self.saved = Instant::now();
        Ok(())
    }
}
