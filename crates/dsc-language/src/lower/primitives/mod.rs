//! Calls of primitives. What each means stands in [`crate::sema::primitives`] and in the typing rule of its operation.

mod args;
mod init;
mod sequence;
mod tensor;

use super::block::Argument;
use super::lowering::Lowering;
use super::value::Value;
use crate::sema::primitives::Primitive;
use args::{Args, Got};
use dsc_graph::dims::Dim;
use dsc_graph::statics::Static;
use dsc_graph::{Axis, Cell, Extent, Init, Op, Unary};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::{hypers as hyper, structure as code, types};
use dsc_syntax::source::Span;

impl Lowering<'_> {
    pub(super) fn call_primitive(&mut self, primitive: &'static Primitive, args: Vec<Argument>, span: Span) -> Value {
        let args = Args { primitive, args, span };
        if !self.names_are_known(&args) || args.args.iter().any(|a| a.value.is_error()) {
            return Value::Error;
        }
        let variadic = matches!(primitive.name, "concat" | "einsum" | "min" | "max");
        let wanted = match primitive.name {
            "learned" | "param" => 0,
            _ => 1,
        };
        let given = args.positional().count();
        if !variadic && given != wanted {
            let extra = args.positional().nth(wanted).map(|a| a.span);
            let d = match extra {
                Some(extra) => Diagnostic::error(
                    code::E0503,
                    format!("argument {} of `{}` has no name", wanted + 1, primitive.name),
                )
                .at(extra, "which one is it?"),
                None => Diagnostic::error(code::E0501, format!("`{}` wants its tensor", primitive.name))
                    .at(span, "missing in this call"),
            };
            return self.fail(d.help(format!("it is called as {}", primitive.signature)));
        }
        self.primitive(&args).unwrap_or(Value::Error)
    }

    fn names_are_known(&mut self, args: &Args) -> bool {
        let mut ok = true;
        for (i, arg) in args.args.iter().enumerate() {
            let before = args.args.get(..i).unwrap_or_default();
            match &arg.name {
                Some(name) => {
                    let first = before.iter().filter_map(|a| a.name.as_ref()).find(|n| n.value == name.value);
                    if let Some(first) = first.map(|n| n.span) {
                        ok = false;
                        let d = Diagnostic::error(
                            code::E0502,
                            format!("`{}` of `{}` is given twice", name.value, args.primitive.name),
                        )
                        .at(name.span, "given again here")
                        .because(first, "first given here");
                        self.report(d);
                    }
                }
                None if before.iter().any(|a| a.name.is_some()) => {
                    ok = false;
                    let d = Diagnostic::error(
                        code::E0503,
                        format!("an argument of `{}` without a name stands behind named ones", args.primitive.name),
                    )
                    .at(arg.span, "put it first")
                    .help(format!("it is called as {}", args.primitive.signature));
                    self.report(d);
                }
                None => {}
            }
            if let Some(name) = &arg.name
                && !args.primitive.args.contains(&name.value.as_str())
            {
                // Reported with the names.
                ok = false;
                self.reported();
            }
        }
        ok
    }

    fn primitive(&mut self, a: &Args) -> Got<Value> {
        let span = a.span;
        match a.primitive.name {
            "linear" => {
                let (x, xs) = self.tensor(a)?;
                let out = self.width(a, "out")?;
                let bias = self.flag(a, "bias", true)?;
                let fan_in = self.features(x, xs, "linear")?;
                let init = Init::FanIn(fan_in.clone());
                let mut operands = vec![x, self.param("weight", vec![out.clone(), fan_in], init.clone(), span)];
                if bias {
                    operands.push(self.param("bias", vec![out], init, span));
                }
                Some(self.emit(Op::Linear, &operands, span, &[xs]))
            }
            "layer_norm" => {
                let (x, xs) = self.tensor(a)?;
                let eps = self.not_negative(a, "eps", 1e-5)?;
                let k = self.features(x, xs, "layer_norm")?;
                let weight = self.param("weight", vec![k.clone()], Init::Ones, span);
                let bias = self.param("bias", vec![k], Init::Zeros, span);
                Some(self.emit(Op::LayerNorm { eps }, &[x, weight, bias], span, &[xs]))
            }
            "attention" => self.attention(a),
            "conv1d" => self.conv1d(a),
            "gru" => self.recurrent(a, Cell::Gru),
            "lstm" => self.recurrent(a, Cell::Lstm),
            "rnn" => self.recurrent(a, Cell::Rnn),
            "last_state" => self.last_state(a),
            "minpool" => self.one(a, Op::MinTime),
            "sumpool" => self.one(a, Op::SumTime),
            "lsepool" => self.one(a, Op::LogSumExpTime),
            "stdpool" => self.stdpool(a),
            "shift" => self.shift(a),
            "reverse" => self.one(a, Op::Reverse),
            "skip" => self.skip(a),
            "downsample" => self.downsample(a),
            "dense" => self.dense(a),
            "sinusoid" => self.sinusoid(a),
            "longest" => self.extent_of(a, Extent::Batch),
            "most" => self.extent_of(a, Extent::Data),
            "dropout" => {
                let (x, xs) = self.tensor(a)?;
                let p = self.probability(a, "p")?;
                if p == 0.0 {
                    return Some(Value::Node(x));
                }
                let site = self.site("dropout");
                Some(self.emit(Op::Dropout { p, site }, &[x], span, &[xs]))
            }
            "embed" => {
                let (x, xs) = self.tensor(a)?;
                let shape = vec![self.width(a, "rows")?, self.width(a, "width")?];
                let init = self.init(a, &shape)?;
                let table = self.param("weight", shape, init, span);
                Some(self.emit(Op::Embedding, &[x, table], span, &[xs]))
            }
            "positions" => self.positions(a),
            "learned" => {
                let shape = vec![self.width(a, "rows")?, self.width(a, "width")?];
                let init = self.init(a, &shape)?;
                let table = self.param("rows", shape, init, span);
                Some(self.emit(Op::Learned, &[table], span, &[]))
            }
            "param" => {
                let shape = self.shape(a)?;
                let init = self.init(a, &shape)?;
                let param = self.param("value", shape, init, span);
                Some(self.emit(Op::Expand, &[param], span, &[]))
            }
            "take" => {
                let (x, xs) = self.tensor(a)?;
                let rows = self.dim(a, "rows")?;
                Some(self.emit(Op::Take { rows }, &[x], span, &[xs]))
            }
            "concat" => self.concat(a),
            "cosine" | "dot" => {
                let (x, xs) = self.tensor(a)?;
                let (y, ys) = self.named_tensor(a, "with")?;
                let op = if a.primitive.name == "dot" { Op::Dot } else { Op::Cosine };
                Some(self.emit(op, &[x, y], span, &[xs, ys]))
            }
            "add_row" => {
                let (x, xs) = self.tensor(a)?;
                let (row, rs) = self.named_tensor(a, "row")?;
                Some(self.emit(Op::AddRow, &[x, row], span, &[xs, rs]))
            }
            "scale" => {
                let (x, xs) = self.tensor(a)?;
                let (by, bs) = self.named_tensor(a, "by")?;
                Some(self.emit(Op::Scale, &[x, by], span, &[xs, bs]))
            }
            "mean" => self.one(a, Op::MeanTime),
            "maxpool" => self.one(a, Op::MaxTime),
            "scalar" => self.one(a, Op::Scalar),
            "stop_grad" => self.one(a, Op::StopGrad),
            "relu" => self.one(a, Op::Unary(Unary::Relu)),
            "gelu" => self.one(a, Op::Unary(Unary::Gelu)),
            "tanh" => self.one(a, Op::Unary(Unary::Tanh)),
            "sigmoid" => self.one(a, Op::Unary(Unary::Sigmoid)),
            "exp" => self.one(a, Op::Unary(Unary::Exp)),
            "log" => self.one(a, Op::Unary(Unary::Log)),
            "square" => self.one(a, Op::Unary(Unary::Square)),
            "abs" => self.number_or_tensor(a, f64::abs, Unary::Abs),
            "sqrt" => self.number_or_tensor(a, f64::sqrt, Unary::Sqrt),
            "min" | "max" => self.extremum(a),
            "len" => match a.positional().next().map(|x| (&x.value, x.span)) {
                Some((Value::List(list), _)) => Some(Value::int(list.len() as i64)),
                Some((other, at)) => {
                    let kind = other.kind();
                    Some(self.fail(Diagnostic::error(hyper::E0402, format!("`len` of a {kind}")).at(at, "not a list")))
                }
                None => None,
            },
            _ => self.tensor_primitive(a),
        }
    }

    fn one(&mut self, a: &Args, op: Op) -> Got<Value> {
        let (x, xs) = self.tensor(a)?;
        Some(self.emit(op, &[x], a.span, &[xs]))
    }

    fn number_or_tensor(&mut self, a: &Args, number: impl Fn(f64) -> f64, op: Unary) -> Got<Value> {
        if let Some(Value::Static(s)) = a.positional().next().map(|x| &x.value)
            && let Some(n) = s.as_f64()
        {
            if let (Static::Int(n), Unary::Abs) = (s, op) {
                return Some(Value::Static(Static::Int(n.saturating_abs())));
            }
            let value = Static::finite(Static::Float(number(n)), || format!("`{}` of {n}", a.primitive.name));
            return Some(match value {
                Ok(value) => Value::Static(value),
                Err(f) => self.fail(Diagnostic::error(f.code, f.message).at(a.span, "here")),
            });
        }
        self.one(a, Op::Unary(op))
    }

    fn extremum(&mut self, a: &Args) -> Got<Value> {
        let mut dims = Vec::new();
        let mut floats = Vec::new();
        for arg in a.positional() {
            match &arg.value {
                Value::Static(Static::Float(x)) => floats.push(*x),
                Value::Static(s) if s.as_dim().is_some() => {
                    floats.extend(s.as_f64());
                    dims.extend(s.as_dim());
                }
                other => {
                    let d = Diagnostic::error(hyper::E0402, format!("`{}` of a {}", a.primitive.name, other.kind()))
                        .at(arg.span, "not a number known at compile time")
                        .help(match a.primitive.name {
                            "min" => "entry by entry it is `minimum(a, with: b)`, over features `min_features(x)`",
                            _ => "entry by entry it is `maximum(a, with: b)`; to pool a sequence write `maxpool(x)`",
                        });
                    return Some(self.fail(d));
                }
            }
        }
        let smallest = a.primitive.name == "min";
        let given = a.positional().count();
        if given == 0 {
            return Some(self.fail(
                Diagnostic::error(code::E0501, format!("`{}` of nothing", a.primitive.name)).at(a.span, "no numbers"),
            ));
        }
        if dims.len() == given {
            let large = dims.iter().map(Dim::size).sum::<usize>() > 1024 && dims.iter().any(|d| d.as_const().is_none());
            let dim = match (large, smallest) {
                (true, _) => Dim::default(),
                (false, true) => Dim::min(dims),
                (false, false) => Dim::max(dims),
            };
            if large || dim.is_unwieldy() {
                let d = Diagnostic::error(hyper::E0406, format!("`{}` of too many dims", a.primitive.name));
                return Some(self.fail(d.at(a.span, "too large to write down")));
            }
            return Some(Value::Static(Static::from_dim(dim)));
        }
        let pick = if smallest { f64::min } else { f64::max };
        Some(Value::Static(Static::Float(floats.into_iter().reduce(pick).unwrap_or_default())))
    }

    fn positions(&mut self, a: &Args) -> Got<Value> {
        let (x, xs) = self.tensor(a)?;
        let width = self.width(a, "width")?;
        let len = match self.graph.node(x).map(|n| &n.ty) {
            Some(dsc_graph::types::Type::Tensor(t)) if t.time.is_some() => t.time.as_ref()?.len.clone(),
            found => {
                let found = found.map_or_else(String::new, ToString::to_string);
                let d = Diagnostic::error(types::E0301, format!("`positions` wants a Seq, found {found}"))
                    .at(xs, format!("this is {found}"))
                    .help("only rows of a sequence have positions");
                return Some(self.fail(d));
            }
        };
        let rows = match a.named("rows") {
            Some(_) => {
                let rows = self.dim(a, "rows")?;
                // A table as long as this very sequence is what the default says; another length says nothing.
                if self.same_dim(&rows, &len) { rows } else { self.width(a, "rows")? }
            }
            None => len.clone(),
        };
        if let (Some(table), Some(longest)) = (rows.as_const(), self.options.dims.as_ref().and_then(|t| len.eval(t)))
            && longest > table
        {
            let d = Diagnostic::error(
                types::E0306,
                format!("sequences of up to {longest} rows want positions, the table has {table}"),
            )
            .at(xs, format!("its length is {len}, at most {longest}"))
            .help("give `rows` at least the longest length, or `take` fewer rows first");
            return Some(self.fail(d));
        }
        let shape = vec![rows, width];
        let init = self.init(a, &shape)?;
        let table = self.growing_table("weight", shape, init, a.span);
        Some(self.emit(Op::Positions, &[x, table], a.span, &[xs]))
    }

    fn concat(&mut self, a: &Args) -> Got<Value> {
        let (mut nodes, mut spans) = (Vec::new(), Vec::new());
        for arg in a.positional() {
            if let Value::List(_) = &arg.value {
                let d = Diagnostic::error(types::E0301, "`concat` wants tensors, found a list")
                    .at(arg.span, "this is a list")
                    .help("put its elements in: `..list`");
                return Some(self.fail(d));
            }
            nodes.push(self.node_of(&arg.value, arg.span, "`concat`")?);
            spans.push(arg.span);
        }
        let has_time = nodes.first().and_then(|n| self.graph.node(*n)).is_some_and(|n| n.ty.len().is_some());
        let axis = match self.text(a, "along", if has_time { "time" } else { "features" })?.as_str() {
            "time" => Axis::Time,
            "features" => Axis::Features,
            other => {
                let at = a.named("along").map_or(a.span, |x| x.span);
                let d = Diagnostic::error(types::E0301, format!("`concat` cannot go along {other:?}"))
                    .at(at, "not an axis")
                    .help("\"time\" or \"features\"");
                return Some(self.fail(d));
            }
        };
        Some(self.emit(Op::Concat(axis), &nodes, a.span, &spans))
    }
}
