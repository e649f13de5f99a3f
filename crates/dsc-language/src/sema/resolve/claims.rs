//! Recipes and expectations: hypers that are set, figures, blocks and recipes that are named.

use super::faults;
use super::names::{DefKind, Role};
use super::walk::Resolver;
use crate::sema::module::ModuleId;
use dsc_syntax::ast::{BinaryOp, Expect, Expr, ExprKind, Recipe, RecipeEntry};
use dsc_syntax::diag::codes::{names as code, structure};
use dsc_syntax::diag::{Diagnostic, the_file_has};
use dsc_syntax::source::Span;

/// What `expect` can be about: parameters, multiply-adds, bytes of training, the axes of a value.
pub const FIGURES: [&str; 4] = ["params", "macs", "memory", "shape"];

/// A figure that is none.
pub fn unknown_figure(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(code::E0201, format!("no figure `{name}`"))
        .at(span, "unknown figure")
        .help(format!("the figures are {}", FIGURES.join(", ")))
        .did_you_mean(name, FIGURES)
}

impl Resolver<'_> {
    pub(super) fn recipe(&mut self, recipe: &Recipe) {
        self.enter(ModuleId::MAIN);
        if let Some(base) = &recipe.base
            && let Some(def) = self.item(&base.value, DefKind::Recipe)
        {
            self.resolved(base.span, def, Role::Reference);
        }
        let mut before: Vec<(String, Span)> = Vec::new();
        for entry in &recipe.entries {
            let (key, span) = match entry {
                RecipeEntry::Key { path, span, .. } => {
                    (path.iter().map(|p| p.value.as_str()).collect::<Vec<_>>().join("."), *span)
                }
                RecipeEntry::Set { name, span, .. } => (format!("set {}", name.value), *span),
                RecipeEntry::Error(_) => continue,
            };
            if let Some((_, first)) = before.iter().find(|(k, _)| *k == key) {
                self.faults.push(faults::said_twice(&format!("`{key}`"), "recipe", span, *first));
            }
            before.push((key, span));
            if let RecipeEntry::Set { name, span, .. } = entry {
                self.set(name, *span);
            }
        }
    }

    /// What can be said of claims without their figures: what compares nothing, what mentions nothing, names of figures
    /// and blocks. Paths and numbers are looked at where the figures are known.
    pub(super) fn expectation(&mut self, expect: &Expect) {
        self.enter(ModuleId::MAIN);
        for claim in &expect.claims {
            self.claim(claim);
        }
        let Some(about) = &expect.recipe else { return };
        let found = self.item(&about.value, DefKind::Variant).or_else(|| self.item(&about.value, DefKind::Recipe));
        match found {
            Some(def) => {
                self.resolved(about.span, def, Role::Reference);
            }
            None => {
                let of = |kind: DefKind| self.names.defs().filter(move |(_, d)| d.kind == kind);
                let known = of(DefKind::Recipe).chain(of(DefKind::Variant)).map(|(_, d)| d.name.as_str());
                let fault = Diagnostic::error(structure::E0513, format!("no recipe `{}`", about.value))
                    .at(about.span, "neither a recipe nor a variant of this file")
                    .did_you_mean(&about.value, known);
                self.unresolved(about.span, Some(fault));
            }
        }
    }

    fn claim(&mut self, claim: &Expr) {
        let sides = match &claim.kind {
            ExprKind::Binary(
                BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge | BinaryOp::Eq | BinaryOp::Ne,
                _,
                a,
                b,
            ) => [a, b],
            ExprKind::Error => return,
            ExprKind::Faulty(sides) => {
                for side in sides {
                    self.figure(side);
                }
                return;
            }
            _ => {
                return self.faults.push(no_comparison(claim.span, "not a comparison"));
            }
        };
        let mut figures = 0;
        for side in sides {
            figures += usize::from(self.figure(side));
        }
        if figures == 0 {
            self.faults.push(
                Diagnostic::error(structure::E0520, "this expectation says nothing about the model")
                    .at(claim.span, "no figure in it")
                    .help(format!("the figures are {}; of a block or path: `macs(Fuse)`", FIGURES.join(", "))),
            );
        }
    }

    /// Whether a side of a claim mentions the model.
    fn figure(&mut self, e: &Expr) -> bool {
        let (name, span, args) = match &e.kind {
            ExprKind::Name(name) => (name, e.span, None),
            ExprKind::Call { callee, args, .. } => match &callee.kind {
                ExprKind::Name(name) => (name, callee.span, Some(args)),
                _ => return false,
            },
            ExprKind::Binary(_, _, a, b) => {
                let (a, b) = (self.figure(a), self.figure(b));
                return a || b;
            }
            ExprKind::Unary(_, x) => return self.figure(x),
            // Axes of a shape, which are looked at where the shape is known.
            ExprKind::List(axes) => {
                axes.iter().for_each(|axis| self.number(&axis.value));
                return false;
            }
            _ => return false,
        };
        if !FIGURES.contains(&name.as_str()) {
            let known = match args {
                None => self.hyper_or_dim(name, span),
                Some(args) => {
                    args.iter().for_each(|a| self.number(&a.value));
                    matches!(name.as_str(), "min" | "max")
                }
            };
            if !known {
                self.unresolved(span, Some(unknown_figure(name, e.span)));
            }
            return !known;
        }
        for arg in args.into_iter().flatten() {
            self.part(name, &arg.value);
        }
        true
    }

    /// Names within a number of a claim; unknown ones are reported where the claim is judged.
    fn number(&mut self, e: &Expr) {
        dsc_syntax::visit::exprs(e, &mut |e| {
            if let ExprKind::Name(name) = &e.kind {
                self.hyper_or_dim(name, e.span);
            }
        });
    }

    fn hyper_or_dim(&mut self, name: &str, span: Span) -> bool {
        let found = self.names.lookup(self.here.scope, name, |k| matches!(k, DefKind::Hyper | DefKind::Dim));
        found.map(|def| self.resolved(span, def, Role::Read)).is_some()
    }

    /// What a figure is of. A block has a capital in front; a path begins with a binding or a call.
    fn part(&mut self, figure: &str, e: &Expr) {
        let ExprKind::Name(name) = &e.kind else { return };
        if let Some(block) = self.names.lookup(self.here.scope, name, |k| k == DefKind::Block) {
            self.resolved(e.span, block, Role::Reference);
        } else if name.starts_with(|c: char| c.is_ascii_uppercase()) {
            let blocks = self.known(&|k| k == DefKind::Block);
            let listed: Vec<String> = blocks.iter().map(|name| (*name).to_owned()).collect();
            let d = Diagnostic::error(code::E0201, format!("`{figure}({name})`: the file has no block `{name}`"))
                .at(e.span, "unknown block")
                .help(the_file_has("blocks", &listed))
                .did_you_mean(name, blocks);
            self.unresolved(e.span, Some(d).filter(|_| !self.is_unread(name)));
        } else if let Some((def, _)) = self.sites.iter().find(|(def, _)| self.names.def(*def).name == *name) {
            self.resolved(e.span, *def, Role::Reference);
        }
    }
}

/// An expectation that compares nothing, or no figure. `label` says what is at `span`.
pub fn no_comparison(span: Span, label: &str) -> Diagnostic {
    Diagnostic::error(structure::E0520, "an expectation compares a figure with a number")
        .at(span, label)
        .help("compare a figure, as in `expect params < 120M, macs(Fuse) < 150M for sims`")
}
