//! Calls of the algebra of axes: products, new shapes, reductions, element-wise functions with numbers, the batch.

use super::args::{Args, Got};
use crate::lower::block::Argument;
use crate::lower::lowering::Lowering;
use crate::lower::value::Value;
use dsc_graph::dims::Dim;
use dsc_graph::statics::Static;
use dsc_graph::types::{Modality, TensorType};
use dsc_graph::{Binary, Curve, Einsum, NodeId, Op, Over, Reduction, Unary};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::{hypers as hyper, structure as code, types};
use dsc_syntax::source::Span;

impl Lowering<'_> {
    pub(super) fn tensor_primitive(&mut self, a: &Args) -> Got<Value> {
        match a.primitive.name {
            "einsum" => self.einsum(a),
            "outer" => self.outer(a),
            "matmul" => self.matmul(a),
            "transpose" => self.transpose(a),
            "flatten" | "reshape" => self.reshape(a),
            "slice" => self.slice(a),
            "split" => self.split(a),
            "append" => {
                let value = self.real(a, "value", None)?;
                self.one(a, Op::Append { value })
            }
            "stack" => self.stack(a),
            "repeat" => {
                let (x, xs) = self.tensor(a)?;
                let (like, ls) = self.named_tensor(a, "like")?;
                Some(self.emit(Op::Repeat, &[x, like], a.span, &[xs, ls]))
            }
            "softmax" | "log_softmax" => {
                let over = self.over(a)?;
                self.one(a, Op::Softmax { over, log: a.primitive.name == "log_softmax" })
            }
            "sum_features" => self.reduce(a, Reduction::Sum),
            "mean_features" => self.reduce(a, Reduction::Mean),
            "max_features" => self.reduce(a, Reduction::Max),
            "min_features" => self.reduce(a, Reduction::Min),
            "norm" => self.reduce(a, Reduction::Norm),
            "logsumexp" => self.logsumexp(a),
            "normalize" => {
                let eps = self.not_negative(a, "eps", 1e-12)?;
                self.one(a, Op::Normalize { eps })
            }
            "silu" => self.one(a, Op::Unary(Unary::Silu)),
            "softplus" => self.one(a, Op::Unary(Unary::Softplus)),
            "sin" => self.one(a, Op::Unary(Unary::Sin)),
            "cos" => self.one(a, Op::Unary(Unary::Cos)),
            "leaky_relu" => {
                let slope = self.real(a, "slope", Some(0.01))?;
                self.one(a, Op::Curve(Curve::LeakyRelu { slope }))
            }
            "elu" => {
                let alpha = self.real(a, "alpha", Some(1.0))?;
                self.one(a, Op::Curve(Curve::Elu { alpha }))
            }
            "clamp" => self.clamp(a),
            "pow" => {
                let (x, xs) = self.tensor(a)?;
                let exponent = self.real(a, "exponent", None)?;
                Some(self.power(x, exponent, a.span, xs))
            }
            "minimum" => self.two(a, "with", Op::Binary(Binary::Minimum)),
            "maximum" => self.two(a, "with", Op::Binary(Binary::Maximum)),
            "mul_row" => self.two(a, "row", Op::MulRow),
            "grad_reverse" => {
                let by = self.not_negative(a, "by", 1.0)?;
                self.one(a, Op::GradReverse { by })
            }
            "in_batch" => self.in_batch(a),
            "own" => self.one(a, Op::Own),
            other => Some(
                self.fail(Diagnostic::error(code::E0504, format!("`{other}` has no meaning here")).at(a.span, "here")),
            ),
        }
    }

    fn two(&mut self, a: &Args, name: &str, op: Op) -> Got<Value> {
        let (x, xs) = self.tensor(a)?;
        let (y, ys) = self.named_tensor(a, name)?;
        Some(self.emit(op, &[x, y], a.span, &[xs, ys]))
    }

    /// The type of a node that is no sequence of tokens.
    fn tensor_type(&mut self, a: &Args, x: NodeId, span: Span) -> Got<TensorType> {
        let ty = self.graph.node(x).map(|n| n.ty.clone())?;
        if let Some(t) = ty.tensor() {
            return Some(t.clone());
        }
        self.misfit_of(a, span, &ty.to_string(), "a tensor", "turn tokens into a sequence first: `text |> Bert()`")
    }

    fn misfit_of<T>(&mut self, a: &Args, span: Span, found: &str, wanted: &str, help: &str) -> Got<T> {
        self.report(
            Diagnostic::error(types::E0301, format!("`{}` wants {wanted}, found {found}", a.primitive.name))
                .at(span, format!("this is {found}"))
                .help(help),
        );
        None
    }

    // ---- products ----

    fn einsum(&mut self, a: &Args) -> Got<Value> {
        let (mut nodes, mut spans) = (Vec::new(), Vec::new());
        for arg in a.positional() {
            nodes.push(self.node_of(&arg.value, arg.span, "`einsum`")?);
            spans.push(arg.span);
        }
        let Some(given) = a.named("spec").map(|s| s.span) else {
            self.missing(a, "spec");
            return None;
        };
        let spec = self.text(a, "spec", "")?;
        self.product(a, &spec, &nodes, given, &spans)
    }

    /// Emits an einsum: faults are told with the letters given, the graph has its own.
    fn product(&mut self, a: &Args, letters: &str, nodes: &[NodeId], place: Span, spans: &[Span]) -> Got<Value> {
        match Einsum::parse(letters) {
            Ok(spec) => {
                let ty = self.type_of(&Op::Einsum(spec.clone()), nodes, place, spans)?;
                Some(self.push(Op::Einsum(spec.canonical()), ty, nodes, a.span))
            }
            Err(fault) => {
                let d = Diagnostic::error(types::E0308, format!("`{}`: {}", a.primitive.name, fault.message));
                self.report(d.at(place, "these letters").help(fault.help));
                None
            }
        }
    }

    fn outer(&mut self, a: &Args) -> Got<Value> {
        let (x, xs) = self.tensor(a)?;
        let (y, ys) = self.named_tensor(a, "with")?;
        for (node, span) in [(x, xs), (y, ys)] {
            let ty = self.tensor_type(a, node, span)?;
            if ty.time.is_some() || ty.dims.len() != 1 {
                let help = "of other values say which axes there are: `einsum(x, y, spec: \"ti,tj->tij\")`";
                return self.misfit_of(a, span, &ty.to_string(), "a Vec", help);
            }
        }
        self.product(a, "i,j->ij", &[x, y], a.span, &[xs, ys])
    }

    fn matmul(&mut self, a: &Args) -> Got<Value> {
        let (x, xs) = self.tensor(a)?;
        let (y, ys) = self.named_tensor(a, "with")?;
        let (left, right) = (self.tensor_type(a, x, xs)?, self.tensor_type(a, y, ys)?);
        let Some(inner) = left.features() else {
            return self.misfit_of(
                a,
                xs,
                &left.to_string(),
                "a tensor with at least one axis",
                "a Real: `scale(x, by: r)`",
            );
        };
        let [first, _] = right.dims.as_slice() else {
            let help = "a matrix has two axes; for others say which meet: `einsum(x, y, spec: ..)`";
            return self.misfit_of(a, ys, &right.to_string(), "`with` of two axes, Tensor[i, o]", help);
        };
        if right.time.is_some() {
            let help =
                "rows of a sequence have no common matrix; `einsum(x, y, spec: \"td,tdo->to\")` takes one for each row";
            return self.misfit_of(a, ys, &right.to_string(), "`with` without time", help);
        }
        if !self.same_dim(inner, first) {
            let d = Diagnostic::error(
                types::E0301,
                format!("`matmul` of {left} with {right}: the last axis is {inner}, the first of `with` is {first}"),
            )
            .at(ys, format!("this is {right}"))
            .because(xs, format!("this is {left}"))
            .help("the last axis meets the first; `transpose(w)` exchanges the axes of a matrix");
            self.report(d);
            return None;
        }
        let axes: String = ('a'..='x').take(left.axes().count() - 1).collect();
        self.product(a, &format!("{axes}y,yz->{axes}z"), &[x, y], a.span, &[xs, ys])
    }

    fn transpose(&mut self, a: &Args) -> Got<Value> {
        let (x, xs) = self.tensor(a)?;
        let ty = self.tensor_type(a, x, xs)?;
        if ty.dims.len() < 2 {
            let help = match ty.time {
                Some(_) => "the time of a sequence stays its first axis",
                None => "a vector has no other axis; `reshape(v, shape: [1, d])` gives it one",
            };
            return self.misfit_of(a, xs, &ty.to_string(), "a value with two axes beside time", help);
        }
        let axes: String = ('a'..='x').take(ty.axes().count() - 2).collect();
        self.product(a, &format!("{axes}yz->{axes}zy"), &[x], a.span, &[xs])
    }

    // ---- shapes ----

    fn reshape(&mut self, a: &Args) -> Got<Value> {
        let (x, xs) = self.tensor(a)?;
        let dims = self.tensor_type(a, x, xs)?.dims;
        let shape = match a.primitive.name {
            "flatten" => vec![dims.iter().fold(Dim::from(1), |n, d| n.times(d))],
            _ => self.axes_of_shape(a)?,
        };
        if shape == dims {
            return Some(Value::Node(x));
        }
        Some(self.emit(Op::Reshape { shape }, &[x], a.span, &[xs]))
    }

    /// The axes that `shape` lists. The number of samples may be among them, a length of a sample may not.
    fn axes_of_shape(&mut self, a: &Args) -> Got<Vec<Dim>> {
        let Some(arg) = a.named("shape").cloned() else {
            self.missing(a, "shape");
            return None;
        };
        let axis = |value: &Value| match value {
            Value::Static(s) => s.as_dim().filter(|d| d.as_const().is_none_or(|n| n >= 1)),
            _ => None,
        };
        let dims = match &arg.value {
            Value::List(list) => list.iter().map(|(_, v)| axis(v)).collect::<Option<Vec<_>>>(),
            _ => None,
        };
        if dims.is_none() {
            self.wrong_kind(a, &arg, "a list of whole numbers, at least 1");
        }
        dims
    }

    fn slice(&mut self, a: &Args) -> Got<Value> {
        let (x, xs) = self.tensor(a)?;
        let from = self.place(a, "from")?.unwrap_or_default();
        let to = match self.place(a, "to")? {
            Some(to) => to,
            None => self.features(x, xs, "slice")?,
        };
        Some(self.emit(Op::Slice { from, to }, &[x], a.span, &[xs]))
    }

    /// A place on an axis, if it is given.
    fn place(&mut self, a: &Args, name: &str) -> Got<Option<Dim>> {
        let Some(arg) = a.named(name).cloned() else { return Some(None) };
        let dim = match &arg.value {
            Value::Static(s) => s.as_dim().filter(|d| !d.is_ragged() && d.as_const().is_none_or(|n| n >= 0)),
            _ => None,
        };
        if dim.is_none() {
            self.wrong_kind(a, &arg, "a whole number, at least 0 and the same for all samples");
        }
        dim.map(Some)
    }

    fn split(&mut self, a: &Args) -> Got<Value> {
        let (x, xs) = self.tensor(a)?;
        let parts = self.int(a, "parts")?;
        let width = self.features(x, xs, "split")?;
        let width = self.number_of(&width);
        let part = width.floor_div(&Dim::from(parts)).filter(|p| p.times(&Dim::from(parts)) == width);
        let Some(part) = part else {
            let d = Diagnostic::error(types::E0301, format!("`split` of {width} entries into {parts} equal parts"))
                .at(xs, format!("its last axis is {width}"))
                .help("the last axis is a multiple of `parts`; `slice(x, from: .., to: ..)` takes any part");
            self.report(d);
            return None;
        };
        let place = |i: i64| part.times(&Dim::from(i));
        let mut list = Vec::new();
        for i in 0..parts {
            if !self.spend(1, a.span) {
                return None;
            }
            let op = Op::Slice { from: place(i), to: place(i + 1) };
            list.push((None, if parts == 1 { Value::Node(x) } else { self.emit(op, &[x], a.span, &[xs]) }));
        }
        Some(self.bounded(Value::List(list), a.span))
    }

    fn stack(&mut self, a: &Args) -> Got<Value> {
        let (nodes, spans) = self.list_of_tensors(a)?;
        let name = self.text(a, "modality", &Modality::joint().0)?;
        let streams = self.graph.inputs.values().filter_map(|i| Some(i.ty.tensor()?.time.as_ref()?.modality.0.clone()));
        let known: Vec<String> = ["joint", "learned", "text"].map(str::to_owned).into_iter().chain(streams).collect();
        if !known.contains(&name) {
            let at = a.named("modality").map_or(a.span, |m| m.span);
            let d = Diagnostic::error(types::E0303, format!("no modality {name:?}"))
                .at(at, "unknown")
                .help(format!("\"joint\", or that of an input: {}", known.join(", ")))
                .did_you_mean(&name, known.iter().map(String::as_str));
            self.report(d);
            return None;
        }
        Some(self.emit(Op::Stack { modality: Modality(name) }, &nodes, a.span, &spans))
    }

    // ---- along an axis ----

    fn over(&mut self, a: &Args) -> Got<Over> {
        let (x, xs) = self.tensor(a)?;
        let axes = self.tensor_type(a, x, xs)?.dims.len();
        let Some(arg) = a.named("over").cloned() else { return Some(Over::Features) };
        match &arg.value {
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
                self.report(d.at(arg.span, "no such axis").help("axes count from 0 and time is none of them"));
                return None;
            }
            _ => {}
        }
        self.wrong_kind(a, &arg, "\"features\", \"time\" or the number of an axis");
        None
    }

    fn reduce(&mut self, a: &Args, how: Reduction) -> Got<Value> {
        let keep = self.flag(a, "keep", false)?;
        self.one(a, Op::Reduce { how, keep })
    }

    /// Of the Reals of a list, or along the last axis.
    fn logsumexp(&mut self, a: &Args) -> Got<Value> {
        if !matches!(a.positional().next().map(|x| &x.value), Some(Value::List(_))) {
            return self.reduce(a, Reduction::LogSumExp);
        }
        if let Some(keep) = a.named("keep") {
            let d = Diagnostic::error(code::E0502, "`keep` has no meaning for a list").at(keep.span, "not used");
            self.report(d.help("the result of a list of Reals is a Real"));
            return None;
        }
        let (nodes, spans) = self.list_of_tensors(a)?;
        Some(self.emit(Op::LogSumExp, &nodes, a.span, &spans))
    }

    fn clamp(&mut self, a: &Args) -> Got<Value> {
        let mut end = |name: &str| match a.named(name) {
            Some(_) => self.real(a, name, None).map(Some),
            None => Some(None),
        };
        let (min, max) = (end("min")?, end("max")?);
        let fault = match (min, max) {
            (None, None) => Diagnostic::error(code::E0501, "`clamp` wants `min`, `max` or both")
                .at(a.span, "missing in this call")
                .help(format!("it is called as {}", a.primitive.signature)),
            (Some(min), Some(max)) if min > max => {
                let at = a.named("min").map_or(a.span, |m: &Argument| m.span);
                Diagnostic::error(hyper::E0403, format!("`min` of `clamp` is {min}, `max` is {max}"))
                    .at(at, "larger than `max`")
            }
            _ => return self.one(a, Op::Curve(Curve::Clamp { min, max })),
        };
        Some(self.fail(fault))
    }

    // ---- the batch ----

    fn in_batch(&mut self, a: &Args) -> Got<Value> {
        let (x, xs) = self.tensor(a)?;
        if self.reads_companion(x) {
            let d = Diagnostic::error(code::E0522, "`in_batch` of a value that reads companions")
                .at(xs, "depends on `.. at ..`")
                .help("companions are retrieved for one anchor alone; collect the anchors' own values");
            return Some(self.fail(d));
        }
        self.one(a, Op::InBatch)
    }
}
