//! Items of files: hypers, inputs, labels, blocks, the model.

use std::collections::BTreeMap;

use super::faults;
use super::names::{Def, DefId, DefKind, Res, Role};
use super::types::{BATCH, mentions};
use super::walk::Resolver;
use crate::sema::module::{ModuleId, ModuleItems};
use dsc_syntax::ast::{Block, Change, Expr, ExprKind, Hyper, Ident, Input, TypeExpr, TypeExprKind};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::names as code;
use dsc_syntax::source::{Span, Spanned};

/// Items by file and name. Blocks have a space of names of their own.
pub(super) type Items = BTreeMap<(ModuleId, bool, String), DefId>;

impl<'a> Resolver<'a> {
    /// Every item of every file is known everywhere in it, whatever their order.
    pub(super) fn declare(&mut self) -> Items {
        let library = self.names.open(None, Span::NONE);
        let mut items = Items::new();
        for (i, module) in self.files.modules.iter().enumerate() {
            // All of the library is known in each of its files, also what is declared further on.
            let scope = match module.is_std {
                true => self.names.open_at((library, usize::MAX), module.span),
                false => self.names.open(None, module.span),
            };
            self.modules.push(scope);
            self.enter(ModuleId(i));
            for hyper in module.hypers.values() {
                let def = self.define(&hyper.name, DefKind::Hyper, whole_hyper(hyper), 0);
                items.insert((ModuleId(i), false, hyper.name.value.clone()), def);
            }
            for block in module.blocks.values() {
                let def = self.define(&block.name, DefKind::Block, block.name.span.to(block.body.span), 0);
                items.insert((ModuleId(i), true, block.name.value.clone()), def);
                if module.is_std {
                    self.names.show(library, def, 0);
                }
            }
        }
        for (i, module) in self.files.modules.iter().enumerate() {
            self.enter(ModuleId(i));
            let blocks = module.imports.iter().map(|import| (import, true));
            let hypers = module.hyper_imports.iter().map(|import| (import, false));
            for ((local, (home, there, span)), is_block) in blocks.chain(hypers) {
                if let Some(target) = items.get(&(*home, is_block, there.clone())) {
                    let name = Spanned::new(local.clone(), *span);
                    self.define(&name, DefKind::Import(*target), *span, 0);
                }
            }
        }
        items
    }

    /// Goes to the items of a file.
    pub(super) fn enter(&mut self, module: ModuleId) {
        self.here.module = module;
        self.here.in_model = false;
        if let Some(scope) = self.modules.get(module.0) {
            self.here.scope = *scope;
        }
    }

    /// Parameters and generics of all blocks and indexed hypers.
    pub(super) fn declare_headers(&mut self, items: &Items) {
        for (i, module) in self.files.modules.iter().enumerate() {
            self.enter(ModuleId(i));
            for hyper in module.hypers.values() {
                if let Some(def) = items.get(&(ModuleId(i), false, hyper.name.value.clone())) {
                    self.hyper_header(*def, hyper);
                }
            }
            for block in module.blocks.values() {
                if let Some(def) = items.get(&(ModuleId(i), true, block.name.value.clone())) {
                    self.block_header(*def, block);
                }
            }
        }
    }

    /// What the hypers and blocks of a file are made of.
    pub(super) fn bodies(&mut self, id: ModuleId, module: &ModuleItems, items: &Items) {
        self.enter(id);
        for hyper in module.hypers.values() {
            if let Some(def) = items.get(&(id, false, hyper.name.value.clone())) {
                self.hyper(*def, hyper);
            }
        }
        for block in module.blocks.values() {
            if let Some(def) = items.get(&(id, true, block.name.value.clone())) {
                self.block(*def, block);
            }
        }
    }

    fn hyper_header(&mut self, def: DefId, hyper: &Hyper) {
        once(&hyper.params.iter().collect::<Vec<_>>(), &mut self.faults);
        let whole = whole_hyper(hyper);
        self.within(whole, |r| {
            for param in &hyper.params {
                r.define(param, DefKind::Index, param.span, 0);
            }
            r.headers.insert(def, r.here.scope);
        });
    }

    pub(super) fn block_header(&mut self, def: DefId, block: &Block) {
        let all: Vec<&Ident> = block.generics.iter().chain(block.params.iter().map(|p| &p.name)).collect();
        once(&all, &mut self.faults);
        self.within(block.name.span.to(block.body.span), |r| {
            // Parameters first: a default sees those before it.
            for param in &block.params {
                let end = param.default.as_ref().map_or(param.ty.span, |e| e.span);
                r.define(&param.name, DefKind::Param, param.name.span.to(end), 0);
            }
            for generic in &block.generics {
                r.define(generic, DefKind::Generic, generic.span, 0);
            }
            r.headers.insert(def, r.here.scope);
        });
    }

    fn hyper(&mut self, def: DefId, hyper: &Hyper) {
        let Some(header) = self.headers.get(&def).copied() else { return };
        let outer = std::mem::replace(&mut self.here.scope, header);
        self.hyper_value(hyper);
        hyper.domain.iter().chain(&hyper.constraint).for_each(|e| self.expr(e));
        self.here.scope = outer;
    }

    pub(super) fn block(&mut self, def: DefId, block: &Block) {
        // A parameter that could not be read may say what a generic is, and what a name in the body means.
        let half_read = block.params_unread || block.params.iter().any(|p| matches!(p.ty.kind, TypeExprKind::Error));
        for generic in block.generics.iter().filter(|_| !half_read) {
            if !block.params.iter().any(|p| mentions(&p.ty, &generic.value)) {
                self.faults.push(
                    Diagnostic::error(
                        code::E0201,
                        format!("generic `{}` appears in no parameter's type", generic.value),
                    )
                    .at(generic.span, "nothing says what it is")
                    .help("use it in the type of a parameter, `x: Seq<m>[n, d]`, or take it away"),
                );
            }
        }
        let Some(header) = self.headers.get(&def).copied() else { return };
        let outer = self.here;
        (self.here.scope, self.here.in_model) = (header, false);
        self.here.half_read = block.params_unread;
        let undeclared = self.undeclared_generics(block);
        if !undeclared.is_empty() {
            // Read as if it were declared, so that the block and its calls are checked.
            self.faults.push(faults::undeclared_generics(block, &undeclared));
            for (name, span) in undeclared {
                self.define(&Spanned::new(name, span), DefKind::Generic, span, 0);
            }
        }
        for (i, param) in block.params.iter().enumerate() {
            self.ty(&param.ty);
            if let Some(default) = &param.default {
                let before = self.names.open_at((header, i), default.span);
                self.here.scope = before;
                self.expr(default);
                self.here.scope = header;
            }
        }
        block.constraint.iter().for_each(|e| self.expr(e));
        block.result.iter().for_each(|ty| self.ty(ty));
        self.value_body(&block.body);
        self.here = outer;
    }

    /// Inputs and labels, which the model alone knows, and the dims of inputs, which the whole file knows. Opens the
    /// scope of the model within that of the inputs.
    pub(super) fn declare_inputs(&mut self) {
        self.enter(ModuleId::MAIN);
        let Some(main) = self.files.modules.first() else { return };
        let dims: Vec<&Expr> = self.all_inputs().into_iter().flat_map(|i| dims_of(&i.ty)).collect();
        for dim in dims {
            let ExprKind::Name(name) = &dim.kind else { continue };
            let known = self.names.lookup(self.here.scope, name, |k| matches!(k, DefKind::Hyper | DefKind::Dim));
            if known.is_none() && name != "_" && name != BATCH {
                let def = self.define(&Spanned::new(name.clone(), dim.span), DefKind::Dim, dim.span, 0);
                self.names.note(None, dim.span, Res::Def(def));
            }
        }
        for input in self.all_inputs() {
            self.input_type(&input.ty);
        }
        let of_sample = self.names.open(Some(self.here.scope), Span::NONE);
        self.of_sample = of_sample;
        self.here.scope = of_sample;
        for (kind, inputs) in [(DefKind::Input, &main.inputs), (DefKind::Label, &main.labels)] {
            for input in inputs.values() {
                let end = input.from.as_ref().map_or(input.ty.span, |f| f.span);
                self.define(&input.name, kind, input.name.span.to(end), 0);
            }
        }
    }

    /// The inputs of the main file and those that its variants put in their place.
    fn all_inputs(&self) -> Vec<&'a Input> {
        let files = self.files;
        let of_variants = files.main.iter().flat_map(|m| m.variants.values()).flat_map(|v| &v.changes);
        let changed = of_variants.filter_map(|c| match c {
            Change::Input(input, _) => Some(input),
            _ => None,
        });
        files.modules.first().into_iter().flat_map(|m| m.inputs.values()).chain(changed).collect()
    }

    fn input_type(&mut self, ty: &TypeExpr) {
        let TypeExprKind::Named { name, .. } = &ty.kind else {
            self.names.unresolved += usize::from(matches!(ty.kind, TypeExprKind::Error));
            return;
        };
        if !self.type_name(name) {
            return;
        }
        for dim in dims_of(ty) {
            match &dim.kind {
                // That these are no names of dims is reported with the input.
                ExprKind::Name(name) if name == "_" || name == BATCH => {}
                ExprKind::Name(name) => {
                    let is_dim = |k| matches!(k, DefKind::Hyper | DefKind::Dim);
                    if let Some(def) = self.names.lookup(self.here.scope, name, is_dim)
                        && self.names.def(def).span != dim.span
                    {
                        self.resolved(dim.span, def, Role::Read);
                    }
                }
                _ => self.expr(dim),
            }
        }
    }

    /// The model's statements.
    pub(super) fn model(&mut self) {
        let Some(main) = &self.files.main else { return };
        let name = &main.model.name;
        self.names.add(
            None,
            Def {
                name: name.value.clone(),
                span: name.span,
                whole: name.span.to(main.model.body.span),
                kind: DefKind::Model,
                module: ModuleId::MAIN,
            },
        );
        self.enter(ModuleId::MAIN);
        (self.here.scope, self.here.in_model) = (self.of_sample, true);
        self.within(main.model.body.span, |r| r.body(&main.model.body));
        self.here.in_model = false;
    }
}

fn whole_hyper(hyper: &Hyper) -> Span {
    let parts = hyper.domain.iter().chain(&hyper.constraint).map(|e| e.span);
    parts.fold(hyper.name.span.to(hyper.value.span), Span::to)
}

fn dims_of(ty: &TypeExpr) -> Vec<&Expr> {
    match &ty.kind {
        TypeExprKind::Named { dims, .. } => dims.iter().flatten().collect(),
        _ => Vec::new(),
    }
}

/// Reports names that one declaration has twice.
fn once(names: &[&Ident], found: &mut Vec<Diagnostic>) {
    for (i, name) in names.iter().enumerate() {
        if let Some(first) = names.iter().take(i).find(|n| n.value == name.value) {
            found.push(faults::second_in_declaration(name, first.span));
        }
    }
}
