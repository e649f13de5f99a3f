//! Statements of blocks and of the model.

use std::iter::repeat;

use super::budget::TURN;
use super::frame::FrameKind;
use super::lowering::Lowering;
use super::path::Step;
use super::value::Value;
use crate::sema::resolve::{DefKind, Role};
use dsc_graph::{NameKind, NodeId};
use dsc_syntax::ast::{Body, Expr, ExprKind, Ident, Stmt, StmtKind, TypeExpr};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::{lints, structure};
use dsc_syntax::source::Span;

/// Nodes that are noted of a value with a fault.
const MAX_MADE_OF: usize = 64;

impl<'p> Lowering<'p> {
    /// The statements of a body and its value.
    pub(super) fn body(&mut self, body: &Body) -> Value {
        for stmt in &body.stmts {
            self.stmt(stmt);
        }
        match &body.value {
            Some(value) => self.expr(value),
            // That it has none was reported with its names.
            None => self.reported(),
        }
    }

    pub(super) fn stmt(&mut self, stmt: &Stmt) {
        if std::mem::replace(&mut self.notes.in_statement, true) {
            return self.stmt_here(stmt);
        }
        let (events, nodes) = (self.faults.events(), self.graph.len());
        self.stmt_here(stmt);
        self.notes.in_statement = false;
        let read = std::mem::take(&mut self.notes.touched);
        if self.faults.events() > events {
            // What this statement reads and makes may be of use once it is mended.
            let made = (nodes..self.graph.len()).map(|i| NodeId(i as u32));
            let made_of: Vec<NodeId> = made.chain(read).collect();
            self.note_made_of(stmt, &made_of);
            self.notes.in_doubt.extend(made_of);
        }
    }

    /// Notes what may be in the value of the one name that a statement with a fault gives a value.
    fn note_made_of(&mut self, stmt: &Stmt, made_of: &[NodeId]) {
        let def = match &stmt.kind {
            StmtKind::Let { names, .. } => match names.as_slice() {
                [name] => self.defined_at(name.span),
                _ => None,
            },
            StmtKind::Assign { names, .. } => match names.as_slice() {
                [name] => self.resolve(name.span).def(),
                _ => None,
            },
            _ => None,
        };
        let Some(def) = def else { return };
        if self.frame().bindings.get(def).is_some_and(|b| b.value.is_error()) {
            let of_interest = self.of_label_or_batch(made_of);
            self.notes.made_of.insert(def, of_interest);
        }
    }

    /// Those of some nodes that are made of labels or of the batch.
    pub(super) fn of_label_or_batch(&self, nodes: &[NodeId]) -> Vec<NodeId> {
        let is = |node: &&NodeId| self.nodes.reads(**node).label || self.nodes.reads(**node).batch;
        let mut found: Vec<NodeId> = nodes.iter().filter(is).copied().collect();
        found.sort_unstable();
        found.dedup();
        found.truncate(MAX_MADE_OF);
        found
    }

    fn stmt_here(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Let { names, ty, value, .. } => {
                let again = names.iter().any(|name| self.program.names.is_given_again(name.span));
                self.repeated(again, |l| l.let_stmt(names, ty.as_ref(), value));
            }
            StmtKind::Assign { names, value } => self.assign(names, value),
            StmtKind::For { var, over, body } => {
                let Some(turns) = self.turns(over) else {
                    if self.notes.alone {
                        self.forget_assigned(&body.stmts);
                    }
                    return;
                };
                for (label, index, value) in turns {
                    if !self.spend(TURN, stmt.span) {
                        break;
                    }
                    let step = label.unwrap_or(index);
                    self.turn(var, &step, value, |l| {
                        let depth = l.frame().bindings.len();
                        for stmt in &body.stmts {
                            l.stmt(stmt);
                        }
                        if let Some(value) = &body.value {
                            l.discarded(value);
                        }
                        l.frame().bindings.truncate(depth);
                    });
                }
            }
            StmtKind::Expr(e) => self.discarded(e),
            StmtKind::Reveal(e) => self.reveal(e),
            StmtKind::Output { .. } | StmtKind::Companions { .. } | StmtKind::Loss { .. } => self.model_stmt(stmt),
            StmtKind::Error => drop(self.reported()),
        }
    }

    fn discarded(&mut self, e: &Expr) {
        let events = self.faults.events();
        let value = self.expr(e);
        if !value.is_error() && self.faults.events() == events {
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
            self.notes.reveals.entry(e.span).or_default().push(seen);
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
        for (span, seen) in std::mem::take(&mut self.notes.reveals) {
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

    fn let_stmt(&mut self, names: &[Ident], ty: Option<&TypeExpr>, value: &Expr) {
        let changed = match names {
            [name] if self.at_model_level() => {
                let site = self.defined_at(name.span);
                self.rebound(&name.value).map(|value| (value, site))
            }
            _ => None,
        };
        let value_expr = changed.map_or(value, |(value, _)| value);
        let events = self.faults.events();
        let value = match (names, changed) {
            ([name], Some((value, site))) => {
                self.in_place_of(site, |l| l.within(Step::Let(name.value.clone()), |l| l.expr(value)))
            }
            ([name], None) => self.within(Step::Let(name.value.clone()), |l| l.expr(value)),
            _ => self.expr(value),
        };
        let value = match names {
            [name] if self.faults.events() > events => self.instance_meant(name, value_expr).unwrap_or(value),
            _ => value,
        };
        let value = match ty {
            // A value whose fault was reported is taken to have the stated type.
            Some(ty) if matches!(value, Value::Error) => self.value_of_type(ty, value_expr.span),
            Some(ty) if !self.check_type(ty, &value, value_expr.span) => Value::Error,
            // Of a value with a fault that may have any size the type says more.
            Some(ty) if self.is_open(&value) => match self.value_of_type(ty, value_expr.span) {
                Value::Error => value,
                stated => {
                    self.notes.in_doubt.extend(value.nodes().into_iter().map(|(_, node)| node));
                    stated
                }
            },
            Some(ty) => self.as_declared(ty, value),
            None => value,
        };
        for (name, value) in self.parts(names, value, value_expr.span) {
            let path = self.name_path(&name.value);
            if self.notes.again {
                self.notes.in_question.insert(path.clone());
                value.nodes().into_iter().for_each(|(_, node)| self.nodes.dispute(node));
            }
            self.name_value(NameKind::Bound, path, &value, value_expr.span);
            self.bind(name, value);
        }
    }

    /// The instance that `let f = F(k: e)` is meant to make, where the tensor is missing, which was reported, and `f` is called.
    fn instance_meant(&mut self, name: &Ident, value: &Expr) -> Option<Value> {
        let ExprKind::Call { callee, args, .. } = &value.kind else { return None };
        let names = &self.program.names;
        let def = self.defined_at(name.span)?;
        let called = || names.uses().any(|u| u.def == def && u.role == Role::Call);
        if args.iter().any(|arg| arg.name.is_none()) || !called() {
            return None;
        }
        self.faults.hold();
        let instance = self.within(Step::Let(name.value.clone()), |l| l.instance(callee, args, value.span));
        self.faults.release();
        matches!(instance, Value::Instance(_)).then_some(instance)
    }

    fn at_model_level(&self) -> bool {
        self.frames.len() == 1 && self.frames.last().is_some_and(|f| f.kind == FrameKind::Model && f.site.is_none())
    }

    /// The path that a name would give to weights: `h.1` in the second turn of a loop.
    fn name_path(&mut self, name: &str) -> String {
        self.within(Step::Let(name.to_owned()), |l| l.frame().scope.path(None))
    }

    /// Binds a name in the innermost frame.
    pub(super) fn bind(&mut self, name: &Ident, value: Value) {
        self.note_type(name, &value);
        if let Some(def) = self.defined_at(name.span) {
            // A word of it in text that could not be read may have been a use.
            if self.program.module(self.module()).is_some_and(|m| m.unread.contains(&name.value)) {
                self.notes.in_doubt.extend(value.nodes().into_iter().map(|(_, node)| node));
            }
            self.frame().bindings.push(def, value);
        } else {
            // A name that could not be read, which was reported, may be read anywhere.
            self.notes.in_doubt.extend(value.nodes().into_iter().map(|(_, node)| node));
        }
    }

    /// Notes what a name stands for, if that is to be shown.
    pub(super) fn note_type(&mut self, name: &Ident, value: &Value) {
        if self.options.types {
            let seen = (self.turn_text(), self.describe(value));
            self.notes.names.entry(name.span).or_insert_with(|| (name.value.clone(), Vec::new())).1.push(seen);
        }
    }

    fn assign(&mut self, names: &[Ident], value: &Expr) {
        let new = self.expr(value);
        let span = value.span;
        for (name, value) in self.parts(names, new, span) {
            let program = self.program;
            let target = self.resolve(name.span).def().filter(|def| program.names.def(*def).kind == DefKind::Var);
            let found = target.and_then(|def| self.frame().bindings.get(def).cloned());
            let Some(binding) = found else {
                // That it is no `var` was reported with its name. One that lacks its `let` has its value from here on.
                self.reported();
                if target.is_none() {
                    self.bind(name, value);
                }
                continue;
            };
            let value = match value {
                // What was too large grows on in the next turn.
                Value::Error if !self.budget.is_exhausted() => self.of_that_kind(&binding.value, span),
                value => value,
            };
            if !binding.value.is_error() && !value.is_error() && !self.same_kind(&binding.value, &value) {
                let (was, is) = (self.describe(&binding.value), self.describe(&value));
                self.report(
                    Diagnostic::error(structure::E0514, format!("`{}` was {was} and would become {is}", name.value))
                        .at(name.span, "assigned here")
                        .because(program.names.def(binding.def).span, "bound here")
                        .help("a `var` may change its dims, not its kind"),
                );
                // What reads it from here on is checked with the value that it had.
                let path = self.name_path(&name.value);
                self.notes.in_question.insert(path);
                binding.value.nodes().into_iter().for_each(|(_, node)| self.nodes.dispute(node));
                continue;
            }
            let path = self.name_path(&name.value);
            self.name_value(NameKind::Bound, path, &value, span);
            self.note_type(name, &value);
            if let Some(slot) = self.frame().bindings.get_mut(binding.def) {
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
                        .help(match &other {
                            Value::List(_) => "elements of a list are selected: `xs[0]`, `xs.audio`",
                            Value::Tuple(_) => "as many names as the value has parts",
                            _ => "only a tuple has parts: one name takes the value",
                        }),
                );
                // Names and parts go together as far as both reach.
                match other {
                    Value::Tuple(parts) => names.iter().zip(parts.into_iter().chain(repeat(Value::Error))).collect(),
                    _ => names.iter().map(|n| (n, Value::Error)).collect(),
                }
            }
        }
    }
}
