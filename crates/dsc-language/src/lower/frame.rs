//! One call that is being lowered: where it is, and what the names of its body are bound to.

use std::collections::{BTreeMap, HashMap};

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
    /// The place of an earlier binding of the same name.
    hides: Option<usize>,
}

/// The local names of one call, in the order in which they were bound.
#[derive(Debug, Default)]
pub(super) struct Bindings {
    list: Vec<Binding>,
    /// The last binding of each name.
    places: HashMap<DefId, usize>,
}

impl Bindings {
    pub(super) fn push(&mut self, def: DefId, value: Value) {
        let hides = self.places.insert(def, self.list.len());
        self.list.push(Binding { def, value, hides });
    }

    /// How many there are, to come back to with [`truncate`](Self::truncate).
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// Forgets all but the first `len`.
    pub(super) fn truncate(&mut self, len: usize) {
        while self.list.len() > len
            && let Some(binding) = self.list.pop()
        {
            match binding.hides {
                Some(before) => self.places.insert(binding.def, before),
                None => self.places.remove(&binding.def),
            };
        }
    }

    pub(super) fn get(&self, def: DefId) -> Option<&Binding> {
        self.list.get(*self.places.get(&def)?)
    }

    pub(super) fn get_mut(&mut self, def: DefId) -> Option<&mut Binding> {
        self.list.get_mut(*self.places.get(&def)?)
    }

    /// The last binding that `test` accepts.
    pub(super) fn last(&self, test: impl Fn(&Binding) -> bool) -> Option<&Binding> {
        self.list.iter().rev().find(|b| test(b))
    }
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
    pub(super) bindings: Bindings,
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
            bindings: Bindings::default(),
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
