//! The program of an earlier run, from the sources in its folder.

use dsc_data::card::encoder;
use dsc_data::text::EncoderConfig;
use dsc_experiment::run_folder::files;
use dsc_experiment::run_folder::{Manifest, RunFolder};
use dsc_language::lower::{Options, Setting, compile};
use dsc_language::sema::program::{Loaded, Program};
use dsc_syntax::diag::codes::run::E0911;
use dsc_syntax::diag::{Diagnostic, Diagnostics};
use dsc_syntax::source::{MemoryWorld, SourceMap, Span};

use crate::faults::Faults;

/// The program of a run, ready to compile.
pub struct SavedRun {
    /// Its files, under the names they were compiled with.
    pub sources: SourceMap,
    /// The program.
    pub program: Program,
    /// Variant, hypers, dims and text encoder as they were.
    pub options: Options,
}

impl SavedRun {
    /// Reads what a run saved.
    ///
    /// # Errors
    /// What is missing or damaged.
    pub fn read(folder: &RunFolder, manifest: &Manifest) -> Result<SavedRun, Faults> {
        let mut world = MemoryWorld::new();
        let mut main = None;
        for (name, file) in &manifest.sources {
            let text = std::fs::read_to_string(folder.file(file))
                .map_err(|e| Diagnostic::error(E0911, format!("cannot read `{}`: {e}", folder.file(file).display())))
                .map_err(|fault| fault.help(REMEDY))?;
            main.get_or_insert(name.clone());
            world = world.with(name.clone(), text);
        }
        let Loaded { sources, program, diagnostics, .. } = Program::load(&world, &main.unwrap_or_default());
        let Some(program) = program.filter(|_| !diagnostics.has_errors()) else {
            return Err(damaged(folder, manifest, diagnostics, &sources));
        };
        // Every hyper has the value it had, whatever recipe, variant and defaults say now.
        let sets = manifest.hypers.iter().map(|(name, value)| Setting {
            name: name.clone(),
            value: value.to_static(),
            span: Span::NONE,
        });
        let mut options = Options {
            variant: manifest.variant.clone(),
            sets: sets.collect(),
            dims: Some(manifest.dims.clone()),
            ..Options::default()
        };
        let config = match &manifest.encoder {
            None => None,
            Some(info) if !info.pretrained => Some(encoder(&info.name)?.config),
            Some(_) => Some(EncoderConfig::open(&folder.file(files::ENCODER).join("config.json"))?),
        };
        if let Some(config) = config {
            options.encoder = config.statics();
        }
        let compiled = compile(&program, &options).diagnostics;
        match compiled.has_errors() {
            true => Err(damaged(folder, manifest, compiled, &sources)),
            false => Ok(SavedRun { sources, program, options }),
        }
    }
}

const REMEDY: &str = "the sources in a run folder are those that were trained: put the file back, or train again";

/// What is wrong with saved sources, in the files of the run folder, not in those that they were copied from.
fn damaged(folder: &RunFolder, manifest: &Manifest, found: Diagnostics, sources: &SourceMap) -> Faults {
    let mut saved = SourceMap::new();
    for (_, file) in sources.files() {
        let copy = manifest.sources.iter().find(|(name, _)| *name == file.name);
        let name = copy.map(|(_, copy)| folder.file(copy).display().to_string());
        saved.add(name.unwrap_or_else(|| file.name.clone()), file.text.as_str());
    }
    let message = format!("the saved sources of `{}` were changed or are damaged", folder.path().display());
    let mut list = vec![Diagnostic::error(E0911, message).help(REMEDY)];
    list.extend(found.into_sorted());
    Faults { list, sources: saved }
}
