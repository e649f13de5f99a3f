//! The files that a run writes before its first step: `run.json` and those that belong to it.

use dsc_experiment::run_folder::files;
use std::path::Path;

use dsc_data::card::Location;
use dsc_data::{NonFiniteCount, Split, demo, files_sha256};
use dsc_experiment::run_folder::{DataInfo, EncoderInfo, Imported, Machine, Manifest, RunFolder, SCHEMA};
use dsc_graph::bind_text;
use dsc_project::{Session, TrainRequest};
use dsc_syntax::diag::Diagnostic;
use indexmap::IndexMap;

use crate::batch_source::BatchSource;
use crate::initial_weights::InitialWeights;
use crate::outputs;

/// Number of values that are not finite, by split and key of the stream.
pub(crate) type NonFinite = IndexMap<(Split, String), NonFiniteCount>;

/// Writes the files that describe a run.
pub(crate) fn write_start(
    session: &Session,
    batches: &BatchSource<'_>,
    folder: &RunFolder,
    manifest: Manifest,
) -> Result<(), Diagnostic> {
    let sources = folder.write_sources(&session.sources)?;
    let text = format!("{}{}", session.graph.to_text(), bind_text(&session.dims));
    folder.write(files::GRAPH, text.as_bytes())?;
    if !batches.standardizer().streams.is_empty() {
        folder.write_json(files::STANDARDIZER, batches.standardizer())?;
    }
    if let Some(encoder) = session.encoder.as_ref().and_then(|e| e.folder.as_ref()) {
        folder.copy_encoder(encoder)?;
    }
    folder.write_manifest(Manifest { sources, ..manifest })
}

/// The manifest of a run before its first step, without its sources.
pub(crate) fn manifest(
    request: &TrainRequest,
    session: &Session,
    batches: &BatchSource<'_>,
    non_finite: &NonFinite,
    threads: usize,
    weights: Option<&InitialWeights>,
) -> Result<Manifest, Diagnostic> {
    let encoder = match &session.encoder {
        None => None,
        Some(e) => {
            // Imported weights include those of the encoder.
            let folder = e.folder.as_ref().filter(|_| weights.is_none());
            let files = folder.map(|f| f.weights_paths()).transpose()?.unwrap_or_default();
            let weights = files.first().cloned();
            let sha256 = sha256(&files)?;
            let name = e.binding.name.clone();
            Some(EncoderInfo { name, pretrained: e.folder.is_some(), weights, sha256 })
        }
    };
    let resolved = &session.resolved;
    let rules = outputs::rules(&session.graph, batches, &resolved.settings)?;
    let families = rules.into_iter().filter(|r| r.family != resolved.settings.family);
    Ok(Manifest {
        schema: SCHEMA,
        dsc: env!("CARGO_PKG_VERSION").to_owned(),
        libtorch: dsc_runtime::TORCH_VERSION.to_owned(),
        started: jiff::Zoned::now().strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        command: request.command.clone(),
        model: session.graph.name.clone(),
        file: request.model.file.clone(),
        variant: request.model.variant.clone(),
        recipe: resolved.recipe.clone(),
        settings: resolved.settings.clone(),
        origins: resolved.origins.clone(),
        hypers: session.hypers.clone(),
        hyper_origins: session.hyper_origins.clone(),
        opt_level: request.opt_level,
        seed: resolved.settings.seed,
        graph: session.graph.hash(),
        bound: session.graph.bound_hash(&session.dims),
        dims: session.dims.clone(),
        data: data(request, session, batches, non_finite)?,
        encoder,
        imported: weights.map(imported).transpose()?,
        output_families: families.map(|r| (r.label, r.family)).collect(),
        machine: Machine::here(request.device.clone(), threads),
        sources: Vec::new(),
    })
}

fn imported(weights: &InitialWeights) -> Result<Imported, Diagnostic> {
    let path = weights.file.path();
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    Ok(Imported {
        sha256: sha256(&weights.file.files())?.unwrap_or_default(),
        path,
        names: weights.names.as_ref().map(|names| names.text().to_owned()),
    })
}

/// That of one file, or of several that belong together; none without files.
pub(crate) fn sha256(files: &[impl AsRef<Path>]) -> Result<Option<String>, Diagnostic> {
    let cache = std::env::home_dir().map(|h| h.join(".cache/dsc/sha256.json"));
    files_sha256(files, cache.as_deref())
}

/// The data, with statistics of invalid values in the streams that the model reads.
fn data(
    request: &TrainRequest,
    session: &Session,
    batches: &BatchSource<'_>,
    non_finite: &NonFinite,
) -> Result<DataInfo, Diagnostic> {
    let (path, seed) = match &session.location {
        Location::Demo => (None, Some(demo::SEED)),
        Location::Splits(..) => (None, None),
        Location::File(path, _) => (Some(path.canonicalize().unwrap_or_else(|_| path.clone())), None),
    };
    let mut info = DataInfo {
        name: request.data.clone(),
        sha256: sha256(&session.location.paths())?,
        path,
        seed,
        samples: session.dataset.tables.iter().map(|t| (t.split.name().to_owned(), t.len)).collect(),
        truncated: session.texts.as_ref().map(|t| t.truncated.clone()).unwrap_or_default(),
        ..DataInfo::default()
    };
    for ((split, key), count) in non_finite {
        info.non_finite.entry(*split).or_default().insert(key.clone(), *count);
    }
    for table in &session.dataset.tables {
        let read = batches.stream_keys();
        let streams = table.streams.iter().filter(|(key, _)| read.contains(&key.as_str()));
        for (key, zero) in streams.filter_map(|(key, s)| Some((key, s.zero_lengths.clone()?))) {
            info.zero_lengths.entry(table.split).or_default().insert(key.clone(), zero);
        }
    }
    Ok(info)
}
