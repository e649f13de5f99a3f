//! Resumes trainings that were stopped: by Ctrl-C, a kill, a full disk, a power cut.
//!
//! A run that has a checkpoint is resumed from it, and gives the same files, bit for bit, as one that was never stopped; one that was stopped
//! before its first checkpoint starts again in its folder. Model, settings and text encoder are those of the run folder, the data are the
//! run's own, recognised by their hash.

use std::path::{Path, PathBuf};

use dsc_data::card::Location;
use dsc_data::text::WeightFile;
use dsc_experiment::checkpoint::{Checkpoint, check_space};
use dsc_experiment::events::{Notice, Reporter, Stop};
use dsc_experiment::report::results::aggregate_json;
use dsc_experiment::results::Results;
use dsc_experiment::run_folder::{FolderLock, Manifest, RunFolder, SeedState, Seeds, files};
use dsc_project::engine::Trained;
use dsc_project::{Failure, Faults, RunRequest, Session};
use dsc_runtime::Workers;
use dsc_runtime::device::{Device, threads};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::{E0911, E0914, E0915, E0925};

use crate::batch_source::BatchSource;
use crate::manifest::{sha256, write_start};
use crate::memory;
use crate::room::room;
use crate::run::{Common, stands};
use crate::trained_model::standardizer;
use crate::trainer::{Job, Outcome, check};

/// Resumes the training of a run folder, or of all seeds below one that are not finished.
///
/// # Errors
/// See [`Engine::resume`](dsc_project::Engine::resume).
pub fn resume(request: &RunRequest, stop: &Stop, reporter: &mut dyn Reporter) -> Result<Trained, Failure> {
    let device = Device::parse(&request.device)?;
    device.open()?;
    let workers = Workers::on(device, threads(request.threads)?)?;
    let first = match Seeds::open(&request.run)? {
        None => request.run.clone(),
        Some(seeds) => {
            let folders = seeds.runs.iter().map(|run| request.run.join(&run.folder));
            let described = folders.into_iter().find(|folder| folder.join(files::MANIFEST).is_file());
            described.ok_or_else(|| no_seed(&request.run))?
        }
    };
    if let Some(top) = seeds_above(&request.run) {
        let message = format!("`{}` is the run of one of several seeds", request.run.display());
        return Err(Diagnostic::error(E0911, message).help(format!("`dsc resume {}`", top.display())).into());
    }
    let (folder, manifest) = RunFolder::open(&first)?;
    if first == request.run && folder.is_finished() {
        let results = vec![finished(&folder)?];
        return Ok(Trained { results, folder: first, profiles: Vec::new() });
    }
    if manifest.imported.is_some() {
        return Err(Diagnostic::error(
            E0915,
            format!("`{}` has imported weights: nothing is trained", first.display()),
        )
        .into());
    }
    let _lock = FolderLock::take(&request.run)?;
    // The process that held the lock may have trained on since.
    let seeds = Seeds::open(&request.run)?;
    let all = RunRequest { split: None, ..request.clone() };
    let session = Session::of_run(&folder, &manifest, &all)?;
    let at = |d: Diagnostic| Failure::from(Faults::at(d, &session.sources));
    same_data(&session, &manifest)?;
    let (texts, settings) = (session.texts.as_ref(), &session.resolved.settings);
    let data = BatchSource::new(&session.graph, &session.dataset, texts, settings, None).map_err(at)?;
    if standardizer(&folder)? != *data.standardizer() {
        let message = format!("`{}` has not the statistics of the data", folder.file(files::STANDARDIZER).display());
        return Err(Diagnostic::error(E0914, message).help("the file was changed or is missing: train again").into());
    }
    check(&session.graph, &data, settings).map_err(at)?;
    memory::check_training(&session.graph, &session.dims, settings, device).map_err(at)?;
    check_space(&request.run, room(&session.graph, &session.dims, &data, settings)?)?;
    stop.listen();
    let resume = Resume { request: &all, session: &session, data, manifest, device, workers, stop };
    let results = match seeds {
        None => vec![resume.alone(&folder, reporter)?],
        Some(seeds) => resume.several(seeds, reporter)?,
    };
    Ok(Trained { results, folder: request.run.clone(), profiles: Vec::new() })
}

/// More seeds than these are no record that this program wrote.
const MOST_SEEDS: usize = 1 << 20;

/// The folder of several seeds that a run is one of.
fn seeds_above(run: &Path) -> Option<PathBuf> {
    let run = run.canonicalize().ok()?;
    let top = run.parent()?;
    let seeds = Seeds::open(top).ok()??;
    let is_one =
        top.join(files::SEEDS).is_file() && seeds.runs.iter().any(|r| run.file_name() == Some(r.folder.as_ref()));
    is_one.then(|| top.to_owned())
}

/// The results of a finished run.
fn finished(folder: &RunFolder) -> Result<Results, Diagnostic> {
    let results: Results = folder.read_json(files::RESULTS)?;
    if results.stopped_of.is_none() {
        return Ok(results);
    }
    let message = format!("`{}` was finished early, by `dsc eval --split test`", folder.path().display());
    Err(Diagnostic::error(E0915, message).help("its test split was read: train again to have all epochs"))
}

fn no_seed(top: &Path) -> Diagnostic {
    Diagnostic::error(E0925, format!("no seed of `{}` was started", top.display())).help("train again")
}

/// The data have to be those that the run has seen, wherever they lie now.
fn same_data(session: &Session, manifest: &Manifest) -> Result<(), Diagnostic> {
    let known = manifest.data.sha256.as_ref().filter(|_| !matches!(session.location, Location::Demo));
    let Some(known) = known else { return Ok(()) };
    if sha256(&session.location.paths())?.as_ref() == Some(known) {
        return Ok(());
    }
    Err(Diagnostic::error(E0915, format!("the data `{}` have changed since the run began", manifest.data.name))
        .help("a training is resumed with the file it began with; `--data FILE` says where that lies now"))
}

/// What the seeds that are resumed have in common.
struct Resume<'a> {
    request: &'a RunRequest,
    session: &'a Session,
    data: BatchSource<'a>,
    manifest: Manifest,
    device: Device,
    workers: Workers,
    stop: &'a Stop,
}

impl Resume<'_> {
    /// The only seed of a run.
    fn alone(&self, folder: &RunFolder, reporter: &mut dyn Reporter) -> Result<Results, Failure> {
        match self.one(self.manifest.seed, folder, true, reporter)? {
            Outcome::Finished(results) => Ok(*results),
            stopped => Err(self.interrupted(&stopped, folder, reporter)),
        }
    }

    /// Those of several seeds that are not finished: what was begun is resumed, the others start.
    fn several(&self, mut seeds: Seeds, reporter: &mut dyn Reporter) -> Result<Vec<Results>, Failure> {
        let (top, settings) = (RunFolder::at(&self.request.run), &self.manifest.settings);
        // A row of a comparison has no record of its seeds: that of the comparison is made by `dsc ablate` and `dsc sweep`.
        let recorded = top.file(files::SEEDS).is_file();
        let asked = seeds.seeds;
        let first = seeds.runs.first().map_or(settings.seed, |run| run.seed);
        let wanted: Vec<u64> = match recorded {
            true => (first..first.saturating_add(asked.min(MOST_SEEDS) as u64)).collect(),
            false => seeds.runs.iter().map(|run| run.seed).collect(),
        };
        let mut all = Vec::new();
        for seed in wanted {
            let begun = seeds.runs.iter().find(|run| run.seed == seed).map(|run| self.request.run.join(&run.folder));
            if begun.is_none() && self.stop.is_requested() {
                reporter.notice(&Notice::BetweenSeeds);
                return Err(Failure::Interrupted);
            }
            let folder = match &begun {
                Some(folder) => RunFolder::at(folder),
                None => seeds.begin(&top, seed)?,
            };
            // It is the last of the files that a run begins with.
            if !folder.file(files::MANIFEST).is_file() {
                write_start(self.session, &self.data, &folder, Manifest { seed, ..self.manifest.clone() })?;
            }
            let outcome = self.one(seed, &folder, begun.is_some(), reporter);
            let state = stands(&outcome, &mut all);
            // What was refused leaves the record as it is.
            if recorded && outcome.is_ok() {
                seeds.set(&top, seed, state)?;
                if state == SeedState::Finished {
                    top.write_json(files::RESULTS, &aggregate_json(settings.family, &all, asked))?;
                }
            }
            let stopped = match outcome? {
                Outcome::Finished(_) => continue,
                stopped => stopped,
            };
            return Err(self.interrupted(&stopped, &folder, reporter));
        }
        Ok(all)
    }

    /// One seed in its folder, which was `begun` before or is new. A finished one has its results.
    fn one(&self, seed: u64, folder: &RunFolder, begun: bool, reporter: &mut dyn Reporter) -> Result<Outcome, Failure> {
        let Resume { session, data, manifest, .. } = self;
        if folder.is_finished() {
            return Ok(Outcome::Finished(Box::new(finished(folder)?)));
        }
        let last = folder.file(files::LAST);
        let checkpoint = last.is_file().then(|| Checkpoint::open(&last)).transpose()?;
        if begun {
            let state = checkpoint.as_ref().map(|c| &c.state);
            let (dsc, libtorch) = (env!("CARGO_PKG_VERSION"), dsc_runtime::TORCH_VERSION);
            reporter.notice(&Notice::Resuming {
                model: session.graph.name.clone(),
                seed,
                epoch: state.map_or(0, |s| s.epoch),
                epochs: manifest.settings.epochs,
                step: state.map(|s| s.step),
                elsewhere: manifest.elsewhere(dsc, libtorch, &self.request.device),
            });
        }
        let encoder = if checkpoint.is_none() { self.encoder()? } else { None };
        let (device, workers, level) = (self.device, &self.workers, manifest.opt_level);
        let common = Common { session, data, device, workers, level, stop: self.stop };
        let job = Job { encoder: encoder.as_ref(), checkpoint: checkpoint.as_ref(), ..common.job(seed, folder)? };
        common.train(&job, reporter).map_err(|d| Faults::at(d, &session.sources).into())
    }

    /// The weights of the pretrained text encoder, for a seed that begins.
    fn encoder(&self) -> Result<Option<WeightFile>, Diagnostic> {
        let Some(info) = self.manifest.encoder.as_ref().filter(|e| e.pretrained) else { return Ok(None) };
        let Some(encoder) = &self.session.encoder else { return Ok(None) };
        let gone = |why: &str| {
            Diagnostic::error(E0915, format!("the weights of the text encoder `{}` {why}", info.name))
                .help("put them back where they were when the run began, or train again")
        };
        let path = info.weights.as_ref().filter(|path| path.is_file()).ok_or_else(|| gone("are gone"))?;
        let weights = path.parent().map_or_else(|| WeightFile::open(path), dsc_data::text::open_weights)?;
        if info.sha256.is_some() && sha256(&weights.files())? != info.sha256 {
            return Err(gone("have changed since the run began"));
        }
        weights.check(&encoder.binding.config)?;
        Ok(Some(weights))
    }

    fn interrupted(&self, outcome: &Outcome, folder: &RunFolder, reporter: &mut dyn Reporter) -> Failure {
        if let Outcome::Interrupted { epoch, step, best } = outcome {
            let (epochs, steps, folder) = (self.manifest.settings.epochs, *step, folder.path().to_owned());
            let top = self.request.run.clone();
            reporter.notice(&Notice::Interrupted { epoch: *epoch, epochs, steps, best: *best, folder, top });
        }
        Failure::Interrupted
    }
}
