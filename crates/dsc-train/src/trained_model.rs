//! A finished or interrupted run, loaded for scoring and prediction.

use dsc_experiment::run_folder::files;
use std::path::Path;

use dsc_data::card::Location;
use dsc_data::{Reads, Split, Standardizer};
use dsc_experiment::checkpoint::{Checkpoint, State};
use dsc_experiment::events::{Notice, Reporter};
use dsc_experiment::results::{Results, Scores};
use dsc_experiment::run_folder::{Manifest, PredictedOutput, Prediction, RunFolder};
use dsc_graph::Graph;
use dsc_project::engine::{OutputScores, RunScores};
use dsc_project::{Faults, RunRequest, Session};
use dsc_runtime::device::{Device, threads};
use dsc_runtime::{ParamStore, Program, Workers};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::E0605;
use dsc_syntax::diag::codes::run::E0924;
use dsc_syntax::source::SourceMap;

use indexmap::IndexMap;

use crate::batch_source::BatchSource;
use crate::finish::{Finish, changed};
use crate::memory;
use crate::non_finite::Replay;
use crate::outputs::{OutputRule, Predicted, no_output, predict_outputs, score_outputs};
use crate::precision;
use crate::trainer::load_weights;

/// A run with its selected weights, loaded for scoring and prediction.
pub(crate) struct TrainedModel<'a> {
    pub folder: RunFolder,
    pub manifest: Manifest,
    pub session: Session,
    request: &'a RunRequest,
    program: Program,
    store: ParamStore,
    standardizer: Standardizer,
    /// How every output is scored, the first one first.
    outputs: Vec<OutputRule>,
    /// The state of the training at the selected epoch.
    state: State,
    workers: Workers,
}

impl<'a> TrainedModel<'a> {
    /// Loads the selected weights of a run.
    ///
    /// # Errors
    /// `E0911` for a folder that is no run, `E0924` before the end of the first epoch, `E0706` for weights that do not fit into the
    /// memory; errors of data and checkpoint.
    pub(crate) fn open(run: &Path, request: &'a RunRequest) -> Result<TrainedModel<'a>, Faults> {
        let (folder, manifest) = RunFolder::open(run)?;
        let device = Device::parse(&request.device)?;
        device.open()?;
        let workers = Workers::on(device, threads(request.threads)?)?;
        let checkpoint = selected(&folder)?;
        let session = Session::of_run(&folder, &manifest, request)?;
        let at = |d: Diagnostic| Faults::at(d, &session.sources);
        memory::check_weights(&session.graph, &session.dims, device).map_err(at)?;
        let store = load_weights(&session.graph, &session.dims, &checkpoint, device).map_err(at)?;
        let mut program = Program::optimised(&session.graph, &session.dims, manifest.opt_level).map_err(at)?;
        program.set_products(precision::products(manifest.settings.precision, device).map_err(at)?);
        let standardizer = standardizer(&folder)?;
        let outputs = rules(&session.graph, &manifest);
        let state = checkpoint.state;
        Ok(TrainedModel { folder, manifest, session, request, program, store, standardizer, outputs, state, workers })
    }

    /// Loads the run of another seed of the same training, without reading the data again.
    pub(crate) fn other_seed(self, run: &Path) -> Result<TrainedModel<'a>, Faults> {
        let (folder, manifest) = RunFolder::open(run)?;
        let (seed, started) = (self.manifest.seed, self.manifest.started.clone());
        if (Manifest { seed, started, ..manifest.clone() }) != self.manifest {
            return TrainedModel::open(run, self.request);
        }
        let device = Device::parse(&self.request.device)?;
        let (graph, dims) = (&self.session.graph, &self.session.dims);
        let checkpoint = selected(&folder)?;
        let store = load_weights(graph, dims, &checkpoint, device)?;
        let standardizer = standardizer(&folder)?;
        let state = checkpoint.state;
        Ok(TrainedModel { folder, manifest, store, standardizer, state, ..self })
    }

    /// Reports warnings about the data, unless they are those of the training, which were reported then.
    pub(crate) fn remarks(&self, reporter: &mut dyn Reporter) {
        if self.request.data.is_some() {
            let keys = Reads::of(&self.session.graph);
            reporter.warnings(&self.session.dataset.warnings_about(&keys.keys()), &SourceMap::new());
            self.session.about_texts().iter().for_each(|notice| reporter.notice(notice));
        }
    }

    /// Whether the request uses the data of the run, not other data.
    pub(crate) fn has_own_data(&self) -> bool {
        self.request.data.is_none()
    }

    /// Whether the data are those that the run was trained on.
    pub(crate) fn on_own_data(&self) -> bool {
        match &self.session.location {
            Location::Demo => self.manifest.data.path.is_none(),
            Location::Splits(name, _) => self.manifest.data.name == *name,
            Location::File(path, _) => {
                self.manifest.data.path.as_deref() == Some(&path.canonicalize().unwrap_or_else(|_| path.clone()))
            }
        }
    }

    /// A diagnostic with the sources it points into.
    pub(crate) fn fault(&self, fault: Diagnostic) -> Faults {
        Faults::at(fault, &self.session.sources)
    }

    fn batch_source(&self) -> Result<BatchSource<'_>, Diagnostic> {
        let s = &self.session;
        BatchSource::new(&s.graph, &s.dataset, s.texts.as_ref(), &s.resolved.settings, Some(self.standardizer.clone()))
    }

    /// The predictions of a split, each with its labels if the data have them.
    pub(crate) fn predict(&self, split: Split, reporter: &mut dyn Reporter) -> Result<Vec<Prediction>, Diagnostic> {
        let data = self.batch_source()?;
        self.check(&data, split, reporter)?;
        let predictions = predict_outputs(&self.replay(&data, split), &self.outputs, None)?;
        let ids = data.ids(split)?;
        let mut columns = Vec::with_capacity(predictions.len());
        for (rule, predictions) in self.outputs.iter().zip(predictions) {
            // Data without labels can be predicted; labels that cannot be read are reported.
            let labels = data.known_labels(split, &rule.label).unwrap_or_else(|fault| {
                if fault.code != E0605 {
                    reporter.notice(&Notice::NoLabels { why: fault.message });
                }
                vec![None; ids.len()]
            });
            columns.push((rule.label.as_str(), labels, predictions));
        }
        let row = |(i, id): (usize, &String)| {
            let mut all: IndexMap<String, PredictedOutput> = IndexMap::with_capacity(columns.len());
            for (name, labels, predictions) in &columns {
                let (label, prediction) = (labels.get(i).copied().flatten(), *predictions.get(i)?);
                all.insert((*name).to_owned(), PredictedOutput { label, prediction });
            }
            let (_, PredictedOutput { label, prediction }) = all.shift_remove_index(0)?;
            Some(Prediction { split, id: id.clone(), label, prediction, outputs: all })
        };
        Ok(ids.iter().enumerate().filter_map(row).collect())
    }

    /// The scores of every output on a split, the first one first, beside those that the training recorded.
    pub(crate) fn scores(&self, split: Split, reporter: &mut dyn Reporter) -> Result<RunScores, Diagnostic> {
        let data = self.batch_source()?;
        // Missing labels are reported before anything is computed.
        data.check_labels(split)?;
        self.check(&data, split, reporter)?;
        let results = self.recorded(reporter);
        let recorded = |label: &str| {
            let output = results.as_ref()?.all_outputs().shift_remove(label)?;
            match split {
                Split::Valid => Some(output.valid),
                Split::Test => Some(output.test),
                Split::Train => None,
            }
        };
        let mut outputs: IndexMap<String, OutputScores> = IndexMap::new();
        for output in score_outputs(&self.replay(&data, split), &self.outputs, None)? {
            let Predicted { label, family, metrics, .. } = output;
            let recorded = recorded(&label);
            outputs.insert(label, OutputScores { family, scores: Scores::of(&metrics), recorded });
        }
        let Some((_, OutputScores { scores, recorded, .. })) = outputs.shift_remove_index(0) else {
            return Err(no_output(&self.session.graph));
        };
        let hashed = results.as_ref().is_some_and(|r| r.sha256.contains_key(files::BEST));
        let changed = results.map(|r| changed(&self.folder, &r)).unwrap_or_default();
        let (dsc, libtorch) = (env!("CARGO_PKG_VERSION"), dsc_runtime::TORCH_VERSION);
        let elsewhere = self.manifest.elsewhere(dsc, libtorch, &self.request.device);
        let (seed, folder) = (self.manifest.seed, self.folder.path().to_owned());
        Ok(RunScores { seed, folder, scores, recorded, outputs, changed, hashed, elsewhere })
    }

    /// Finishes a run that was stopped: scores both splits with the selected weights, and writes predictions and `results.json`.
    pub(crate) fn finish(&self, reporter: &mut dyn Reporter) -> Result<(), Diagnostic> {
        let data = self.batch_source()?;
        for split in [Split::Valid, Split::Test] {
            if split != Split::Test || !data.is_unlabelled(split)? {
                data.check_labels(split)?;
            }
            self.check(&data, split, reporter)?;
        }
        let last = Checkpoint::open(&self.folder.file(files::LAST)).ok().map(|c| c.state);
        let epochs = last.as_ref().map_or(0, |s| s.epoch).max(self.state.epoch);
        let requested = self.manifest.settings.epochs;
        reporter.notice(&Notice::Finishing { epochs, of: requested });
        Finish {
            graph: &self.session.graph,
            dims: &self.session.dims,
            program: &self.program,
            store: &self.store,
            workers: &self.workers,
            data: &data,
            outputs: &self.outputs,
            settings: &self.manifest.settings,
            folder: &self.folder,
            seed: self.manifest.seed,
            epoch: self.state.best.as_ref().map_or(0, |b| b.epoch),
            step: self.state.step,
            epochs,
            stopped_of: (epochs < requested).then_some(requested),
            seconds: last.map_or(0.0, |s| s.seconds),
            peak_memory: None,
        }
        .write()
        .map(|_| ())
    }

    /// The results of a finished run, if the data are the same.
    fn recorded(&self, reporter: &mut dyn Reporter) -> Option<Results> {
        if !self.has_own_data() || !self.folder.is_finished() {
            return None;
        }
        match self.folder.read_json(files::RESULTS) {
            Ok(results) => Some(results),
            Err(fault) => {
                reporter.notice(&Notice::ResultsUnreadable { why: fault.message });
                None
            }
        }
    }

    /// Reports files of a finished run that have changed since.
    pub(crate) fn check_files(&self, reporter: &mut dyn Reporter) {
        let Ok(results) = self.folder.read_json::<Results>(files::RESULTS) else { return };
        let files: Vec<String> = changed(&self.folder, &results).into_iter().filter(|f| !f.ends_with(".csv")).collect();
        if !files.is_empty() {
            reporter.notice(&Notice::FilesChanged { run: self.folder.path().to_owned(), files });
        }
    }

    /// Checks the streams of a split. Values that are not finite are reported for other data than those of the run.
    fn check(&self, data: &BatchSource<'_>, split: Split, reporter: &mut dyn Reporter) -> Result<(), Diagnostic> {
        for (key, count) in data.check(split)? {
            if self.request.data.is_some() && count.first.is_some() {
                reporter.notice(&Notice::NonFinite { split, key, count });
            }
        }
        Ok(())
    }

    fn replay<'b>(&'b self, data: &'b BatchSource<'b>, split: Split) -> Replay<'b> {
        let (program, store, workers) = (&self.program, &self.store, &self.workers);
        Replay { graph: &self.session.graph, program, store, data, workers, split }
    }
}

/// How the outputs of a run are scored: as its manifest says.
fn rules(graph: &Graph, manifest: &Manifest) -> Vec<OutputRule> {
    let family = |label: &str| manifest.output_families.get(label).copied().unwrap_or(manifest.settings.family);
    graph.outputs.iter().map(|o| OutputRule { label: o.label.clone(), family: family(&o.label) }).collect()
}

/// The weights of the selected epoch.
fn selected(folder: &RunFolder) -> Result<Checkpoint, Diagnostic> {
    let best = folder.file(files::BEST);
    if !best.is_file() && !folder.is_finished() {
        return Err(Diagnostic::error(
            E0924,
            format!(
                "no epoch of `{}` is selected yet: it was stopped before its first one ended",
                folder.path().display()
            ),
        )
        .help("train again; there are weights to score and to predict with once an epoch has ended"));
    }
    Checkpoint::open(&best)
}

/// The statistics of the training; empty if nothing was standardised.
pub(crate) fn standardizer(folder: &RunFolder) -> Result<Standardizer, Diagnostic> {
    match folder.file(files::STANDARDIZER).is_file() {
        true => folder.read_json(files::STANDARDIZER),
        false => Ok(Standardizer::default()),
    }
}
