//! Calls of the algebra of axes: products, new shapes, reductions, element-wise functions with numbers, the batch.

use super::args::{Args, Bound, Given, Operand, values};
use crate::lower::lowering::Lowering;
use crate::lower::value::Value;
use dsc_graph::dims::Dim;
use dsc_graph::primitives::Operation;
use dsc_graph::statics::Static;
use dsc_graph::types::{Modality, TensorType};
use dsc_graph::{Einsum, EinsumFault, NodeId, Op, Over, ParametricUnary, Reduction};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::{hypers as hyper, structure as code, types};
use dsc_syntax::source::Span;

/// Parts that are made up for a `split` with a fault.
const MOST_PARTS: i64 = 64;

impl Lowering<'_> {
    /// The type of a node that is no sequence of tokens.
    fn tensor_type(&mut self, a: &Args, x: Operand) -> Option<TensorType> {
        let ty = self.graph.node(x.node).map(|n| n.ty.clone())?;
        if let Some(t) = ty.tensor() {
            return Some(t.clone());
        }
        self.misfit_of(a, x.span, &ty.to_string(), "a tensor", "turn tokens into a sequence first: `text |> Bert()`")
    }

    fn misfit_of<T>(&mut self, a: &Args, span: Span, found: &str, wanted: &str, help: &str) -> Option<T> {
        self.report(
            Diagnostic::error(types::E0301, format!("`{}` expects {wanted}, found {found}", a.primitive.name))
                .at(span, format!("this is {found}"))
                .help(help),
        );
        None
    }

    // ---- products ----

    pub(super) fn einsum(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (operands, spec) = values::<(Vec<Operand>, String)>(a, b)?;
        self.product(a, &spec, &operands, a.place("spec"))
    }

    /// Emits an einsum: faults are reported with the letters given, the graph has its own.
    fn product(&mut self, a: &Args, letters: &str, operands: &[Operand], place: Span) -> Option<Value> {
        let (nodes, spans): (Vec<NodeId>, Vec<Span>) = operands.iter().map(|x| (x.node, x.span)).unzip();
        match Einsum::parse(letters) {
            Ok(spec) => {
                let events = self.faults.events();
                let ty = self.type_of(&Op::Einsum(spec.clone()), &nodes, place, &spans)?;
                let value = self.push(Op::Einsum(spec.canonical()), ty, &nodes, a.span);
                if self.faults.events() > events {
                    self.dispute(&value);
                }
                Some(value)
            }
            Err(fault) => {
                self.wrong_letters(a, fault, place);
                None
            }
        }
    }

    pub(super) fn outer(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (x, y) = values::<(Operand, Operand)>(a, b)?;
        for one in [x, y] {
            let ty = self.tensor_type(a, one)?;
            if ty.time.is_some() || ty.dims.len() != 1 {
                let help = "of other values say which axes there are: `einsum(x, y, spec: \"ti,tj->tij\")`";
                return self.misfit_of(a, one.span, &ty.to_string(), "a Vec", help);
            }
        }
        self.product(a, "i,j->ij", &[x, y], a.span)
    }

    pub(super) fn matmul(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (x, y) = values::<(Operand, Operand)>(a, b)?;
        let (left, right) = (self.tensor_type(a, x)?, self.tensor_type(a, y)?);
        let Some(inner) = left.features() else {
            return self.misfit_of(
                a,
                x.span,
                &left.to_string(),
                "a tensor with at least one axis",
                "a Real: `scale(x, by: r)`",
            );
        };
        let [first, _] = right.dims.as_slice() else {
            let help = "a matrix has two axes; for others say which meet: `einsum(x, y, spec: ..)`";
            return self.misfit_of(a, y.span, &right.to_string(), "`with` of two axes, Tensor[i, o]", help);
        };
        if right.time.is_some() {
            let help =
                "rows of a sequence have no common matrix; `einsum(x, y, spec: \"td,tdo->to\")` takes one for each row";
            return self.misfit_of(a, y.span, &right.to_string(), "`with` without time", help);
        }
        if !self.same_dim(inner, first) {
            let d = Diagnostic::error(
                types::E0301,
                format!("`matmul` of {left} with {right}: the last axis is {inner}, the first of `with` is {first}"),
            )
            .at(y.span, format!("this is {right}"))
            .because(x.span, format!("this is {left}"))
            .help("the last axis meets the first; `transpose(w)` exchanges the axes of a matrix");
            self.report(d);
            // With its axes exchanged it would fit.
            let last = right.dims.last()?;
            let width = if self.same_dim(inner, last) { first.clone() } else { last.clone() };
            return Some(self.unknown_node(left.with_features(width), a.span));
        }
        let axes: String = ('a'..='x').take(left.axes().count() - 1).collect();
        self.product(a, &format!("{axes}y,yz->{axes}z"), &[x, y], a.span)
    }

    pub(super) fn transpose(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (x,) = values::<(Operand,)>(a, b)?;
        let ty = self.tensor_type(a, x)?;
        if ty.dims.len() < 2 {
            let help = match ty.time {
                Some(_) => "the time of a sequence stays its first axis",
                None => "a vector has no other axis; `reshape(v, shape: [1, d])` gives it one",
            };
            return self.misfit_of(a, x.span, &ty.to_string(), "a value with two axes beside time", help);
        }
        let axes: String = ('a'..='x').take(ty.axes().count() - 2).collect();
        self.product(a, &format!("{axes}yz->{axes}zy"), &[x], a.span)
    }

    // ---- shapes ----

    pub(super) fn flatten(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (x,) = values::<(Operand,)>(a, b)?;
        let dims = self.tensor_type(a, x)?.dims;
        match Dim::product(&dims) {
            Some(entries) => self.of_shape(a, x, &dims, vec![entries]),
            // The rule of a new shape says what is wrong.
            None => self.one(a, x, Op::Reshape { shape: vec![Dim::from(1)] }),
        }
    }

    pub(super) fn reshape(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (x, shape) = values::<(Operand, Vec<Dim>)>(a, b)?;
        let dims = self.tensor_type(a, x)?.dims;
        self.of_shape(a, x, &dims, shape)
    }

    /// A value with other axes beside time, if they are others.
    fn of_shape(&mut self, a: &Args, x: Operand, before: &[Dim], shape: Vec<Dim>) -> Option<Value> {
        if shape == before {
            return Some(Value::Node(x.node));
        }
        self.one(a, x, Op::Reshape { shape })
    }

    pub(super) fn slice(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (x, from, to) = values::<(Operand, Dim, Option<Dim>)>(a, b)?;
        let to = match to {
            Some(to) => to,
            None => self.features(x, a.primitive.name)?,
        };
        self.one(a, x, Op::Slice { from, to })
    }

    pub(super) fn split(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (x, parts) = values::<(Operand, i64)>(a, b)?;
        let width = self.features(x, a.primitive.name)?;
        let width = self.number_of(&width);
        let part = width.floor_div(&Dim::from(parts)).filter(|p| self.same_dim(&p.times(&Dim::from(parts)), &width));
        let Some(part) = part else {
            let d = Diagnostic::error(types::E0301, format!("`split` of {width} entries into {parts} equal parts"))
                .at(x.span, format!("its last axis is {width}"))
                .help("the last axis is a multiple of `parts`; `slice(x, from: .., to: ..)` takes any part");
            self.report(d);
            let ty = self.tensor_type(a, x)?.with_features(Dim::open("width"));
            let part = |l: &mut Self| (None, l.unknown_node(ty.clone(), a.span));
            return Some(Value::List((0..parts.min(MOST_PARTS)).map(|_| part(self)).collect()));
        };
        let place = |i: i64| part.times(&Dim::from(i));
        let mut list = Vec::new();
        for i in 0..parts {
            if !self.spend(1, a.span) {
                return None;
            }
            let op = Op::Slice { from: place(i), to: place(i + 1) };
            list.push((None, if parts == 1 { Value::Node(x.node) } else { self.one(a, x, op)? }));
        }
        Some(self.bounded(Value::List(list), a.span))
    }

    pub(super) fn append(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (x, value) = values::<(Operand, f64)>(a, b)?;
        self.one(a, x, Op::Append { value })
    }

    pub(super) fn stack(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (given, name) = values::<(Given, String)>(a, b)?;
        let (nodes, spans) = self.list_of_tensors(a, &given)?;
        let streams = self.graph.inputs.values().filter_map(|i| Some(i.ty.tensor()?.time.as_ref()?.modality.0.clone()));
        let known: Vec<String> = ["joint", "learned", "text"].map(str::to_owned).into_iter().chain(streams).collect();
        if !known.contains(&name) {
            let d = Diagnostic::error(types::E0303, format!("no modality {name:?}"))
                .at(a.place("modality"), "unknown")
                .help(format!("\"joint\", or that of an input: {}", known.join(", ")))
                .did_you_mean(&name, known.iter().map(String::as_str));
            self.report(d);
            return None;
        }
        Some(self.emit(Op::Stack { modality: Modality(name) }, &nodes, a.span, &spans))
    }

    // ---- along an axis ----

    pub(super) fn softmax(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (x, over) = values::<(Operand, Given)>(a, b)?;
        let axes = self.tensor_type(a, x)?.dims.len();
        // Whatever the axis, the result has the type of the operand.
        let Some(over) = self.over(a, axes, &over) else { return Some(Value::Node(x.node)) };
        self.one(a, x, Op::Softmax { over, log: a.primitive.operation == Operation::LogSoftmax })
    }

    /// What is wrong with the letters of an `einsum` or the axis of a `softmax`, some of whose operands have a fault.
    pub(super) fn check_words(&mut self, a: &Args) {
        match a.primitive.operation {
            Operation::Einsum => {
                let spec = a.named("spec").map(|arg| &arg.value);
                if let Some(Value::Static(Static::Str(letters))) = spec
                    && let Err(fault) = Einsum::parse(letters)
                {
                    self.wrong_letters(a, fault, a.place("spec"));
                }
            }
            Operation::Softmax | Operation::LogSoftmax => {
                let over = a.named("over").map(|arg| Given { value: arg.value.clone(), span: arg.span });
                if let Some(given) = over.filter(|given| matches!(given.value, Value::Static(Static::Str(_)))) {
                    self.over(a, 1, &given);
                }
            }
            _ => {}
        }
    }

    fn wrong_letters(&mut self, a: &Args, fault: EinsumFault, place: Span) {
        let d = Diagnostic::error(types::E0308, format!("`{}`: {}", a.primitive.name, fault.message));
        self.report(d.at(place, "these letters").help(fault.help));
    }

    /// The axis that is called so of a value with so many axes beside time.
    fn over(&mut self, a: &Args, axes: usize, given: &Given) -> Option<Over> {
        match &given.value {
            Value::Static(Static::Str(s)) if s == "features" => return Some(Over::Features),
            Value::Static(Static::Str(s)) if s == "time" => return Some(Over::Time),
            Value::Static(Static::Int(n)) => {
                let counted = if *n < 0 { n.saturating_add(axes as i64) } else { *n };
                if let Some(i) = usize::try_from(counted).ok().filter(|i| *i < axes) {
                    return Some(if i + 1 == axes { Over::Features } else { Over::Axis(i) });
                }
                let d = Diagnostic::error(
                    types::E0306,
                    format!("`over` of `{}` is {n}, the value has {axes} axes beside time", a.primitive.name),
                );
                self.report(d.at(given.span, "no such axis").help("axes count from 0 and time is none of them"));
                return None;
            }
            Value::Static(Static::Str(s)) => {
                let d = Diagnostic::error(hyper::E0403, format!("`over` of `{}` is {s:?}", a.primitive.name))
                    .at(given.span, "unknown")
                    .help("\"features\", \"time\", or the number of an axis: 0 is the first beside time")
                    .did_you_mean(s, ["features", "time"]);
                self.report(d);
                return None;
            }
            _ => {}
        }
        let what = format!("`over` of `{}`", a.primitive.name);
        self.wrong_kind(a, given, &what, "\"features\", \"time\" or the number of an axis");
        None
    }

    /// Of the Reals of a list, or along the last axis.
    pub(super) fn logsumexp(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (given, keep) = values::<(Given, bool)>(a, b)?;
        if !matches!(given.value, Value::List(_)) {
            let x = self.operand(&given, "`logsumexp`")?;
            return self.one(a, x, Op::Reduce { how: Reduction::LogSumExp, keep });
        }
        if let Some(keep) = a.named("keep") {
            let d = Diagnostic::error(code::E0502, "`keep` has no meaning for a list").at(keep.span, "not used");
            self.report(d.help("the result of a list of Reals is a Real"));
            return None;
        }
        let (nodes, spans) = self.list_of_tensors(a, &given)?;
        Some(self.emit(Op::LogSumExp, &nodes, a.span, &spans))
    }

    pub(super) fn clamp(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (x, min, max) = values::<(Operand, Option<f64>, Option<f64>)>(a, b)?;
        let fault = match (min, max) {
            (None, None) => a.help(
                Diagnostic::error(code::E0501, "`clamp` expects `min`, `max` or both")
                    .at(a.span, "missing in this call"),
            ),
            (Some(min), Some(max)) if min > max => {
                Diagnostic::error(hyper::E0403, format!("`min` of `clamp` is {min}, `max` is {max}"))
                    .at(a.place("min"), "larger than `max`")
            }
            _ => return self.one(a, x, Op::ParametricUnary(ParametricUnary::Clamp { min, max })),
        };
        self.report(fault);
        Some(Value::Node(x.node))
    }

    pub(super) fn pow(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (x, exponent) = values::<(Operand, f64)>(a, b)?;
        Some(self.power(x.node, exponent, a.span, x.span))
    }

    // ---- the batch ----

    pub(super) fn in_batch(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (x,) = values::<(Operand,)>(a, b)?;
        if self.reads_companion(x.node) {
            let d = Diagnostic::error(code::E0522, "`in_batch` of a value that reads companions")
                .at(x.span, "depends on `.. at ..`")
                .help("companions are retrieved for one anchor alone; collect the anchors' own values");
            return Some(self.fail(d));
        }
        self.one(a, x, Op::InBatch)
    }
}
