//! Messages to the user, as data. `Display` gives the text that the command line shows.

use std::fmt::{self, Write as _};
use std::path::PathBuf;

use dsc_data::text::Known;
use dsc_data::{NonFiniteCount, Split};

use dsc_recipe::{Family, Settings, describe_schedule};

/// A message to the user.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// The file has recipes, but none for these data, so the defaults are used.
    NoRecipe {
        /// The recipe that was looked for.
        wanted: String,
        /// The model file.
        file: String,
        /// The recipes of the file.
        recipes: Vec<String>,
    },
    /// The metric family of the data is unknown.
    NoFamily,
    /// The sources of a run compile to another graph than the one that was trained.
    OtherGraph {
        /// The run folder as given.
        run: String,
        /// Hash of the graph that was trained.
        hash: String,
    },
    /// Values of a stream that are replaced by 0.
    NonFinite {
        /// Split of the stream.
        split: Split,
        /// Key of the stream.
        key: String,
        /// Number of NaN and infinite values.
        count: NonFiniteCount,
    },
    /// How much of the texts the vocabulary of the text encoder knows.
    TextsKnown {
        /// Number of tokens, without `[CLS]` and `[SEP]`.
        tokens: usize,
        /// How many of them are `[UNK]`.
        unknown: usize,
        /// Name of the text encoder.
        encoder: String,
    },
    /// Texts that are longer than `max_tokens` were truncated.
    TextsCut {
        /// Number of truncated texts.
        cut: usize,
        /// Number of all texts.
        all: usize,
        /// Maximum length in tokens.
        max_tokens: usize,
    },
    /// Splits without texts, for which the token ids in the data are used.
    TokenIds {
        /// The splits.
        splits: Vec<Split>,
    },
    /// The test split has no labels, so it is predicted and not scored.
    TestNotScored,
    /// A training begins.
    Training {
        /// The model, variant included.
        model: String,
        /// The data as given with `--data`.
        data: String,
        /// The recipe; `None` for the defaults.
        recipe: Option<String>,
        /// All settings, defaults included.
        settings: Box<Settings>,
    },
    /// Imported weights are evaluated without training.
    Importing {
        /// The model, variant included.
        model: String,
        /// The data as given with `--data`.
        data: String,
        /// The recipe; `None` for the defaults.
        recipe: Option<String>,
        /// All settings, defaults included.
        settings: Box<Settings>,
        /// The checkpoint.
        weights: PathBuf,
    },
    /// Imported weights are evaluated on features that are standardised with the given data file.
    ImportStandardized,
    /// The training of a seed is finished.
    SeedFinished {
        /// Seed of the run.
        seed: u64,
        /// Duration of the training in seconds.
        seconds: f64,
        /// The selected epoch, from 0.
        epoch: u64,
    },
    /// Interrupted after one seed and before the next.
    BetweenSeeds,
    /// A training that is resumed.
    Resuming {
        /// The model and its seed.
        model: String,
        /// Seed of the run.
        seed: u64,
        /// Number of finished epochs.
        epoch: u64,
        /// Number of requested epochs.
        epochs: u64,
        /// Number of optimiser steps so far; none before the first checkpoint.
        step: Option<u64>,
        /// How this machine and this program differ from those so far.
        elsewhere: Vec<&'static str>,
    },
    /// Interrupted during a training.
    Interrupted {
        /// Number of finished epochs.
        epoch: u64,
        /// Number of requested epochs.
        epochs: u64,
        /// Number of optimiser steps.
        steps: u64,
        /// The best epoch so far, from 0.
        best: Option<u64>,
        /// The run folder.
        folder: PathBuf,
        /// The folder of all seeds; of a single one the same.
        top: PathBuf,
    },
    /// Scores of several seeds, of which not all are finished.
    SomeSeeds {
        /// Finished.
        finished: usize,
        /// Requested.
        asked: usize,
    },
    /// How many of several seeds are finished, where it is not all.
    SeedsFinished {
        /// Number of finished seeds.
        finished: usize,
        /// Number of requested seeds.
        asked: usize,
        /// The folder of all seeds.
        folder: PathBuf,
    },
    /// The labels for the predictions could not be read.
    NoLabels {
        /// The reason.
        why: String,
    },
    /// The run is not finished, so the test split of its own data is not predicted.
    TestSplitLeftOut,
    /// Scores of a run that is not finished.
    Unfinished {
        /// Finished epochs, requested epochs, and optimiser steps; `None` without a checkpoint.
        done: Option<(u64, u64, u64)>,
        /// The best epoch so far, from 0.
        best: Option<u64>,
    },
    /// A stopped training whose test split is about to be scored, which finishes the run.
    Finishing {
        /// Number of epochs that were trained.
        epochs: u64,
        /// Number of requested epochs.
        of: u64,
    },
    /// `results.json` of a finished run cannot be read.
    ResultsUnreadable {
        /// The reason, with the path.
        why: String,
    },
    /// The labels of an output do not fit the metric family of the recipe.
    OutputFamily {
        /// The label of the output.
        label: String,
        /// The metric family of the recipe.
        family: Family,
        /// The least and the largest label in that family.
        range: (f32, f32),
    },
    /// Files of a finished run have changed since.
    FilesChanged {
        /// The run folder.
        run: PathBuf,
        /// The files.
        files: Vec<String>,
    },
    /// A model of one modality is left out of a comparison, since the data do not have the modality.
    NoModality {
        /// Name of the stock model.
        model: String,
        /// The missing modality.
        modality: String,
    },
    /// A model of one modality is left out of a comparison, since what it reads is not there.
    NoRow {
        /// Name of the stock model.
        model: String,
        /// What is missing.
        why: String,
    },
    /// A comparison begins.
    Queue {
        /// Number of runs to train.
        to_train: usize,
        /// Number of parallel runs.
        jobs: usize,
        /// Number of runs that are finished already.
        finished: usize,
    },
    /// A run of a comparison has ended.
    RunEnded {
        /// Number of runs that have ended, including this one.
        done: usize,
        /// Number of runs to train.
        all: usize,
        /// Row of the run.
        row: String,
        /// Seed of the run.
        seed: u64,
        /// Outcome of the run.
        how: RunEnd,
    },
    /// A warning without a location.
    Warning(String),
    /// The moments could not be removed from the last checkpoint of a finished run.
    MomentsKept {
        /// The reason.
        why: String,
    },
}

/// How a run of a comparison ended.
#[derive(Clone, Debug, PartialEq)]
pub enum RunEnd {
    /// It is finished.
    Finished {
        /// Duration of the training in seconds.
        seconds: f64,
        /// Mean absolute error on the test split.
        mae: Option<f64>,
    },
    /// It was interrupted.
    Interrupted,
    /// It failed.
    Failed {
        /// The file with its output.
        log: PathBuf,
        /// The last lines of its output.
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
                "metrics: errors and correlation only, since the file is not a known data set (set `family` to sims, \
                 mosi or binary in the recipe or with --with)",
            ),
            Notice::OtherGraph { run, hash } => write!(
                f,
                "{run}: with this version of dsc its sources compile to another graph than the one that was trained ({hash}); \
                 the comparison uses the new graph"
            ),
            Notice::NonFinite { split, key, count } => write!(
                f,
                "{split}.{key}: {} NaN and {} infinite values are replaced by 0 (nonfinite = zero)",
                count.nan, count.inf
            ),
            Notice::TextsKnown { tokens, unknown, encoder } => {
                let share = Known { tokens: *tokens, unknown: *unknown }.unknown_share() * 100.0;
                write!(f, "texts by `{encoder}`: {tokens} tokens, {share:.1}% unknown")
            }
            Notice::TextsCut { cut, all, max_tokens } => {
                write!(f, "{cut} of {all} texts were cut to {max_tokens} tokens")
            }
            Notice::TokenIds { splits } => {
                let splits: Vec<&str> = splits.iter().map(|s| s.name()).collect();
                write!(
                    f,
                    "there is no `raw_text` in {}: the token ids in `text_bert` are used as they are",
                    splits.join(", ")
                )
            }
            Notice::TestNotScored => {
                f.write_str("the test split has no labels: it is predicted (`test.csv`) and not scored")
            }
            Notice::Training { model, data, recipe, settings } => write!(
                f,
                "{model} on {data}: {}, {}, batch {}, {}, {}{}, select {}, metrics {}",
                named(recipe),
                counted(settings.epochs, "epoch"),
                settings.batch,
                settings.optimizer,
                describe_schedule(&settings.schedule),
                unusual(settings),
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
                "features are standardised with the training split of this file; if the weights were trained on other \
                 features, use `--with standardize=none`",
            ),
            Notice::SeedFinished { seed, seconds, epoch } => {
                write!(f, "seed {seed}: {seconds:.1} s, best epoch {}", epoch + 1)
            }
            Notice::BetweenSeeds => f.write_str("interrupted between two seeds"),
            Notice::Resuming { model, seed, epoch, epochs, step, elsewhere } => {
                write!(f, "{model}, seed {seed}: ")?;
                match step {
                    Some(step) => {
                        let epoch = (epoch + 1).min(*epochs);
                        write!(f, "resumes after {} in epoch {epoch} of {epochs}", counted(*step, "step"))?;
                    }
                    None => f.write_str("starts again: it was stopped before its first checkpoint")?,
                }
                if !elsewhere.is_empty() {
                    write!(f, "; {} changed since, so last digits may differ", elsewhere.join(", "))?;
                }
                Ok(())
            }
            Notice::Interrupted { epoch, epochs, steps, best, folder, top } => {
                writeln!(
                    f,
                    "interrupted in epoch {} of {epochs} after {}; `dsc resume {}` resumes it",
                    (epoch + 1).min(*epochs),
                    counted(*steps, "step"),
                    top.display()
                )?;
                match best {
                    Some(best) => write!(
                        f,
                        "the best epoch so far is {}: `dsc eval {}` scores it on the validation split; with `--split test` it \
                         finishes the run and scores the test split",
                        best + 1,
                        folder.display()
                    ),
                    None => f.write_str("no epoch has ended yet, so there are no weights to score"),
                }
            }
            Notice::SomeSeeds { finished, asked } => write!(f, "{finished} of {asked} seeds are finished"),
            Notice::SeedsFinished { finished: 0, asked, .. } => write!(f, "none of the {asked} seeds is finished"),
            Notice::SeedsFinished { finished, asked, folder } => {
                write!(f, "{finished} of {asked} seeds are finished: `dsc eval {}` scores them", folder.display())
            }
            Notice::NoLabels { why } => write!(f, "no labels beside the predictions: {why}"),
            Notice::TestSplitLeftOut => f.write_str("the run is not finished: the test split of its data is left out"),
            Notice::Unfinished { done, best } => {
                f.write_str("the run is not finished")?;
                if let Some((epoch, epochs, steps)) = done {
                    let (epochs, steps) = (counted(*epochs, "epoch"), counted(*steps, "step"));
                    write!(f, ", {epoch} of {epochs} are done ({steps})")?;
                }
                f.write_str(": these are the weights of its best epoch so far")?;
                best.map_or(Ok(()), |best| write!(f, ", epoch {}", best + 1))
            }
            Notice::Finishing { epochs, of } => write!(
                f,
                "the training was stopped after {epochs} of {}: scoring its test split finishes the run, and `results.json` is \
                 written",
                counted(*of, "epoch")
            ),
            Notice::ResultsUnreadable { why } => {
                write!(f, "the scores cannot be compared with those of the training: {why}")
            }
            Notice::OutputFamily { label, family, range: (least, most) } => write!(
                f,
                "`{label}` has labels outside of {least}..{most}, the range of `family = {family}`: its metrics are errors and \
                 correlation only"
            ),
            Notice::FilesChanged { run, files } => {
                write!(f, "{}: changed since the run was finished: {}", run.display(), files.join(", "))
            }
            Notice::NoModality { model, modality } => write!(f, "no row `{model}`: the data have no {modality}"),
            Notice::NoRow { model, why } => write!(f, "no row `{model}`: {why}"),
            Notice::Queue { to_train, jobs, finished } => {
                write!(f, "{to_train} runs to train, {jobs} at a time; {finished} are finished already")
            }
            Notice::RunEnded { done, all, row, seed, how } => {
                write!(f, "[{done}/{all}] {row}, seed {seed}: {how}")
            }
            Notice::Warning(text) => f.write_str(text),
            Notice::MomentsKept { why } => write!(f, "`last.safetensors` keeps its moments: {why}"),
        }
    }
}

/// Settings that change what a step computes or keeps, where they are not the usual ones: `, clip 1, recompute = blocks`.
fn unusual(settings: &Settings) -> String {
    let usual = Settings::default();
    let mut out = String::new();
    if settings.accumulate != usual.accumulate {
        let _ = write!(out, ", accumulate {}", settings.accumulate);
    }
    if let Some(clip) = settings.clip {
        let _ = write!(out, ", clip {clip}");
    }
    if settings.recompute != usual.recompute {
        let _ = write!(out, ", recompute = {}", settings.recompute);
    }
    if settings.precision != usual.precision {
        let _ = write!(out, ", precision = {}", settings.precision);
    }
    out
}

/// `1 epoch`, `20 epochs`.
pub fn counted(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
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
