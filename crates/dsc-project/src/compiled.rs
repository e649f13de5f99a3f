//! A compiled model: of a file, a stock model, a run folder or a checkpoint in one.

use std::path::{Path, PathBuf};

use dsc_analysis::Summary;
use dsc_analysis::diff::{Hyper, Side, hypers};
use dsc_experiment::checkpoint::Checkpoint;
use dsc_experiment::events::{Notice, Reporter};
use dsc_experiment::run_folder::RunFolder;
use dsc_graph::Graph;
use dsc_graph::dims::{Dim, DimTable};
use dsc_language::lower::{Compiled, Options, compile};
use dsc_language::sema::program::Program;
use dsc_syntax::diag::codes::run::{E0911, E0915};
use dsc_syntax::diag::{Diagnostic, Diagnostics};
use dsc_syntax::source::SourceMap;

use crate::faults::Faults;
use crate::program::{load, options};
use crate::request::{BindRequest, ModelRequest};
use crate::saved_run::SavedRun;

/// A model that compiles.
#[derive(Debug)]
pub struct CompiledModel {
    /// Its name, as given: `mine.dsl#narrow p=4`, `runs/DashFusion-demo`.
    pub label: String,
    /// Its files.
    pub sources: SourceMap,
    /// Its program.
    pub program: Program,
    /// The recipe whose hypers count, if one does.
    pub recipe: Option<String>,
    /// What it was compiled with.
    pub options: Options,
    /// The graph, before any pass.
    pub graph: Graph,
    /// Its hypers with their values and who set them.
    pub hypers: Vec<Hyper>,
    /// Multiply-adds of one sample's forward pass.
    pub multiply_adds: Dim,
}

impl CompiledModel {
    /// Compiles a model. A run is compiled from the sources saved with it, with its own hypers, data and encoder: `bind` is for
    /// files.
    ///
    /// # Errors
    /// Everything that is wrong with the file, the settings, or what they are bound to.
    pub fn open(
        model: &ModelRequest,
        bind: &BindRequest,
        reporter: &mut dyn Reporter,
    ) -> Result<CompiledModel, Faults> {
        match RunPath::of(Path::new(&model.file)) {
            Some(run) => Self::of_run(model, &run, reporter),
            None => Self::of_file(model, bind),
        }
    }

    fn of_file(model: &ModelRequest, bind: &BindRequest) -> Result<CompiledModel, Faults> {
        let mut loaded = load(&model.file);
        let Some(program) = loaded.program.take() else { return Err(Faults::of(loaded, Vec::new())) };
        let mut label = model.file.clone();
        if let Some(variant) = &model.variant {
            label.push_str(&format!("#{variant}"));
        }
        for set in &model.sets {
            label.push_str(&format!(" {}={}", set.name, set.value));
        }
        let options = match options(&program, model, bind) {
            Ok(options) => options,
            Err(faults) => return Err(Faults::of(loaded, faults)),
        };
        if options.dims.is_some() {
            // Shapes have to agree for all data, as a training demands.
            let unbound = compile(&program, &Options { dims: None, ..options.clone() }).diagnostics;
            if unbound.has_errors() {
                return Err(Faults::of(loaded, unbound.into_sorted()));
            }
        }
        let recipe = bind.recipe_name(&program);
        Self::compile(label, loaded.sources, program, recipe, options, loaded.diagnostics)
    }

    fn of_run(model: &ModelRequest, run: &RunPath, reporter: &mut dyn Reporter) -> Result<CompiledModel, Faults> {
        let name = &model.file;
        if model.variant.is_some() || !model.sets.is_empty() {
            return Err(Diagnostic::error(
                E0911,
                format!("`{name}` is a run: its variant and hypers are what they were"),
            )
            .help("give a variant or hypers for a file")
            .into());
        }
        let (folder, manifest) = RunFolder::open(&run.folder)?;
        if let Some(path) = &run.checkpoint {
            let state = Checkpoint::open(path)?.state;
            if state.graph != manifest.graph {
                let message = format!("the checkpoint `{}` does not belong to the run it lies in", path.display());
                return Err(Diagnostic::error(E0915, message).help("give the folder of its own run").into());
            }
        }
        let SavedRun { sources, program, options } = SavedRun::read(&folder, &manifest)?;
        let (recipe, nothing) = (manifest.recipe.clone(), Diagnostics::new());
        let compiled = Self::compile(name.clone(), sources, program, recipe, options, nothing)?;
        if compiled.graph.hash() != manifest.graph {
            reporter.notice(&Notice::OtherGraph { run: name.clone(), hash: manifest.graph });
        }
        Ok(compiled)
    }

    fn compile(
        label: String,
        sources: SourceMap,
        program: Program,
        recipe: Option<String>,
        options: Options,
        mut found: Diagnostics,
    ) -> Result<CompiledModel, Faults> {
        let Compiled { graph, hypers: values, diagnostics, .. } = compile(&program, &options);
        found.extend(diagnostics.into_sorted());
        let Some(graph) = graph.filter(|_| !found.has_errors()) else { return Err(Faults::new(found, sources)) };
        let hypers = hypers(&program, &options, &values, &sources);
        let multiply_adds = Summary::of(&graph).root.figures.multiply_adds;
        Ok(CompiledModel { label, sources, program, recipe, options, graph, hypers, multiply_adds })
    }

    /// The data's numbers, if it is bound to data.
    pub fn dims(&self) -> Option<&DimTable> {
        self.options.dims.as_ref()
    }

    /// As one side of a comparison.
    pub fn side(&self) -> Side<'_> {
        Side {
            label: &self.label,
            graph: &self.graph,
            hypers: &self.hypers,
            sources: &self.sources,
            dims: self.dims(),
            macs: Some(&self.multiply_adds),
        }
    }
}

/// A path that names a run.
struct RunPath {
    folder: PathBuf,
    checkpoint: Option<PathBuf>,
}

impl RunPath {
    /// The run's folder, or one of its checkpoints.
    fn of(path: &Path) -> Option<RunPath> {
        if path.is_dir() {
            return Some(RunPath { folder: path.to_owned(), checkpoint: None });
        }
        let is_checkpoint = path.extension().is_some_and(|e| e == "safetensors") && path.is_file();
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        is_checkpoint.then(|| RunPath { folder: folder.to_owned(), checkpoint: Some(path.to_owned()) })
    }
}
