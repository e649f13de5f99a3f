//! The model: variant and hypers, inputs, outputs, losses, companions.

use std::collections::BTreeSet;

use super::block::Argument;
use super::lowering::{Frame, Lowering, Setting};
use super::path::Step;
use super::value::Value;
use crate::diag::Diagnostic;
use crate::diag::codes::{hypers as hyper, names, structure as code};
use crate::ir::{Companions, CompanionsId, InputDecl, LabelDecl, Loss, NodeId, Op, Output};
use crate::sema::dims::{Atom, Dim};
use crate::sema::program::ModuleId;
use crate::sema::statics::Static;
use crate::sema::types::{Modality, TensorType, Type};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{Change, Expr, ExprKind, Ident, Input, Stmt, StmtKind, TypeExpr, TypeExprKind};

const MAIN: ModuleId = ModuleId(0);

impl<'p> Lowering<'p> {
    /// Lowers the whole model.
    pub(super) fn model(&mut self) {
        if let Some(name) = &self.options.variant {
            match self.program.variant_chain(name) {
                Ok(chain) => self.changes = chain.into_iter().flat_map(|v| &v.changes).collect(),
                Err(d) => return self.diagnostics.push(d),
            }
        }
        self.frames.push(Frame { module: MAIN, ..Frame::default() });
        self.check_settings();
        self.declare_inputs();
        self.check_hypers();
        let body = &self.program.model.body;
        for stmt in &body.stmts {
            self.stmt(stmt);
        }
        if let Some(value) = &body.value {
            self.stmt(&Stmt { docs: Vec::new(), kind: StmtKind::Expr((**value).clone()), span: value.span });
        }
        let damaged = self.frames.last().is_some_and(|f| f.damaged);
        let whole = !self.diagnostics.has_errors() && !damaged;
        if whole {
            self.check_roots();
            self.check_companions_stay_in_training();
        }
        if !damaged {
            self.check_changes(whole);
        }
    }

    /// A prediction is made of the sample alone, and so are the vectors that it is compared by.
    fn check_companions_stay_in_training(&mut self) {
        let outputs = self.graph.outputs.iter().map(|o| (o.value, o.span, "a prediction"));
        let vectors = self.graph.companions.iter().flat_map(|c| c.by.iter().map(|v| (*v, c.span, "`by`")));
        let roots: Vec<_> = outputs.chain(vectors).collect();
        for (node, span, what) in roots {
            if self.reads_companion(node) {
                let d =
                    Diagnostic::error(code::E0516, format!("{what} reads companions, which exist in training only"))
                        .at(span, "depends on `.. at ..`")
                        .help("use `at` in losses alone");
                self.report(d);
            }
        }
    }

    fn check_roots(&mut self) {
        let place = self.program.model.name.span;
        if self.graph.outputs.is_empty() && self.graph.losses.is_empty() {
            let d = Diagnostic::error(code::E0508, "the model has no output and no loss")
                .at(place, "nothing is predicted")
                .help("say what predicts which label, `output score for y`, and what to train for, `loss prediction = mse(score, target: y)`");
            self.report(d);
        } else if self.graph.outputs.is_empty() {
            self.report(
                Diagnostic::error(code::E0508, "the model has no output")
                    .at(place, "nothing is predicted")
                    .help("say what predicts which label: `output score for y`"),
            );
        }
        if self.graph.losses.is_empty() {
            self.report(
                Diagnostic::error(code::E0508, "the model has no loss")
                    .at(place, "nothing to train for")
                    .help("add one: `loss prediction = mse(score, target: y)`"),
            );
        }
    }

    /// Every change of the variant must have met something: a thing of that name, and, where all was `read`, one that
    /// takes part in the model.
    fn check_changes(&mut self, read: bool) {
        for (i, change) in self.changes.clone().into_iter().enumerate() {
            let (name, span, what) = match change {
                Change::Let { name, span, .. } => (name.value.clone(), *span, "binding"),
                Change::Block(block, span) => (block.name.value.clone(), *span, "called block"),
                Change::Drop { name, span } => (name.value.clone(), *span, "loss"),
                Change::Loss { name, span, .. } => (name.value.clone(), *span, "loss"),
                Change::Input(input, span) => (input.name.value.clone(), *span, "input"),
                Change::Set { .. } | Change::Error(_) => continue,
            };
            // A later change of the same thing in the chain takes the place of an earlier one.
            let key = super::names::change_key(change);
            let overridden = self.changes.iter().skip(i + 1).any(|c| super::names::change_key(c) == key);
            if self.applied.contains(&span) || overridden {
                continue;
            }
            let main = self.program.main();
            let known: Vec<String> = match change {
                Change::Let { .. } => super::names::bindings_of(&self.program.model.body),
                Change::Drop { .. } | Change::Loss { .. } => super::names::losses_of(&self.program.model.body),
                Change::Input(..) => main.map(|m| m.inputs.keys().cloned().collect()).unwrap_or_default(),
                _ => main.map(|m| m.blocks.keys().cloned().collect()).unwrap_or_default(),
            };
            let exists = known.contains(&name);
            if exists && !read {
                continue;
            }
            let mut d = Diagnostic::error(code::E0512, format!("the model has no {what} `{name}` to change"))
                .at(span, "changes nothing");
            d = match exists {
                true => d.help("it exists, but takes no part in the model as its hypers are set"),
                false => d.did_you_mean(&name, known.iter().map(String::as_str)),
            };
            self.report(d);
        }
    }

    // ---- hypers ----

    fn check_settings(&mut self) {
        let known: Vec<String> = self.program.main().map(|m| m.hypers.keys().cloned().collect()).unwrap_or_default();
        let from_variant = self.changes.iter().filter_map(|c| match c {
            Change::Set { name, .. } => Some((name.value.clone(), name.span)),
            _ => None,
        });
        let from_outside = self.options.recipe_sets.iter().chain(&self.options.sets).map(|s| (s.name.clone(), s.span));
        let all: Vec<(String, Span)> = from_variant.chain(from_outside).collect();
        if self.program.main().is_none_or(|m| m.damaged) {
            return;
        }
        for (name, span) in all {
            let declared = self.program.main().and_then(|m| m.hypers.get(&name));
            match declared {
                Some(h) if h.params.is_empty() => {}
                Some(h) => {
                    let d = Diagnostic::error(
                        hyper::E0407,
                        format!(
                            "`{name}` is a function of {} and cannot be set",
                            h.params.iter().map(|p| p.value.as_str()).collect::<Vec<_>>().join(", ")
                        ),
                    )
                    .at(span, "set here")
                    .because(h.name.span, "declared here");
                    self.report(d);
                }
                None => {
                    let d = Diagnostic::error(hyper::E0407, format!("no hyper `{name}` to set"))
                        .at(span, "set here")
                        .help(format!("the file has: {}", known.join(", ")))
                        .did_you_mean(&name, known.iter().map(String::as_str));
                    self.report(d);
                }
            }
        }
    }

    /// The value that a hyper of the main file was set to, if it was: the user's is stronger than the variant's, the
    /// variant's than the recipe's.
    fn setting(&mut self, name: &str) -> Option<(Option<Static>, Span)> {
        let by = |list: &[Setting]| list.iter().rev().find(|s| s.name == name).map(|s| (Some(s.value.clone()), s.span));
        if let Some(found) = by(&self.options.sets) {
            return Some(found);
        }
        let change = self.changes.iter().rev().find_map(|c| match c {
            Change::Set { name: n, value, span } if n.value == name => Some((value, *span)),
            _ => None,
        });
        if let Some((value, span)) = change {
            let value = match self.expr(value) {
                Value::Static(s) => Some(s),
                Value::Error => None,
                other => {
                    self.report(
                        Diagnostic::error(
                            hyper::E0401,
                            format!("a hyper is set to a number, flag or string, not to a {}", other.kind()),
                        )
                        .at(span, "set here"),
                    );
                    None
                }
            };
            return Some((value, span));
        }
        by(&self.options.recipe_sets)
    }

    /// The value of a hyper, evaluated once.
    pub(super) fn hyper_value(&mut self, module: ModuleId, name: &str) -> Option<Static> {
        self.uses.hypers.insert((module, name.to_owned()));
        self.hyper_value_unread(module, name)
    }

    fn hyper_value_unread(&mut self, module: ModuleId, name: &str) -> Option<Static> {
        let key = (module, name.to_owned());
        if let Some(known) = self.hyper_values.get(&key) {
            return known.clone();
        }
        let declared = self.program.module(module)?.hypers.get(name)?;
        if self.hyper_stack.contains(&key) {
            self.report(
                Diagnostic::error(hyper::E0405, format!("hyper `{name}` depends on itself"))
                    .at(declared.name.span, "in this circle"),
            );
            return None;
        }
        // A function of numbers has no value by itself; its name alone is refused where it is read.
        if !declared.params.is_empty() {
            return None;
        }
        self.hyper_stack.push(key.clone());
        let set = if module == MAIN { self.setting(name) } else { None };
        let default = match self.static_in(module, &declared.value) {
            Some(v) => Some(v),
            None => set.as_ref().and_then(|(v, _)| v.clone()),
        };
        let value = match set {
            None => default,
            Some((None, _)) => None,
            Some((Some(value), span)) => self.as_kind_of(name, value, default.as_ref(), span, declared.name.span),
        };
        self.hyper_stack.pop();
        self.hyper_values.insert(key, value.clone());
        value
    }

    fn as_kind_of(
        &mut self,
        name: &str,
        value: Static,
        default: Option<&Static>,
        span: Span,
        declared: Span,
    ) -> Option<Static> {
        match (&value, default) {
            (Static::Int(n), Some(Static::Float(_))) => Some(Static::Float(*n as f64)),
            (v, Some(d)) if v.kind() != d.kind() => {
                self.report(
                    Diagnostic::error(hyper::E0403, format!("`{name}` is a {}, {value} is a {}", d.kind(), v.kind()))
                        .at(span, "set here")
                        .because(declared, format!("its default is {d}")),
                );
                None
            }
            _ => Some(value),
        }
    }

    /// A static value of an item of `module`, outside every body.
    fn static_in(&mut self, module: ModuleId, e: &Expr) -> Option<Static> {
        self.frames.push(Frame { module, block: " ".into(), ..Frame::default() });
        let value = self.expr(e);
        self.frames.pop();
        match value {
            Value::Static(Static::Dim(d)) => {
                self.report(
                    Diagnostic::error(
                        hyper::E0401,
                        format!("a hyper is a number, this is {d}, known with the data only"),
                    )
                    .at(e.span, "not known at compile time"),
                );
                None
            }
            Value::Static(s) => Some(s),
            Value::Error => None,
            other => {
                self.report(
                    Diagnostic::error(
                        hyper::E0401,
                        format!("a hyper is a number, flag or string, this is a {}", other.kind()),
                    )
                    .at(e.span, "not known at compile time"),
                );
                None
            }
        }
    }

    /// Values of the main file's hypers.
    pub(super) fn main_hyper_values(&mut self) -> Vec<(String, Static)> {
        let Some(main) = self.program.main() else { return Vec::new() };
        let names: Vec<String> =
            main.hypers.values().filter(|h| h.params.is_empty()).map(|h| h.name.value.clone()).collect();
        names
            .into_iter()
            .filter_map(|name| Some((name.clone(), self.hyper_values.get(&(MAIN, name))?.clone()?)))
            .collect()
    }

    /// Domains and constraints of the main file's hypers.
    fn check_hypers(&mut self) {
        let Some(main) = self.program.main() else { return };
        for declared in main.hypers.values() {
            if !declared.params.is_empty() {
                continue;
            }
            let name = &declared.name.value;
            let Some(value) = self.hyper_value_unread(MAIN, name) else { continue };
            let set = self.set_span(name);
            let place = if set.is_none() { declared.value.span } else { set };
            if let Some(domain) = &declared.domain
                && self.in_domain(&value, domain) == Some(false)
            {
                let allowed = self.domain_text(domain);
                self.report(
                    Diagnostic::error(hyper::E0403, format!("`{name}` is {value}, its range is {allowed}"))
                        .at(place, format!("{name} = {value}"))
                        .because(domain.span, "its range")
                        .help(format!("choose one of {allowed}")),
                );
            }
        }
        for declared in main.hypers.values() {
            if let Some(constraint) = declared.constraint.as_ref().filter(|_| declared.params.is_empty()) {
                let reads = self.uses.hypers.clone();
                if self.condition(constraint) == Some(false) {
                    let values = self.values_in(constraint);
                    let set = self.set_span(&declared.name.value);
                    let place = if set.is_none() { declared.value.span } else { set };
                    self.report(
                        Diagnostic::error(
                            hyper::E0404,
                            format!("`{}` breaks its condition: {values}", declared.name.value),
                        )
                        .at(place, "this value")
                        .because(constraint.span, "this does not hold")
                        .help("choose other numbers"),
                    );
                }
                // Reading a hyper in a condition alone does not make it matter.
                self.uses.hypers = reads;
            }
        }
    }

    fn set_span(&mut self, name: &str) -> Span {
        self.setting(name).map_or(Span::NONE, |(_, span)| span)
    }

    fn in_domain(&mut self, value: &Static, domain: &Expr) -> Option<bool> {
        if let ExprKind::Range { start, end, inclusive } = &domain.kind {
            let (Value::Static(a), Value::Static(b)) = (self.expr(start), self.expr(end)) else { return None };
            let (Some(x), Some(a), Some(b)) = (value.as_f64(), a.as_f64(), b.as_f64()) else { return Some(false) };
            return Some(x >= a && if *inclusive { x <= b } else { x < b });
        }
        match self.expr(domain) {
            Value::List(list) => Some(list.iter().any(|(_, v)| match v {
                Value::Static(s) => s == value || (s.as_f64().is_some() && s.as_f64() == value.as_f64()),
                _ => false,
            })),
            Value::Error => None,
            other => {
                self.report(
                    Diagnostic::error(
                        hyper::E0402,
                        format!("the range of a hyper is a list or a range, not a {}", other.kind()),
                    )
                    .at(domain.span, "not a range"),
                );
                None
            }
        }
    }

    fn domain_text(&mut self, domain: &Expr) -> String {
        if let ExprKind::Range { start, end, inclusive } = &domain.kind {
            let (a, b) = (self.expr(start), self.expr(end));
            let text = |v: &Value| match v {
                Value::Static(s) => s.to_string(),
                _ => "?".into(),
            };
            return format!("{}..{}{}", text(&a), if *inclusive { "=" } else { "" }, text(&b));
        }
        match self.expr(domain) {
            Value::List(list) => {
                let parts: Vec<String> = list
                    .iter()
                    .map(|(_, v)| match v {
                        Value::Static(s) => s.to_string(),
                        _ => "?".into(),
                    })
                    .collect();
                format!("[{}]", parts.join(", "))
            }
            _ => "?".into(),
        }
    }

    /// `keep(l)`.
    pub(super) fn call_hyper(&mut self, module: ModuleId, name: &str, args: Vec<Argument>, span: Span) -> Value {
        let Some(declared) = self.program.module(module).and_then(|m| m.hypers.get(name)) else { return Value::Error };
        self.uses.hypers.insert((module, name.to_owned()));
        if declared.params.len() != args.len() {
            return self.fail(
                Diagnostic::error(
                    code::E0501,
                    format!("`{name}` takes {} numbers, not {}", declared.params.len(), args.len()),
                )
                .at(span, "in this call")
                .because(declared.name.span, "declared here"),
            );
        }
        if self.hyper_stack.iter().any(|(m, n)| *m == module && n == name) {
            return self.fail(
                Diagnostic::error(hyper::E0405, format!("hyper `{name}` depends on itself"))
                    .at(declared.name.span, "in this circle"),
            );
        }
        for (param, arg) in declared.params.iter().zip(&args) {
            let known: Vec<&str> = declared.params.iter().map(|p| p.value.as_str()).collect();
            if let Some(given) = arg.name.as_ref().filter(|n| n.value != param.value) {
                return self.fail(
                    Diagnostic::error(code::E0502, format!("`{name}` takes {}, in this order", known.join(", ")))
                        .at(given.span, format!("`{}` stands here", param.value))
                        .because(declared.name.span, "declared here"),
                );
            }
        }
        self.hyper_stack.push((module, name.to_owned()));
        self.frames.push(Frame { module, block: format!(" {name}"), call: span, ..Frame::default() });
        for (param, arg) in declared.params.iter().zip(args) {
            self.bind(param, arg.value, false);
            self.uses.read.insert(param.span);
        }
        let value = self.expr(&declared.value);
        let value = self.in_its_range(declared, value, span);
        self.frames.pop();
        self.hyper_stack.pop();
        value
    }

    /// A value of an indexed hyper against its range and condition.
    fn in_its_range(&mut self, declared: &crate::syntax::ast::Hyper, value: Value, span: Span) -> Value {
        let name = &declared.name.value;
        let value = match value {
            Value::Static(s) => s,
            Value::Error => return Value::Error,
            other => {
                let message = format!("a hyper is a number, flag or string, this is a {}", other.kind());
                return self.fail(
                    Diagnostic::error(hyper::E0401, message).at(declared.value.span, "not known at compile time"),
                );
            }
        };
        if let Some(domain) = &declared.domain
            && self.in_domain(&value, domain) == Some(false)
        {
            let allowed = self.domain_text(domain);
            return self.fail(
                Diagnostic::error(hyper::E0403, format!("`{name}` is {value}, its range is {allowed}"))
                    .at(span, "in this call")
                    .because(domain.span, "its range"),
            );
        }
        if let Some(constraint) = &declared.constraint
            && self.condition(constraint) == Some(false)
        {
            let values = self.values_in(constraint);
            return self.fail(
                Diagnostic::error(hyper::E0404, format!("`{name}` breaks its condition: {values}"))
                    .at(span, "in this call")
                    .because(constraint.span, "this does not hold"),
            );
        }
        Value::Static(value)
    }

    // ---- inputs ----

    /// An input or label of the file, or what the variant makes of it.
    fn declared_input(&mut self, name: &str) -> Option<&'p Input> {
        let change = self.changes.iter().rev().find_map(|c| match c {
            Change::Input(input, span) if input.name.value == name => Some((input, *span)),
            _ => None,
        });
        if let Some((input, span)) = change {
            self.applied.insert(span);
            return Some(input);
        }
        self.program.main().and_then(|m| m.inputs.get(name))
    }

    fn declare_inputs(&mut self) {
        let Some(main) = self.program.main() else { return };
        for name in main.inputs.keys() {
            let Some(input) = self.declared_input(name) else { continue };
            if let Some(ty) = self.input_type(&input.ty) {
                let default_key = if matches!(ty, Type::Tokens { .. }) { "raw_text" } else { name.as_str() };
                let key = input.from.as_ref().map_or_else(|| default_key.to_owned(), |k| k.value.clone());
                self.graph
                    .inputs
                    .insert(name.clone(), InputDecl { name: name.clone(), key, ty, span: input.name.span });
            }
        }
        for (name, label) in &main.labels {
            let real = matches!(&label.ty.kind, TypeExprKind::Named { name, .. } if name.value == "Real");
            if !real {
                self.report(
                    Diagnostic::error(code::E0518, "a label is a Real")
                        .at(label.ty.span, "not a Real")
                        .help("write `label y : Real`"),
                );
            }
            let key = label.from.as_ref().map(|k| k.value.clone());
            self.graph.labels.insert(name.clone(), LabelDecl { name: name.clone(), key, span: label.name.span });
        }
    }

    fn input_type(&mut self, ty: &TypeExpr) -> Option<Type> {
        let TypeExprKind::Named { name, params, dims } = &ty.kind else {
            self.report(
                Diagnostic::error(code::E0518, "an input is a stream, not a list or tuple").at(ty.span, "not a stream"),
            );
            return None;
        };
        let dims = dims.as_deref().unwrap_or_default();
        match (name.value.as_str(), dims) {
            ("Tokens", [n]) => Some(Type::Tokens { len: self.input_dim(n, true)? }),
            ("Seq", [n, width]) => {
                let Some(modality) = params.first().filter(|p| p.value != "_") else {
                    self.report(
                        Diagnostic::error(code::E0518, "an input sequence says its modality")
                            .at(ty.span, "which stream is it?")
                            .help("write `Seq<audio>[Ta, fa]`"),
                    );
                    return None;
                };
                Some(
                    TensorType::seq(
                        Modality(modality.value.clone()),
                        self.input_dim(n, true)?,
                        self.input_dim(width, false)?,
                    )
                    .into(),
                )
            }
            ("Vec", [width]) => Some(TensorType::vec(self.input_dim(width, false)?).into()),
            ("Real", []) => Some(TensorType::real().into()),
            _ => {
                if self.unknown_type(name) {
                    self.report(
                        Diagnostic::error(
                            code::E0518,
                            format!("no input has this type: `{}`", super::pattern::type_text(ty)),
                        )
                        .at(ty.span, "not a type of inputs")
                        .help("an input is Tokens[T], Seq<audio>[Ta, fa] or Vec[f]"),
                    );
                }
                None
            }
        }
    }

    fn input_dim(&mut self, e: &Expr, length: bool) -> Option<Dim> {
        match &e.kind {
            ExprKind::Name(name) if name == "_" => {
                self.report(
                    Diagnostic::error(code::E0518, "the dims of an input have names")
                        .at(e.span, "which dim is it?")
                        .help("write a name that is no hyper, such as `Ta`"),
                );
                None
            }
            ExprKind::Name(name) if self.is_other_dim(name, length) => {
                self.report(
                    Diagnostic::error(code::E0518, format!("`{name}` is a length of one input and a width of another"))
                        .at(e.span, "another kind of dim")
                        .help("a length differs from sample to sample, a width does not: use two names"),
                );
                None
            }
            ExprKind::Name(name) if !self.program.main().is_some_and(|m| m.hypers.contains_key(name)) => {
                Some(if length { Dim::length(name.clone()) } else { Dim::width(name.clone()) })
            }
            _ if length => {
                self.report(
                    Diagnostic::error(code::E0518, "the length of an input is a name: every sample has its own")
                        .at(e.span, "not a name")
                        .help("write a name that is no hyper, such as `Ta`"),
                );
                None
            }
            _ => {
                let dim = self.dim_of(e)?;
                if dim.as_const().is_none_or(|n| n >= 1) {
                    return Some(dim);
                }
                let d = Diagnostic::error(crate::diag::codes::types::E0306, format!("a width of {dim}"));
                self.report(d.at(e.span, "at least 1"));
                None
            }
        }
    }

    /// Whether an input before has a dim of that name of the other kind.
    fn is_other_dim(&mut self, name: &str, length: bool) -> bool {
        self.data_dim(MAIN, name).is_some_and(|d| d.is_ragged() != length)
    }

    /// A name of a dim of the inputs (`Ta`, `fa`) as a value.
    pub(super) fn data_dim(&mut self, module: ModuleId, name: &str) -> Option<Dim> {
        if module != MAIN {
            return None;
        }
        let mut found = None;
        for input in self.graph.inputs.values() {
            let axes: Vec<&Dim> = match &input.ty {
                Type::Tensor(t) => t.axes().collect(),
                Type::Tokens { len } => vec![len],
            };
            for axis in axes {
                if let Some(Atom::Length { name: n, .. } | Atom::Width(n)) = axis.as_atom()
                    && n == name
                {
                    found = Some(axis.clone());
                }
            }
        }
        found
    }

    pub(super) fn input_node(&mut self, name: &str, span: Span) -> Value {
        self.uses.inputs.insert(name.to_owned());
        if let Some(node) = self.input_nodes.get(name) {
            return Value::Node(*node);
        }
        let (op, ty) = match (self.graph.inputs.get(name), self.graph.labels.contains_key(name)) {
            (Some(input), _) => (Op::Input(name.to_owned()), input.ty.clone()),
            (None, true) => (Op::Label(name.to_owned()), TensorType::real().into()),
            // Its declaration was faulty and has been reported.
            (None, false) => return Value::Error,
        };
        let value = self.push(op, ty, &[], span);
        if let Value::Node(id) = value {
            self.input_nodes.insert(name.to_owned(), id);
        }
        value
    }

    // ---- statements of the model ----

    pub(super) fn model_stmt(&mut self, stmt: &Stmt) {
        if self.frames.len() != 1 {
            self.report(not_in_a_block(stmt.span));
            return;
        }
        match &stmt.kind {
            StmtKind::Output { value, label } => self.output(value, label, stmt.span),
            StmtKind::Loss { name, value } => self.loss(name, value, stmt.span),
            StmtKind::Companions { name, entries } => self.companions(name, entries, stmt.span),
            _ => {}
        }
    }

    fn real_node(&mut self, e: &Expr, step: &str, what: &str) -> Option<NodeId> {
        let value = self.within(Step::Let(step.to_owned()), |l| l.expr(e));
        let id = self.node_of(&value, e.span, what)?;
        let ty = self.graph.node(id).map(|n| n.ty.clone())?;
        if ty.tensor().is_some_and(|t| t.is_real()) {
            return Some(id);
        }
        self.report(
            Diagnostic::error(crate::diag::codes::types::E0301, format!("{what} is a Real per sample, found {ty}"))
                .at(e.span, format!("this is {ty}"))
                .help("reduce it: `|> scalar()` for a Vec[1], `mean(x)` for a sequence"),
        );
        None
    }

    fn output(&mut self, value: &Expr, label: &Ident, span: Span) {
        let known: Vec<String> = self.graph.labels.keys().cloned().collect();
        if !known.contains(&label.value) {
            self.report(
                Diagnostic::error(names::E0201, format!("no label `{}`", label.value))
                    .at(label.span, "unknown label")
                    .help(format!("declare it: `label {} : Real`", label.value))
                    .did_you_mean(&label.value, known.iter().map(String::as_str)),
            );
            return;
        }
        if let Some(before) = self.graph.outputs.iter().find(|o| o.label == label.value).map(|o| o.span) {
            self.report(
                Diagnostic::error(names::E0203, format!("a second output for `{}`", label.value))
                    .at(span, "again here")
                    .because(before, "first here"),
            );
            return;
        }
        if let Some(node) = self.real_node(value, "output", "an output") {
            self.graph.outputs.push(Output { label: label.value.clone(), value: node, span });
        }
    }

    fn loss(&mut self, name: &Ident, value: &'_ Expr, span: Span) {
        let change = self.changes.iter().rev().find_map(|c| match c {
            Change::Drop { name: n, span } if n.value == name.value => Some((None, *span)),
            Change::Loss { name: n, value, span } if n.value == name.value => Some((Some(value), *span)),
            _ => None,
        });
        if let Some((_, change_span)) = &change {
            self.applied.insert(*change_span);
        }
        let value = match change {
            Some((None, _)) => return,
            Some((Some(value), _)) => value,
            None => value,
        };
        if let Some(before) = self.graph.losses.iter().find(|l| l.name == name.value).map(|l| l.span) {
            self.report(
                Diagnostic::error(names::E0203, format!("a second loss `{}`", name.value))
                    .at(name.span, "again here")
                    .because(before, "first here"),
            );
            return;
        }
        if let Some(node) = self.real_node(value, &name.value.clone(), "a loss") {
            self.one_kind_of_terms(name, node);
            self.graph.losses.push(Loss { name: name.value.clone(), value: node, span });
        }
    }

    /// A loss that reads companions is 0 for a sample without any, so none of its summands may do without them.
    fn one_kind_of_terms(&mut self, name: &Ident, node: NodeId) {
        let (with, without): (Vec<NodeId>, Vec<NodeId>) =
            self.summands(node).into_iter().partition(|id| self.reads_companion(*id));
        let Some(term) = without.first().filter(|_| !with.is_empty()) else { return };
        let place = |id: &NodeId| self.graph.node(*id).map_or(Span::NONE, |n| n.span);
        let (here, there) = (place(term), with.first().map_or(Span::NONE, place));
        self.report(
            Diagnostic::error(code::E0521, format!("loss `{}` adds terms with and without companions", name.value))
                .at(name.span, "the whole loss would be 0 for a sample without companions")
                .because(here, "reads no companions")
                .because(there, "reads companions")
                .help("write two `loss` items: they are added up, and each is logged by itself"),
        );
    }

    /// The terms of a sum, through factors; a term that is added twice once.
    fn summands(&self, node: NodeId) -> Vec<NodeId> {
        let (mut terms, mut seen, mut open) = (Vec::new(), BTreeSet::new(), vec![node]);
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            match self.graph.node(id).map(|n| &n.op) {
                Some(Op::Binary(crate::ir::Binary::Add)) => open.extend(self.graph.operands(id)),
                Some(Op::Affine { add, .. }) if *add == 0.0 => open.extend(self.graph.operands(id)),
                _ => terms.push(id),
            }
        }
        terms.sort_unstable();
        terms
    }

    fn companions(&mut self, name: &Ident, entries: &[(Ident, Expr)], span: Span) {
        const KEYS: [&str; 7] = ["by", "class", "pos", "near", "far", "pool", "refresh"];
        let mut companions = Companions {
            name: name.value.clone(),
            by: Vec::new(),
            class: String::new(),
            pos: 2,
            near: 2,
            far: 2,
            pool: 10,
            refresh: 2,
            span,
        };
        let mut ok = true;
        let before = self.frame().bindings.iter().rev().find(|b| b.name == name.value).map(|b| b.span);
        if let Some(before) = before {
            self.report(
                Diagnostic::error(names::E0203, format!("a second `{}` in one scope", name.value))
                    .at(name.span, "bound again here")
                    .because(before, "first bound here"),
            );
        }
        for (i, (key, value)) in entries.iter().enumerate() {
            if let Some((first, _)) = entries.iter().take(i).find(|(k, _)| k.value == key.value) {
                self.report(
                    Diagnostic::error(names::E0203, format!("a second `{}`", key.value))
                        .at(key.span, "given again here")
                        .because(first.span, "first given here"),
                );
            }
            match key.value.as_str() {
                "by" => ok &= self.companion_vectors(value, &mut companions),
                "class" => match self.class_label(value) {
                    Some(label) => companions.class = label,
                    None => ok = false,
                },
                "pos" => ok &= self.count(key, value, &mut companions.pos, 1),
                "near" => ok &= self.count(key, value, &mut companions.near, 0),
                "far" => ok &= self.count(key, value, &mut companions.far, 0),
                "pool" => ok &= self.count(key, value, &mut companions.pool, 1),
                "refresh" => ok &= self.count(key, value, &mut companions.refresh, 1),
                other => {
                    ok = false;
                    self.report(
                        Diagnostic::error(code::E0511, format!("companions have no entry `{other}`"))
                            .at(key.span, "unknown entry")
                            .help(format!("the entries are {}", KEYS.join(", ")))
                            .did_you_mean(other, KEYS),
                    );
                }
            }
        }
        for (missing, gone) in [("by", companions.by.is_empty()), ("class", companions.class.is_empty())] {
            let given = entries.iter().any(|(k, _)| k.value == missing);
            if gone && !given {
                ok = false;
                let example = if missing == "by" { "by = [mean(t), mean(a)]" } else { "class = class(y)" };
                self.report(
                    Diagnostic::error(code::E0511, format!("companions without `{missing}`"))
                        .at(span, "missing here")
                        .help(format!("add `{example}`")),
                );
            }
        }
        let value = if ok {
            let id = CompanionsId(self.graph.companions.len() as u32);
            self.graph.companions.push(companions);
            Value::Companions(id)
        } else {
            Value::Error
        };
        self.bind(name, value, false);
        // Retrieval may be declared for later variants.
        self.uses.read.insert(name.span);
    }

    fn companion_vectors(&mut self, e: &Expr, companions: &mut Companions) -> bool {
        let list = match self.expr(e) {
            Value::List(list) => list.into_iter().map(|(_, v)| v).collect(),
            Value::Error => return false,
            one => vec![one],
        };
        for value in list {
            let Some(node) = self.node_of(&value, e.span, "`by`") else { return false };
            let ty = self.graph.node(node).map(|n| n.ty.clone());
            match ty.as_ref().and_then(Type::tensor) {
                Some(t) if t.time.is_none() && t.dims.len() == 1 => companions.by.push(node),
                _ => {
                    let found = ty.map_or_else(String::new, |t| t.to_string());
                    self.report(
                        Diagnostic::error(code::E0511, format!("samples are compared by vectors, found {found}"))
                            .at(e.span, format!("this is {found}"))
                            .help("pool a sequence first: `mean(x)`"),
                    );
                    return false;
                }
            }
        }
        true
    }

    /// `class(y)`: the label's name.
    fn class_label(&mut self, e: &Expr) -> Option<String> {
        let label = match &e.kind {
            ExprKind::Call { callee, args, .. } => match (&callee.kind, args.as_slice()) {
                (ExprKind::Name(f), [arg]) if f == "class" => match &arg.value.kind {
                    ExprKind::Name(label) => Some(Spanned::new(label.clone(), arg.value.span)),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        };
        let known: Vec<String> = self.graph.labels.keys().cloned().collect();
        match label {
            Some(label) if known.contains(&label.value) => Some(label.value),
            Some(label) => {
                self.report(
                    Diagnostic::error(names::E0201, format!("no label `{}`", label.value))
                        .at(label.span, "unknown label")
                        .did_you_mean(&label.value, known.iter().map(String::as_str)),
                );
                None
            }
            None => {
                self.report(
                    Diagnostic::error(code::E0511, "the class of a sample comes from a label")
                        .at(e.span, "not a class")
                        .help("write `class = class(y)`"),
                );
                None
            }
        }
    }

    fn count(&mut self, key: &Ident, e: &Expr, slot: &mut usize, least: i64) -> bool {
        match self.expr(e) {
            Value::Static(s) if s.as_i64().is_some_and(|n| (least..=10_000).contains(&n)) => {
                *slot = s.as_i64().and_then(|n| usize::try_from(n).ok()).unwrap_or_default();
                true
            }
            Value::Error => false,
            other => {
                let found = self.describe(&other);
                self.report(
                    Diagnostic::error(
                        code::E0511,
                        format!("`{}` is a number of at least {least}, found {found}", key.value),
                    )
                    .at(e.span, "not such a number"),
                );
                false
            }
        }
    }
}

/// The fault of an output, loss or companions in a block.
pub(super) fn not_in_a_block(span: Span) -> Diagnostic {
    Diagnostic::error(code::E0509, "outputs, losses and companions belong to the model")
        .at(span, "inside a block")
        .help("give the block's value back and say it in the model")
}
