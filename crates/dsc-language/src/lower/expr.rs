//! Expressions.

use super::budget::TURN;
use super::lowering::Lowering;
use super::path::Step;
use super::pattern::mentions;
use super::value::Value;
use crate::sema::resolve::{DefId, DefKind, FieldMeant, Remedy, Res, field_meant, method, no_method};
use dsc_graph::dims::Dim;
use dsc_graph::statics::Static;
use dsc_graph::{Group, NodeId, Op, RegionKind};
use dsc_syntax::ast::{Body, Element, Expr, ExprKind, Ident};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::{hypers as hyper, names, types};
use dsc_syntax::source::Span;

impl Lowering<'_> {
    /// The value of an expression. Faults are reported and give [`Value::Error`].
    pub(super) fn expr(&mut self, e: &Expr) -> Value {
        if !self.spend(1, e.span) {
            return Value::Error;
        }
        let value = self.deeper(e.span, |l| l.expr_here(e)).unwrap_or(Value::Error);
        if self.options.types && !value.is_error() {
            let seen = (self.turn_text(), self.describe(&value));
            self.notes.expressions.entry(e.span).or_default().push(seen);
        }
        value
    }

    fn expr_here(&mut self, e: &Expr) -> Value {
        match &e.kind {
            ExprKind::Int(n) => Value::int(*n),
            ExprKind::Float(x) => Value::Static(Static::Float(*x)),
            ExprKind::Bool(b) => Value::Static(Static::Bool(*b)),
            ExprKind::Str(s) => Value::Static(Static::Str(s.clone())),
            ExprKind::Name(_) => self.name(e.span),
            ExprKind::Unary(op, x) => self.unary(*op, x, e.span),
            ExprKind::Binary(op, _, a, b) => self.binary(*op, a, b, e.span),
            ExprKind::Call { callee, args, .. } => self.call(callee, args, e.span),
            ExprKind::Instance { callee, args } => self.instance(callee, args, e.span),
            ExprKind::Index(x, i) => self.index(x, i, e.span),
            ExprKind::Field(x, field) => {
                let value = self.expr(x);
                self.field(x, value, field, e.span, false)
            }
            ExprKind::At(x, group) => self.at(x, group, e.span),
            ExprKind::List(elements) => {
                let list = self.list(elements);
                self.bounded(list, e.span)
            }
            ExprKind::Tuple(parts) => {
                let tuple = Value::Tuple(parts.iter().map(|p| self.expr(p)).collect());
                self.bounded(tuple, e.span)
            }
            ExprKind::Range { start, end, inclusive } => self.range(start, end, *inclusive, e.span),
            ExprKind::Each { var, over, body } => match self.elements_of(var, over, body) {
                Some(list) => {
                    let list = Value::List(list.into_iter().map(|(label, value, _)| (label, value)).collect());
                    self.bounded(list, e.span)
                }
                None => Value::Error,
            },
            ExprKind::Sum { var, over, body } => self.sum(var, over, body, e.span),
            ExprKind::When { cond, then, otherwise } => match self.condition(cond) {
                Some(true) => {
                    if otherwise.is_none() {
                        self.check_otherwise(cond, e.span);
                    }
                    self.scoped_body(then)
                }
                Some(false) => match otherwise {
                    Some(body) => self.scoped_body(body),
                    None => self.fail(
                        Diagnostic::error(
                            hyper::E0402,
                            "this `when` has no value: its condition is false and there is no `else`",
                        )
                        .at(e.span, "no value")
                        .help("add `else { .. }`"),
                    ),
                },
                None => self.either(then, otherwise.as_deref()),
            },
            ExprKind::Faulty(parts) => {
                // What was not read may hold the rest of its arguments.
                let before = std::mem::replace(&mut self.notes.half_read, true);
                parts.iter().for_each(|part| drop(self.expr(part)));
                self.notes.half_read = before;
                self.reported()
            }
            ExprKind::Error => self.reported(),
        }
    }

    /// A choice whose condition is not known: what is wrong with either body is wrong all the same.
    fn either(&mut self, then: &Body, otherwise: Option<&Body>) -> Value {
        let first = self.scoped_body(then);
        let Some(body) = otherwise else { return first };
        // Both may own weights of one path, as only one of them is taken.
        let second = self.repeated(true, |l| l.scoped_body(body));
        let ty = |value: &Value| match value {
            Value::Node(node) => self.graph.node(*node).map(|n| n.ty.clone()),
            _ => None,
        };
        match (ty(&first), ty(&second)) {
            (Some(a), Some(b)) if a == b => first,
            _ => Value::Error,
        }
    }

    /// The value of the name at `span`.
    fn name(&mut self, span: Span) -> Value {
        let program = self.program;
        let def = match self.resolve(span) {
            Res::Def(def) => def,
            Res::Encoder => return Value::Encoder,
            Res::Primitive(_) | Res::Batch | Res::Modality | Res::Error => {
                let none = self.reported();
                match self.taken_for(span) {
                    Some(Remedy::Name(Res::Def(meant))) => *meant,
                    _ => return none,
                }
            }
        };
        let declared = program.names.def(def);
        match declared.kind {
            DefKind::Hyper => match self.hyper_value(def) {
                Some(value) => Value::Static(value),
                // Its fault is reported where it is read first.
                None => {
                    self.faults.note_read();
                    Value::Error
                }
            },
            DefKind::Input | DefKind::Label => {
                let value = self.input_node(&declared.name, span);
                self.notes.touched.extend(value.nodes().into_iter().map(|(_, node)| node));
                value
            }
            DefKind::Dim => match self.data_dim(&declared.name) {
                Some(dim) => Value::Static(Static::from_dim(dim)),
                None => self.no_dim(declared, span),
            },
            DefKind::Generic => match self.frame().generics.dim(def) {
                Some(dim) => Value::Static(Static::from_dim(dim)),
                None => self.fail(
                    Diagnostic::error(names::E0201, format!("generic `{}` is not known here", declared.name))
                        .at(span, "no argument has said what it is")
                        .help("a generic gets its value where it is a dim by itself: `x: Seq<m>[n, d]`"),
                ),
            },
            _ => self.local(def, span),
        }
    }

    /// The value of a local name in this call.
    fn local(&mut self, def: DefId, span: Span) -> Value {
        let found = self.frames.last().and_then(|f| f.bindings.get(def));
        // A name without a value was bound by a statement that could not be lowered.
        let Some(value) = found.map(|b| b.value.clone()) else { return self.reported() };
        match &value {
            Value::Node(node) => self.notes.touched.push(*node),
            Value::List(_) | Value::Tuple(_) => {
                if !self.spend(value.measure().0 as u64 / 4, span) {
                    return Value::Error;
                }
                self.notes.touched.extend(value.nodes().into_iter().map(|(_, node)| node));
            }
            _ => {}
        }
        if value.is_error() {
            self.faults.note_read();
            self.notes.touched.extend(self.notes.made_of.get(&def).into_iter().flatten());
        }
        value
    }

    /// A static condition.
    pub(super) fn condition(&mut self, cond: &Expr) -> Option<bool> {
        match self.expr(cond) {
            Value::Static(Static::Bool(b)) => Some(b),
            Value::Error => None,
            other => {
                self.report(
                    Diagnostic::error(
                        hyper::E0401,
                        format!("a condition must be true or false at compile time, this is a {}", other.kind()),
                    )
                    .at(cond.span, "not a condition")
                    .help("only hypers, loop variables and numbers decide what a model is made of"),
                );
                None
            }
        }
    }

    /// The value of a body, with its `let`s gone at the end.
    pub(super) fn scoped_body(&mut self, body: &Body) -> Value {
        let depth = self.frame().bindings.len();
        let value = self.body(body);
        self.frame().bindings.truncate(depth);
        value
    }

    fn list(&mut self, elements: &[Element]) -> Value {
        let mut out: Vec<(Option<String>, Value)> = Vec::new();
        let mut labels: Vec<(String, Span)> = Vec::new();
        let mut whole = true;
        for element in elements {
            let label = element.label.as_ref();
            if let Some(label) = label {
                self.label_once(&mut labels, &label.value, label.span);
                if element.spread {
                    self.report(
                        Diagnostic::error(hyper::E0402, "elements that are put in by `..` keep their own labels")
                            .at(label.span, "a label for several elements")
                            .help("take the label away"),
                    );
                }
            }
            // The weights of a second element of one label have the paths of the first.
            let again = label.is_some_and(|label| labels.iter().filter(|(l, _)| *l == label.value).count() > 1);
            let value = self.repeated(again, |l| match label {
                Some(label) => l.within(Step::Index(label.value.clone()), |l| l.expr(&element.value)),
                None => l.expr(&element.value),
            });
            match (element.spread, value) {
                (true, Value::List(list)) => {
                    for label in list.iter().filter_map(|(l, _)| l.as_ref()) {
                        self.label_once(&mut labels, label, element.value.span);
                    }
                    out.extend(list);
                }
                (true, Value::Error) => whole = false,
                (true, other) => {
                    whole = false;
                    self.not_a_list(&other, element.value.span);
                }
                (false, value) => out.push((label.map(|l| l.value.clone()), value)),
            }
        }
        if whole { Value::List(out) } else { Value::Error }
    }

    pub(super) fn not_a_list(&mut self, value: &Value, span: Span) {
        self.report(
            Diagnostic::error(hyper::E0402, format!("`..` of a {}", value.kind()))
                .at(span, "not a list")
                .help("only the elements of a list can be put in by `..`"),
        );
    }

    /// Weights and elements are found by label, so a label names one element.
    fn label_once(&mut self, labels: &mut Vec<(String, Span)>, label: &str, span: Span) {
        if let Some((_, before)) = labels.iter().find(|(l, _)| l == label) {
            let d = Diagnostic::error(names::E0203, format!("a second element `{label}`"))
                .at(span, "given again here")
                .because(*before, "first given here")
                .help("give it another label");
            self.report(d);
        }
        labels.push((label.to_owned(), span));
    }

    fn range(&mut self, start: &Expr, end: &Expr, inclusive: bool, span: Span) -> Value {
        match (self.expr(start), self.expr(end)) {
            (Value::Error, _) | (_, Value::Error) => Value::Error,
            (Value::Static(a), Value::Static(b)) => match (a.as_i64(), b.as_i64()) {
                (Some(a), Some(b)) => Value::Range(a, if inclusive { b.saturating_add(1) } else { b }),
                _ => self.fail(
                    Diagnostic::error(
                        hyper::E0401,
                        format!("a range needs whole numbers that are known at compile time, not {a} and {b}"),
                    )
                    .at(span, "this range"),
                ),
            },
            _ => self.fail(Diagnostic::error(hyper::E0401, "a range needs whole numbers").at(span, "this range")),
        }
    }

    /// Values of `body` for each element, with label and turn.
    fn elements_of(&mut self, var: &Ident, over: &Expr, body: &Body) -> Option<Vec<(Option<String>, Value, String)>> {
        let turns = self.turns(over)?;
        let mut out = Vec::new();
        for (label, index, value) in turns {
            if !self.spend(TURN, over.span) {
                return None;
            }
            let step = label.clone().unwrap_or(index);
            let value = self.turn(var, &step, value, |l| l.scoped_body(body));
            out.push((label, value, step));
        }
        Some(out)
    }

    /// What a loop runs over: label, index and element.
    pub(super) fn turns(&mut self, over: &Expr) -> Option<Vec<(Option<String>, String, Value)>> {
        match self.expr(over) {
            Value::List(list) => {
                Some(list.into_iter().enumerate().map(|(i, (label, value))| (label, i.to_string(), value)).collect())
            }
            Value::Range(a, b) if b.saturating_sub(a) > 10_000 => {
                self.report(
                    Diagnostic::error(hyper::E0408, format!("a loop of {} turns", b.saturating_sub(a)))
                        .at(over.span, "unrolled at compile time"),
                );
                None
            }
            Value::Range(a, b) => {
                let turns = u64::try_from(b.saturating_sub(a)).unwrap_or_default();
                let list = || (a..b).map(|i| (None, i.to_string(), Value::int(i))).collect();
                self.spend(turns, over.span).then(list)
            }
            Value::Error => None,
            other => {
                self.report(
                    Diagnostic::error(hyper::E0402, format!("cannot go over a {}", other.kind()))
                        .at(over.span, "neither a list nor a range")
                        .help("write a list, `[text: t, audio: a]`, or a range, `0..depth`"),
                );
                None
            }
        }
    }

    /// One turn of a loop: the variable is bound, path and loop indices are extended.
    pub(super) fn turn<T>(&mut self, var: &Ident, step: &str, value: Value, f: impl FnOnce(&mut Self) -> T) -> T {
        let depth = self.frame().bindings.len();
        let beyond = std::mem::take(&mut self.notes.beyond);
        self.frame().loops.push(format!("{} = {step}", var.value));
        if !matches!(value, Value::Static(Static::Int(_))) {
            self.notes.uses.elements.extend(self.defined_at(var.span));
        }
        self.bind(var, value);
        let result = self.within(Step::Index(step.to_owned()), |l| {
            let path = l.frame().scope.path(None);
            let kind = RegionKind::Turn { variable: var.value.clone(), step: step.to_owned() };
            let region = l.open_region(kind, path, var.span);
            l.frame().regions.extend(region);
            let result = f(l);
            if region.is_some() {
                l.frame().regions.pop();
            }
            result
        });
        self.frame().loops.pop();
        self.frame().bindings.truncate(depth);
        self.notes.beyond = beyond;
        result
    }

    fn sum(&mut self, var: &Ident, over: &Expr, body: &Body, span: Span) -> Value {
        let Some(list) = self.elements_of(var, over, body) else { return Value::Error };
        // The empty sum is the Real 0.
        let mut total: Option<Value> = None;
        for (_, value, _) in list {
            total = Some(match total {
                None => value,
                Some(before) => self.add_values(before, value, span),
            });
        }
        total.unwrap_or(Value::Static(Static::Float(0.0)))
    }

    fn index(&mut self, x: &Expr, i: &Expr, span: Span) -> Value {
        let (value, index) = (self.expr(x), self.expr(i));
        match (value, index) {
            (Value::Error, _) | (_, Value::Error) => Value::Error,
            (Value::List(list), Value::Static(Static::Str(label))) => self.labelled(&list, &label, i.span),
            (Value::List(list), Value::Static(s)) if s.as_i64().is_some() => {
                let n = s.as_i64().unwrap_or_default();
                let at = if n < 0 { n.checked_add(list.len() as i64) } else { Some(n) };
                match at.and_then(|n| usize::try_from(n).ok()).and_then(|n| list.get(n)) {
                    Some((_, value)) => value.clone(),
                    None => {
                        self.report(
                            Diagnostic::error(types::E0306, format!("element {n} of a list of {}", list.len()))
                                .at(i.span, "not in the list")
                                .help("elements count from 0, and from -1 at the end"),
                        );
                        self.note_beyond(i);
                        self.any_of(&list)
                    }
                }
            }
            (Value::Node(node), Value::Static(s)) if s.as_i64().is_some() => {
                self.emit(Op::Row(s.as_i64().unwrap_or_default()), &[node], span, &[x.span])
            }
            (Value::Tuple(_), _) => self.fail(
                Diagnostic::error(hyper::E0402, "a tuple is taken apart by names, not by an index")
                    .at(span, "index of a tuple")
                    .help("write `let a, b = ..`"),
            ),
            (value, index) => self.fail(
                Diagnostic::error(hyper::E0402, format!("index of a {} by a {}", value.kind(), index.kind()))
                    .at(span, "cannot be indexed so"),
            ),
        }
    }

    /// Notes that the present turn of a loop is one too many, if its variable is in the index of an element that is not there.
    fn note_beyond(&mut self, index: &Expr) {
        let turn = self.frame().loops.last().and_then(|turn| turn.split_once(" = "));
        self.notes.beyond |= turn.is_some_and(|(variable, _)| mentions(index, variable));
    }

    /// An element that stands for one that is not there, if all are alike.
    fn any_of(&mut self, list: &[(Option<String>, Value)]) -> Value {
        let mut types = list.iter().map(|(_, value)| self.describe(value));
        let first = types.next();
        match list.first() {
            Some((_, value)) if types.all(|ty| Some(ty) == first) => value.clone(),
            _ => Value::Error,
        }
    }

    fn labelled(&mut self, list: &[(Option<String>, Value)], label: &str, span: Span) -> Value {
        match list.iter().find(|(l, _)| l.as_deref() == Some(label)) {
            Some((_, value)) => value.clone(),
            None => {
                let labels: Vec<&str> = list.iter().filter_map(|(l, _)| l.as_deref()).collect();
                let help = match (method(label), labels.is_empty()) {
                    (Some(help), _) => help,
                    (None, true) => "its elements have no labels: select one by its number, `xs[0]`".to_owned(),
                    (None, false) => format!("its labels are {}", labels.join(", ")),
                };
                self.fail(
                    Diagnostic::error(names::E0201, format!("the list has no `{label}`"))
                        .at(span, "no such label")
                        .help(help)
                        .did_you_mean(label, labels),
                )
            }
        }
    }

    /// `x.field`; `called` where it is that of `x.field(..)`.
    pub(super) fn field(&mut self, x: &Expr, value: Value, field: &Ident, span: Span, called: bool) -> Value {
        match value {
            Value::Error if self.is_foreign(x) => Value::Error,
            // A value with a fault may have been a list, whose labels are not known; nothing in a list is called by
            // the name of a method.
            Value::Error => match unknown_method(field, span, called) {
                Some(d) => self.fail(d),
                None => Value::Error,
            },
            Value::Companions(id) => match field.value.as_str() {
                "pos" => Value::Group(id, Group::Pos),
                "neg" => Value::Group(id, Group::Neg),
                // Reported with the names.
                _ => self.reported(),
            },
            Value::List(list) => self.labelled(&list, &field.value, field.span),
            Value::Encoder => match self.options.encoder.get(&field.value) {
                Some(value) => Value::Static(value.clone()),
                None => self.fail(
                    Diagnostic::error(
                        names::E0201,
                        format!("the text encoder's configuration has no `{}`", field.value),
                    )
                    .at(field.span, "unknown key of config.json")
                    .did_you_mean(&field.value, self.options.encoder.keys().map(String::as_str)),
                ),
            },
            other => {
                let d = Diagnostic::error(hyper::E0402, format!("a {} has no fields", other.kind()))
                    .at(span, format!("no `{}`", field.value));
                self.report(match method(&field.value) {
                    Some(help) => d.help(help),
                    None => d,
                });
                match (field_meant(&field.value), other) {
                    (Some(FieldMeant::Row), Value::Node(x)) => {
                        self.faults.hold();
                        let row = self.emit(Op::Row(0), &[x], span, &[]);
                        self.faults.release();
                        row
                    }
                    (Some(FieldMeant::Itself), x) => x,
                    _ => Value::Error,
                }
            }
        }
    }

    /// The tensor an expression stands for.
    pub(super) fn node_of(&mut self, value: &Value, span: Span, what: &str) -> Option<NodeId> {
        match value {
            Value::Node(id) => Some(*id),
            Value::Error => None,
            Value::Static(s) if s.as_f64().is_some() => match self.constant(s.as_f64().unwrap_or_default(), span) {
                Value::Node(id) => Some(id),
                _ => None,
            },
            other => {
                let d = Diagnostic::error(types::E0301, format!("{what} expects a tensor, found a {}", other.kind()))
                    .at(span, "not a tensor");
                self.report(match other {
                    Value::List(_) => d.help("of each element it is `each x in xs { .. }`; one is selected as `xs[0]`"),
                    Value::Tuple(_) => d.help("a tuple is taken apart by names: `let a, b = ..`"),
                    _ => d,
                });
                None
            }
        }
    }

    /// A number as a Real of the graph.
    pub(super) fn constant(&mut self, x: f64, span: Span) -> Value {
        self.emit(Op::Const(x), &[], span, &[])
    }

    /// How the real number at `span` becomes a whole one.
    pub(super) fn to_whole(&self, span: Span) -> String {
        match self.expr_at(span).map(|e| &e.kind) {
            Some(ExprKind::Float(x)) if x.fract() == 0.0 => format!("write `{x}`"),
            Some(ExprKind::Float(_)) => "write a whole number".to_owned(),
            Some(ExprKind::Name(name)) => {
                format!("`{name}` is a real number: declare it as a whole one, without a point, or divide with `//`")
            }
            _ => "`/` of two whole numbers is a real number; floor division is `(a // b)`".to_owned(),
        }
    }

    /// A dimension, from a static value.
    pub(super) fn dim_of(&mut self, e: &Expr) -> Option<Dim> {
        match self.expr(e) {
            Value::Static(s) => match s.as_dim() {
                Some(d) => Some(d),
                None => {
                    self.report(
                        Diagnostic::error(
                            types::E0301,
                            format!("a dimension is a whole number, this is a {}", s.kind()),
                        )
                        .at(e.span, "not a dimension")
                        .help(self.to_whole(e.span)),
                    );
                    None
                }
            },
            Value::Error => None,
            other => {
                self.report(
                    Diagnostic::error(
                        hyper::E0401,
                        format!("a dimension must be known at compile time, this is a {}", other.kind()),
                    )
                    .at(e.span, "not a dimension"),
                );
                None
            }
        }
    }
}

/// A method that values of the language do not have, of a value that has a fault.
fn unknown_method(field: &Ident, span: Span, called: bool) -> Option<Diagnostic> {
    let Some(help) = method(&field.value).filter(|_| called) else { return no_method(field, span) };
    let d = Diagnostic::error(hyper::E0402, format!("there is no method `{}`", field.value));
    Some(d.at(span, format!("no `{}`", field.value)).help(help))
}
