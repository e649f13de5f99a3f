//! Calls: of blocks (inlined), of instances (with their weights), of indexed hypers, of primitives.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::block_arguments::{alike_together, same_twice};
use super::budget::{CALL, MAX_DEPTH, of_text};
use super::frame::{Frame, FrameKind, Ownership};
use super::generics::Generics;
use super::holds::Holds;
use super::lowering::Lowering;
use super::path::Scope;
pub(super) use super::value::Argument;
use super::value::{Instance, Value};
use crate::sema::resolve::{DefId, DefKind, Remedy, Res, argument_meant, expr_text, not_callable};
use dsc_graph::primitives::{self, Primitive};
use dsc_graph::statics::Static;
use dsc_graph::{NameKind, RegionKind};
use dsc_syntax::ast::{Arg, Block, Change, Expr, ExprKind};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::{structure as code, types};
use dsc_syntax::source::Span;

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
                let args = self.arguments(args, span);
                self.call_as_meant(callee, args, span)
            }
        }
    }

    /// A call of an unknown name, which was reported: of what its remedy says is meant, if that is known. What does not fit
    /// there is not told: the remedy may be a guess, and is the first thing to do.
    fn call_as_meant(&mut self, callee: &Expr, args: Vec<Argument>, span: Span) -> Value {
        let none = self.reported();
        let Some(Remedy::Name(meant)) = self.taken_for(callee.span) else { return none };
        let meant = *meant;
        self.faults.hold();
        let value = match meant {
            Res::Def(def) if self.program.names.def(def).kind == DefKind::Block => {
                let name = &self.program.names.def(def).name;
                let path = self.frame().scope.path(Some(name));
                self.call_block(def, args, span, path, false)
            }
            Res::Primitive(primitive) => {
                let mut args = args;
                rename_foreign(primitive, &mut args);
                self.call_primitive(primitive, args, span)
            }
            _ => none,
        };
        // That it has other arguments than a variant's block takes is about the call, too.
        let of_call = |d: &Diagnostic| {
            matches!(d.code, code::E0501 | code::E0502 | code::E0503)
                || d.primary.as_ref().is_some_and(|at| span.start <= at.span.start && at.span.end <= span.end)
        };
        self.faults.release().into_iter().filter(|d| !of_call(d)).for_each(|d| self.faults.push(d));
        value
    }

    /// A call of a value: of an instance.
    fn call_value(&mut self, callee: &Expr, args: &[Arg], span: Span) -> Value {
        let value = match &callee.kind {
            ExprKind::Field(..) if self.taken_for(callee.span).is_some() => {
                let args = self.arguments(args, span);
                return self.call_as_meant(callee, args, span);
            }
            // `nn.MSELoss()(x, y)`
            ExprKind::Call { callee: layer, args: settings, .. } if self.taken_for(layer.span).is_some() => {
                self.arguments(settings, callee.span);
                let args = self.arguments(args, span);
                return self.call_as_meant(layer, args, span);
            }
            ExprKind::Field(x, field) => {
                let x_value = self.expr(x);
                let is_function = primitives::find(&field.value).is_some_and(Primitive::keeps_type);
                let of_value = self.field(x, x_value.clone(), field, callee.span, true);
                // `x.relu()` is an error, and what it is meant for has the type of `x`.
                match (x_value, of_value) {
                    (Value::Node(x), Value::Error) if is_function => {
                        self.arguments(args, span);
                        return Value::Node(x);
                    }
                    (Value::Node(_), meant @ Value::Node(_)) => {
                        self.arguments(args, span);
                        return meant;
                    }
                    (_, value) => value,
                }
            }
            _ => self.expr(callee),
        };
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

    pub(super) fn call_block(
        &mut self,
        def: DefId,
        args: Vec<Argument>,
        span: Span,
        path: String,
        sharing: bool,
    ) -> Value {
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
        let stands_in = self.changes.iter().any(|c| matches!(c, Change::Block(b, _) if std::ptr::eq(&**b, block)));
        self.faults.hold();
        let (args, complete) = self.bind_arguments(block, args, span);
        let mut bound = Bound { args, complete, faults: self.faults.release(), stands_in };
        if !stands_in {
            std::mem::take(&mut bound.faults).into_iter().for_each(|d| self.faults.push(d));
        }
        let library = self.is_std(home);
        let twice = if library { same_twice(block, &bound.args) } else { None };
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
        let value = self.deeper(span, |l| l.inline(block, bound)).unwrap_or(Value::Error);
        self.frames.pop();
        let result = block.body.value.as_ref().map_or(span, |v| v.span);
        self.name_value(NameKind::Result, path.clone(), &value, result);
        if let (Some(what), Value::Node(result)) = (twice, &value) {
            self.notes.with_themselves.push((what, self.users_place(span), *result));
        }
        if is_encoder {
            self.weights.encoder_root = None;
        }
        if self.weights.requests > weights_before && !sharing {
            self.own(&path, span, false);
        }
        value
    }

    /// The body of a block with its arguments, in the frame that is innermost now. Where something is wrong with the call
    /// or the body, which is reported, it has a value of the type that the block states, as far as that is known: one
    /// faulty block does not hide what is wrong behind it.
    fn inline(&mut self, block: &Block, bound: Bound) -> Value {
        let Bound { args, complete, faults, stands_in } = bound;
        let mut generics = Generics::default();
        let mut given: Vec<(Value, Span)> = Vec::new();
        for (param, arg) in block.params.iter().zip(args) {
            let (value, span) = match (arg, &param.default) {
                (Some(arg), _) => (arg.value, arg.span),
                (None, Some(default)) => (self.expr(default), default.span),
                (None, None) => (Value::Error, param.name.span),
            };
            let value = self.as_declared(&param.ty, value);
            given.push((value.clone(), span));
            self.bind(&param.name, value);
        }
        self.faults.hold();
        let fits = self.arguments_fit(block, &given, &mut generics) && complete;
        let misfits = self.faults.release();
        for (param, (value, span)) in block.params.iter().zip(&given) {
            // One of another modality was reported: that names and values do not go together is the same fault.
            let misfit = misfits.iter().any(|d| {
                d.code == types::E0303 && d.primary.iter().chain(&d.secondary).any(|label| label.span == *span)
            });
            if !misfit {
                let path = self.frame().scope.leaf(&param.name.value);
                self.name_value(NameKind::Argument, path, value, *span);
            }
        }
        match stands_in {
            true => self.tell_other_parameters(block, faults.into_iter().chain(misfits).next()),
            false => alike_together(misfits).into_iter().for_each(|d| self.faults.push(d)),
        }
        self.bind_generics(&generics, block);
        let whole = fits && !given.iter().any(|(value, _)| value.is_error());
        let holds = match &block.constraint {
            None => Holds::Yes,
            Some(c) if whole => self.holds(c),
            // What the others say does not depend on the arguments with a fault.
            Some(c) => self.holds_beside_faults(c),
        };
        if let Some(constraint) = block.constraint.as_ref().filter(|_| holds == Holds::No) {
            let constraint = self.broken_part(constraint);
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
        }
        // A block that nothing calls is looked at without what its callers would say.
        let alone = self.notes.alone && self.frames.len() == FRAMES_ALONE;
        if !alone && (!whole || holds != Holds::Yes) {
            return self.stated_result(block);
        }
        if let Some(Frame { kind: FrameKind::Block(def), .. }) = self.frames.last() {
            self.notes.uses.lowered.insert(*def);
        }
        let value = self.body(&block.body);
        let Some(result) = &block.result else { return value };
        let place = block.body.value.as_ref().map_or(block.name.span, |v| v.span);
        let fits = !value.is_error() && self.fits(result, &value, place, &mut generics, None);
        // Of a value with a fault that may have any size the block says more.
        if fits && !self.is_open(&value) {
            return value;
        }
        let made = self.graph.len();
        match self.stated_result(block) {
            Value::Error if fits => value,
            stated => {
                // Body and declaration disagree: either may be the one that is wrong.
                if !fits && !value.is_error() {
                    let of_result = stated.nodes().into_iter().map(|(_, node)| node).filter(|n| n.index() >= made);
                    of_result.for_each(|node| self.nodes.dispute(node));
                }
                // What is stated reads nothing; what the value reads is of use all the same.
                self.notes.in_doubt.extend(value.nodes().into_iter().map(|(_, node)| node));
                stated
            }
        }
    }

    /// A call that does not fit the block that a variant put in the place of the called one: the variant is to blame, and
    /// all misfits are one fault.
    fn tell_other_parameters(&mut self, block: &Block, misfit: Option<Diagnostic>) {
        let Some(misfit) = misfit else { return };
        let variant = self.options.variant.clone().unwrap_or_default();
        let message = format!(
            "`{}` of variant `{variant}` does not fit the calls of the model: {}",
            block.name.value, misfit.message
        );
        let d = Diagnostic::error(misfit.code, message).at(block.name.span, "put in the place of another here");
        self.report(d.help("take the parameters of the block that it replaces, with their types and names"));
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
                let number = s.as_dim().and_then(|d| self.number_of(&d).as_const()).filter(|_| s.as_i64().is_none());
                parts.push(number.map_or_else(|| format!("{name} = {s}"), |n| format!("{name} = {s} = {n}")));
            }
        }
        parts.join(", ")
    }
}

/// Gives the arguments that other languages call otherwise the names that the operation has for them.
fn rename_foreign(primitive: &Primitive, args: &mut [Argument]) {
    let known: Vec<&str> = primitive.args().collect();
    for name in args.iter_mut().filter_map(|arg| arg.name.as_mut()) {
        if let Some(ours) = argument_meant(&name.value, &known) {
            name.value = ours.to_owned();
        }
    }
}

/// The arguments of a call, by parameter.
struct Bound {
    args: Vec<Option<Argument>>,
    /// Whether they are what the block takes.
    complete: bool,
    /// What is wrong with them and has not been told.
    faults: Vec<Diagnostic>,
    /// Whether a variant put the block in the place of the one that is called.
    stands_in: bool,
}

/// The model and the block that is looked at without a call.
const FRAMES_ALONE: usize = 2;

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
