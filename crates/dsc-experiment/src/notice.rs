//! Remarks on what happens, as data; as text they are what the command line shows.

use crate::run_folder::files;
use std::fmt;
use std::path::PathBuf;

use dsc_data::{NonFiniteCount, Split};

use dsc_recipe::{Settings, describe_schedule};

/// Something worth a line.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// The file has recipes, but none for these data, so that the defaults hold.
    NoRecipe {
        /// The recipe that was looked for.
        wanted: String,
        /// The model's file.
        file: String,
        /// The recipes it has.
        recipes: Vec<String>,
    },
    /// Nothing says which metric family the data belong to.
    NoFamily,
    /// The sources of a run compile to another graph than the one that was trained.
    OtherGraph {
        /// The run, as it was named.
        run: String,
        /// Hash of the graph that was trained.
        hash: String,
    },
    /// Values of a stream that become 0.
    NonFinite {
        /// Their split.
        split: Split,
        /// The key of the stream.
        key: String,
        /// How many.
        count: NonFiniteCount,
    },
    /// Texts longer than the recipe allows.
    TextsCut {
        /// How many were cut.
        cut: usize,
        /// How many there are.
        all: usize,
        /// Tokens that were kept of each.
        max_tokens: usize,
    },
    /// A training begins.
    Training {
        /// The model, variant included.
        model: String,
        /// The data as named.
        data: String,
        /// The recipe.
        recipe: Option<String>,
        /// All settings.
        settings: Box<Settings>,
    },
    /// Weights are scored as they are.
    Importing {
        /// The model, variant included.
        model: String,
        /// The data as named.
        data: String,
        /// The recipe.
        recipe: Option<String>,
        /// All settings.
        settings: Box<Settings>,
        /// The checkpoint.
        weights: PathBuf,
    },
    /// Imported weights are scored on features that are standardised by the file at hand.
    ImportStandardized,
    /// A seed is trained.
    SeedFinished {
        /// The seed.
        seed: u64,
        /// Seconds of training.
        seconds: f64,
        /// The selected epoch, from 0.
        epoch: u64,
    },
    /// Stopped after one seed and before the next.
    BetweenSeeds,
    /// Stopped within a training.
    Interrupted {
        /// Epochs done.
        epoch: u64,
        /// Epochs asked for.
        epochs: u64,
        /// Optimiser steps done.
        steps: u64,
        /// The best epoch so far, from 0.
        best: Option<u64>,
        /// The run's folder.
        folder: PathBuf,
    },
    /// How many of several seeds are finished, where it is not all.
    SeedsFinished {
        /// Finished.
        finished: usize,
        /// Asked for.
        asked: usize,
        /// The folder of all of them.
        folder: PathBuf,
    },
    /// Labels beside predictions could not be read.
    NoLabels {
        /// Why.
        why: String,
    },
    /// The run is not finished, so the test split of its own data is not predicted.
    TestSplitLeftOut,
    /// Scores of a run that is not finished.
    Unfinished {
        /// Epochs done and asked for, and steps, as far as the checkpoint says.
        done: Option<(u64, u64, u64)>,
        /// The best epoch so far, from 0.
        best: Option<u64>,
    },
    /// A model of one modality is no row of a comparison, since the data lack its modality.
    NoModality {
        /// The model.
        model: String,
        /// The modality.
        modality: String,
    },
    /// What a comparison will do.
    Queue {
        /// Runs to train.
        to_train: usize,
        /// At a time.
        jobs: usize,
        /// Runs that are there already.
        finished: usize,
    },
    /// A run of a comparison has ended.
    RunEnded {
        /// How many have ended, this one included.
        done: usize,
        /// Of how many.
        all: usize,
        /// Its row.
        row: String,
        /// Its seed.
        seed: u64,
        /// How.
        how: RunEnd,
    },
    /// A warning without a place in a file.
    Warning(String),
    /// The last checkpoint of a finished run could not be made smaller.
    MomentsKept {
        /// Why.
        why: String,
    },
}

/// How a run of a comparison ended.
#[derive(Clone, Debug, PartialEq)]
pub enum RunEnd {
    /// It is finished.
    Finished {
        /// Seconds of training.
        seconds: f64,
        /// Mean absolute error on the test split.
        mae: Option<f64>,
    },
    /// It was asked to stop.
    Interrupted,
    /// It failed.
    Failed {
        /// What it printed.
        log: PathBuf,
        /// The last lines of that.
        last: Vec<String>,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |recipe: &Option<String>| recipe.as_ref().map_or("defaults".to_owned(), |r| format!("recipe {r}"));
        match self {
            Notice::NoRecipe { wanted, file, recipes } => write!(
                f,
                "no recipe named `{wanted}`: training with the defaults ({file} has {}; choose one with --recipe)",
                recipes.join(", ")
            ),
            Notice::NoFamily => f.write_str(
                "metrics: errors and correlation only, since the file is no known data set (set `family = mosi` or \
                 `family = sims` in the recipe or with --with)",
            ),
            Notice::OtherGraph { run, hash } => write!(
                f,
                "{run}: its sources compile to another graph with this dsc than with the one that trained it ({hash}); \
                 the comparison is with what they compile to now"
            ),
            Notice::NonFinite { split, key, count } => write!(
                f,
                "{split}.{key}: {} NaN and {} infinite values become 0 (nonfinite = zero)",
                count.nan, count.inf
            ),
            Notice::TextsCut { cut, all, max_tokens } => {
                write!(f, "{cut} of {all} texts were cut to {max_tokens} tokens")
            }
            Notice::Training { model, data, recipe, settings } => write!(
                f,
                "{model} on {data}: {}, {} epochs, batch {}, {}, {}, select {}, metrics {}",
                named(recipe),
                settings.epochs,
                settings.batch,
                settings.optimizer,
                describe_schedule(&settings.schedule),
                settings.select,
                settings.family
            ),
            Notice::Importing { model, data, recipe, settings, weights } => write!(
                f,
                "{model} on {data}: {}, the weights of `{}` as they are, metrics {}",
                named(recipe),
                weights.display(),
                settings.family
            ),
            Notice::ImportStandardized => f.write_str(
                "features are standardised by this file's training split: if the weights were trained on other \
                 features, say `--with standardize=none`",
            ),
            Notice::SeedFinished { seed, seconds, epoch } => {
                write!(f, "seed {seed}: {seconds:.1} s, best epoch {}", epoch + 1)
            }
            Notice::BetweenSeeds => f.write_str("interrupted between two seeds"),
            Notice::Interrupted { epoch, epochs, steps, best, folder } => {
                writeln!(
                    f,
                    "interrupted in epoch {} of {epochs} after {steps} steps; the state is in `{}`",
                    (epoch + 1).min(*epochs),
                    folder.join(files::LAST).display()
                )?;
                match best {
                    Some(best) => write!(
                        f,
                        "the best epoch so far is {}: `dsc eval {}` scores it on the validation split",
                        best + 1,
                        folder.display()
                    ),
                    None => f.write_str("no epoch has ended yet, so there are no weights to score"),
                }
            }
            Notice::SeedsFinished { finished: 0, asked, .. } => write!(f, "none of the {asked} seeds is finished"),
            Notice::SeedsFinished { finished, asked, folder } => {
                write!(f, "{finished} of {asked} seeds are finished: `dsc eval {}` scores them", folder.display())
            }
            Notice::NoLabels { why } => write!(f, "no labels beside the predictions: {why}"),
            Notice::TestSplitLeftOut => f.write_str("the run is not finished: the test split of its data is left out"),
            Notice::Unfinished { done, best } => {
                f.write_str("the run is not finished")?;
                if let Some((epoch, epochs, steps)) = done {
                    write!(f, ", {epoch} of {epochs} epochs are done ({steps} steps)")?;
                }
                f.write_str(": these are the weights of its best epoch so far")?;
                best.map_or(Ok(()), |best| write!(f, ", epoch {}", best + 1))
            }
            Notice::NoModality { model, modality } => write!(f, "no row `{model}`: the data have no {modality}"),
            Notice::Queue { to_train, jobs, finished } => {
                write!(f, "{to_train} runs to train, {jobs} at a time; {finished} are there already")
            }
            Notice::RunEnded { done, all, row, seed, how } => {
                write!(f, "[{done}/{all}] {row}, seed {seed}: {how}")
            }
            Notice::Warning(text) => f.write_str(text),
            Notice::MomentsKept { why } => write!(f, "`last.safetensors` keeps its moments: {why}"),
        }
    }
}

impl fmt::Display for RunEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunEnd::Finished { seconds, mae } => {
                write!(f, "{seconds:.1} s")?;
                mae.map_or(Ok(()), |mae| write!(f, ", test MAE {mae:.3}"))
            }
            RunEnd::Interrupted => f.write_str("interrupted"),
            RunEnd::Failed { log, last } => {
                write!(f, "failed; see {}", log.display())?;
                last.iter().try_for_each(|line| write!(f, "\n    {line}"))
            }
        }
    }
}
