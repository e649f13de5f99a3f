//! Definitions and uses of names.

use super::holds;
use crate::sema::resolve::{DefId, DefKind, Names};
use dsc_syntax::source::Span;

/// What a name is defined as, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The name, as it is known at the place that was looked at: that of an import where it has another one there.
    pub name: String,
    /// What it is defined as. Imports are followed.
    pub kind: DefKind,
    /// Where the name is written.
    pub span: Span,
    /// The whole declaration where that is more than the name.
    pub whole: Span,
}

impl Definition {
    fn of(names: &Names, id: DefId) -> Self {
        let def = names.target(id);
        Definition { name: names.def(id).name.clone(), kind: def.kind, span: def.span, whole: def.whole }
    }
}

/// The definition of the name at an offset: of a use, of a named argument (its parameter), of an import (what it leads
/// to), of the definition itself. Primitives, labels of lists and keys of recipes have none.
pub fn definition(names: &Names, offset: u32) -> Option<Definition> {
    at(names, offset).map(|id| Definition::of(names, id))
}

/// Where the name at an offset is defined, imported and used, in the order of the files: what a rename changes.
pub fn occurrences(names: &Names, offset: u32) -> Vec<Span> {
    let Some(id) = at(names, offset) else { return Vec::new() };
    let uses = names.uses().filter(|u| u.def == id).map(|u| u.span);
    let imports = names.defs().filter(|(import, _)| names.root(*import) == id).map(|(_, def)| def.span);
    let mut all: Vec<Span> = uses.chain(imports).collect();
    all.sort_unstable();
    // An expression of a variant that takes several places has its uses once for each.
    all.dedup();
    all
}

/// What is known at an offset, the innermost first: of two of one name the one that is meant. Primitives are known
/// everywhere and are not among them.
pub fn in_scope(names: &Names, offset: u32) -> Vec<Definition> {
    let Some(scope) = names.scope_at(offset) else { return Vec::new() };
    names.known_at(scope, offset).into_iter().map(|id| Definition::of(names, id)).collect()
}

/// The definition that the name at an offset refers to. Imports are followed.
fn at(names: &Names, offset: u32) -> Option<DefId> {
    let used = names.uses().filter(|u| holds(u.span, offset)).min_by_key(|u| u.span.len());
    let defined = || names.defs().filter(|(_, d)| holds(d.span, offset)).min_by_key(|(_, d)| d.span.len());
    used.map(|u| u.def).or_else(|| defined().map(|(id, _)| names.root(id)))
}
