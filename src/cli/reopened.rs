//! A run that is opened again: its model from the sources in its folder, its selected weights, and data.

use std::path::Path;

use super::data::DEMO_SEED;
use super::encoder::Encoder;
use super::saved::Saved;
use super::session::{Session, TextInput, compiled, non_finite_note, tokenise};
use super::{Exit, Output};
use crate::data::card::{Location, locate};
use crate::data::{Binding, Dataset, Split, Standardizer, fit};
use crate::diag::Diagnostic;
use crate::diag::codes::data::{E0601, E0605};
use crate::diag::codes::run::E0924;
use crate::lower::Options;
use crate::runtime::device::{Device, threads};
use crate::runtime::{ParamStore, Program};
use crate::sema::program::Program as Source;
use crate::source::SourceMap;
use crate::train::checkpoint::Checkpoint;
use crate::train::evaluate::{predict, primary, score};
use crate::train::feed::Feed;
use crate::train::recipe::Resolved;
use crate::train::results::Scores;
use crate::train::run_folder::{Manifest, Prediction, RunFolder};
use crate::train::trainer::load_weights;

/// On what, and where.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place<'a> {
    /// Other data than the run's own.
    pub data: Option<&'a str>,
    /// Folder of the known data sets.
    pub data_root: Option<&'a Path>,
    /// The one split that matters; the data may lack the others, and what is odd in them is passed over.
    pub split: Option<Split>,
    /// The device.
    pub device: &'a str,
    /// Threads; those of the run if none.
    pub threads: Option<usize>,
}

/// Faults with the sources that they point into.
pub(super) struct Faults {
    list: Vec<Diagnostic>,
    sources: SourceMap,
}

impl Faults {
    pub(super) fn show(&self, out: &mut Output) -> Exit {
        out.diagnostics(&self.list, &self.sources)
    }
}

impl From<Diagnostic> for Faults {
    fn from(fault: Diagnostic) -> Faults {
        Faults { list: vec![fault], sources: SourceMap::new() }
    }
}

/// A run with its selected weights, ready to predict.
pub(super) struct Opened<'a> {
    pub folder: RunFolder,
    pub manifest: Manifest,
    pub session: Session,
    place: Place<'a>,
    program: Program,
    store: ParamStore,
    standardizer: Standardizer,
}

impl<'a> Opened<'a> {
    pub(super) fn new(run: &Path, place: Place<'a>) -> Result<Opened<'a>, Faults> {
        let (folder, manifest) = RunFolder::open(run)?;
        let device = Device::parse(place.device)?;
        device.open()?;
        // Sums depend on the number of threads: the run's own gives the run's own numbers.
        threads(place.threads.or(Some(manifest.machine.threads)))?;
        let checkpoint = selected(&folder)?;
        let session = reopen(&folder, &manifest, &place)?;
        let at = |d: Diagnostic| Faults { list: vec![d], sources: session.sources.clone() };
        let store = load_weights(&session.graph, &session.dims, &checkpoint, device).map_err(at)?;
        let program = Program::optimised(&session.graph, &session.dims, manifest.opt_level).map_err(at)?;
        let standardizer = standardizer(&folder)?;
        Ok(Opened { folder, manifest, session, place, program, store, standardizer })
    }

    /// The run of another seed of the same training, without reading the data again.
    pub(super) fn other_seed(self, run: &Path) -> Result<Opened<'a>, Faults> {
        let (folder, manifest) = RunFolder::open(run)?;
        let (seed, started) = (self.manifest.seed, self.manifest.started.clone());
        if (Manifest { seed, started, ..manifest.clone() }) != self.manifest {
            return Opened::new(run, self.place);
        }
        let device = Device::parse(self.place.device)?;
        let (graph, dims) = (&self.session.graph, &self.session.dims);
        let store = load_weights(graph, dims, &selected(&folder)?, device)?;
        let standardizer = standardizer(&folder)?;
        Ok(Opened { folder, manifest, store, standardizer, ..self })
    }

    /// Tells what is odd in the data, unless they are the run's own, of which it was told in training.
    pub(super) fn remarks(&self, out: &mut Output) {
        if self.place.data.is_some() {
            out.remarks(&self.session.dataset.notes, &SourceMap::new());
            if let Some(note) = self.session.truncation_note() {
                out.note(note);
            }
        }
    }

    /// Whether the data are those that the run was trained on.
    pub(super) fn on_own_data(&self) -> bool {
        match &self.session.location {
            Location::Demo => self.manifest.data.path.is_none(),
            Location::File(path, _) => {
                self.manifest.data.path.as_deref() == Some(&path.canonicalize().unwrap_or_else(|_| path.clone()))
            }
        }
    }

    /// A diagnostic with the sources it points into.
    pub(super) fn fault(&self, fault: Diagnostic) -> Faults {
        Faults { list: vec![fault], sources: self.session.sources.clone() }
    }

    fn feed(&self) -> Result<Feed<'_>, Diagnostic> {
        let s = &self.session;
        Feed::new(&s.graph, &s.dataset, s.texts.as_ref(), &s.resolved.settings, Some(self.standardizer.clone()))
    }

    /// The predictions of a split, each with its label where the data have one.
    pub(super) fn predict(&self, split: Split, out: &mut Output) -> Result<Vec<Prediction>, Diagnostic> {
        let (feed, label) = (self.feed()?, primary(&self.session.graph)?);
        let numbers = self.numbers(&feed, label, split, out)?;
        let ids = feed.ids(split)?;
        // Data without labels are predicted too; labels that are there and cannot be read are told.
        let labels = feed.known_labels(split, label).unwrap_or_else(|fault| {
            if fault.code != E0605 {
                out.note(format_args!("no labels beside the predictions: {}", fault.message));
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
    pub(super) fn scores(&self, split: Split, out: &mut Output) -> Result<Scores, Diagnostic> {
        let (feed, label) = (self.feed()?, primary(&self.session.graph)?);
        // Before anything is computed.
        let truth = feed.label(split, label)?;
        let numbers = self.numbers(&feed, label, split, out)?;
        Ok(Scores::of(&score(self.manifest.settings.family, &numbers, truth, feed.ids(split)?)?))
    }

    fn numbers(&self, feed: &Feed<'_>, label: &str, split: Split, out: &mut Output) -> Result<Vec<f32>, Diagnostic> {
        for (key, count) in feed.check(split)? {
            if self.place.data.is_some() && count.first.is_some() {
                out.note(non_finite_note(split, &key, count));
            }
        }
        let mut all = predict(&self.program, &self.store, feed, split)?;
        Ok(all.swap_remove(label).unwrap_or_default())
    }
}

/// The weights of the selected epoch.
fn selected(folder: &RunFolder) -> Result<Checkpoint, Diagnostic> {
    let best = folder.file("best.safetensors");
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

/// The statistics of the training; empty where nothing was standardised.
fn standardizer(folder: &RunFolder) -> Result<Standardizer, Diagnostic> {
    match folder.file("standardizer.json").is_file() {
        true => folder.read_json("standardizer.json"),
        false => Ok(Standardizer::default()),
    }
}

/// The model of an earlier run, from the sources and hypers in its folder, with other data or its own.
fn reopen(folder: &RunFolder, manifest: &Manifest, place: &Place<'_>) -> Result<Session, Faults> {
    let nowhere = |list| Faults { list, sources: SourceMap::new() };
    let Saved { sources, program, options } = Saved::read(folder, manifest).map_err(nowhere)?;
    match with_data(&program, &options, folder, manifest, place) {
        Ok(session) => Ok(Session { sources, ..session }),
        Err(list) => Err(Faults { list, sources }),
    }
}

fn with_data(
    program: &Source,
    options: &Options,
    folder: &RunFolder,
    manifest: &Manifest,
    place: &Place<'_>,
) -> Result<Session, Vec<Diagnostic>> {
    let one = |d: Diagnostic| vec![d];
    let encoder = manifest.encoder.as_ref().map(|e| Encoder::of_run(folder, e, manifest.settings.max_tokens));
    let encoder = encoder.transpose().map_err(one)?;
    let (graph, _) = compiled(program, options)?;
    let (location, mut dataset) = data(manifest, place).map_err(one)?;
    if let Some(split) = place.split {
        dataset.split(split).map_err(|d| vec![missing_split(d, &dataset)])?;
        dataset.tables.retain(|t| t.split == split);
    }
    let texts = tokenise(&dataset, encoder.as_ref(), TextInput::of(&graph).map_err(one)?.as_ref()).map_err(one)?;
    let longest = texts.as_ref().map(|t| t.longest);
    let binding = Binding::from_dataset(&dataset, encoder.as_ref().map(|e| e.binding.clone()), longest).map_err(one)?;
    let dims = fit(&graph, &dataset, &binding, texts.as_ref().map(|t| &t.ids), &manifest.dims)?;
    let resolved = Resolved {
        recipe: manifest.recipe.clone(),
        settings: manifest.settings.clone(),
        origins: manifest.origins.clone(),
        warnings: Vec::new(),
    };
    Ok(Session {
        sources: SourceMap::new(),
        location,
        dataset,
        resolved,
        graph,
        dims,
        encoder,
        texts,
        hypers: manifest.hypers.clone(),
        hyper_origins: manifest.hyper_origins.clone(),
    })
}

/// The data that are asked for, else the run's own.
fn data(manifest: &Manifest, place: &Place<'_>) -> Result<(Location, Dataset), Diagnostic> {
    let given = match (place.data, &manifest.data.path) {
        (Some(name), _) => name.to_owned(),
        (None, None) => manifest.data.name.clone(),
        (None, Some(path)) if path.is_file() => path.display().to_string(),
        (None, Some(path)) => {
            return Err(Diagnostic::error(
                E0601,
                format!("the data of the run, `{}`, are no longer there", path.display()),
            )
            .help("put the file back, or say with `--data` where it is now"));
        }
    };
    let location = locate(&given, place.data_root)?;
    let dataset = location.open(manifest.data.seed.unwrap_or(DEMO_SEED))?;
    Ok((location, dataset))
}

fn missing_split(fault: Diagnostic, dataset: &Dataset) -> Diagnostic {
    let has: Vec<String> = dataset.tables.iter().map(|t| format!("`{}`", t.split)).collect();
    Diagnostic { help: None, ..fault }.help(format!("it has {}; choose one with `--split`", has.join(", ")))
}
