//! Names in all of the file, taken or not: branches of `when` that the hypers do not take and blocks that nothing calls
//! are lowered by nobody, so a misspelt name in them would stay until somebody does.
//!
//! What lowering tells too has the same code and place here and is told once.

use super::walk::Walk;
use crate::EmbeddedWorld;
use crate::sema::program::{ModuleId, ModuleItems, Program};
use dsc_syntax::ast::{BinaryOp, Body, Change, Expr, ExprKind, RecipeEntry, Stmt, StmtKind, TypeExpr, TypeExprKind};
use dsc_syntax::diag::codes::{hypers as hyper, names as code, structure};
use dsc_syntax::diag::{Diagnostic, Diagnostics};
use dsc_syntax::source::Span;
use dsc_syntax::visit;

/// Checks the names of all files but the standard library's.
pub(super) fn check_names(program: &Program, found: &mut Diagnostics) {
    for (i, items) in program.modules.iter().enumerate().filter(|(_, m)| !m.is_std) {
        let mut walk = Walk::new(program, ModuleId(i));
        for h in items.hypers.values() {
            walk.hyper(h);
        }
        for block in items.blocks.values() {
            walk.block(block);
        }
        tell(walk.found, found);
    }
    let mut walk = Walk::new(program, ModuleId(0));
    walk.model(&program.model.body);
    for variant in program.variants.values() {
        walk.variant(variant, &program.model.body);
    }
    tell(walk.found, found);
    recipes(program, found);
    expectations(program, found);
}

/// Adds faults; a block of the library that was not imported has been told, if at one call only.
fn tell(faults: Vec<Diagnostic>, found: &mut Diagnostics) {
    for d in faults {
        let of_import = d.help.as_ref().is_some_and(|h| h.starts_with(IN_STD));
        if !of_import || !found.iter().any(|f| f.code == d.code && f.message == d.message) {
            found.push(d);
        }
    }
}

const IN_STD: &str = "it is in the standard library";

fn recipes(program: &Program, found: &mut Diagnostics) {
    let Some(main) = program.main() else { return };
    for recipe in program.recipes.values() {
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
                found.push(
                    Diagnostic::error(code::E0203, format!("a second `{key}` in one recipe"))
                        .at(span, "given again here")
                        .because(*first, "first given here")
                        .help("take one of them away"),
                );
            }
            before.push((key, span));
            let RecipeEntry::Set { name, span, .. } = entry else { continue };
            if program.hyper(ModuleId(0), &name.value).is_none() && !main.lost.contains(&name.value) {
                found.push(
                    Diagnostic::error(hyper::E0407, format!("no hyper `{}` to set", name.value))
                        .at(*span, "set here")
                        .did_you_mean(&name.value, program.hyper_names()),
                );
            }
            if let Some(Err(fault)) = super::sets::setting(entry) {
                found.push(fault);
            }
        }
    }
}

/// What `expect` can speak of: parameters, multiply-adds, bytes of training, the axes of a value.
pub const FIGURES: [&str; 4] = ["params", "macs", "memory", "shape"];

/// A figure that is none.
pub fn unknown_figure(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(code::E0201, format!("no figure `{name}`"))
        .at(span, "unknown figure")
        .help(format!("the figures are {}", FIGURES.join(", ")))
        .did_you_mean(name, FIGURES)
}

/// What can be told of claims without their figures: what compares nothing, what speaks of nothing, names of figures and
/// blocks. Paths and numbers are looked at where the figures are known.
fn expectations(program: &Program, found: &mut Diagnostics) {
    for claim in program.expects.iter().flat_map(|(e, _)| &e.claims) {
        let sides = match &claim.kind {
            ExprKind::Binary(
                BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge | BinaryOp::Eq | BinaryOp::Ne,
                _,
                a,
                b,
            ) => [a, b],
            ExprKind::Error => continue,
            _ => {
                found.push(
                    Diagnostic::error(structure::E0520, "an expectation compares a figure with a number")
                        .at(claim.span, "not a comparison")
                        .help("write `expect params < 120M, macs(Fuse) < 150M for sims`"),
                );
                continue;
            }
        };
        let mut figures = 0;
        for side in sides {
            figures += usize::from(figure(program, side, found));
        }
        if figures == 0 {
            found.push(
                Diagnostic::error(structure::E0520, "this expectation says nothing about the model")
                    .at(claim.span, "no figure in it")
                    .help(format!("the figures are {}; of a block or path: `macs(Fuse)`", FIGURES.join(", "))),
            );
        }
    }
}

/// Whether a side of a claim speaks of the model.
fn figure(program: &Program, e: &Expr, found: &mut Diagnostics) -> bool {
    let (name, args) = match &e.kind {
        ExprKind::Name(name) => (name, None),
        ExprKind::Call { callee, args, .. } => match &callee.kind {
            ExprKind::Name(name) => (name, Some(args)),
            _ => return false,
        },
        ExprKind::Binary(_, _, a, b) => {
            let (a, b) = (figure(program, a, found), figure(program, b, found));
            return a || b;
        }
        ExprKind::Unary(_, x) => return figure(program, x, found),
        _ => return false,
    };
    if !FIGURES.contains(&name.as_str()) {
        let dim = |m: &ModuleItems| m.inputs.values().any(|i| mentions(&i.ty, name));
        let known = match args {
            None => program.hyper(ModuleId(0), name).is_some() || program.main().is_some_and(dim),
            Some(_) => matches!(name.as_str(), "min" | "max"),
        };
        if !known {
            found.push(unknown_figure(name, e.span));
        }
        return !known;
    }
    for arg in args.into_iter().flatten() {
        // A block has a capital in front; a path begins with a binding or a call.
        if let ExprKind::Name(block) = &arg.value.kind
            && block.starts_with(|c: char| c.is_ascii_uppercase())
            && program.block(ModuleId(0), block).is_none()
            && let Some(main) = program.main().filter(|m| !m.lost.contains(block))
        {
            found.push(
                Diagnostic::error(code::E0201, format!("`{name}` of something that is no block of this file"))
                    .at(arg.value.span, "unknown block")
                    .did_you_mean(block, main.blocks.keys().chain(main.imports.keys()).map(String::as_str)),
            );
        }
    }
    true
}

/// Whether a type mentions a name as a dim.
pub(super) fn mentions(ty: &TypeExpr, name: &str) -> bool {
    match &ty.kind {
        TypeExprKind::Named { dims, .. } => {
            dims.iter().flatten().any(|d| matches!(&d.kind, ExprKind::Name(n) if n == name))
        }
        TypeExprKind::List(inner) => mentions(inner, name),
        TypeExprKind::Tuple(parts) => parts.iter().any(|p| mentions(p, name)),
        _ => false,
    }
}

/// Whether the standard library has a block of that name.
pub(super) fn in_std(name: &str) -> bool {
    let heads = [format!("\nblock {name}("), format!("\nblock {name}<")];
    EmbeddedWorld::stdlib().iter().any(|(_, text)| heads.iter().any(|h| text.contains(h)))
}

/// A call of something that is no block.
pub(super) fn unknown_block(program: &Program, module: ModuleId, name: &str, span: Span) -> Diagnostic {
    let d = Diagnostic::error(code::E0201, format!("no block `{name}`")).at(span, "unknown block");
    if in_std(name) {
        let at = program.module(module).map_or(Span::NONE, |m| m.use_at);
        return d.help(format!("{IN_STD}: `use std::{{{name}}}`")).fix(at, format!("use std::{{{name}}}\n"));
    }
    let mut known: Vec<&str> = crate::sema::primitives::PRIMITIVES.iter().map(|p| p.name).collect();
    if let Some(items) = program.module(module) {
        known.extend(items.blocks.keys().map(String::as_str));
        known.extend(items.imports.keys().map(String::as_str));
        known.extend(items.hypers.values().filter(|h| !h.params.is_empty()).map(|h| h.name.value.as_str()));
    }
    known.extend(program.modules.iter().filter(|m| m.is_std).flat_map(|m| m.blocks.keys()).map(String::as_str));
    d.did_you_mean(name, known)
}

/// Names that stand for values of the file itself: hypers, dims of inputs, in the model inputs and labels.
pub(super) fn values_of(program: &Program, module: ModuleId, in_model: bool) -> Vec<&str> {
    let Some(items) = program.module(module) else { return Vec::new() };
    let mut names: Vec<&str> = items.hypers.keys().chain(items.hyper_imports.keys()).map(String::as_str).collect();
    if in_model {
        names.extend(items.inputs.keys().chain(items.labels.keys()).map(String::as_str));
    }
    for input in items.inputs.values() {
        if let TypeExprKind::Named { dims, .. } = &input.ty.kind {
            names.extend(dims.iter().flatten().filter_map(|d| match &d.kind {
                ExprKind::Name(name) => Some(name.as_str()),
                _ => None,
            }));
        }
    }
    names
}

/// What a change is about: two changes of one thing have one key.
pub(super) fn change_key(change: &Change) -> Option<(&'static str, &str)> {
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

fn each_stmt<'a>(body: &'a Body, f: &mut dyn FnMut(&'a Stmt)) {
    for stmt in &body.stmts {
        f(stmt);
        if let StmtKind::For { body, .. } = &stmt.kind {
            each_stmt(body, f);
        }
    }
}

/// Names of the bindings that a variant may give another value.
pub(super) fn bindings_of(body: &Body) -> Vec<String> {
    let mut names = Vec::new();
    visit::stmts(body, &mut |stmt| {
        if let StmtKind::Let { names: bound, .. } = &stmt.kind
            && let [name] = bound.as_slice()
        {
            names.push(name.value.clone());
        }
    });
    names
}

/// Names of the losses.
pub(super) fn losses_of(body: &Body) -> Vec<String> {
    let mut names = Vec::new();
    visit::stmts(body, &mut |stmt| {
        if let StmtKind::Loss { name, .. } = &stmt.kind {
            names.push(name.value.clone());
        }
    });
    names
}

/// Whether some statement could not be read.
pub(super) fn is_damaged(body: &Body) -> bool {
    let mut damaged = false;
    each_stmt(body, &mut |stmt| damaged |= matches!(stmt.kind, StmtKind::Error));
    damaged
}

/// What is told of a value that other languages have under this name.
pub(super) fn foreign_value(name: &str, span: Span) -> Option<Diagnostic> {
    let d = Diagnostic::error(code::E0201, format!("nothing is called `{name}` here"))
        .at(span, "a value of another language");
    Some(match name {
        "True" => d.help("write `true`").fix(span, "true"),
        "False" => d.help("write `false`").fix(span, "false"),
        "None" | "null" | "nil" => {
            d.help("the language has no empty value: leave the argument out, or choose with `when c { a } else { b }`")
        }
        _ => return None,
    })
}
