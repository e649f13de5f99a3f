//! The program of an earlier run, from the sources in its folder.

use dsc_data::card::encoder;
use dsc_data::text::EncoderConfig;
use dsc_experiment::run_folder::files;
use dsc_experiment::run_folder::{Manifest, RunFolder};
use dsc_language::lower::{Options, Setting};
use dsc_language::sema::program::{Loaded, Program};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::E0911;
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
                .map_err(|e| Diagnostic::error(E0911, format!("cannot read `{}`: {e}", folder.file(file).display())))?;
            main.get_or_insert(name.clone());
            world = world.with(name.clone(), text);
        }
        let Loaded { sources, program, diagnostics, .. } = Program::load(&world, &main.unwrap_or_default());
        let Some(program) = program else { return Err(Faults::new(diagnostics, sources)) };
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
        Ok(SavedRun { sources, program, options })
    }
}
