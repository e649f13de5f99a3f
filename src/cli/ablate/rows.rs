//! The rows of an ablation, each ready to be trained.

use std::collections::BTreeSet;

use super::Args;
use crate::analysis::{Memory, Summary};
use crate::check::memory_plan;
use crate::cli::manifest::manifest;
use crate::cli::model::load;
use crate::cli::session::Session;
use crate::cli::{Exit, Output, train};
use crate::report::ablation::{Group, Heading};
use crate::runtime::device::{Device, threads};
use crate::train::feed::Feed;
use crate::train::run_folder::Manifest;
use crate::train::trainer::check;

/// Stock models of one modality, with the keys that they read.
const UNIMODAL: [&str; 3] = ["unimodal/text", "unimodal/audio", "unimodal/vision"];

/// A model that is trained with every seed.
pub(in crate::cli) struct Row {
    /// What the table calls it; its folder has the same name.
    pub name: String,
    /// As `dsc train` would be asked.
    pub args: train::Args,
    /// What its runs are, but for the seed.
    pub manifest: Manifest,
    /// How many threads a run has.
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

/// All rows, checked: base, variants, unimodal models. What is wrong with one is told before any is trained.
///
/// # Errors
/// How the command ends.
pub(super) fn rows(args: &Args, out: &mut Output) -> Result<Vec<Row>, Exit> {
    let loaded = load(&args.train.model.file);
    let Some(program) = &loaded.program else {
        return Err(out.diagnostics(&loaded.diagnostics.into_sorted(), &loaded.sources));
    };
    let base = args.train.model.variant.clone();
    let all: Vec<String> = program.variants.keys().filter(|v| Some(*v) != base.as_ref()).cloned().collect();
    let asked = args.variants.clone().unwrap_or_else(|| all.clone());
    if let Some(unknown) = asked.iter().find(|v| !all.contains(v)) {
        out.note(format_args!("`--variants {unknown}`: the file has {}", all.join(", ")));
        return Err(Exit::Usage);
    }
    let own = |variant: Option<String>| {
        let mut train = args.train.clone();
        train.model.variant = variant;
        train
    };
    let (first, streams) =
        row(base.clone().unwrap_or_else(|| program.model.name.value.clone()), Group::Base, own(base), out)?;
    let mut names = BTreeSet::from([first.name.clone()]);
    let mut rows = vec![first];
    for variant in asked {
        if names.insert(variant.clone()) {
            rows.push(row(variant.clone(), Group::Variant, own(Some(variant)), out)?.0);
        }
    }
    if !args.no_unimodal {
        add_unimodal(&mut rows, &args.train, &streams, out)?;
    }
    Ok(rows)
}

/// Rows of the stock models of one modality, as far as the data have it, trained as the first row is.
///
/// # Errors
/// How the command ends.
pub(in crate::cli) fn add_unimodal(
    rows: &mut Vec<Row>,
    asked: &train::Args,
    streams: &BTreeSet<String>,
    out: &mut Output,
) -> Result<(), Exit> {
    let Some(settings) = rows.first().map(|base| base.manifest.settings.keys()) else { return Ok(()) };
    for name in UNIMODAL {
        let modality = name.rsplit('/').next().unwrap_or(name);
        if rows.iter().any(|row| row.name == name) {
            continue;
        }
        if !streams.contains(modality) {
            out.note(format_args!("no row `{name}`: the data have no {modality}"));
            continue;
        }
        // Whatever recipes the stock model has.
        let mut train = asked.clone();
        (train.model.file, train.model.variant, train.recipe) = (name.to_owned(), None, None);
        train.model.sets.clear();
        (train.epochs, train.batch, train.seed, train.seeds) = (None, None, None, None);
        train.with = settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
        rows.push(row(name.to_owned(), Group::Unimodal, train, out)?.0);
    }
    Ok(())
}

/// One row, and the modalities that its data have. What is wrong with it is told here.
pub(in crate::cli) fn row(
    name: String,
    group: Group,
    mut args: train::Args,
    out: &mut Output,
) -> Result<(Row, BTreeSet<String>), Exit> {
    Device::parse(&args.device).map_err(|d| out.fault(&d))?;
    if args.device == "cpu" {
        // Runs side by side, one core each, come to their ends sooner than one after the other.
        args.threads.get_or_insert(1);
    }
    let threads = threads(args.threads).map_err(|d| out.fault(&d))?;
    let ask = train::ask(&args).map_err(|d| out.fault(&d))?;
    let session = Session::open(&ask, out)?;
    let settings = &session.resolved.settings;
    let feed = Feed::new(&session.graph, &session.dataset, session.texts.as_ref(), settings, None);
    let feed = feed.map_err(|d| out.fault(&d))?;
    let unclean = check(&session.graph, &feed, settings).map_err(|d| out.diagnostics(&[d], &session.sources))?;
    let manifest = manifest(&args, &session, &feed, &unclean, threads, None).map_err(|d| out.fault(&d))?;
    let summary = Summary::of(&session.graph);
    let mut streams: BTreeSet<String> = session.dataset.stream_keys().into_iter().map(str::to_owned).collect();
    if session.dataset.tables.iter().any(|t| !t.texts.is_empty()) {
        streams.insert("text".to_owned());
    }
    let row = Row {
        name,
        group,
        threads,
        memory: Memory::of(&summary, &session.dims, memory_plan(settings)).map(|m| m.total()),
        macs: summary.total().multiply_adds.eval(&session.dims),
        args,
        manifest,
    };
    Ok((row, streams))
}
