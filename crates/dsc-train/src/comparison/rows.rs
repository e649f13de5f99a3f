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
use crate::run::feed;

/// Stock models of one modality, with the keys that they read.
const UNIMODAL: [&str; 3] = ["unimodal/text", "unimodal/audio", "unimodal/vision"];

/// A model that is trained with every seed.
pub(super) struct Row {
    /// What the table calls it; its folder has the same name.
    pub name: String,
    /// The training, its seed and folder aside.
    pub request: TrainRequest,
    /// What its runs are, but for the seed.
    pub manifest: Manifest,
    /// Threads of a run.
    pub threads: usize,
    /// Bytes that a run is estimated to take; nothing where the estimate has no number.
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

    /// Whether a run would do the same as one of this row does: same graph, numbers, settings, data, encoder and machine
    /// set-up. Seeds are not looked at.
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

/// Rows of the stock models of one modality, as far as the data have it, trained as the first row is.
///
/// # Errors
/// What is wrong with one of them.
pub(super) fn add_unimodal(
    rows: &mut Vec<Row>,
    asked: &TrainRequest,
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
        // Every key as the base has it, whatever recipes the stock model has.
        let plain = TrainRequest { model: ModelRequest::new(name), recipe: None, keys: Vec::new(), ..asked.clone() };
        let request = settings.iter().fold(plain, |request, (key, value)| request.with(key, value));
        rows.push(row(name.to_owned(), Group::Unimodal, request, reporter)?.0);
    }
    Ok(())
}

/// One row, and the modalities that its data have.
///
/// # Errors
/// What is wrong with it.
pub(super) fn row(
    name: String,
    group: Group,
    mut request: TrainRequest,
    reporter: &mut dyn Reporter,
) -> Result<(Row, BTreeSet<String>), Faults> {
    if Device::parse(&request.device)? == Device::Cpu {
        // Runs side by side, one core each, come to their ends sooner than one after the other.
        request.threads.get_or_insert(1);
    }
    let threads = threads(request.threads)?;
    let session = Session::open(&request, reporter)?;
    let (feed, non_finite) = feed(&session)?;
    let manifest = manifest(&request, &session, &feed, &non_finite, threads, None)?;
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
