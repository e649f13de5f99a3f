//! Calls: of blocks (inlined), of instances (with their weights), of indexed hypers, of primitives.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::budget::{CALL, MAX_DEPTH, of_text};
use super::frame::{Frame, FrameKind, Ownership};
use super::generics::Generics;
use super::holds::Holds;
use super::lowering::Lowering;
use super::path::Scope;
pub(super) use super::value::Argument;
use super::value::{Instance, Value};
use crate::sema::resolve::{DefId, DefKind, Res, expr_text, no_argument, not_callable};
use dsc_graph::statics::Static;
use dsc_graph::{NameKind, RegionKind};
use dsc_syntax::ast::{Arg, Block, Expr, ExprKind};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::structure as code;
use dsc_syntax::source::{Span, Spanned};

impl<'p> Lowering<'p> {
    /// `F(x, k: e)`.
    pub(super) fn call(&mut self, callee: &Expr, args: &[Arg], span: Span) -> Value {
        let ExprKind::Name(name) = &callee.kind else { return self.call_value(callee, args, span) };
        let names = &self.program.names;
        match self.resolve(callee.span) {
            Res::Def(def) if names.def(def).kind.is_local() => self.call_value(callee, args, span),
            Res::Def(def) if names.def(def).kind == DefKind::Block => {
                let args = self.arguments(args, span);
                let path = self.frame().scope.path(Some(name));
                self.call_block(def, args, span, path, false)
            }
            Res::Def(def) => {
                let args = self.arguments(args, span);
                self.call_hyper(def, args, span)
            }
            Res::Primitive(primitive) => {
                let args = self.arguments(args, span);
                self.call_primitive(primitive, args, span)
            }
            Res::Encoder | Res::Batch | Res::Modality | Res::Error => {
                // The arguments are looked at all the same: their faults are worth reporting now.
                self.arguments(args, span);
                self.reported()
            }
        }
    }

    /// A call of a value: of an instance.
    fn call_value(&mut self, callee: &Expr, args: &[Arg], span: Span) -> Value {
        let value = self.expr(callee);
        let args = self.arguments(args, span);
        match value {
            Value::Instance(instance) => self.call_instance(&instance, args, span),
            Value::Error => Value::Error,
            other => self.fail(not_callable(&other.kind(), callee.span)),
        }
    }

    /// Whether an expression begins with a name that refers to nothing, which was reported.
    pub(super) fn is_foreign(&self, e: &Expr) -> bool {
        match &e.kind {
            ExprKind::Name(_) => matches!(self.resolve(e.span), Res::Error),
            ExprKind::Field(x, _) | ExprKind::Index(x, _) => self.is_foreign(x),
            ExprKind::Call { callee, .. } => self.is_foreign(callee),
            _ => false,
        }
    }

    /// `FrameEncoder{width: d}`.
    pub(super) fn instance(&mut self, callee: &Expr, args: &[Arg], span: Span) -> Value {
        let ExprKind::Name(name) = &callee.kind else { return self.fail(not_callable("value", callee.span)) };
        let Res::Def(def) = self.resolve(callee.span) else {
            self.arguments(args, span);
            return self.reported();
        };
        let Some((_, block)) = self.block_as_changed(def) else { return self.reported() };
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
        let own_name = self.program.names.def(def).name.clone();
        let instance = Instance { block: def, name: own_name, settings, path: path.clone() };
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
        self.call_block(instance.block, all, span, instance.path.clone(), true)
    }

    fn arguments(&mut self, args: &[Arg], call: Span) -> Vec<Argument> {
        let mut out: Vec<Argument> = Vec::new();
        for arg in args {
            let (value, span) = (self.expr(&arg.value), arg.value.span);
            let unnamed = |value| Argument { name: None, value, span };
            match (arg.spread, value, &arg.name) {
                (true, Value::List(list), None) => out.extend(list.into_iter().map(|(_, value)| unnamed(value))),
                (true, Value::Error, _) => out.push(Argument::unknown()),
                (true, other, _) => {
                    self.not_a_list(&other, span);
                    out.push(Argument::unknown());
                }
                (false, value, name) => out.push(Argument { name: name.clone(), value, span }),
            }
        }
        if !self.is_std(self.module()) {
            self.note_numbers(call, &out);
        }
        out
    }

    /// A named argument that the block does not take. Where it is one that a variant put in another's place, the name
    /// may be right for the other.
    fn no_such_argument(&mut self, name: &str, block: &Block, given: &Spanned<String>) {
        if matches!(self.resolve(given.span), Res::Error) {
            self.reported();
            return;
        }
        let known: Vec<String> = block.params.iter().map(|p| p.name.value.clone()).collect();
        self.report(no_argument(name, given, block.name.span, &known));
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

    fn call_block(&mut self, def: DefId, args: Vec<Argument>, span: Span, path: String, sharing: bool) -> Value {
        let declared = self.program.names.def(def);
        let (home, name) = (declared.module, declared.name.as_str());
        if self.frames.iter().any(|f| f.kind == FrameKind::Block(def)) {
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
        let Some((module, block)) = self.block_as_changed(def) else { return self.reported() };
        self.notes.uses.blocks.insert(def);
        let pairs = args.len() as u64 * block.params.len() as u64;
        if !self.spend(CALL + pairs / 16 + of_text(path.len()), span) {
            return Value::Error;
        }
        let (bound, complete) = self.bind_arguments(block, args, span);
        let library = self.is_std(home);
        let kind = RegionKind::Call { block: name.to_owned(), declared: block.name.span, library };
        let region = self.open_region(kind, path.clone(), span);

        let weights_before = self.weights.requests;
        let weights = match sharing {
            true if self.weights.some_below(&path) => Ownership::Shared,
            false if self.owned_elsewhere(&path, span) => Ownership::Repeated,
            _ => Ownership::Fresh,
        };
        let is_encoder = name == "Bert" && library && self.weights.encoder_root.is_none();
        if is_encoder {
            self.weights.encoder_root = Some(path.clone());
        }
        let outer = match self.is_std(module) {
            true => self.frames.last().map(|f| f.outer).filter(|o| !o.is_none()).unwrap_or(span),
            false => Span::NONE,
        };
        self.frames.push(Frame {
            scope: Scope { prefix: path.clone(), steps: Vec::new() },
            call: span,
            outer,
            regions: region.into_iter().collect(),
            weights,
            ..Frame::new(FrameKind::Block(def), module)
        });
        let value = self.deeper(span, |l| l.inline(block, bound, complete)).unwrap_or(Value::Error);
        self.frames.pop();
        let result = block.body.value.as_ref().map_or(span, |v| v.span);
        self.name_value(NameKind::Result, path.clone(), &value, result);
        if is_encoder {
            self.weights.encoder_root = None;
        }
        if self.weights.requests > weights_before && !sharing {
            self.own(&path, span, false);
        }
        value
    }

    /// Arguments by parameter, in the order of the parameters; none where the default is to be used. And whether they are
    /// what the block takes.
    fn bind_arguments(&mut self, block: &Block, args: Vec<Argument>, span: Span) -> (Vec<Option<Argument>>, bool) {
        let mut bound: Vec<Option<Argument>> = vec![None; block.params.len()];
        let mut ok = true;
        let block_name = block.name.value.clone();
        let named: BTreeSet<String> = args.iter().filter_map(|a| a.name.as_ref()).map(|n| n.value.clone()).collect();
        for (i, arg) in args.into_iter().enumerate() {
            let slot = match &arg.name {
                None if i == 0 => 0,
                // What it was given has a fault that was reported.
                None if arg.is_unknown() => {
                    ok = false;
                    continue;
                }
                None => {
                    ok = false;
                    let next: Vec<String> = block.params.iter().skip(1).map(|p| p.name.value.clone()).collect();
                    let d = Diagnostic::error(code::E0503, format!("argument {} of `{block_name}` has no name", i + 1))
                        .at(arg.span, "which one is it?")
                        .because(block.name.span, "declared here")
                        .help(format!("only the first tensor goes without a name; the others are {}", next.join(", ")));
                    // In the order of the declaration, as other languages take them.
                    let meant =
                        block.params.get(i).map(|p| p.name.value.as_str()).filter(|name| !named.contains(*name));
                    self.report(match meant {
                        Some(name) => d
                            .help(format!("write `{name}: ..`; only the first tensor goes without a name"))
                            .fix(Span { end: arg.span.start, ..arg.span }, format!("{name}: ")),
                        None => d,
                    });
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
            // A second parameter of one name has been reported at its declaration, and no call can give it.
            .filter(|(i, (p, _))| block.params.iter().take(*i).all(|q| q.name.value != p.name.value))
            .filter(|(_, (p, b))| p.default.is_none() && b.is_none())
            .map(|(_, (p, _))| format!("`{}`", p.name.value))
            .collect();
        if !missing.is_empty() && ok {
            ok = false;
            let plural = if missing.len() > 1 { "s" } else { "" };
            let d = Diagnostic::error(
                code::E0501,
                format!("missing argument{plural} {} of `{block_name}`", missing.join(", ")),
            )
            .at(span, "missing in this call")
            .because(block.name.span, "declared here");
            // `let f = Linear(out: d)`, as a layer is made elsewhere.
            let tensor_alone = missing.len() == 1 && bound.first().is_some_and(Option::is_none);
            self.report(match tensor_alone {
                true => d.help(format!(
                    "a call takes the tensor first, `{block_name}(x, ..)`; an instance whose weights are shared has its settings in braces, `{block_name}{{..}}`"
                )),
                false => d,
            });
        }
        (bound, ok)
    }

    /// The body of a block with its arguments, in the frame that is innermost now. Where something is wrong with the call
    /// or the body, which is reported, it has a value of the type that the block states, as far as that is known: one
    /// faulty block does not hide what is wrong behind it.
    fn inline(&mut self, block: &Block, bound: Vec<Option<Argument>>, complete: bool) -> Value {
        let mut generics = Generics::default();
        let mut given: Vec<(Value, Span)> = Vec::new();
        for (param, arg) in block.params.iter().zip(bound) {
            let (value, span) = match (arg, &param.default) {
                (Some(arg), _) => (arg.value, arg.span),
                (None, Some(default)) => (self.expr(default), default.span),
                (None, None) => (Value::Error, param.name.span),
            };
            let value = self.as_declared(&param.ty, value);
            given.push((value.clone(), span));
            let path = self.frame().scope.leaf(&param.name.value);
            self.name_value(NameKind::Argument, path, &value, span);
            self.bind(&param.name, value);
        }
        let mut fits = complete;
        for (param, (value, span)) in block.params.iter().zip(&given) {
            fits &= self.fits(&param.ty, value, *span, &mut generics, Some((&param.name, &block.name)));
        }
        self.bind_generics(&generics, block);
        if !fits || given.iter().any(|(value, _)| value.is_error()) {
            return self.stated_result(block);
        }
        let holds = block.constraint.as_ref().map_or(Holds::Yes, |c| self.holds(c));
        if holds == Holds::Unknown {
            return self.stated_result(block);
        }
        if let Some(constraint) = block.constraint.as_ref().filter(|_| holds == Holds::No) {
            let call = self.frames.last().map_or(Span::NONE, |f| f.call);
            let values = self.values_in(constraint);
            let found = if values.is_empty() { String::new() } else { format!(", found {values}") };
            let in_std = self.is_std(self.module());
            let d = Diagnostic::error(
                dsc_syntax::diag::codes::hypers::E0404,
                format!("`{}` expects `{}`{found}", block.name.value, expr_text(constraint)),
            );
            let d = if in_std {
                d.at(constraint.span, "this does not hold")
            } else {
                d.at(call, "in this call").because(constraint.span, "this does not hold")
            };
            let mut d = d.help("choose other numbers");
            for (param, (_, span)) in block.params.iter().zip(&given) {
                if super::pattern::mentions(constraint, &param.name.value) {
                    d = self.because_given(d, *span, &param.name.value);
                }
            }
            for (generic, span) in generics.places() {
                let name = &self.program.names.def(generic).name;
                if super::pattern::mentions(constraint, name) {
                    d = self.because_given(d, span, name);
                }
            }
            self.report(d);
            return self.stated_result(block);
        }
        let value = self.body(&block.body);
        let Some(result) = &block.result else { return value };
        let place = block.body.value.as_ref().map_or(block.name.span, |v| v.span);
        match !value.is_error() && self.fits(result, &value, place, &mut generics, None) {
            true => value,
            false => self.stated_result(block),
        }
    }

    /// A value of the type that a block states for its result.
    fn stated_result(&mut self, block: &Block) -> Value {
        match &block.result {
            Some(result) => self.value_of_type(result, block.name.span),
            None => Value::Error,
        }
    }

    fn bind_generics(&mut self, generics: &Generics, block: &Block) {
        self.frame().generics = generics.clone();
        for name in &block.generics {
            if let Some(dim) = self.defined_at(name.span).and_then(|def| generics.dim(def)) {
                self.note_type(name, &Value::Static(Static::from_dim(dim)));
            }
        }
    }

    /// Names of a condition with their values, for messages: `d % heads == 0 with d = 10, heads = 4`.
    pub(super) fn values_in(&mut self, e: &Expr) -> String {
        let mut names = BTreeMap::new();
        collect_names(e, &mut names);
        let mut parts = Vec::new();
        for (name, place) in names {
            if let Value::Static(s) = self.expr(place) {
                parts.push(format!("{name} = {s}"));
            }
        }
        parts.join(", ")
    }
}

fn collect_names<'e>(e: &'e Expr, names: &mut BTreeMap<&'e str, &'e Expr>) {
    match &e.kind {
        ExprKind::Name(name) => drop(names.insert(name, e)),
        ExprKind::Unary(_, x) => collect_names(x, names),
        ExprKind::Binary(_, _, a, b) => {
            collect_names(a, names);
            collect_names(b, names);
        }
        ExprKind::Call { args, .. } => args.iter().for_each(|a| collect_names(&a.value, names)),
        _ => {}
    }
}
