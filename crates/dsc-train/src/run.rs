//! A request for a training, carried out: one run folder, or one for each seed.

use dsc_experiment::run_folder::files;
use std::path::Path;

use dsc_analysis::step::parts;
use dsc_data::Split;
use dsc_data::card::data_stem;
use dsc_data::file::read_text;
use dsc_data::text::WeightFile;
use dsc_experiment::checkpoint::check_space;
use dsc_experiment::events::{Notice, Reporter, Stop};
use dsc_experiment::profile::StepProfile;
use dsc_experiment::report::results::aggregate_json;
use dsc_experiment::results::Results;
use dsc_experiment::run_folder::{Manifest, RunFolder, SeedState, Seeds};
use dsc_graph::passes::OptLevel;
use dsc_language::EmbeddedWorld;
use dsc_project::engine::Trained;
use dsc_project::{Failure, Faults, ImportRequest, Session, TrainRequest};
use dsc_runtime::Workers;
use dsc_runtime::device::{Device, threads};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::E0916;

use crate::batch_pass::target;
use crate::batch_source::BatchSource;
use crate::initial_weights::InitialWeights;
use crate::manifest::{NonFinite, manifest, write_start};
use crate::memory;
use crate::profile;
use crate::room::room;
use crate::trainer::{Job, Outcome, check, train as train_seed};
use crate::weight_map::WeightMap;

/// Trains every seed of a request, or imports its weights.
///
/// # Errors
/// See [`Engine::train`](dsc_project::Engine::train). All that can be known before the first step is checked before a folder is
/// made; the folder of a run that fails before it has learned anything is removed.
pub fn train(request: &TrainRequest, stop: &Stop, reporter: &mut dyn Reporter) -> Result<Trained, Failure> {
    if let Some(folder) = &request.out {
        RunFolder::check_free(folder)?;
    }
    let device = Device::parse(&request.device)?;
    // CUDA has to be loaded before anything else asks libtorch about it.
    device.open()?;
    if request.profile {
        profile::check(device)?;
    }
    let threads = threads(request.threads)?;
    let workers = Workers::on(device, threads)?;
    let session = Session::open(request, reporter)?;
    let (data, non_finite) = batches(&session)?;
    for ((split, key), count) in &non_finite {
        reporter.notice(&Notice::NonFinite { split: *split, key: key.clone(), count: *count });
    }
    session.about_texts().iter().for_each(|notice| reporter.notice(notice));
    if data.is_unlabelled(Split::Test)? {
        reporter.notice(&Notice::TestNotScored);
    }
    reporter.notice(&beginning(request, &session));
    let import = request.import.as_ref().map(|i| initial_weights(i, &request.model.file)).transpose()?;
    if let Some(import) = &import {
        import.check(&session.graph, &session.dims)?;
        if !data.standardizer().streams.is_empty() {
            reporter.notice(&Notice::ImportStandardized);
        }
    }
    let manifest = manifest(request, &session, &data, &non_finite, threads, import.as_ref())?;
    for (label, _) in &manifest.output_families {
        let family = session.resolved.settings.family;
        let (label, range) = (label.clone(), family.label_range().unwrap_or((f32::NEG_INFINITY, f32::INFINITY)));
        reporter.notice(&Notice::OutputFamily { label, family, range });
    }
    memory::check_training(&session.graph, &session.dims, &session.resolved.settings, device)
        .map_err(|d| Faults::at(d, &session.sources))?;
    // Imported weights hold those of the encoder.
    let encoder = session.encoder.as_ref().filter(|_| import.is_none());
    let encoder = match encoder.and_then(|e| Some((e, e.folder.as_ref()?))) {
        Some((encoder, folder)) => {
            let weights = folder.weights()?;
            weights.check(&encoder.binding.config)?;
            Some(weights)
        }
        None => None,
    };
    let room = room(&session.graph, &session.dims, &data, &session.resolved.settings)?;
    let (top, _lock) = RunFolder::begin(request.out.as_deref(), Path::new("runs"), &folder_name(request, &session))?;
    stop.listen();
    let run = Run { request, session: &session, data, manifest, device, workers, encoder, import, top: &top, stop };
    let results = check_space(top.path(), room).map_err(Failure::from).and_then(|()| run.seeds(reporter));
    if results.is_err() {
        if request.import.is_some() {
            // The checkpoints hold what was imported.
            for name in [files::BEST, files::LAST] {
                let _ = std::fs::remove_file(top.file(name));
            }
        }
        top.discard();
    }
    let (results, profiles) = results?;
    Ok(Trained { results, folder: top.path().to_owned(), profiles })
}

/// The data of a session as batches of its graph, every split looked at, and values in them that are not finite.
pub(crate) fn batches(session: &Session) -> Result<(BatchSource<'_>, NonFinite), Faults> {
    let settings = &session.resolved.settings;
    let data = BatchSource::new(&session.graph, &session.dataset, session.texts.as_ref(), settings, None)?;
    let non_finite = check(&session.graph, &data, settings).map_err(|d| Faults::at(d, &session.sources))?;
    Ok((data, non_finite))
}

fn beginning(request: &TrainRequest, session: &Session) -> Notice {
    let (model, data) = (session.graph.name.clone(), request.data.clone());
    let recipe = session.resolved.recipe.clone();
    let settings = Box::new(session.resolved.settings.clone());
    match &request.import {
        Some(import) => Notice::Importing { model, data, recipe, settings, weights: import.weights.clone() },
        None => Notice::Training { model, data, recipe, settings },
    }
}

/// `MODEL-DATA`, to which the time is added.
fn folder_name(request: &TrainRequest, session: &Session) -> String {
    let data = data_stem(&request.data);
    format!("{}-{data}", session.graph.name.to_lowercase().replace('/', "-"))
}

/// Imported weights, with the names that the user, or the model, has for them.
fn initial_weights(import: &ImportRequest, model: &str) -> Result<InitialWeights, Diagnostic> {
    let beside = Path::new(model).with_extension("names");
    let path = import.names.clone().or_else(|| beside.is_file().then_some(beside));
    let names = match (path, EmbeddedWorld::names(model)) {
        (Some(path), _) => {
            let text = read_text(&path)
                .map_err(|e| Diagnostic::error(E0916, format!("cannot read `{}`: {e}", path.display())))?;
            Some(WeightMap::parse(&text, &path.display().to_string())?)
        }
        (None, stock) => stock.map(|text| WeightMap::parse(text, &format!("{model}.names"))).transpose()?,
    };
    Ok(InitialWeights { file: WeightFile::open(&import.weights)?, names })
}

/// How a seed stands after its training; results of a finished one are put to `all`.
pub(crate) fn stands<E>(outcome: &Result<Outcome, E>, all: &mut Vec<Results>) -> SeedState {
    match outcome {
        Ok(Outcome::Finished(results)) => {
            all.push((**results).clone());
            SeedState::Finished
        }
        Ok(Outcome::Interrupted { .. }) => SeedState::Interrupted,
        Err(_) => SeedState::Failed,
    }
}

/// What a seed is trained with, whether it starts or is resumed.
pub(crate) struct Common<'a> {
    pub session: &'a Session,
    pub data: &'a BatchSource<'a>,
    pub device: Device,
    pub workers: &'a Workers,
    pub level: OptLevel,
    pub stop: &'a Stop,
}

impl<'a> Common<'a> {
    /// The training of a seed from the start, without pretrained weights and unprofiled.
    pub(crate) fn job(&self, seed: u64, folder: &'a RunFolder) -> Result<Job<'a>, Diagnostic> {
        let (session, settings) = (self.session, &self.session.resolved.settings);
        let anchors = settings.batch.min(self.data.len(Split::Train)?);
        Ok(Job {
            graph: &session.graph,
            dims: &session.dims,
            data: self.data,
            settings,
            level: self.level,
            seed,
            device: self.device,
            encoder: None,
            checkpoint: None,
            imported: None,
            workers: self.workers,
            parts: parts(&session.graph, &session.dims, anchors, target(self.device)),
            ahead: self.device != Device::Cpu,
            folder,
            profile: None,
            stop: self.stop,
        })
    }

    /// Trains; a full memory is told with the batch that fits.
    pub(crate) fn train(&self, job: &Job<'_>, reporter: &mut dyn Reporter) -> Result<Outcome, Diagnostic> {
        let outcome = train_seed(job, reporter);
        reporter.ended();
        outcome.map_err(|d| memory::with_batch(d, self.session, self.level.passes(), self.device))
    }
}

/// Everything that the seeds of a training have in common.
struct Run<'a> {
    request: &'a TrainRequest,
    session: &'a Session,
    data: BatchSource<'a>,
    manifest: Manifest,
    device: Device,
    workers: Workers,
    /// Weights of the pretrained text encoder.
    encoder: Option<WeightFile>,
    import: Option<InitialWeights>,
    top: &'a RunFolder,
    stop: &'a Stop,
}

impl Run<'_> {
    fn seeds(&self, reporter: &mut dyn Reporter) -> Result<(Vec<Results>, Vec<StepProfile>), Failure> {
        let settings = &self.session.resolved.settings;
        let asked = settings.seeds as usize;
        let mut record = (asked > 1).then(|| Seeds::new(asked));
        let mut all: Vec<Results> = Vec::new();
        let mut profiles = Vec::new();
        for seed in settings.seed..settings.seed + settings.seeds {
            if !all.is_empty() && self.stop.is_requested() {
                reporter.notice(&Notice::BetweenSeeds);
                self.report_finished(all.len(), asked, reporter);
                return Err(Failure::Interrupted);
            }
            let folder = match &mut record {
                None => self.top.clone(),
                Some(seeds) => seeds.begin(self.top, seed)?,
            };
            let outcome = self.one(seed, &folder, reporter);
            let state = stands(&outcome, &mut all);
            // After every seed, so that a later one takes nothing with it.
            if let Some(seeds) = &mut record {
                seeds.end(self.top, state)?;
                if state == SeedState::Finished {
                    self.top.write_json(files::RESULTS, &aggregate_json(settings.family, &all, asked))?;
                }
            }
            let failure = match outcome {
                Ok(Outcome::Finished(_)) => {
                    if self.request.profile {
                        profiles.push(folder.read_json(files::PROFILE)?);
                    }
                    continue;
                }
                Ok(Outcome::Interrupted { epoch, step, best }) => {
                    let (epochs, steps, folder) = (settings.epochs, step, folder.path().to_owned());
                    let top = self.top.path().to_owned();
                    reporter.notice(&Notice::Interrupted { epoch, epochs, steps, best, folder, top });
                    Failure::Interrupted
                }
                Err(fault) => Faults::at(fault, &self.session.sources).into(),
            };
            self.report_finished(all.len(), asked, reporter);
            return Err(failure);
        }
        Ok((all, profiles))
    }

    fn one(&self, seed: u64, folder: &RunFolder, reporter: &mut dyn Reporter) -> Result<Outcome, Diagnostic> {
        let Run { request, session, data, .. } = self;
        write_start(session, data, folder, Manifest { seed, ..self.manifest.clone() })?;
        let (device, workers, level) = (self.device, &self.workers, request.opt_level);
        let common = Common { session, data, device, workers, level, stop: self.stop };
        let job = Job {
            encoder: self.encoder.as_ref(),
            imported: self.import.as_ref(),
            profile: request.profile.then_some(&session.sources),
            ..common.job(seed, folder)?
        };
        let outcome = common.train(&job, reporter);
        if let (Ok(Outcome::Finished(r)), None) = (&outcome, &request.import) {
            reporter.notice(&Notice::SeedFinished { seed, seconds: r.seconds, epoch: r.epoch });
        }
        outcome
    }

    /// What is left of several seeds of which not all were trained.
    fn report_finished(&self, finished: usize, asked: usize, reporter: &mut dyn Reporter) {
        if asked > 1 {
            reporter.notice(&Notice::SeedsFinished { finished, asked, folder: self.top.path().to_owned() });
        }
    }
}
