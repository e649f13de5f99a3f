//! A model as it is named on the command line, compiled: a file, a stock model, `FILE#VARIANT`, a run, a checkpoint.

use std::path::{Path, PathBuf};

use super::model::{BindArgs, ModelArgs, load, one_variant, options, split_variant};
use super::saved::Saved;
use super::{Exit, Output};
use crate::analysis::Summary;
use crate::analysis::diff::{Hyper, Side, hypers};
use crate::diag::Diagnostic;
use crate::diag::codes::run::{E0911, E0915};
use crate::ir::Graph;
use crate::lower::{Compiled, Options, Setting, compile};
use crate::sema::dims::{Dim, DimTable};
use crate::sema::program::{Loaded, Program};
use crate::source::SourceMap;
use crate::train::checkpoint::Checkpoint;
use crate::train::run_folder::RunFolder;

/// A model that was asked for.
#[derive(Clone, Debug)]
pub(super) struct Asked<'a> {
    /// File, stock model, run folder or checkpoint; a variant may stand behind `#`.
    pub name: &'a str,
    /// The variant.
    pub variant: Option<&'a str>,
    /// Hypers.
    pub sets: Vec<Setting>,
    /// Data, recipe and text encoder; a run has its own.
    pub bind: &'a BindArgs,
}

/// A compiled model.
pub(super) struct Opened {
    /// How it was named.
    pub label: String,
    /// Its graph.
    pub graph: Graph,
    /// Its hypers.
    pub hypers: Vec<Hyper>,
    /// Its files.
    pub sources: SourceMap,
    /// The data's numbers.
    pub dims: Option<DimTable>,
    /// Multiply-adds of one sample's forward pass.
    pub macs: Dim,
}

impl Asked<'_> {
    /// Opens and compiles it. Faults are reported here.
    ///
    /// # Errors
    /// How the command ends.
    pub fn open(&self, out: &mut Output) -> Result<Opened, Exit> {
        let (name, named) = split_variant(self.name);
        let variant = one_variant(self.name, named, self.variant).map_err(|why| {
            out.note(why);
            Exit::Usage
        })?;
        match run_of(Path::new(name)) {
            Some(place) => self.open_run(name, variant, &place, out),
            None => self.open_file(name, variant, out),
        }
    }

    fn open_file(&self, name: &str, variant: Option<&str>, out: &mut Output) -> Result<Opened, Exit> {
        let Loaded { sources, program, mut diagnostics } = load(name);
        let Some(program) = program else { return Err(out.diagnostics(&diagnostics.into_sorted(), &sources)) };
        let model = ModelArgs { file: name.to_owned(), variant: variant.map(str::to_owned), sets: self.sets.clone() };
        let mut label = variant.map_or_else(|| name.to_owned(), |v| format!("{name}#{v}"));
        for set in &self.sets {
            label.push_str(&format!(" {}={}", set.name, set.value));
        }
        let options = match options(&program, &model, self.bind) {
            Ok(options) => options,
            Err(faults) => {
                diagnostics.extend(faults);
                return Err(out.diagnostics(&diagnostics.into_sorted(), &sources));
            }
        };
        let compiled = compile(&program, &options);
        diagnostics.extend(compiled.diagnostics.iter().cloned());
        if diagnostics.has_errors() {
            return Err(out.diagnostics(&diagnostics.into_sorted(), &sources));
        }
        opened(label, sources, &program, options, compiled, out)
    }

    fn open_run(&self, name: &str, variant: Option<&str>, place: &Place, out: &mut Output) -> Result<Opened, Exit> {
        if variant.is_some() || !self.sets.is_empty() {
            let d = Diagnostic::error(E0911, format!("`{name}` is a run: its variant and hypers are what they were"))
                .help("give a variant or hypers for a file");
            return Err(out.fault(&d));
        }
        let read = || -> Result<(Saved, String), Vec<Diagnostic>> {
            let one = |d: Diagnostic| vec![d];
            let (folder, manifest) = RunFolder::open(&place.folder).map_err(one)?;
            if let Some(path) = &place.checkpoint {
                let state = Checkpoint::open(path).map_err(one)?.state;
                if state.graph != manifest.graph {
                    let message = format!("the checkpoint `{}` does not belong to the run it lies in", path.display());
                    return Err(vec![Diagnostic::error(E0915, message).help("give the folder of its own run")]);
                }
            }
            Ok((Saved::read(&folder, &manifest)?, manifest.graph))
        };
        let (saved, hash) = read().map_err(|faults| out.diagnostics(&faults, &SourceMap::new()))?;
        let compiled = compile(&saved.program, &saved.options);
        if compiled.diagnostics.has_errors() {
            return Err(out.diagnostics(&compiled.diagnostics.into_sorted(), &saved.sources));
        }
        let opened = opened(name.to_owned(), saved.sources, &saved.program, saved.options, compiled, out)?;
        if opened.graph.hash() != hash {
            out.note(format_args!(
                "{name}: its sources compile to another graph with this dsc than with the one that trained it ({hash}); \
                 the comparison is with what they compile to now"
            ));
        }
        Ok(opened)
    }
}

fn opened(
    label: String,
    sources: SourceMap,
    program: &Program,
    options: Options,
    compiled: Compiled,
    out: &mut Output,
) -> Result<Opened, Exit> {
    let hypers = hypers(program, &options, &compiled.hypers, &sources);
    match compiled.graph {
        Some(graph) => {
            let macs = Summary::of(&graph).root.figures.multiply_adds;
            Ok(Opened { label, graph, hypers, sources, dims: options.dims, macs })
        }
        None => Err(out.diagnostics(&compiled.diagnostics.into_sorted(), &sources)),
    }
}

impl Opened {
    /// As one side of a comparison.
    pub fn side(&self) -> Side<'_> {
        Side {
            label: &self.label,
            graph: &self.graph,
            hypers: &self.hypers,
            sources: &self.sources,
            dims: self.dims.as_ref(),
            macs: Some(&self.macs),
        }
    }
}

/// Where a run lies.
struct Place {
    folder: PathBuf,
    checkpoint: Option<PathBuf>,
}

/// The run that a path names: its folder, or one of its checkpoints.
fn run_of(path: &Path) -> Option<Place> {
    if path.is_dir() {
        return Some(Place { folder: path.to_owned(), checkpoint: None });
    }
    let checkpoint = path.extension().is_some_and(|e| e == "safetensors") && path.is_file();
    let folder = path.parent().map(|p| if p.as_os_str().is_empty() { Path::new(".") } else { p });
    checkpoint.then(|| Place { folder: folder.unwrap_or(Path::new(".")).to_owned(), checkpoint: Some(path.to_owned()) })
}
