//! The items of one file by name.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use dsc_syntax::ast::{Block, Hyper, Input};
use dsc_syntax::source::Span;

/// A file of the program, by its place in [`Program::modules`](super::program::Program::modules). The main file comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleId(pub usize);

impl ModuleId {
    /// The file that is compiled.
    pub const MAIN: ModuleId = ModuleId(0);
}

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
    /// Words of text that could not be read, and names of imports that failed: a name among them that is missing, or
    /// looks unused, has a fault that was reported already.
    pub unread: BTreeSet<String>,
    /// Places of expressions that are read as something else than what is written: what does not fit there has this cause.
    pub repaired: Vec<Span>,
    /// Hypers.
    pub hypers: IndexMap<String, Hyper>,
    /// Inputs.
    pub inputs: IndexMap<String, Input>,
    /// Labels.
    pub labels: IndexMap<String, Input>,
    /// Blocks.
    pub blocks: IndexMap<String, Block>,
    /// Names of blocks that the file declares more than once.
    pub doubled: BTreeSet<String>,
    /// Imported blocks: local name to module and name there, with the place of the import.
    pub imports: IndexMap<String, (ModuleId, String, Span)>,
    /// Imported hypers, likewise. Setting one sets it for its own file too.
    pub hyper_imports: IndexMap<String, (ModuleId, String, Span)>,
    /// Where a further `use` can be put.
    pub use_at: Span,
}
