//! The rows of a comparison, each ready to be trained.

use std::collections::BTreeSet;

use dsc_analysis::{Memory, Summary};
use dsc_experiment::events::{Notice, Reporter};
use dsc_experiment::report::ablation::{Group, Heading};
use dsc_experiment::run_folder::Manifest;
use dsc_project::check::memory_plan;
use dsc_project::{Faults, ModelRequest, Session, TrainRequest};
use dsc_runtime::device::{Device, threads};

use crate::manifest::manifest;
use crate::run::batches;

/// The stock models of one modality.
const UNIMODAL: [&str; 3] = ["unimodal/text", "unimodal/audio", "unimodal/vision"];

/// A row of the table: a model that is trained with every seed.
pub(super) struct Row {
    /// Name in the table, and of the folder of its runs.
    pub name: String,
    /// The request for its runs, except for seed and folder.
    pub request: TrainRequest,
    /// The manifest of its runs, except for the seed.
    pub manifest: Manifest,
    /// Number of threads of a run.
    pub threads: usize,
    /// Estimated memory of a run in bytes; `None` if the estimate depends on unknown dims.
    pub memory: Option<u64>,
    group: Group,
    macs: Option<i64>,
}

impl Row {
    /// The seeds of the recipe or the command line.
    pub fn seeds(&self) -> std::ops::Range<u64> {
        let settings = &self.manifest.settings;
        settings.seed..settings.seed + settings.seeds
    }

    /// Name and costs in the table.
    pub fn heading(&self) -> Heading {
        Heading {
            name: self.name.clone(),
            group: self.group,
            family: self.manifest.settings.family,
            multiply_adds: self.macs,
        }
    }

    /// Whether a run is one of this row: equal graph, dims, settings, data, encoder, versions, device and threads. Seeds are
    /// not compared.
    pub fn is_run_by(&self, other: &Manifest) -> bool {
        let this = &self.manifest;
        let settings = |m: &Manifest| {
            let mut settings = m.settings.clone();
            (settings.seed, settings.seeds) = (0, 0);
            settings
        };
        let encoder = |m: &Manifest| m.encoder.as_ref().map(|e| (e.pretrained, e.sha256.clone(), e.name.clone()));
        this.bound == other.bound
            && this.dims == other.dims
            && settings(this) == settings(other)
            && (&this.data.sha256, this.data.seed) == (&other.data.sha256, other.data.seed)
            && encoder(this) == encoder(other)
            && this.opt_level == other.opt_level
            && (&this.dsc, &this.libtorch) == (&other.dsc, &other.libtorch)
            && (&this.machine.device, this.machine.threads) == (&other.machine.device, other.machine.threads)
    }
}

/// Adds rows for the stock models of one modality that the data have, with the settings of the first row.
///
/// # Errors
/// Those of [`row`].
pub(super) fn add_unimodal(
    rows: &mut Vec<Row>,
    train: &TrainRequest,
    modalities: &BTreeSet<String>,
    reporter: &mut dyn Reporter,
) -> Result<(), Faults> {
    let Some(settings) = rows.first().map(|base| base.manifest.settings.keys()) else { return Ok(()) };
    for name in UNIMODAL {
        let modality = name.rsplit('/').next().unwrap_or(name);
        if rows.iter().any(|row| row.name == name) {
            continue;
        }
        if !modalities.contains(modality) {
            reporter.notice(&Notice::NoModality { model: name.to_owned(), modality: modality.to_owned() });
            continue;
        }
        // Every key as in the baseline; recipes of the stock model are ignored.
        let plain = TrainRequest { model: ModelRequest::new(name), recipe: None, keys: Vec::new(), ..train.clone() };
        let request = settings.iter().fold(plain, |request, (key, value)| request.with(key, value));
        rows.push(row(name.to_owned(), Group::Unimodal, request, reporter)?.0);
    }
    Ok(())
}

/// Compiles, binds and checks one row. Returns it with the modalities of its data.
///
/// # Errors
/// Those of [`Session::open`]; what the checks before a training report.
pub(super) fn row(
    name: String,
    group: Group,
    mut request: TrainRequest,
    reporter: &mut dyn Reporter,
) -> Result<(Row, BTreeSet<String>), Faults> {
    if Device::parse(&request.device)? == Device::Cpu {
        // Parallel runs with one core each are faster than consecutive runs with all cores.
        request.threads.get_or_insert(1);
    }
    let threads = threads(request.threads)?;
    let session = Session::open(&request, reporter)?;
    let (data, non_finite) = batches(&session)?;
    let manifest = manifest(&request, &session, &data, &non_finite, threads, None)?;
    let summary = Summary::of(&session.graph);
    let mut modalities: BTreeSet<String> = session.dataset.stream_keys().into_iter().map(str::to_owned).collect();
    if session.dataset.tables.iter().any(|t| !t.texts.is_empty()) {
        modalities.insert("text".to_owned());
    }
    let row = Row {
        name,
        group,
        threads,
        memory: Memory::of(&summary, &session.dims, memory_plan(&session.resolved.settings)).map(|m| m.total()),
        macs: summary.total().multiply_adds.eval(&session.dims),
        request,
        manifest,
    };
    Ok((row, modalities))
}
