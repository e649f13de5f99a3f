//! Golden files: what the models of a folder compile to, against what they compiled to before.

use std::fs;
use std::path::{Path, PathBuf};

use dsc_analysis::Summary;
use dsc_experiment::write::replace;
use dsc_language::lower::{Options, compile};
use dsc_language::sema::program::{Loaded, Program};
use dsc_syntax::ast::ItemKind;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::names::E0202;
use dsc_syntax::diag::codes::run::E0932;

use crate::faults::Faults;
use crate::files::{dsl_files, files_below};
use crate::program::{load, options};
use crate::request::{BindRequest, ModelRequest};
use crate::types::listing;

/// What became of one file.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// As its golden file says.
    Same,
    /// Its golden file was written.
    Blessed,
    /// It has no golden file.
    New,
    /// It compiles to something else.
    Different {
        /// What the golden file holds.
        before: String,
        /// What it would hold now.
        now: String,
    },
    /// A golden file whose model is gone.
    Orphan,
    /// It does not compile.
    Broken(Faults),
}

impl Outcome {
    /// In a word, as `dsc test` prints it.
    pub fn word(&self) -> &'static str {
        match self {
            Outcome::Same => "ok",
            Outcome::Blessed => "blessed",
            Outcome::New => "new",
            Outcome::Different { .. } => "differs",
            Outcome::Orphan => "orphan",
            Outcome::Broken(_) => "broken",
        }
    }

    /// Whether the test passes.
    pub fn is_good(&self) -> bool {
        matches!(self, Outcome::Same | Outcome::Blessed)
    }
}

/// Compares all models of these files and folders with their golden files, or writes those.
///
/// # Errors
/// `E0202` for a file or folder that cannot be read. What is wrong with one model is its outcome.
pub fn compare(given: &[PathBuf], bless: bool) -> Result<Vec<(PathBuf, Outcome)>, Diagnostic> {
    let mut files = Vec::new();
    for path in given {
        dsl_files(path, &mut files)
            .map_err(|why| Diagnostic::error(E0202, format!("cannot read `{}`: {why}", path.display())))?;
    }
    files.sort();
    files.dedup();
    let mut outcomes: Vec<(PathBuf, Outcome)> =
        files.into_iter().filter_map(|file| Some((file.clone(), one(&file, bless)?))).collect();
    for folder in given.iter().filter(|f| f.is_dir()) {
        let mut golden = Vec::new();
        // A folder that cannot be read has been reported with the models.
        let _ = files_below(folder, "golden", &mut golden);
        let lost = |file: &PathBuf| !file.with_extension("dsl").exists();
        outcomes.extend(golden.into_iter().filter(lost).map(|file| (file, Outcome::Orphan)));
    }
    Ok(outcomes)
}

/// One file; nothing if it holds no model.
fn one(file: &Path, bless: bool) -> Option<Outcome> {
    let name = file.display().to_string();
    let Loaded { sources, program, diagnostics, .. } = load(&name);
    let found = diagnostics.into_sorted();
    let Some(program) = program else {
        let whole = sources.files().next().map(|(id, _)| dsc_syntax::parse(&sources, id).0);
        // A file of blocks alone is fine; one whose model could not be read is not.
        let only_blocks = whole.is_some_and(|m| {
            !m.items.iter().any(|i| matches!(i.kind, ItemKind::Model(_) | ItemKind::Error | ItemKind::Input(_)))
        });
        return (!only_blocks).then_some(Outcome::Broken(Faults { list: found, sources }));
    };
    if found.iter().any(Diagnostic::is_error) {
        return Some(Outcome::Broken(Faults { list: found, sources }));
    }
    let now = match golden(&name, &program) {
        Ok(text) => text,
        Err(faults) => return Some(Outcome::Broken(Faults { list: faults, sources })),
    };
    let place = file.with_extension("golden");
    if bless {
        // A link goes on leading to the file.
        let place = fs::canonicalize(&place).unwrap_or(place);
        let written = replace(&place, now.as_bytes());
        return Some(match written {
            Ok(()) => Outcome::Blessed,
            Err(why) => {
                let fault = Diagnostic::error(E0932, format!("cannot write `{}`: {why}", place.display()));
                Outcome::Broken(Faults::at(fault, &sources))
            }
        });
    }
    Some(match fs::read_to_string(&place) {
        Err(_) => Outcome::New,
        Ok(before) if before.replace("\r\n", "\n") == now => Outcome::Same,
        Ok(before) => Outcome::Different { before, now },
    })
}

/// The text of a golden file.
fn golden(name: &str, program: &Program) -> Result<String, Vec<Diagnostic>> {
    let base = options(program, &ModelRequest::new(name), &BindRequest::default())?;
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
