//! A loaded model: the items of its files by name, and what a name stands for.

use std::collections::BTreeSet;

use dsc_syntax::inheritance::chain;
use indexmap::IndexMap;

use dsc_syntax::ast::{Block, Expect, Hyper, Input, Model, Recipe, Variant};
use dsc_syntax::diag::{Diagnostic, Diagnostics};
use dsc_syntax::source::{SourceMap, Span};

/// A file of the program, by its place in [`Program::modules`]. The file that was asked for comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleId(pub usize);

/// The items of one file by name.
#[derive(Clone, Debug, Default)]
pub struct ModuleItems {
    /// The file's name.
    pub name: String,
    /// Whether it belongs to the standard library, all of which sees all of it.
    pub is_std: bool,
    /// `//!` lines.
    pub docs: Vec<String>,
    /// The whole file.
    pub span: Span,
    /// Whether some item could not be read.
    pub damaged: bool,
    /// Names that may have been meant in text that could not be read, or in an import that failed: whoever looks for one
    /// of them in vain has been told already.
    pub lost: BTreeSet<String>,
    /// Hypers.
    pub hypers: IndexMap<String, Hyper>,
    /// Inputs.
    pub inputs: IndexMap<String, Input>,
    /// Labels.
    pub labels: IndexMap<String, Input>,
    /// Blocks.
    pub blocks: IndexMap<String, Block>,
    /// Imported blocks: local name to module and name there, with the place of the import.
    pub imports: IndexMap<String, (ModuleId, String, Span)>,
    /// Imported hypers, likewise. Setting one sets it for its own file too.
    pub hyper_imports: IndexMap<String, (ModuleId, String, Span)>,
    /// Where a further `use` can be put.
    pub use_at: Span,
}

/// A loaded model: its own file and every file it imports.
#[derive(Clone, Debug)]
pub struct Program {
    /// The main file first, then the others in the order of loading.
    pub modules: Vec<ModuleItems>,
    /// The model.
    pub model: Model,
    /// Variants by name, in order.
    pub variants: IndexMap<String, Variant>,
    /// Recipes by name, in order.
    pub recipes: IndexMap<String, Recipe>,
    /// `expect` items.
    pub expects: Vec<(Expect, Span)>,
}

/// What [`Program::load`] gives: always the sources and the diagnostics, the program if there is one to go on with.
#[derive(Debug)]
pub struct Loaded {
    /// All files read.
    pub sources: SourceMap,
    /// The program, unless the file could not be read or holds no model.
    pub program: Option<Program>,
    /// What was found so far.
    pub diagnostics: Diagnostics,
}

impl Program {
    /// The items of the main file.
    pub fn main(&self) -> Option<&ModuleItems> {
        self.modules.first()
    }

    /// The items of that file.
    pub fn module(&self, id: ModuleId) -> Option<&ModuleItems> {
        self.modules.get(id.0)
    }

    /// The block that `name` stands for in `module`, with the module it belongs to.
    pub fn block(&self, module: ModuleId, name: &str) -> Option<(ModuleId, &Block)> {
        let items = self.module(module)?;
        if let Some(block) = items.blocks.get(name) {
            return Some((module, block));
        }
        if items.is_std {
            return self
                .modules
                .iter()
                .enumerate()
                .filter(|(_, m)| m.is_std)
                .find_map(|(i, m)| Some((ModuleId(i), m.blocks.get(name)?)));
        }
        let (from, there, _) = items.imports.get(name)?;
        Some((*from, self.module(*from)?.blocks.get(there)?))
    }

    /// The hyper that `name` stands for in `module`, with the module it belongs to.
    pub fn hyper(&self, module: ModuleId, name: &str) -> Option<(ModuleId, &Hyper)> {
        let items = self.module(module)?;
        if let Some(hyper) = items.hypers.get(name) {
            return Some((module, hyper));
        }
        let (from, there, _) = items.hyper_imports.get(name)?;
        Some((*from, self.module(*from)?.hypers.get(there)?))
    }

    /// Names that the main file has for hypers: its own and the imported ones.
    pub fn hyper_names(&self) -> impl Iterator<Item = &str> {
        self.main().into_iter().flat_map(|m| m.hypers.keys().chain(m.hyper_imports.keys())).map(String::as_str)
    }

    /// The changes of a variant and of those it inherits from, base first.
    ///
    /// # Errors
    /// `E0517` for an unknown variant or base, `E0513` for a circle.
    pub fn variant_chain(&self, name: &str) -> Result<Vec<&Variant>, Diagnostic> {
        chain(&self.variants, name)
    }

    /// A recipe and those it inherits from, base first.
    ///
    /// # Errors
    /// `E0513` for an unknown recipe or base, and for a circle.
    pub fn recipe_chain(&self, name: &str) -> Result<Vec<&Recipe>, Diagnostic> {
        chain(&self.recipes, name)
    }
}
