//! One call that is being lowered: where it is, and what the names of its body are bound to.

use std::collections::BTreeMap;

use super::generics::Generics;
use super::path::Scope;
use super::value::Value;
use crate::sema::program::ModuleId;
use crate::sema::resolve::{DefId, Site};
use dsc_graph::RegionId;
use dsc_syntax::source::Span;

/// A local name with its value in one call.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    pub(super) def: DefId,
    pub(super) value: Value,
}

/// What is being lowered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameKind {
    /// The statements of the model.
    Model,
    /// A call of a block. Where a variant puts another in its place, it is still that block.
    Block(DefId),
    /// A call of an indexed hyper.
    Hyper,
    /// The value of an item, outside every body.
    Item,
}

/// Whose weights the primitives of a call own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ownership {
    /// The call's.
    Fresh,
    /// Those of an earlier call of the same instance.
    Shared,
    /// Another call has them already: a fault of the call, and of none of its weights.
    Repeated,
}

/// One block call being lowered (or the model).
#[derive(Debug)]
pub(super) struct Frame {
    /// The file of its text: the main file where a variant put a block in the place of another.
    pub(super) module: ModuleId,
    pub(super) kind: FrameKind,
    /// The binding or loss whose place an expression of the variant takes, while that is being lowered.
    pub(super) site: Site,
    pub(super) bindings: Vec<Binding>,
    /// What the generics of the block became.
    pub(super) generics: Generics,
    pub(super) scope: Scope,
    /// The call in the caller's file.
    pub(super) call: Span,
    /// For a block of the standard library, the call in the user's file that led there.
    pub(super) outer: Span,
    /// Values of loop variables, `l = 1`.
    pub(super) loops: Vec<String>,
    /// The call and, within it, the loop turns that are being lowered.
    pub(super) regions: Vec<RegionId>,
    /// Paths of weight-owning calls made in this frame.
    pub(super) owners: BTreeMap<String, Span>,
    pub(super) weights: Ownership,
}

impl Frame {
    /// A frame without a call.
    pub(super) fn new(kind: FrameKind, module: ModuleId) -> Self {
        Frame {
            module,
            kind,
            site: None,
            bindings: Vec::new(),
            generics: Generics::default(),
            scope: Scope::default(),
            call: Span::NONE,
            outer: Span::NONE,
            loops: Vec::new(),
            regions: Vec::new(),
            owners: BTreeMap::new(),
            weights: Ownership::Fresh,
        }
    }
}
