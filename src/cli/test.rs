//! `dsc test FOLDER`: what the models of a folder compile to, against golden files.

use super::files::{dsl_files, files_below, unified};
use super::model::{BindArgs, ModelArgs, load, options};
use super::types::listing;
use super::{Exit, Output};
use crate::analysis::Summary;
use crate::diag::Diagnostic;
use crate::diag::codes::names::E0202;
use crate::diag::codes::run::E0932;
use crate::lower::{Options, compile};
use crate::sema::program::{Loaded, Program};
use crate::source::SourceMap;
use crate::syntax::ast::ItemKind;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

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

/// What became of one file.
enum Outcome {
    /// As its golden file says.
    Same,
    /// Its golden file was written.
    Blessed,
    /// It has no golden file.
    New,
    /// It compiles to something else: a diff.
    Different(String),
    /// A golden file whose model is gone.
    Orphan,
    /// It does not compile.
    Broken(Vec<Diagnostic>, SourceMap),
}

impl Outcome {
    fn word(&self) -> &'static str {
        match self {
            Outcome::Same => "ok",
            Outcome::Blessed => "blessed",
            Outcome::New => "new",
            Outcome::Different(_) => "differs",
            Outcome::Orphan => "orphan",
            Outcome::Broken(..) => "broken",
        }
    }

    fn is_good(&self) -> bool {
        matches!(self, Outcome::Same | Outcome::Blessed)
    }
}

/// Compares all models with their golden files.
pub fn run(args: &Args, out: &mut Output) -> Exit {
    let mut files = Vec::new();
    for given in &args.files {
        if let Err(why) = dsl_files(given, &mut files) {
            return out.fault(&Diagnostic::error(E0202, format!("cannot read `{}`: {why}", given.display())));
        }
    }
    files.sort();
    files.dedup();
    let mut outcomes: Vec<(PathBuf, Outcome)> =
        files.into_iter().filter_map(|file| Some((file.clone(), one(&file, args.bless)?))).collect();
    for folder in args.files.iter().filter(|f| f.is_dir()) {
        let mut golden = Vec::new();
        // What cannot be read has been told with the models.
        let _ = files_below(folder, "golden", &mut golden);
        let lost = |file: &PathBuf| !file.with_extension("dsl").exists();
        outcomes.extend(golden.into_iter().filter(lost).map(|file| (file, Outcome::Orphan)));
    }
    if out.is_json() {
        let entry = |(file, outcome): &(PathBuf, Outcome)| {
            let diff = match outcome {
                Outcome::Different(diff) => Some(diff),
                _ => None,
            };
            let faults = match outcome {
                Outcome::Broken(list, _) => list.iter().map(|d| d.message.clone()).collect(),
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
        Outcome::Different(diff) => {
            out.line(diff.trim_end());
            out.note("if that is meant: `--bless`");
        }
        Outcome::New => out.note("it has no golden file yet: `--bless` writes it"),
        Outcome::Broken(faults, sources) => drop(out.diagnostics(faults, sources)),
        Outcome::Orphan => out.note("no model lies beside it: take it away, or give it the new name of its model"),
        Outcome::Same | Outcome::Blessed => {}
    }
}

/// One file; nothing if it holds no model.
fn one(file: &Path, bless: bool) -> Option<Outcome> {
    let name = file.display().to_string();
    let Loaded { sources, program, diagnostics } = load(&name);
    let found = diagnostics.into_sorted();
    let Some(program) = program else {
        let whole = sources.files().next().map(|(id, _)| crate::syntax::parse(&sources, id).0);
        // A file of blocks alone is fine; one whose model could not be read is not.
        let only_blocks = whole.is_some_and(|m| {
            !m.items.iter().any(|i| matches!(i.kind, ItemKind::Model(_) | ItemKind::Error | ItemKind::Input(_)))
        });
        return (!only_blocks).then_some(Outcome::Broken(found, sources));
    };
    if found.iter().any(Diagnostic::is_error) {
        return Some(Outcome::Broken(found, sources));
    }
    let now = match golden(&name, &program) {
        Ok(text) => text,
        Err(faults) => return Some(Outcome::Broken(faults, sources)),
    };
    let place = file.with_extension("golden");
    if bless {
        let written = fs::write(&place, &now);
        return Some(match written {
            Ok(()) => Outcome::Blessed,
            Err(why) => {
                let fault = Diagnostic::error(E0932, format!("cannot write `{}`: {why}", place.display()));
                Outcome::Broken(vec![fault], sources)
            }
        });
    }
    Some(match fs::read_to_string(&place) {
        Err(_) => Outcome::New,
        Ok(before) if before.replace("\r\n", "\n") == now => Outcome::Same,
        Ok(before) => {
            Outcome::Different(unified((&place.display().to_string(), &before), ("compiled now", &now), false))
        }
    })
}

/// What stands in a golden file.
fn golden(name: &str, program: &Program) -> Result<String, Vec<Diagnostic>> {
    let model = ModelArgs { file: name.to_owned(), variant: None, sets: Vec::new() };
    let base = options(program, &model, &BindArgs::default())?;
    let mut text = String::new();
    let variants = program.variants.keys().cloned().map(Some);
    for variant in std::iter::once(None).chain(variants) {
        let whole = variant.is_none();
        let options = Options { variant, ..base.clone() };
        let compiled = compile(program, &options);
        let Some(graph) = compiled.graph else { return Err(compiled.diagnostics.into_sorted()) };
        let total = Summary::of(&graph).root.figures;
        text.push_str(&format!(
            "== {}\nhash {}\nparameters {}\nmultiply-adds {}\n\n",
            graph.name,
            graph.hash(),
            total.params,
            total.multiply_adds
        ));
        if whole {
            text.push_str(&format!("{}\n{}\n", listing(program, &options), graph.to_text()));
        }
    }
    Ok(text)
}
