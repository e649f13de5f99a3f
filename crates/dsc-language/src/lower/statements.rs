//! Statements of blocks and of the model.

use super::lowering::{Binding, Lowering};
use super::path::Step;
use super::value::Value;
use dsc_graph::NameKind;
use dsc_syntax::ast::{Body, Expr, Ident, Stmt, StmtKind, TypeExpr};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::{lints, names, structure};
use dsc_syntax::source::Span;

impl<'p> Lowering<'p> {
    /// The statements of a body and its value.
    pub(super) fn body(&mut self, body: &Body) -> Value {
        for stmt in &body.stmts {
            self.stmt(stmt);
        }
        match &body.value {
            Some(value) => self.expr(value),
            None if self.frame().damaged => Value::Error,
            None => self.fail(no_value(body)),
        }
    }

    pub(super) fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Let { names, ty, value, mutable } => self.let_stmt(names, ty.as_ref(), value, *mutable),
            StmtKind::Assign { names, value } => self.assign(names, value),
            StmtKind::For { var, over, body } => {
                let Some(turns) = self.turns(over) else { return };
                for (label, index, value) in turns {
                    let step = label.unwrap_or(index);
                    self.turn(var, &step, value, |l| {
                        let depth = l.frame().bindings.len();
                        for stmt in &body.stmts {
                            l.stmt(stmt);
                        }
                        if let Some(value) = &body.value {
                            l.lost_value(value);
                        }
                        l.frame().bindings.truncate(depth);
                    });
                }
            }
            StmtKind::Expr(e) => self.lost_value(e),
            StmtKind::Reveal(e) => self.reveal(e),
            StmtKind::Output { .. } | StmtKind::Companions { .. } | StmtKind::Loss { .. } => self.model_stmt(stmt),
            StmtKind::Error => {
                self.frame().damaged = true;
                self.untold = true;
            }
        }
    }

    fn lost_value(&mut self, e: &Expr) {
        let value = self.expr(e);
        if !value.is_error() {
            self.report(
                Diagnostic::error(structure::E0510, "the value of this expression is lost")
                    .at(e.span, "nothing reads it")
                    .help("bind it, `let x = ..`, or take it away"),
            );
        }
    }

    fn reveal(&mut self, e: &Expr) {
        let value = self.expr(e);
        if !value.is_error() {
            let seen = (self.turn_text(), self.describe(&value));
            self.reveals.entry(e.span).or_default().push(seen);
        }
    }

    /// Which call and which turns of loops are being lowered: `in fuse.0, l = 1`; empty in the model outside loops.
    pub(super) fn turn_text(&self) -> String {
        let frame = self.frames.last();
        let call = frame.map(|f| f.scope.prefix.as_str()).filter(|p| !p.is_empty()).map(|p| format!("in {p}"));
        let loops = frame.into_iter().flat_map(|f| f.loops.iter().cloned());
        call.into_iter().chain(loops).collect::<Vec<_>>().join(", ")
    }

    /// Tells what the file asked to see, each place once.
    pub(super) fn tell_reveals(&mut self) {
        for (span, seen) in std::mem::take(&mut self.reveals) {
            let text = super::types::together(&seen).join(", ");
            self.report(Diagnostic::warning(lints::W0107, format!("the type is {text}")).at(span, text));
        }
    }

    /// A value's type, for people.
    pub(super) fn describe(&self, value: &Value) -> String {
        match value {
            Value::Static(s) => format!("{} {s}", s.type_name()),
            Value::Node(id) => self.graph.node(*id).map_or_else(String::new, |n| n.ty.to_string()),
            Value::List(list) => {
                let parts: Vec<String> = list
                    .iter()
                    .map(|(label, v)| match label {
                        Some(label) => format!("{label}: {}", self.describe(v)),
                        None => self.describe(v),
                    })
                    .collect();
                format!("[{}]", parts.join(", "))
            }
            Value::Tuple(parts) => {
                format!("({})", parts.iter().map(|p| self.describe(p)).collect::<Vec<_>>().join(", "))
            }
            other => other.kind(),
        }
    }

    fn let_stmt(&mut self, names: &[Ident], ty: Option<&TypeExpr>, value: &Expr, mutable: bool) {
        let changed = match names {
            [name] if self.at_model_level() => self.rebound(&name.value),
            _ => None,
        };
        let value_expr = changed.unwrap_or(value);
        let value = match names {
            [name] => self.within(Step::Let(name.value.clone()), |l| l.expr(value_expr)),
            _ => self.expr(value_expr),
        };
        let value = match ty {
            Some(ty) if !self.check_type(ty, &value, value_expr.span) => Value::Error,
            Some(ty) => self.as_declared(ty, value),
            None => value,
        };
        for (name, value) in self.parts(names, value, value_expr.span) {
            if let Some(before) = self.declared_here(&name.value) {
                self.report(
                    Diagnostic::error(names::E0203, format!("a second `{}` in one scope", name.value))
                        .at(name.span, "bound again here")
                        .because(before, "first bound here")
                        .help("use another name, or `var` and an assignment"),
                );
            }
            let path = self.name_path(&name.value);
            self.name_value(NameKind::Bound, path, &value, value_expr.span);
            self.bind(name, value, mutable);
        }
    }

    /// Where the name is bound already in this frame. Loop bodies and branches drop theirs at the end.
    fn declared_here(&mut self, name: &str) -> Option<Span> {
        self.frame().bindings.iter().rev().find(|b| b.name == name).map(|b| b.span)
    }

    fn at_model_level(&self) -> bool {
        self.frames.len() == 1 && self.frames.last().is_some_and(|f| f.block.is_empty())
    }

    /// The path that a name would give to weights: `h.1` in the second turn of a loop.
    fn name_path(&mut self, name: &str) -> String {
        self.within(Step::Let(name.to_owned()), |l| l.frame().scope.path(None))
    }

    /// Binds a name in the innermost frame.
    pub(super) fn bind(&mut self, name: &Ident, value: Value, mutable: bool) {
        let in_std = self.program.module(self.module()).is_some_and(|m| m.is_std);
        if !in_std {
            self.uses.bound.insert(name.span, name.value.clone());
        }
        self.note_type(name, &value);
        self.frame().bindings.push(Binding { name: name.value.clone(), value, mutable, span: name.span });
    }

    /// Notes what a name of the user's files stands for, if that is to be shown.
    fn note_type(&mut self, name: &Ident, value: &Value) {
        if self.options.types && !self.program.module(self.module()).is_some_and(|m| m.is_std) {
            let seen = (self.turn_text(), self.describe(value));
            self.types.entry(name.span).or_insert_with(|| (name.value.clone(), Vec::new())).1.push(seen);
        }
    }

    fn assign(&mut self, names: &[Ident], value: &Expr) {
        let new = self.expr(value);
        let span = value.span;
        for (name, value) in self.parts(names, new, span) {
            let found = self.frame().bindings.iter().rposition(|b| b.name == name.value);
            let Some(i) = found else {
                let module = self.module();
                if let Some((_, hyper)) = self.program.hyper(module, &name.value) {
                    self.report(
                        Diagnostic::error(structure::E0514, format!("`{}` is a hyper and keeps its value", name.value))
                            .at(name.span, "assigned here")
                            .because(hyper.name.span, "declared here")
                            .help("set it on the command line, in a recipe or in a variant"),
                    );
                    continue;
                }
                let known: Vec<String> =
                    self.frame().bindings.iter().filter(|b| b.mutable).map(|b| b.name.clone()).collect();
                self.report(
                    Diagnostic::error(structure::E0514, format!("no `var {}` to assign to", name.value))
                        .at(name.span, "not bound")
                        .help(format!("bind it first: `var {} = ..`", name.value))
                        .did_you_mean(&name.value, known.iter().map(String::as_str)),
                );
                continue;
            };
            let Some(binding) = self.frame().bindings.get(i).cloned() else { continue };
            if !binding.mutable {
                self.report(
                    Diagnostic::error(structure::E0514, format!("`{}` is a `let` and keeps its value", name.value))
                        .at(name.span, "assigned here")
                        .because(binding.span, "bound here")
                        .help(format!("write `var {}` where it is bound", name.value)),
                );
                continue;
            }
            if !binding.value.is_error() && !value.is_error() && !self.same_kind(&binding.value, &value) {
                let (was, is) = (self.describe(&binding.value), self.describe(&value));
                self.report(
                    Diagnostic::error(structure::E0514, format!("`{}` was {was} and would become {is}", name.value))
                        .at(name.span, "assigned here")
                        .because(binding.span, "bound here")
                        .help("a `var` may change its dims, not its kind"),
                );
            }
            let path = self.name_path(&name.value);
            self.name_value(NameKind::Bound, path, &value, span);
            self.note_type(name, &value);
            if let Some(slot) = self.frame().bindings.get_mut(i) {
                slot.value = value;
            }
        }
    }

    fn same_kind(&self, a: &Value, b: &Value) -> bool {
        match (a, b) {
            (Value::Node(x), Value::Node(y)) => {
                match (self.graph.node(*x).map(|n| &n.ty), self.graph.node(*y).map(|n| &n.ty)) {
                    (Some(x), Some(y)) => {
                        x.len().is_some() == y.len().is_some()
                            && x.tensor().map(|t| t.dims.len()) == y.tensor().map(|t| t.dims.len())
                    }
                    _ => true,
                }
            }
            // A list may grow and shrink; what stays at its label or place keeps its kind.
            (Value::List(x), Value::List(y)) => x.iter().enumerate().all(|(i, (label, a))| {
                let found = match label {
                    Some(_) => y.iter().find(|(l, _)| l == label),
                    None => y.get(i).filter(|(l, _)| l.is_none()),
                };
                found.is_none_or(|(_, b)| self.same_kind(a, b))
            }),
            (Value::Static(_), Value::Node(id)) | (Value::Node(id), Value::Static(_)) => {
                self.graph.node(*id).and_then(|n| n.ty.tensor()).is_some_and(|t| t.is_real())
            }
            _ => std::mem::discriminant(a) == std::mem::discriminant(b),
        }
    }

    /// A value split over the names that take it.
    fn parts<'a>(&mut self, names: &'a [Ident], value: Value, span: Span) -> Vec<(&'a Ident, Value)> {
        if let [name] = names {
            return vec![(name, value)];
        }
        match value {
            Value::Tuple(parts) if parts.len() == names.len() => names.iter().zip(parts).collect(),
            Value::Error => names.iter().map(|n| (n, Value::Error)).collect(),
            other => {
                let what = match &other {
                    Value::Tuple(parts) => format!("a tuple of {}", parts.len()),
                    other => format!("a {}", other.kind()),
                };
                self.report(
                    Diagnostic::error(structure::E0515, format!("{} names for {what}", names.len()))
                        .at(span, what)
                        .help("as many names as the value has parts"),
                );
                names.iter().map(|n| (n, Value::Error)).collect()
            }
        }
    }
}

/// The fault of a body that ends without an expression.
pub(super) fn no_value(body: &Body) -> Diagnostic {
    Diagnostic::error(structure::E0519, "this body has no value")
        .at(body.span, "no expression at its end")
        .help("end it with the expression that it stands for")
}
