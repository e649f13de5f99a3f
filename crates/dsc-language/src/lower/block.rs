//! Calls: of blocks (inlined), of instances (with their weights), of indexed hypers, of primitives.

use std::rc::Rc;

use super::holds::Holds;
use super::lowering::{Frame, Lowering, MAX_DEPTH};
use super::path::Scope;
use super::pattern::Generics;
use super::value::{Instance, Value};
use crate::sema::program::ModuleId;
use dsc_graph::{NameKind, RegionKind};
use dsc_syntax::ast::{Arg, Block, Expr, ExprKind};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::structure as code;
use dsc_syntax::source::{Span, Spanned};

/// An evaluated argument.
#[derive(Clone, Debug)]
pub(super) struct Argument {
    pub(super) name: Option<Spanned<String>>,
    pub(super) value: Value,
    pub(super) span: Span,
}

impl<'p> Lowering<'p> {
    /// `F(x, k: e)`.
    pub(super) fn call(&mut self, callee: &Expr, args: &[Arg], span: Span) -> Value {
        let ExprKind::Name(name) = &callee.kind else {
            let value = self.expr(callee);
            let args = self.arguments(args, span);
            return match value {
                Value::Instance(instance) => self.call_instance(&instance, args, span),
                Value::Error => Value::Error,
                other => self.not_callable(&other.kind(), callee.span),
            };
        };
        let bound = self.frames.last().is_some_and(|f| f.bindings.iter().any(|b| b.name == *name));
        if bound {
            let value = self.expr(callee);
            let args = self.arguments(args, span);
            return match value {
                Value::Instance(instance) => self.call_instance(&instance, args, span),
                Value::Error => Value::Error,
                other => self.not_callable(&other.kind(), callee.span),
            };
        }
        let module = self.module();
        if let Some((home, block)) = self.program.block(module, name) {
            let real = block.name.value.clone();
            let args = self.arguments(args, span);
            self.uses.imports.insert(name.clone());
            let path = self.frame().scope.path(Some(name));
            return self.call_block(home, &real, args, span, path, false);
        }
        if let Some((home, hyper)) = self.program.hyper(module, name) {
            let args = self.arguments(args, span);
            if hyper.params.is_empty() {
                return self.not_callable("hyper without parameters", callee.span);
            }
            self.uses.imports.insert(name.clone());
            return self.call_hyper(home, hyper, args, span);
        }
        if let Some(primitive) = crate::sema::primitives::find(name) {
            let args = self.arguments(args, span);
            return self.call_primitive(primitive, args, span);
        }
        // The arguments are looked at all the same: their faults are worth telling now.
        self.arguments(args, span);
        self.no_block(name, callee.span)
    }

    fn no_block(&mut self, name: &str, span: Span) -> Value {
        let module = self.module();
        if self.may_be_lost(module, name) {
            self.untold = true;
            return Value::Error;
        }
        // One `use` mends all calls of a block that was not imported.
        if super::names::in_std(name) && !self.not_imported.insert((module, name.to_owned())) {
            return Value::Error;
        }
        let d = super::names::unknown_block(self.program, module, name, span);
        self.fail(d)
    }

    /// `FrameEncoder{width: d}`.
    pub(super) fn instance(&mut self, callee: &Expr, args: &[Arg], span: Span) -> Value {
        let ExprKind::Name(name) = &callee.kind else { return self.not_callable("value", callee.span) };
        let module = self.module();
        let program = self.program;
        let Some((home, declared)) = program.block(module, name) else {
            self.arguments(args, span);
            return self.no_block(name, callee.span);
        };
        self.uses.imports.insert(name.clone());
        let real = declared.name.value.clone();
        let Some((_, block)) = self.block_as_changed(home, &real) else { return Value::Error };
        let settings = self.arguments(args, span);
        for setting in &settings {
            match &setting.name {
                None => self.report(
                    Diagnostic::error(code::E0503, "an instance takes settings by name")
                        .at(setting.span, "no name")
                        .help(format!("write `{name}{{width: ..}}`; the tensor comes with each call")),
                ),
                Some(n) if !block.params.iter().any(|p| p.name.value == n.value) => {
                    self.no_such_argument(name, block, n);
                }
                Some(_) => {}
            }
        }
        let path = self.frame().scope.path(Some(name));
        let instance = Instance { module: home, block: real, settings, path: path.clone() };
        self.own(&path, span, true);
        self.bounded(Value::Instance(Rc::new(instance)), span)
    }

    fn call_instance(&mut self, instance: &Instance, args: Vec<Argument>, span: Span) -> Value {
        let mut all = args;
        for setting in &instance.settings {
            if let (Some(n), Some(given)) = (
                &setting.name,
                all.iter().find(|a| a.name.as_ref().map(|n| &n.value) == setting.name.as_ref().map(|n| &n.value)),
            ) {
                let d = Diagnostic::error(code::E0502, format!("`{}` is set by the instance", n.value))
                    .at(given.span, "given again here")
                    .because(setting.span, "set here");
                return self.fail(d);
            }
            all.push(setting.clone());
        }
        if !self.is_std(self.module()) {
            self.note_numbers(span, &instance.settings);
        }
        self.call_block(instance.module, &instance.block, all, span, instance.path.clone(), true)
    }

    fn not_callable(&mut self, kind: &str, span: Span) -> Value {
        self.fail(
            Diagnostic::error(code::E0504, format!("a {kind} cannot be called"))
                .at(span, "neither a block nor an instance"),
        )
    }

    fn arguments(&mut self, args: &[Arg], call: Span) -> Vec<Argument> {
        let mut out: Vec<Argument> = Vec::new();
        for arg in args {
            let (value, span) = (self.expr(&arg.value), arg.value.span);
            let unnamed = |value| Argument { name: None, value, span };
            match (arg.spread, value, &arg.name) {
                (true, Value::List(list), None) => out.extend(list.into_iter().map(|(_, value)| unnamed(value))),
                (true, Value::Error, _) => out.push(unnamed(Value::Error)),
                (true, other, _) => {
                    self.not_a_list(&other, span);
                    out.push(unnamed(Value::Error));
                }
                (false, value, name) => out.push(Argument { name: name.clone(), value, span }),
            }
        }
        if !self.is_std(self.module()) {
            self.note_numbers(call, &out);
        }
        out
    }

    fn no_such_argument(&mut self, name: &str, block: &Block, given: &Spanned<String>) {
        let known: Vec<String> = block.params.iter().map(|p| p.name.value.clone()).collect();
        self.report(
            Diagnostic::error(code::E0502, format!("`{name}` has no argument `{}`", given.value))
                .at(given.span, "no such argument")
                .because(block.name.span, format!("it takes {}", known.join(", ")))
                .did_you_mean(&given.value, known.iter().map(String::as_str)),
        );
    }

    /// Notes that a call at `path` owns weights; a second one is an error.
    fn own(&mut self, path: &str, span: Span, instance: bool) {
        if let Some(before) = self.frame().owners.insert(path.to_owned(), span)
            && (before != span || instance)
        {
            self.duplicate_path(path, span, before);
        }
    }

    /// Whether another call owns the weights at `path` already.
    fn owned_elsewhere(&mut self, path: &str, span: Span) -> bool {
        self.frame().owners.get(path).is_some_and(|before| *before != span)
    }

    fn call_block(
        &mut self,
        home: ModuleId,
        name: &str,
        args: Vec<Argument>,
        span: Span,
        path: String,
        sharing: bool,
    ) -> Value {
        if self.frames.iter().any(|f| f.home == home && f.block == name) {
            return self.fail(
                Diagnostic::error(code::E0505, format!("`{name}` calls itself"))
                    .at(span, "called from within itself")
                    .help("repeat with `for`: what a model is made of is finite"),
            );
        }
        if self.frames.len() > MAX_DEPTH {
            return self.fail(
                Diagnostic::error(code::E0505, format!("blocks nest deeper than {MAX_DEPTH}")).at(span, "this call"),
            );
        }
        let Some((module, block)) = self.block_as_changed(home, name) else { return Value::Error };
        self.uses.blocks.insert((home, name.to_owned()));
        let Some(bound) = self.bind_arguments(block, args, span) else { return Value::Error };
        let kind = RegionKind::Call {
            block: name.to_owned(),
            declared: block.name.span,
            library: self.program.module(home).is_some_and(|m| m.is_std),
        };
        let region = self.open_region(kind, path.clone(), span);

        let weights_before = self.weights;
        let repeated = !sharing && self.owned_elsewhere(&path, span);
        let is_encoder =
            name == "Bert" && self.program.module(home).is_some_and(|m| m.is_std) && self.encoder_root.is_none();
        if is_encoder {
            self.encoder_root = Some(path.clone());
        }
        self.frames.push(Frame {
            module,
            home,
            block: name.to_owned(),
            scope: Scope { prefix: path.clone(), steps: Vec::new() },
            call: span,
            outer: if self.is_std(module) {
                self.frames.last().map(|f| f.outer).filter(|o| !o.is_none()).unwrap_or(span)
            } else {
                Span::NONE
            },
            regions: region.into_iter().collect(),
            sharing: sharing && self.graph.params.iter().any(|p| p.path.starts_with(&format!("{path}."))),
            repeated,
            ..Frame::default()
        });
        let value = self.deeper(span, |l| l.inline(block, bound)).unwrap_or(Value::Error);
        self.frames.pop();
        let result = block.body.value.as_ref().map_or(span, |v| v.span);
        self.name_value(NameKind::Result, path.clone(), &value, result);
        if is_encoder {
            self.encoder_root = None;
        }
        if self.weights > weights_before && !sharing {
            self.own(&path, span, false);
        }
        value
    }

    /// Arguments by parameter, in the order of the parameters; none where the default is to be used.
    fn bind_arguments(&mut self, block: &Block, args: Vec<Argument>, span: Span) -> Option<Vec<Option<Argument>>> {
        let mut bound: Vec<Option<Argument>> = vec![None; block.params.len()];
        let mut ok = true;
        let block_name = block.name.value.clone();
        for (i, arg) in args.into_iter().enumerate() {
            let slot = match &arg.name {
                None if i == 0 => 0,
                None => {
                    ok = false;
                    let next: Vec<String> = block.params.iter().skip(1).map(|p| p.name.value.clone()).collect();
                    self.report(
                        Diagnostic::error(code::E0503, format!("argument {} of `{block_name}` has no name", i + 1))
                            .at(arg.span, "which one is it?")
                            .because(block.name.span, "declared here")
                            .help(format!(
                                "only the first tensor goes without a name; the others are {}",
                                next.join(", ")
                            )),
                    );
                    continue;
                }
                Some(name) => match block.params.iter().position(|p| p.name.value == name.value) {
                    Some(slot) => slot,
                    None => {
                        ok = false;
                        self.no_such_argument(&block_name, block, name);
                        continue;
                    }
                },
            };
            match bound.get_mut(slot) {
                Some(place @ None) => *place = Some(arg),
                Some(Some(before)) => {
                    ok = false;
                    let before = before.span;
                    let what = block.params.get(slot).map(|p| p.name.value.clone()).unwrap_or_default();
                    self.report(
                        Diagnostic::error(code::E0502, format!("`{what}` of `{block_name}` is given twice"))
                            .at(arg.span, "given again here")
                            .because(before, "first given here"),
                    );
                }
                None => {
                    ok = false;
                    self.report(
                        Diagnostic::error(code::E0502, format!("`{block_name}` takes no arguments"))
                            .at(arg.span, "one too many"),
                    );
                }
            }
        }
        let missing: Vec<String> = block
            .params
            .iter()
            .zip(&bound)
            .enumerate()
            // A second parameter of one name has been told where it stands, and no call can give it.
            .filter(|(i, (p, _))| block.params.iter().take(*i).all(|q| q.name.value != p.name.value))
            .filter(|(_, (p, b))| p.default.is_none() && b.is_none())
            .map(|(_, (p, _))| format!("`{}`", p.name.value))
            .collect();
        if !missing.is_empty() && ok {
            ok = false;
            self.report(
                Diagnostic::error(code::E0501, format!("`{block_name}` wants {}", missing.join(", ")))
                    .at(span, "missing in this call")
                    .because(block.name.span, "declared here"),
            );
        }
        ok.then_some(bound)
    }

    /// The body of a block with its arguments, in the frame that is innermost now.
    fn inline(&mut self, block: &Block, bound: Vec<Option<Argument>>) -> Value {
        let mut generics = Generics::new(block.generics.iter().map(|g| g.value.clone()));
        let mut given: Vec<(Value, Span)> = Vec::new();
        let mut quiet = false;
        for (param, arg) in block.params.iter().zip(bound) {
            let (value, span) = match (arg, &param.default) {
                (Some(arg), _) => (arg.value, arg.span),
                (None, Some(default)) => (self.expr(default), default.span),
                (None, None) => (Value::Error, param.name.span),
            };
            quiet |= value.is_error();
            let value = self.as_declared(&param.ty, value);
            given.push((value.clone(), span));
            let path = self.frame().scope.leaf(&param.name.value);
            self.name_value(NameKind::Argument, path, &value, span);
            self.bind(&param.name, value, false);
            self.uses.read.insert(param.name.span);
        }
        let mut fits = true;
        for (param, (value, span)) in block.params.iter().zip(&given) {
            fits &= self.fits(&param.ty, value, *span, &mut generics, Some((&param.name, &block.name)));
        }
        if quiet || !fits {
            return Value::Error;
        }
        self.bind_generics(&generics, block);
        let holds = block.constraint.as_ref().map_or(Holds::Yes, |c| self.holds(c));
        if holds == Holds::Untold {
            return Value::Error;
        }
        if let Some(constraint) = block.constraint.as_ref().filter(|_| holds == Holds::No) {
            let call = self.frames.last().map_or(Span::NONE, |f| f.call);
            let values = self.values_in(constraint);
            let found = if values.is_empty() { String::new() } else { format!(", found {values}") };
            let in_std = self.program.module(self.module()).is_some_and(|m| m.is_std);
            let d = Diagnostic::error(
                dsc_syntax::diag::codes::hypers::E0404,
                format!("`{}` wants `{}`{found}", block.name.value, super::pattern::dim_text(constraint)),
            );
            let d = if in_std {
                d.at(constraint.span, "this does not hold")
            } else {
                d.at(call, "in this call").because(constraint.span, "this does not hold")
            };
            let mut d = d.help("choose other numbers");
            for (param, (_, span)) in block.params.iter().zip(&given) {
                if super::pattern::speaks(constraint, &param.name.value) {
                    d = self.because_given(d, *span, &param.name.value);
                }
            }
            for (name, span) in generics.places() {
                if super::pattern::speaks(constraint, name) {
                    d = self.because_given(d, span, name);
                }
            }
            return self.fail(d);
        }
        let value = self.body(&block.body);
        if let Some(result) = &block.result
            && !value.is_error()
            && !self.fits(
                result,
                &value,
                block.body.value.as_ref().map_or(block.name.span, |v| v.span),
                &mut generics,
                None,
            )
        {
            return Value::Error;
        }
        value
    }

    fn bind_generics(&mut self, generics: &Generics, block: &Block) {
        self.frame().generics = generics.clone();
        for name in &block.generics {
            if let Some(dim) = generics.dim(&name.value) {
                self.bind(name, Value::Static(dsc_graph::statics::Static::from_dim(dim)), false);
                self.uses.read.insert(name.span);
            }
        }
    }

    /// Names of a condition with their values, for messages: `d % heads == 0 with d = 10, heads = 4`.
    pub(super) fn values_in(&mut self, e: &Expr) -> String {
        let mut names = Vec::new();
        collect_names(e, &mut names);
        names.sort();
        names.dedup();
        let mut parts = Vec::new();
        for name in names {
            let value = self.expr(&Expr { kind: ExprKind::Name(name.clone()), span: e.span });
            if let Value::Static(s) = value {
                parts.push(format!("{name} = {s}"));
            }
        }
        parts.join(", ")
    }
}

fn collect_names(e: &Expr, names: &mut Vec<String>) {
    match &e.kind {
        ExprKind::Name(name) => names.push(name.clone()),
        ExprKind::Unary(_, x) => collect_names(x, names),
        ExprKind::Binary(_, _, a, b) => {
            collect_names(a, names);
            collect_names(b, names);
        }
        ExprKind::Call { args, .. } => args.iter().for_each(|a| collect_names(&a.value, names)),
        _ => {}
    }
}
