//! A finished or interrupted run, loaded for scoring and prediction.

use dsc_experiment::run_folder::files;
use std::path::Path;

use dsc_data::card::Location;
use dsc_data::{Reads, Split, Standardizer};
use dsc_experiment::checkpoint::Checkpoint;
use dsc_experiment::events::{Notice, Reporter};
use dsc_experiment::results::Scores;
use dsc_experiment::run_folder::{Manifest, Prediction, RunFolder};
use dsc_project::{Faults, RunRequest, Session};
use dsc_runtime::device::{Device, threads};
use dsc_runtime::{ParamStore, Program};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::E0605;
use dsc_syntax::diag::codes::run::E0924;
use dsc_syntax::source::SourceMap;

use crate::batch_source::BatchSource;
use crate::evaluate::{predict, primary, score};
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
}

impl<'a> TrainedModel<'a> {
    pub(crate) fn open(run: &Path, request: &'a RunRequest) -> Result<TrainedModel<'a>, Faults> {
        let (folder, manifest) = RunFolder::open(run)?;
        let device = Device::parse(&request.device)?;
        device.open()?;
        // Sums depend on the number of threads: with that of the training, the results are the same.
        threads(request.threads.or(Some(manifest.machine.threads)))?;
        let checkpoint = selected(&folder)?;
        let session = Session::of_run(&folder, &manifest, request)?;
        let at = |d: Diagnostic| Faults::at(d, &session.sources);
        let store = load_weights(&session.graph, &session.dims, &checkpoint, device).map_err(at)?;
        let program = Program::optimised(&session.graph, &session.dims, manifest.opt_level).map_err(at)?;
        let standardizer = standardizer(&folder)?;
        Ok(TrainedModel { folder, manifest, session, request, program, store, standardizer })
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
        let store = load_weights(graph, dims, &selected(&folder)?, device)?;
        let standardizer = standardizer(&folder)?;
        Ok(TrainedModel { folder, manifest, store, standardizer, ..self })
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

    /// The predictions of a split, each with its label if the data have one.
    pub(crate) fn predict(&self, split: Split, reporter: &mut dyn Reporter) -> Result<Vec<Prediction>, Diagnostic> {
        let (data, label) = (self.batch_source()?, primary(&self.session.graph)?);
        let numbers = self.numbers(&data, label, split, reporter)?;
        let ids = data.ids(split)?;
        // Data without labels can be predicted; labels that cannot be read are reported.
        let labels = data.known_labels(split, label).unwrap_or_else(|fault| {
            if fault.code != E0605 {
                reporter.notice(&Notice::NoLabels { why: fault.message });
            }
            vec![None; ids.len()]
        });
        let row = |((id, label), prediction): ((&String, Option<f32>), f32)| Prediction {
            split,
            id: id.clone(),
            label,
            prediction,
        };
        Ok(ids.iter().zip(labels).zip(numbers).map(row).collect())
    }

    /// The scores on a split.
    pub(crate) fn scores(&self, split: Split, reporter: &mut dyn Reporter) -> Result<Scores, Diagnostic> {
        let (data, label) = (self.batch_source()?, primary(&self.session.graph)?);
        // Missing labels are reported before anything is computed.
        let truth = data.label(split, label)?;
        let numbers = self.numbers(&data, label, split, reporter)?;
        Ok(Scores::of(&score(self.manifest.settings.family, &numbers, &truth, data.ids(split)?)?))
    }

    fn numbers(
        &self,
        data: &BatchSource<'_>,
        label: &str,
        split: Split,
        reporter: &mut dyn Reporter,
    ) -> Result<Vec<f32>, Diagnostic> {
        for (key, count) in data.check(split)? {
            if self.request.data.is_some() && count.first.is_some() {
                reporter.notice(&Notice::NonFinite { split, key, count });
            }
        }
        let mut all = predict(&self.program, &self.store, data, split)?;
        Ok(all.swap_remove(label).unwrap_or_default())
    }
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
fn standardizer(folder: &RunFolder) -> Result<Standardizer, Diagnostic> {
    match folder.file(files::STANDARDIZER).is_file() {
        true => folder.read_json(files::STANDARDIZER),
        false => Ok(Standardizer::default()),
    }
}
