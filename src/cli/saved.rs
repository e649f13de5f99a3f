//! The model of an earlier run, from the sources in its folder.

use crate::data::card::encoder;
use crate::data::text::EncoderConfig;
use crate::diag::Diagnostic;
use crate::diag::codes::run::E0911;
use crate::lower::{Options, Setting};
use crate::sema::program::{Loaded, Program};
use crate::source::{MemoryWorld, SourceMap, Span};
use crate::train::run_folder::{Manifest, RunFolder};

/// The program of a run, ready to compile.
pub(super) struct Saved {
    /// Its files, under the names they were compiled with.
    pub sources: SourceMap,
    /// The program.
    pub program: Program,
    /// Variant, hypers, dims and text encoder as they were.
    pub options: Options,
}

impl Saved {
    /// Reads what a run saved.
    ///
    /// # Errors
    /// What is missing or damaged.
    pub fn read(folder: &RunFolder, manifest: &Manifest) -> Result<Saved, Vec<Diagnostic>> {
        let one = |d: Diagnostic| vec![d];
        let mut world = MemoryWorld::new();
        let mut main = None;
        for (name, file) in &manifest.sources {
            let text = std::fs::read_to_string(folder.file(file)).map_err(|e| {
                vec![Diagnostic::error(E0911, format!("cannot read `{}`: {e}", folder.file(file).display()))]
            })?;
            main.get_or_insert(name.clone());
            world = world.with(name.clone(), text);
        }
        let Loaded { sources, program, diagnostics } = Program::load(&world, &main.unwrap_or_default());
        let Some(program) = program else { return Err(diagnostics.into_sorted()) };
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
            Some(info) if !info.pretrained => Some(encoder(&info.name).map_err(one)?.config),
            Some(_) => Some(EncoderConfig::open(&folder.file("encoder").join("config.json")).map_err(one)?),
        };
        if let Some(config) = config {
            options.encoder = config.statics();
        }
        Ok(Saved { sources, program, options })
    }
}
