//! Variants. What a variant puts in the place of a binding or loss is read in that place: it knows what is known
//! there. Blocks and values of hypers know the items of the file.

use super::faults;
use super::names::{DefId, DefKind, Role, ScopeId};
use super::walk::Resolver;
use crate::sema::module::ModuleId;
use dsc_syntax::ast::{Change, Expr, Ident, Variant};
use dsc_syntax::source::Span;

impl Resolver<'_> {
    pub(super) fn variant(&mut self, variant: &Variant) {
        self.enter(ModuleId::MAIN);
        if let Some(base) = &variant.base
            && let Some(def) = self.item(&base.value, DefKind::Variant)
        {
            self.resolved(base.span, def, Role::Reference);
        }
        for (i, change) in variant.changes.iter().enumerate() {
            let key = change_key(change);
            let first = variant.changes.iter().take(i).find(|c| key.is_some() && change_key(c) == key);
            if let (Some(first), Some((what, name))) = (first, key) {
                let what = format!("{what} `{name}`");
                self.faults.push(faults::said_twice(&what, "variant", change.span(), first.span()));
            }
            self.enter(ModuleId::MAIN);
            self.change(change);
        }
    }

    /// A variant or recipe of that name.
    pub(super) fn item(&self, name: &str, kind: DefKind) -> Option<DefId> {
        self.names.defs().find(|(_, d)| d.kind == kind && d.name == name).map(|(id, _)| id)
    }

    fn change(&mut self, change: &Change) {
        match change {
            Change::Set { name, value, .. } => {
                self.set(name, name.span);
                self.within(value.span, |r| r.expr(value));
            }
            Change::Let { name, value, .. } => {
                let found = self.sites_of(name, |k| matches!(k, DefKind::Let | DefKind::Var));
                self.in_place_of(name, value, &found, "binding");
            }
            Change::Loss { name, value, .. } | Change::Reweight { name, factor: value, .. } => {
                let found = self.sites_of(name, |k| k == DefKind::Loss);
                self.in_place_of(name, value, &found, "loss");
            }
            Change::Drop { name, .. } => {
                let found = self.sites_of(name, |k| k == DefKind::Loss);
                for (loss, _) in &found {
                    self.resolved(name.span, *loss, Role::Change);
                }
                if found.is_empty() {
                    self.changes_nothing(name, "loss");
                }
            }
            Change::Block(block, _) => {
                match self.names.lookup(self.here.scope, &block.name.value, |k| k == DefKind::Block) {
                    Some(def) => {
                        self.resolved(block.name.span, def, Role::Change);
                    }
                    None => self.changes_nothing(&block.name, "called block"),
                }
                let def = self.names.add(
                    None,
                    super::names::Def {
                        name: block.name.value.clone(),
                        span: block.name.span,
                        whole: block.name.span.to(block.body.span),
                        kind: DefKind::Block,
                        module: ModuleId::MAIN,
                    },
                );
                self.block_header(def, block);
                self.block(def, block);
            }
            Change::Input(input, _) => {
                let found = self.names.defs().find(|(_, d)| d.kind == DefKind::Input && d.name == input.name.value);
                match found.map(|(id, _)| id) {
                    Some(def) => {
                        self.resolved(input.name.span, def, Role::Change);
                    }
                    None => self.changes_nothing(&input.name, "input"),
                }
            }
            Change::Error(_) => self.names.unresolved += 1,
        }
    }

    /// A hyper that is set. `place` is what a fault points at.
    pub(super) fn set(&mut self, name: &Ident, place: Span) {
        match self.names.lookup(self.here.scope, &name.value, |k| k == DefKind::Hyper) {
            Some(def) => {
                self.resolved(name.span, def, Role::Change);
            }
            None => {
                let known = self.known(&|k| k == DefKind::Hyper);
                let fault = faults::no_hyper(&name.value, place, &known);
                self.unresolved(name.span, Some(fault).filter(|_| !self.is_unread(&name.value)));
            }
        }
    }

    fn sites_of(&self, name: &Ident, accept: impl Fn(DefKind) -> bool) -> Vec<(DefId, (ScopeId, usize))> {
        let is = |def: DefId| {
            let def = self.names.def(def);
            accept(def.kind) && def.name == name.value
        };
        self.sites.iter().filter(|(def, _)| is(*def)).copied().collect()
    }

    /// An expression that takes the place of the value of a binding or loss, once for each of that name.
    fn in_place_of(&mut self, name: &Ident, value: &Expr, sites: &[(DefId, (ScopeId, usize))], what: &str) {
        let outer = self.here;
        self.here.in_model = true;
        for (def, known) in sites {
            self.here.site = None;
            self.resolved(name.span, *def, Role::Change);
            self.here.site = Some(*def);
            self.here.scope = self.names.open_at(*known, value.span);
            self.expr(value);
        }
        if sites.is_empty() {
            self.changes_nothing(name, what);
            // Until that is mended any name of the model may be meant.
            (self.here.anywhere, self.here.scope) = (true, self.of_sample);
            self.within(value.span, |r| r.expr(value));
        }
        self.here = outer;
    }

    /// A change of something that the model does not have.
    fn changes_nothing(&mut self, name: &Ident, what: &str) {
        let named = |kinds: &dyn Fn(DefKind) -> bool| {
            let defs = self.sites.iter().map(|(def, _)| self.names.def(*def)).filter(|d| kinds(d.kind));
            defs.map(|d| d.name.as_str()).collect::<Vec<_>>()
        };
        let known = match what {
            "loss" => named(&|k| k == DefKind::Loss),
            "binding" => named(&|k| k != DefKind::Loss),
            "input" => self.files.modules.iter().take(1).flat_map(|m| m.inputs.keys()).map(String::as_str).collect(),
            _ => self.known(&|k| k == DefKind::Block),
        };
        let fault = faults::changes_nothing(name, what, &known);
        self.unresolved(name.span, Some(fault).filter(|_| !self.is_unread(&name.value)));
    }
}

/// What a change is about: two changes of one thing have one key.
pub fn change_key(change: &Change) -> Option<(&'static str, &str)> {
    match change {
        Change::Set { name, .. } => Some(("set", name.value.as_str())),
        Change::Let { name, .. } => Some(("let", name.value.as_str())),
        Change::Block(block, _) => Some(("block", block.name.value.as_str())),
        Change::Input(input, _) => Some(("input", input.name.value.as_str())),
        Change::Drop { name, .. } | Change::Loss { name, .. } | Change::Reweight { name, .. } => {
            Some(("loss", name.value.as_str()))
        }
        Change::Error(_) => None,
    }
}
