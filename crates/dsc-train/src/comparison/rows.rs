//! The rows of a comparison, each ready to be trained.

use std::collections::BTreeSet;
use std::path::Path;

use dsc_analysis::{Memory, Summary};
use dsc_experiment::events::{Notice, Reporter};
use dsc_experiment::report::ablation::{Group, Heading};
use dsc_experiment::run_folder::{EncoderInfo, Manifest};
use dsc_project::check::memory_plan;
use dsc_project::{Faults, ModelRequest, OpenData, Session, TrainRequest};
use dsc_runtime::device::{Device, threads};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::E0605;
use dsc_syntax::diag::codes::run::E0922;

use super::folder::encoded;

use crate::manifest::manifest;
use crate::run::batches;

/// The stock models of one modality.
const UNIMODAL: [&str; 3] = ["unimodal/text", "unimodal/audio", "unimodal/vision"];

/// A row of the table: a model that is trained with every seed.
pub(super) struct Row {
    /// Name in the table.
    pub name: String,
    /// Folder of its runs, relative to that of the comparison.
    pub folder: String,
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

    /// Whether a run is one of this row: equal graph, dims, settings, data, encoder, versions and device. Seeds are
    /// not compared.
    pub fn is_run_by(&self, other: &Manifest) -> bool {
        let this = &self.manifest;
        let settings = |m: &Manifest| {
            let mut settings = m.settings.clone();
            (settings.seed, settings.seeds) = (0, 0);
            // It is compared by its content.
            settings.encoder = None;
            settings
        };
        let encoder = |m: &Manifest| m.encoder.as_ref().map(encoder_key);
        this.bound == other.bound
            && this.dims == other.dims
            && settings(this) == settings(other)
            && (&this.data.sha256, this.data.seed) == (&other.data.sha256, other.data.seed)
            && encoder(this) == encoder(other)
            && this.opt_level == other.opt_level
            && (&this.dsc, &this.libtorch) == (&other.dsc, &other.libtorch)
            && this.machine.device == other.machine.device
    }
}

/// What makes two text encoders the same. The folder of one may be given by several paths, and a run records a relative one.
fn encoder_key(encoder: &EncoderInfo) -> (bool, Option<String>, String) {
    let name = Path::new(&encoder.name).file_name().map(|name| name.to_string_lossy().into_owned());
    (encoder.pretrained, encoder.sha256.clone(), name.unwrap_or_else(|| encoder.name.clone()))
}

/// Adds rows for the stock models of one modality that the data have, with the settings of the first row.
///
/// # Errors
/// Those of [`row`].
pub(super) fn add_unimodal(
    rows: &mut Vec<Row>,
    train: &TrainRequest,
    modalities: &BTreeSet<String>,
    open: &mut OpenData,
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
        match row(name.to_owned(), Group::Unimodal, request, open, reporter) {
            Ok((row, _)) => rows.push(row),
            // The model itself may do without what this one reads.
            Err(faults) if train.text_encoder.is_none() && lacks_input(&faults) => {
                let why = faults.list.iter().find(|d| d.is_error()).map(|d| d.message.clone()).unwrap_or_default();
                reporter.notice(&Notice::NoRow { model: name.to_owned(), why });
            }
            Err(faults) => return Err(faults),
        }
    }
    Ok(())
}

/// Whether a model cannot be trained for want of a text encoder or of texts.
fn lacks_input(faults: &Faults) -> bool {
    let is_lack = |d: &Diagnostic| d.code == E0922 || d.code == E0605 || d.code.0.starts_with("E08");
    faults.list.iter().filter(|d| d.is_error()).all(is_lack)
}

/// Compiles, binds and checks one row. Returns it with the modalities of its data.
///
/// # Errors
/// Those of [`Session::open`]; what the checks before a training report.
pub(super) fn row(
    name: String,
    group: Group,
    mut request: TrainRequest,
    open: &mut OpenData,
    reporter: &mut dyn Reporter,
) -> Result<(Row, BTreeSet<String>), Faults> {
    if Device::parse(&request.device)? == Device::Cpu {
        // Parallel runs with one core each are faster than consecutive runs with all cores.
        request.threads.get_or_insert(1);
    }
    let threads = threads(request.threads)?;
    let session = Session::open_with(&request, open, reporter)?;
    let (data, non_finite) = batches(&session)?;
    let manifest = manifest(&request, &session, &data, &non_finite, threads, None)?;
    let summary = Summary::of(&session.graph);
    let mut modalities: BTreeSet<String> = session.dataset.stream_keys().into_iter().map(str::to_owned).collect();
    if session.dataset.tables.iter().any(|t| !t.texts.is_empty() || t.tokens.is_some()) {
        modalities.insert("text".to_owned());
    }
    let row = Row {
        // Stock models have folders of their own, `unimodal/text`.
        folder: if group == Group::Unimodal { name.clone() } else { encoded(&name) },
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoder_is_known_by_its_weights_and_its_folder() {
        let key = |name: &str, sha256: &str| {
            let (weights, sha256) = (None, Some(sha256.to_owned()));
            encoder_key(&EncoderInfo { name: name.to_owned(), pretrained: true, weights, sha256 })
        };
        let here = key("/home/x/encoders/bert-tiny", "a");
        assert_eq!(here, key("../encoders/bert-tiny", "a"));
        assert_eq!(here, key("bert-tiny/", "a"));
        assert_ne!(here, key("/home/x/encoders/bert-tiny", "b"));
        assert_ne!(here, key("/home/x/encoders/bert-small", "a"));
    }
}
