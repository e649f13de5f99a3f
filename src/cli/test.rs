//! `dsc test FOLDER`: what the models of a folder compile to, against golden files.

use std::path::{Path, PathBuf};

use dsc_project::golden::{Outcome, compare};
use serde_json::json;

use super::files::unified;
use super::{Exit, Output};

/// `dsc test`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The golden file of `fusion.dsl` is `fusion.golden` beside it. It holds the types of all names and the graph of the model, and hash,
parameters and multiply-adds of the model and of every variant. A change of layout, comments or recipes leaves it as it is; a
change of what is computed shows as a diff. Files without a model are passed over.

  dsc test models --bless    write the golden files, to be committed
  dsc test models            exit code 1 if a model compiles to something else")]
pub struct Args {
    /// Files, or folders: every .dsl file below them
    #[arg(value_name = "FILE", default_value = ".")]
    files: Vec<PathBuf>,
    /// Write what the models compile to now into the golden files
    #[arg(long)]
    bless: bool,
}

/// Compares all models with their golden files.
pub fn run(args: &Args, out: &mut Output) -> Exit {
    let outcomes = match compare(&args.files, args.bless) {
        Ok(outcomes) => outcomes,
        Err(fault) => return out.fault(&fault),
    };
    if out.is_json() {
        let entry = |(file, outcome): &(PathBuf, Outcome)| {
            let diff = match outcome {
                Outcome::Different { before, now } => Some(difference(file, before, now)),
                _ => None,
            };
            let faults = match outcome {
                Outcome::Broken(faults) => faults.list.iter().map(|d| d.message.clone()).collect(),
                _ => Vec::new(),
            };
            json!({ "file": file.display().to_string(), "outcome": outcome.word(), "diff": diff, "faults": faults })
        };
        out.json(&outcomes.iter().map(entry).collect::<Vec<_>>());
    } else {
        outcomes.iter().for_each(|(file, outcome)| show(file, outcome, out));
        let bad = outcomes.iter().filter(|(_, o)| !o.is_good()).count();
        out.note(format_args!("{} models, {} as their golden files say", outcomes.len(), outcomes.len() - bad));
    }
    if outcomes.iter().all(|(_, o)| o.is_good()) { Exit::Done } else { Exit::Faults }
}

fn show(file: &Path, outcome: &Outcome, out: &mut Output) {
    out.line(format_args!("{:<8} {}", outcome.word(), file.display()));
    match outcome {
        Outcome::Different { before, now } => {
            out.line(difference(file, before, now).trim_end());
            out.note("if that is meant: `--bless`");
        }
        Outcome::New => out.note("it has no golden file yet: `--bless` writes it"),
        Outcome::Broken(faults) => drop(out.faults(faults)),
        Outcome::Orphan => out.note("no model lies beside it: take it away, or give it the new name of its model"),
        Outcome::Same | Outcome::Blessed => {}
    }
}

fn difference(file: &Path, before: &str, now: &str) -> String {
    let golden = file.with_extension("golden");
    unified((&golden.display().to_string(), before), ("compiled now", now), false)
}
