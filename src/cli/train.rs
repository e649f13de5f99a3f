//! `dsc train FILE --data NAME|FILE`: trains a model and leaves a run folder.

use std::path::PathBuf;

use super::model::ModelArgs;
use crate::passes::OptLevel;

/// `dsc train`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub(super) model: ModelArgs,
    /// A known data set (sims, simsv2, mosi, mosei, demo) or a feature file
    #[arg(long, value_name = "NAME|FILE")]
    pub(super) data: String,
    /// Folder below which the known data sets lie
    #[arg(long, value_name = "DIR", env = "DSC_DATA")]
    pub(super) data_root: Option<PathBuf>,
    /// The recipe; by default the one named like the data set
    #[arg(long, value_name = "NAME")]
    pub(super) recipe: Option<String>,
    /// Set a key of the recipe: `--with optimizer.lr=2e-5`, `--with "select=max corr"`
    #[arg(long = "with", value_name = "KEY=VALUE")]
    pub(super) with: Vec<String>,
    /// Epochs; short for `--with epochs=N`
    #[arg(long, value_name = "N")]
    pub(super) epochs: Option<String>,
    /// Anchors per batch; short for `--with batch=N`
    #[arg(long, value_name = "N")]
    pub(super) batch: Option<String>,
    /// Folder of the pretrained text encoder
    #[arg(long, value_name = "DIR")]
    pub(super) text_encoder: Option<PathBuf>,
    /// cpu, cuda or cuda:N
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    pub(super) device: String,
    /// Threads for operators
    #[arg(long, value_name = "N")]
    pub(super) threads: Option<usize>,
    /// The first seed; without --seeds, the only one
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<String>,
    /// How many seeds, one run each
    #[arg(long, value_name = "N")]
    pub(super) seeds: Option<String>,
    /// Passes over the graph before it runs: 0 none, 1 all (`dsc dump -O1` shows what they do)
    #[arg(short = 'O', long, value_name = "LEVEL", default_value_t)]
    pub(super) opt_level: OptLevel,
    /// The run's folder, which must not exist; by default runs/MODEL-DATA-TIME
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Weights that are taken as they are, of `dsc import`.
    #[cfg(feature = "torch")]
    #[arg(skip)]
    pub(super) adopt: Option<Adopt>,
}

/// A checkpoint of the whole model, and what its tensors are called.
#[cfg(feature = "torch")]
#[derive(Clone, Debug)]
pub(super) struct Adopt {
    /// The checkpoint.
    pub(super) weights: PathBuf,
    /// The map of names, in the place of the one beside the model.
    pub(super) names: Option<PathBuf>,
}

#[cfg(feature = "torch")]
pub(super) use with_torch::{ask, run, train_all};

#[cfg(feature = "torch")]
mod with_torch {
    use std::path::Path;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::{Adopt, Args};
    use crate::cli::manifest::{manifest, write_start};
    use crate::cli::progress::Progress;
    use crate::cli::session::{Ask, Session, non_finite_note};
    use crate::cli::{Exit, Output};
    use crate::data::text::WeightFile;
    use crate::diag::Diagnostic;
    use crate::diag::codes::run::E0916;
    use crate::report::results::{aggregate_json, results_table};
    use crate::runtime::device::{Device, threads};
    use crate::source::EmbeddedWorld;
    use crate::train::events::Reporter as _;
    use crate::train::feed::Feed;
    use crate::train::initial_weights::InitialWeights;
    use crate::train::names::NameMap;
    use crate::train::recipe::{describe_schedule, split_setting};
    use crate::train::results::Results;
    use crate::train::run_folder::{RunFolder, SeedState, Seeds};
    use crate::train::trainer::{Job, Outcome, check, train};

    static STOP: AtomicBool = AtomicBool::new(false);
    static HANDLER: OnceLock<()> = OnceLock::new();

    /// The first Ctrl-C asks the training to stop after its step, the second one ends the process.
    fn watch_interrupts() {
        HANDLER.get_or_init(|| {
            // Without a handler Ctrl-C ends the process at once, which is what it did before.
            let _ = ctrlc::set_handler(|| {
                if STOP.swap(true, Ordering::Relaxed) {
                    std::process::exit(130);
                }
            });
        });
    }

    /// Trains and prints the table.
    pub(in crate::cli) fn run(args: &Args, out: &mut Output) -> Exit {
        match train_all(args, out) {
            Ok((results, folder)) => {
                let family = results.first().and_then(|r| crate::train::metrics::Family::parse(&r.family).ok());
                let Some(family) = family else { return Exit::Done };
                if out.is_json() {
                    match results.as_slice() {
                        [one] => out.json(one),
                        several => out.json(&aggregate_json(family, several, several.len())),
                    }
                } else {
                    out.line(results_table(family, &results).text().trim_end());
                    out.line(format_args!("run: {}", folder.path().display()));
                }
                Exit::Done
            }
            Err(exit) => exit,
        }
    }

    fn command_line(args: &Args) -> Result<Vec<(String, String, String)>, Diagnostic> {
        let mut list: Vec<_> = args.with.iter().map(|text| split_setting("--with", text)).collect::<Result<_, _>>()?;
        let short = [("--epochs", "epochs", &args.epochs), ("--batch", "batch", &args.batch)];
        let seeds = [("--seed", "seed", &args.seed), ("--seeds", "seeds", &args.seeds)];
        for (option, key, value) in short.into_iter().chain(seeds) {
            if let Some(value) = value {
                list.push((format!("{option} {value}"), key.to_owned(), value.clone()));
            }
        }
        // Who names one seed wants that one.
        if let (Some(seed), None) = (&args.seed, &args.seeds) {
            list.push((format!("--seed {seed}"), "seeds".to_owned(), "1".to_owned()));
        }
        Ok(list)
    }

    /// What a command line asks for.
    ///
    /// # Errors
    /// `E0901` for what is no setting.
    pub(in crate::cli) fn ask(args: &Args) -> Result<Ask, Diagnostic> {
        Ok(Ask {
            file: args.model.file.clone(),
            variant: args.model.variant.clone(),
            sets: args.model.sets.clone(),
            data: args.data.clone(),
            data_root: args.data_root.clone(),
            recipe: args.recipe.clone(),
            command_line: command_line(args)?,
            text_encoder: args.text_encoder.clone(),
        })
    }

    /// Trains all seeds; the results in their order and the folder that holds them.
    pub(in crate::cli) fn train_all(args: &Args, out: &mut Output) -> Result<(Vec<Results>, RunFolder), Exit> {
        let ask = ask(args).map_err(|d| out.fault(&d))?;
        if let Some(folder) = &args.out {
            RunFolder::check_free(folder).map_err(|d| out.fault(&d))?;
        }
        let device = Device::parse(&args.device).map_err(|d| out.fault(&d))?;
        // CUDA has to be loaded before anything else asks libtorch about it.
        device.open().map_err(|d| out.fault(&d))?;
        let threads = threads(args.threads).map_err(|d| out.fault(&d))?;
        let session = Session::open(&ask, out)?;
        train_session(args, &session, device, threads, out)
    }

    fn train_session(
        args: &Args,
        session: &Session,
        device: Device,
        threads: usize,
        out: &mut Output,
    ) -> Result<(Vec<Results>, RunFolder), Exit> {
        let settings = &session.resolved.settings;
        let feed = Feed::new(&session.graph, &session.dataset, session.texts.as_ref(), settings, None);
        let feed = feed.map_err(|d| out.fault(&d))?;
        let unclean = check(&session.graph, &feed, settings).map_err(|d| out.diagnostics(&[d], &session.sources))?;
        for ((split, key), count) in &unclean {
            out.note(non_finite_note(*split, key, *count));
        }
        if let Some(note) = session.truncation_note() {
            out.note(note);
        }
        let recipe = session.resolved.recipe.as_deref().map_or("defaults".to_owned(), |r| format!("recipe {r}"));
        match &args.adopt {
            Some(adopt) => out.note(format_args!(
                "{} on {}: {recipe}, the weights of `{}` as they are, metrics {}",
                session.graph.name,
                args.data,
                adopt.weights.display(),
                settings.family
            )),
            None => out.note(format_args!(
                "{} on {}: {recipe}, {} epochs, batch {}, {}, {}, select {}, metrics {}",
                session.graph.name,
                args.data,
                settings.epochs,
                settings.batch,
                settings.optimizer,
                describe_schedule(&settings.schedule),
                settings.select,
                settings.family
            )),
        }
        let data = Path::new(&args.data).file_stem().map_or(args.data.clone(), |s| s.to_string_lossy().into_owned());
        let name = format!("{}-{data}", session.graph.name.to_lowercase().replace('/', "-"));
        let adopt = args.adopt.as_ref().map(|a| initial_weights(a, &args.model.file)).transpose();
        let adopt = adopt.map_err(|d| out.fault(&d))?;
        if let Some(adopt) = &adopt {
            adopt.check(&session.graph, &session.dims).map_err(|d| out.fault(&d))?;
            if !feed.standardizer().streams.is_empty() {
                out.note(
                    "features are standardised by this file's training split: if the weights were trained on other \
                     features, say `--with standardize=none`",
                );
            }
        }
        let manifest = manifest(args, session, &feed, &unclean, threads, adopt.as_ref()).map_err(|d| out.fault(&d))?;
        let weights = match session.encoder.as_ref().and_then(|e| e.folder.as_ref()) {
            // They hold the encoder's weights too.
            _ if adopt.is_some() => None,
            Some(folder) => Some(folder.weights().map_err(|d| out.fault(&d))?),
            None => None,
        };
        if let (Some(weights), Some(encoder)) = (&weights, &session.encoder) {
            weights.check(&encoder.binding.config).map_err(|d| out.fault(&d))?;
        }
        // Last, so that a fault above leaves no folder behind.
        let top = RunFolder::create(args.out.as_deref(), Path::new("runs"), &name).map_err(|d| out.fault(&d))?;
        watch_interrupts();
        let mut all: Vec<Results> = Vec::new();
        let asked = settings.seeds as usize;
        let mut seeds = (asked > 1).then(|| Seeds::new(asked));
        for seed in settings.seed..settings.seed + settings.seeds {
            if !all.is_empty() && STOP.load(Ordering::Relaxed) {
                out.note("interrupted between two seeds");
                how_it_stands(&top, all.len(), asked, out);
                return Err(Exit::Interrupted);
            }
            let folder = match &mut seeds {
                None => top.clone(),
                Some(seeds) => seeds.begin(&top, seed).map_err(|d| out.fault(&d))?,
            };
            let mut manifest = manifest.clone();
            manifest.seed = seed;
            let job = Job {
                graph: &session.graph,
                dims: &session.dims,
                feed: &feed,
                settings,
                level: args.opt_level,
                seed,
                device,
                encoder: weights.as_ref(),
                adopt: adopt.as_ref(),
                folder: &folder,
                stop: &STOP,
            };
            let outcome = write_start(session, &feed, &folder, manifest).and_then(|()| {
                let mut progress = Progress::new(out, &settings.select.metric);
                let outcome = train(&job, &mut progress)?;
                if let (Outcome::Finished(r), None) = (&outcome, &args.adopt) {
                    progress.note(&format!("seed {seed}: {:.1} s, best epoch {}", r.seconds, r.epoch + 1));
                }
                Ok(outcome)
            });
            let state = match &outcome {
                Ok(Outcome::Finished(results)) => {
                    all.push((**results).clone());
                    SeedState::Finished
                }
                Ok(Outcome::Interrupted { .. }) => SeedState::Interrupted,
                Err(_) => SeedState::Failed,
            };
            // After every seed, so that a later one takes nothing with it.
            if let Some(seeds) = &mut seeds {
                let mut written = seeds.end(&top, state);
                if state == SeedState::Finished {
                    let mean = aggregate_json(settings.family, &all, asked);
                    written = written.and_then(|()| top.write_json("results.json", &mean));
                }
                written.map_err(|d| out.fault(&d))?;
            }
            match outcome {
                Ok(Outcome::Finished(_)) => {}
                Ok(Outcome::Interrupted { epoch, step, best }) => {
                    out.note(format_args!(
                        "interrupted in epoch {} of {} after {step} steps; the state is in `{}`",
                        (epoch + 1).min(settings.epochs),
                        settings.epochs,
                        folder.file("last.safetensors").display()
                    ));
                    out.note(match best {
                        Some(best) => format!(
                            "the best epoch so far is {}: `dsc eval {}` scores it on the validation split",
                            best + 1,
                            folder.path().display()
                        ),
                        None => "no epoch has ended yet, so there are no weights to score".to_owned(),
                    });
                    how_it_stands(&top, all.len(), asked, out);
                    return Err(Exit::Interrupted);
                }
                Err(d) => {
                    let exit = out.diagnostics(&[d], &session.sources);
                    how_it_stands(&top, all.len(), asked, out);
                    return Err(exit);
                }
            }
        }
        Ok((all, top))
    }

    /// The weights of `dsc import`, with the names that the model, or the user, has for them.
    fn initial_weights(adopt: &Adopt, model: &str) -> Result<InitialWeights, Diagnostic> {
        let unreadable =
            |path: &Path, e: std::io::Error| Diagnostic::error(E0916, format!("cannot read `{}`: {e}", path.display()));
        let beside = Path::new(model).with_extension("names");
        let path = adopt.names.clone().or_else(|| beside.is_file().then_some(beside));
        let names = match (path, EmbeddedWorld::names(model)) {
            (Some(path), _) => {
                let text = std::fs::read_to_string(&path).map_err(|e| unreadable(&path, e))?;
                Some(NameMap::parse(&text, &path.display().to_string())?)
            }
            (None, stock) => stock.map(|text| NameMap::parse(text, &format!("{model}.names"))).transpose()?,
        };
        Ok(InitialWeights { file: WeightFile::open(&adopt.weights)?, names })
    }

    /// What is left of several seeds of which not all were trained.
    fn how_it_stands(top: &RunFolder, finished: usize, asked: usize, out: &mut Output) {
        let folder = top.path().display();
        match (asked, finished) {
            (..=1, _) => {}
            (_, 0) => out.note(format_args!("none of the {asked} seeds is finished")),
            _ => out.note(format_args!("{finished} of {asked} seeds are finished: `dsc eval {folder}` scores them")),
        }
    }
}
