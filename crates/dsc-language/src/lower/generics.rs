//! What the generics of one call are bound to.

use std::collections::BTreeMap;

use crate::sema::resolve::DefId;
use dsc_graph::dims::Dim;
use dsc_graph::types::Modality;
use dsc_syntax::source::Span;

/// Dims and modalities that arguments have settled, each with the place of the argument.
#[derive(Clone, Debug, Default)]
pub(super) struct Generics {
    pub(super) dims: BTreeMap<DefId, (Dim, Span)>,
    pub(super) modalities: BTreeMap<DefId, (Modality, Span)>,
}

impl Generics {
    pub(super) fn dim(&self, generic: DefId) -> Option<Dim> {
        self.dims.get(&generic).map(|(d, _)| d.clone())
    }

    /// Where each dim was settled.
    pub(super) fn places(&self) -> impl Iterator<Item = (DefId, Span)> {
        self.dims.iter().map(|(generic, (_, span))| (*generic, *span))
    }
}
