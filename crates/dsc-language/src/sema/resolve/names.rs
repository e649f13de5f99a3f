//! The table that resolution makes: definitions, scopes and uses, each with an id and a place.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::sema::module::ModuleId;
use dsc_graph::primitives::Primitive;
use dsc_syntax::source::Span;

/// A definition, by its place in [`Names`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DefId(u32);

/// A scope, by its place in [`Names`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(u32);

/// What a name is defined as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DefKind {
    /// A hyper of a file, plain or indexed.
    Hyper,
    /// An input of the model.
    Input,
    /// A label of the model.
    Label,
    /// A length or width of the data, defined by the first input whose type has it.
    Dim,
    /// A block of a file, or the one that a variant puts in its place.
    Block,
    /// A name that `use` gives to a block or hyper of another file: the definition that it refers to.
    Import(DefId),
    /// The model.
    Model,
    /// A variant of the model.
    Variant,
    /// A recipe.
    Recipe,
    /// A parameter of a block.
    Param,
    /// A generic of a block: a dim or a modality.
    Generic,
    /// A parameter of an indexed hyper.
    Index,
    /// `let`.
    Let,
    /// `var`.
    Var,
    /// The variable of a `for`, `each` or `sum`.
    Element,
    /// The handle of a `companions` declaration.
    Companions,
    /// A loss of the model.
    Loss,
}

impl DefKind {
    /// Whether it is bound within a body, and lives as long as the call of that body.
    pub fn is_local(self) -> bool {
        use DefKind::{Companions, Element, Generic, Index, Let, Param, Var};
        matches!(self, Param | Generic | Index | Let | Var | Element | Companions)
    }

    /// Whether an expression may read it as a value.
    pub fn is_value(self) -> bool {
        self.is_local() || matches!(self, DefKind::Hyper | DefKind::Input | DefKind::Label | DefKind::Dim)
    }

    /// As a message calls it.
    pub fn noun(self) -> &'static str {
        match self {
            DefKind::Hyper => "hyper",
            DefKind::Input => "input",
            DefKind::Label => "label",
            DefKind::Dim => "dim of the data",
            DefKind::Block => "block",
            DefKind::Import(_) => "import",
            DefKind::Model => "model",
            DefKind::Variant => "variant",
            DefKind::Recipe => "recipe",
            DefKind::Param => "parameter",
            DefKind::Generic => "generic",
            DefKind::Index => "parameter of a hyper",
            DefKind::Let => "let",
            DefKind::Var => "var",
            DefKind::Element => "loop variable",
            DefKind::Companions => "companions",
            DefKind::Loss => "loss",
        }
    }
}

/// A definition.
#[derive(Clone, Debug)]
pub struct Def {
    /// The name that is defined.
    pub name: String,
    /// Where the name is written.
    pub span: Span,
    /// The whole declaration where that is more than the name.
    pub whole: Span,
    /// What it is defined as.
    pub kind: DefKind,
    /// The file that it is in.
    pub module: ModuleId,
}

/// What a name, as written in one place, refers to.
#[derive(Clone, Copy, Debug)]
pub enum Res {
    /// A definition. Imports are followed.
    Def(DefId),
    /// A primitive: the callee of a call.
    Primitive(&'static Primitive),
    /// `encoder`, the text encoder's configuration.
    Encoder,
    /// `batch` in a type: the number of samples of a step.
    Batch,
    /// A modality in a type that is no generic.
    Modality,
    /// Nothing. The fault was reported when the name was resolved, or the name is in text that could not be read, whose
    /// fault the parser reported: whoever meets it stays quiet.
    Error,
}

impl Res {
    /// The definition, if it is one.
    pub fn def(self) -> Option<DefId> {
        match self {
            Res::Def(def) => Some(def),
            _ => None,
        }
    }
}

/// What a name is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Its value is read.
    Read,
    /// It is called, or an instance is made of it.
    Call,
    /// The parameter that a named argument is for.
    Argument,
    /// It is used in a type: `like x`, a modality.
    Type,
    /// It is named as what an output predicts, what a variant or recipe inherits from, what an expectation is about.
    Reference,
    /// A `var` that is assigned.
    Write,
    /// A hyper that a variant or recipe sets, a binding, block, input or loss that a variant changes.
    Change,
}

impl Role {
    /// Whether what is used so is of use: a name that is only ever written is not.
    pub fn reads(self) -> bool {
        !matches!(self, Role::Write | Role::Change)
    }
}

/// A name in one place and the definition that it refers to.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    /// Where it is written.
    pub span: Span,
    /// The definition. Imports are followed.
    pub def: DefId,
    /// The import that leads there, if any.
    pub import: Option<DefId>,
    /// What for.
    pub role: Role,
}

/// A region of the text with the names that are defined in it.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The scope around it, and how many of its names were defined before this one begins.
    parent: Option<(ScopeId, usize)>,
    /// The region in which an offset is in this scope; none for the library, which all its files see.
    pub span: Span,
    /// Definitions in the order in which they become known, each with the offset from which on.
    defs: Vec<(DefId, u32)>,
    /// Places in `defs` by name.
    by_name: HashMap<String, Vec<usize>>,
}

/// The binding or loss of the model that an expression of a variant takes the place of. Such an expression is resolved
/// once for each of them: what its names refer to depends on what is known there.
pub type Site = Option<DefId>;

/// All names of a program: what is defined, where it is known, and what every use refers to.
#[derive(Clone, Debug, Default)]
pub struct Names {
    defs: Vec<Def>,
    scopes: Vec<Scope>,
    uses: Vec<Use>,
    resolved: HashMap<(Site, Span), Res>,
    defined: HashMap<(Site, Span), DefId>,
    /// Blocks that local names are instances of.
    instances: HashMap<DefId, DefId>,
    /// Definitions that were meant by a name that refers to nothing.
    meant: BTreeSet<DefId>,
    /// Bindings of a name that their body has already.
    again: BTreeSet<Span>,
    /// What names that refer to nothing are taken for in what follows.
    remedies: HashMap<(Site, Span), Remedy>,
    /// Names that refer to nothing.
    pub(super) unresolved: usize,
}

/// What a name that refers to nothing is taken for in what follows, as the remedy of its fault says: what is behind it is
/// checked too.
#[derive(Clone, Debug)]
pub enum Remedy {
    /// A value or callee.
    Name(Res),
    /// A named argument.
    Argument(String),
}

impl Names {
    /// The definition with that id.
    pub fn def(&self, id: DefId) -> &Def {
        // Only this table makes ids, and it forgets none.
        #[expect(clippy::indexing_slicing, reason = "every id is in the table")]
        &self.defs[id.0 as usize]
    }

    /// All definitions, in the order in which they were met.
    pub fn defs(&self) -> impl Iterator<Item = (DefId, &Def)> {
        self.defs.iter().enumerate().map(|(i, def)| (DefId(i as u32), def))
    }

    /// All uses that refer to something, in the order in which they were met.
    pub fn uses(&self) -> impl Iterator<Item = &Use> {
        self.uses.iter()
    }

    /// Definitions that a misspelt or foreign name was meant for, as its remedy says: they are of use.
    pub fn meant(&self) -> impl Iterator<Item = DefId> {
        self.meant.iter().copied()
    }

    /// Whether the binding at `span` gives a name again that its body has, which is reported.
    pub fn is_given_again(&self, span: Span) -> bool {
        self.again.contains(&span)
    }

    pub(super) fn note_again(&mut self, span: Span) {
        self.again.insert(span);
    }

    pub(super) fn note_meant(&mut self, def: DefId) {
        let target = self.root(def);
        self.meant.extend([def, target]);
    }

    /// What the name at `span`, which refers to nothing, is taken for.
    pub fn remedy(&self, site: Site, span: Span) -> Option<&Remedy> {
        self.remedies.get(&(site, span))
    }

    pub(super) fn note_remedy(&mut self, site: Site, span: Span, remedy: Remedy) {
        self.remedies.insert((site, span), remedy);
    }

    /// Whether every name refers to something: without that, what looks unused may have been meant.
    pub fn is_complete(&self) -> bool {
        self.unresolved == 0
    }

    /// What the name at `span` refers to. What was never resolved is an error, which is quiet.
    pub fn resolve(&self, site: Site, span: Span) -> Res {
        self.resolved.get(&(site, span)).copied().unwrap_or(Res::Error)
    }

    /// The places of all names that refer to something, whatever they take the place of.
    pub fn resolved_places(&self) -> HashSet<Span> {
        let known = self.resolved.iter().filter(|(_, res)| !matches!(res, Res::Error));
        known.map(|((_, span), _)| *span).collect()
    }

    /// Whether the name at `span` was told to refer to nothing, and has no remedy either.
    pub(super) fn refers_to_nothing(&self, site: Site, span: Span) -> bool {
        matches!(self.resolved.get(&(site, span)), Some(Res::Error)) && self.remedy(site, span).is_none()
    }

    /// The same whatever the name takes the place of: at the first of the places of a variant's expression.
    pub fn resolve_anywhere(&self, span: Span) -> Res {
        let found = self.resolved.iter().filter(|((_, place), _)| *place == span);
        found.min_by_key(|((site, _), _)| *site).map_or(Res::Error, |(_, res)| *res)
    }

    /// The definition that the name at `span` makes.
    pub fn defined_at(&self, site: Site, span: Span) -> Option<DefId> {
        self.defined.get(&(site, span)).copied()
    }

    /// The first use at a place, whatever it takes the place of.
    pub fn use_at(&self, span: Span) -> Option<&Use> {
        self.uses.iter().find(|u| u.span == span)
    }

    /// The innermost scope that holds an offset.
    pub fn scope_at(&self, offset: u32) -> Option<ScopeId> {
        let holds = |s: &Scope| !s.span.is_none() && s.span.start <= offset && offset <= s.span.end;
        let found = self.scopes.iter().enumerate().rev().filter(|(_, s)| holds(s));
        // Of several of one length the last was opened innermost.
        found.min_by_key(|(_, s)| s.span.len()).map(|(i, _)| ScopeId(i as u32))
    }

    /// What is known in a scope at an offset, the innermost first; of several of one name the one that is meant.
    pub fn known_at(&self, scope: ScopeId, offset: u32) -> Vec<DefId> {
        let mut known: Vec<DefId> = Vec::new();
        let mut here = Some((scope, usize::MAX));
        while let Some((id, seen)) = here {
            let scope = self.scope(id);
            for (def, from) in scope.defs.iter().take(seen).rev() {
                let hidden = || known.iter().any(|k| self.same_name(*k, *def));
                if *from <= offset && !hidden() {
                    known.push(*def);
                }
            }
            here = scope.parent;
        }
        known
    }

    /// Whether two definitions have one name in one space: blocks have a space of names of their own.
    fn same_name(&self, a: DefId, b: DefId) -> bool {
        let (x, y) = (self.def(a), self.def(b));
        x.name == y.name && self.target(a).kind.is_value() == self.target(b).kind.is_value()
    }

    /// What a definition refers to: itself, or what an import leads to.
    pub fn target(&self, id: DefId) -> &Def {
        self.def(self.root(id))
    }

    /// What a call of a definition calls: the block, where it is a name that holds an instance.
    pub fn callable(&self, id: DefId) -> DefId {
        self.instances.get(&id).copied().unwrap_or(id)
    }

    pub(super) fn note_instance(&mut self, local: DefId, block: DefId) {
        self.instances.insert(local, block);
    }

    /// The definition that an import leads to, or the definition itself.
    pub fn root(&self, id: DefId) -> DefId {
        match self.def(id).kind {
            DefKind::Import(there) => self.root(there),
            _ => id,
        }
    }

    fn scope(&self, id: ScopeId) -> &Scope {
        #[expect(clippy::indexing_slicing, reason = "every id is in the table")]
        &self.scopes[id.0 as usize]
    }

    /// The last definition of that name that `accept` takes, from the innermost scope outwards.
    pub(super) fn lookup(&self, scope: ScopeId, name: &str, accept: impl Fn(DefKind) -> bool) -> Option<DefId> {
        let outwards = std::iter::successors(Some((scope, usize::MAX)), |(scope, _)| self.scope(*scope).parent);
        let mut known = outwards.flat_map(|(scope, seen)| {
            let scope = self.scope(scope);
            let places = scope.by_name.get(name).into_iter().flatten().rev().filter(move |place| **place < seen);
            places.filter_map(|place| scope.defs.get(*place)).map(|(id, _)| *id)
        });
        known.find(|id| accept(self.target(*id).kind))
    }

    /// All definitions that are known in a scope up to now and that `accept` takes, the innermost and last first.
    pub(super) fn visible<'a>(
        &'a self,
        scope: ScopeId,
        accept: &'a dyn Fn(DefKind) -> bool,
    ) -> impl Iterator<Item = DefId> + 'a {
        let outwards = std::iter::successors(Some((scope, usize::MAX)), |(scope, _)| self.scope(*scope).parent);
        let known = outwards.flat_map(|(scope, seen)| self.scope(scope).defs.iter().take(seen).rev());
        known.map(|(id, _)| *id).filter(|id| accept(self.target(*id).kind))
    }

    pub(super) fn open(&mut self, parent: Option<ScopeId>, span: Span) -> ScopeId {
        let parent = parent.map(|id| (id, self.scope(id).defs.len()));
        self.scopes.push(Scope { parent, span, defs: Vec::new(), by_name: HashMap::new() });
        ScopeId(self.scopes.len() as u32 - 1)
    }

    /// A scope that sees of `parent` what was known there when it had `seen` names.
    pub(super) fn open_at(&mut self, (parent, seen): (ScopeId, usize), span: Span) -> ScopeId {
        self.scopes.push(Scope { parent: Some((parent, seen)), span, defs: Vec::new(), by_name: HashMap::new() });
        ScopeId(self.scopes.len() as u32 - 1)
    }

    /// A scope, and how many names it has by now.
    pub(super) fn point(&self, scope: ScopeId) -> (ScopeId, usize) {
        (scope, self.scope(scope).defs.len())
    }

    /// Adds a definition that no scope has by name.
    pub(super) fn add(&mut self, site: Site, def: Def) -> DefId {
        let id = DefId(self.defs.len() as u32);
        self.defined.insert((site, def.span), id);
        self.defs.push(def);
        id
    }

    /// Makes a definition known in a scope, from an offset on.
    pub(super) fn show(&mut self, scope: ScopeId, id: DefId, from: u32) {
        let name = self.def(id).name.clone();
        if let Some(scope) = self.scopes.get_mut(scope.0 as usize) {
            scope.by_name.entry(name).or_default().push(scope.defs.len());
            scope.defs.push((id, from));
        }
    }

    /// Notes what a name refers to.
    pub(super) fn note(&mut self, site: Site, span: Span, res: Res) {
        self.resolved.insert((site, span), res);
    }

    /// Notes a use. The definition may be an import, which is followed.
    pub(super) fn note_use(&mut self, span: Span, def: DefId, role: Role) -> DefId {
        let target = self.root(def);
        self.uses.push(Use { span, def: target, import: Some(def).filter(|d| *d != target), role });
        target
    }
}
