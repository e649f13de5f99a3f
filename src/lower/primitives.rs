//! Calls of primitives. What each means stands in [`crate::sema::primitives`] and in the typing rule of its operation.

use super::block::Argument;
use super::lowering::Lowering;
use super::value::Value;
use crate::diag::Diagnostic;
use crate::diag::codes::{hypers as hyper, structure as code, types};
use crate::ir::{Axis, Init, NodeId, Op, Unary};
use crate::sema::dims::Dim;
use crate::sema::primitives::Primitive;
use crate::sema::statics::Static;
use crate::source::Span;

/// The arguments of one call of a primitive. A fault has been reported where a getter gives nothing.
struct Args {
    primitive: &'static Primitive,
    args: Vec<Argument>,
    span: Span,
}

type Got<T> = Option<T>;

impl Args {
    fn positional(&self) -> impl Iterator<Item = &Argument> {
        self.args.iter().filter(|a| a.name.is_none())
    }

    fn named(&self, name: &str) -> Option<&Argument> {
        self.args.iter().find(|a| a.name.as_ref().is_some_and(|n| n.value == name))
    }
}

impl Lowering<'_> {
    pub(super) fn call_primitive(&mut self, primitive: &'static Primitive, args: Vec<Argument>, span: Span) -> Value {
        let args = Args { primitive, args, span };
        if !self.names_are_known(&args) || args.args.iter().any(|a| a.value.is_error()) {
            return Value::Error;
        }
        let variadic = matches!(primitive.name, "concat" | "min" | "max");
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
                ok = false;
                self.report(
                    Diagnostic::error(
                        code::E0502,
                        format!("`{}` has no argument `{}`", args.primitive.name, name.value),
                    )
                    .at(name.span, "no such argument")
                    .help(format!("it is called as {}", args.primitive.signature))
                    .did_you_mean(&name.value, args.primitive.args.iter().copied()),
                );
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
            "attention" => {
                let (q, qs) = self.tensor(a)?;
                let (k, ks) = self.named_tensor(a, "key")?;
                let (v, vs) = self.named_tensor(a, "value")?;
                let heads = self.int(a, "heads")?;
                let scale = match a.named("scale") {
                    Some(_) => Some(self.real(a, "scale", None)?),
                    None => None,
                };
                let drop = self.probability(a, "drop")?;
                let site = self.site("attention");
                Some(self.emit(Op::Attention { heads, scale, drop, site }, &[q, k, v], span, &[qs, ks, vs]))
            }
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
                let (rows, width) = (self.width(a, "rows")?, self.width(a, "width")?);
                let init = self.init(a)?;
                let table = self.param("weight", vec![rows, width], init, span);
                Some(self.emit(Op::Embedding, &[x, table], span, &[xs]))
            }
            "positions" => self.positions(a),
            "learned" => {
                let (rows, width) = (self.width(a, "rows")?, self.width(a, "width")?);
                let init = self.init(a)?;
                let table = self.param("rows", vec![rows, width], init, span);
                Some(self.emit(Op::Learned, &[table], span, &[]))
            }
            "param" => {
                let shape = self.shape(a)?;
                let init = self.init(a)?;
                let param = self.param("value", shape, init, span);
                Some(self.emit(Op::Expand, &[param], span, &[]))
            }
            "take" => {
                let (x, xs) = self.tensor(a)?;
                let rows = self.dim(a, "rows")?;
                Some(self.emit(Op::Take { rows }, &[x], span, &[xs]))
            }
            "concat" => self.concat(a),
            "logsumexp" => {
                let (nodes, spans) = self.list_of_tensors(a)?;
                Some(self.emit(Op::LogSumExp, &nodes, span, &spans))
            }
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
            "sum_features" => self.one(a, Op::SumFeatures),
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
            other => Some(
                self.fail(Diagnostic::error(code::E0504, format!("`{other}` has no meaning here")).at(span, "here")),
            ),
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
                        .help("to pool a sequence write `maxpool(x)`");
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
            Some(crate::sema::types::Type::Tensor(t)) if t.time.is_some() => t.time.as_ref()?.len.clone(),
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
        let init = self.init(a)?;
        let table = self.param("weight", vec![rows, width], init, a.span);
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

    fn list_of_tensors(&mut self, a: &Args) -> Got<(Vec<NodeId>, Vec<Span>)> {
        let first = a.positional().next()?;
        let Value::List(list) = &first.value else {
            let kind = first.value.kind();
            self.report(
                Diagnostic::error(types::E0301, format!("`{}` wants a list, found a {kind}", a.primitive.name))
                    .at(first.span, "not a list"),
            );
            return None;
        };
        let mut nodes = Vec::new();
        for (_, value) in list {
            nodes.push(self.node_of(value, first.span, &format!("`{}`", a.primitive.name))?);
        }
        let spans = vec![first.span; nodes.len()];
        Some((nodes, spans))
    }

    fn tensor(&mut self, a: &Args) -> Got<(NodeId, Span)> {
        let first = a.positional().next()?;
        let (value, span) = (first.value.clone(), first.span);
        Some((self.node_of(&value, span, &format!("`{}`", a.primitive.name))?, span))
    }

    fn missing(&mut self, a: &Args, name: &str) {
        self.report(
            Diagnostic::error(code::E0501, format!("`{}` wants `{name}`", a.primitive.name))
                .at(a.span, "missing in this call")
                .help(format!("it is called as {}", a.primitive.signature)),
        );
    }

    fn named_tensor(&mut self, a: &Args, name: &str) -> Got<(NodeId, Span)> {
        let Some(arg) = a.named(name) else {
            self.missing(a, name);
            return None;
        };
        let (value, span) = (arg.value.clone(), arg.span);
        Some((self.node_of(&value, span, &format!("`{name}` of `{}`", a.primitive.name))?, span))
    }

    fn wrong_kind(&mut self, a: &Args, arg: &Argument, wanted: &str) {
        let name = arg.name.as_ref().map_or_else(String::new, |n| n.value.clone());
        let found = self.describe(&arg.value);
        self.report(
            Diagnostic::error(
                hyper::E0401,
                format!("`{name}` of `{}` wants {wanted}, found {found}", a.primitive.name),
            )
            .at(arg.span, "here")
            .help(format!("it is called as {}", a.primitive.signature)),
        );
    }

    fn dim(&mut self, a: &Args, name: &str) -> Got<Dim> {
        let Some(arg) = a.named(name) else {
            self.missing(a, name);
            return None;
        };
        match &arg.value {
            Value::Static(s) if s.as_dim().is_some() => {
                let dim = s.as_dim()?;
                if dim.as_const().is_some_and(|n| n < 1) {
                    let (n, at) = (dim.to_string(), arg.span);
                    self.report(
                        Diagnostic::error(types::E0306, format!("`{name}` of `{}` is {n}", a.primitive.name))
                            .at(at, "at least 1"),
                    );
                    return None;
                }
                if dim.is_unwieldy() {
                    let d = Diagnostic::error(hyper::E0406, format!("`{name}` of `{}` is {dim}", a.primitive.name));
                    self.report(d.at(arg.span, "too large"));
                    return None;
                }
                Some(dim)
            }
            _ => {
                let arg = arg.clone();
                self.wrong_kind(a, &arg, "a whole number");
                None
            }
        }
    }

    /// The width or number of rows of a weight: a number, or a width of the data, but no length of a sample.
    fn width(&mut self, a: &Args, name: &str) -> Got<Dim> {
        let dim = self.dim(a, name)?;
        if !dim.is_ragged() {
            return Some(dim);
        }
        let at = a.named(name).map_or(a.span, |x| x.span);
        self.report(
            Diagnostic::error(
                hyper::E0401,
                format!("`{name}` of `{}` is {dim}, a length that every sample has of its own", a.primitive.name),
            )
            .at(at, "a weight has one shape for all samples")
            .help("use a number, a hyper or a width of the data"),
        );
        None
    }

    fn not_negative(&mut self, a: &Args, name: &str, default: f64) -> Got<f64> {
        let x = self.real(a, name, Some(default))?;
        if x >= 0.0 {
            return Some(x);
        }
        let at = a.named(name).map_or(a.span, |x| x.span);
        let d = Diagnostic::error(hyper::E0403, format!("`{name}` of `{}` is {x}", a.primitive.name));
        self.report(d.at(at, "at least 0"));
        None
    }

    fn int(&mut self, a: &Args, name: &str) -> Got<i64> {
        let dim = self.dim(a, name)?;
        if dim.as_const().is_none()
            && let Some(arg) = a.named(name).cloned()
        {
            self.wrong_kind(a, &arg, "a number that does not depend on the data");
        }
        dim.as_const()
    }

    fn real(&mut self, a: &Args, name: &str, default: Option<f64>) -> Got<f64> {
        match (a.named(name), default) {
            (None, Some(default)) => Some(default),
            (None, None) => {
                self.missing(a, name);
                None
            }
            (Some(arg), _) => match &arg.value {
                Value::Static(s) if s.as_f64().is_some() => s.as_f64(),
                _ => {
                    let arg = arg.clone();
                    self.wrong_kind(a, &arg, "a number");
                    None
                }
            },
        }
    }

    fn probability(&mut self, a: &Args, name: &str) -> Got<f64> {
        let default = (name == "drop").then_some(0.0);
        let p = self.real(a, name, default)?;
        if (0.0..1.0).contains(&p) {
            return Some(p);
        }
        let at = a.named(name).map_or(a.span, |x| x.span);
        self.report(
            Diagnostic::error(hyper::E0403, format!("`{name}` of `{}` is {p}", a.primitive.name))
                .at(at, "a probability is at least 0 and less than 1"),
        );
        None
    }

    fn flag(&mut self, a: &Args, name: &str, default: bool) -> Got<bool> {
        match a.named(name) {
            None => Some(default),
            Some(Argument { value: Value::Static(Static::Bool(b)), .. }) => Some(*b),
            Some(arg) => {
                let arg = arg.clone();
                self.wrong_kind(a, &arg, "true or false");
                None
            }
        }
    }

    fn text(&mut self, a: &Args, name: &str, default: &str) -> Got<String> {
        match a.named(name) {
            None => Some(default.to_owned()),
            Some(Argument { value: Value::Static(Static::Str(s)), .. }) => Some(s.clone()),
            Some(arg) => {
                let arg = arg.clone();
                self.wrong_kind(a, &arg, "a string");
                None
            }
        }
    }

    fn init(&mut self, a: &Args) -> Got<Init> {
        let std = self.not_negative(a, "std", 0.02)?;
        let init = self.text(a, "init", "normal")?;
        if let Some(given) = a.named("std").filter(|_| matches!(init.as_str(), "zeros" | "ones")) {
            let d = Diagnostic::error(code::E0502, format!("`std` has no meaning where all entries are {init}"))
                .at(given.span, "not used")
                .help("take it away, or write `init: \"normal\"`");
            self.report(d);
            return None;
        }
        match init.as_str() {
            "normal" => Some(Init::Normal { std }),
            "zeros" => Some(Init::Zeros),
            "ones" => Some(Init::Ones),
            other => {
                let at = a.named("init").map_or(a.span, |x| x.span);
                self.report(
                    Diagnostic::error(hyper::E0403, format!("no initial values {other:?}"))
                        .at(at, "unknown")
                        .help("\"normal\" (with `std`), \"zeros\" or \"ones\"")
                        .did_you_mean(other, ["normal", "zeros", "ones"]),
                );
                None
            }
        }
    }

    fn shape(&mut self, a: &Args) -> Got<Vec<Dim>> {
        let Some(arg) = a.named("shape").cloned() else {
            self.missing(a, "shape");
            return None;
        };
        let dims = match &arg.value {
            Value::List(list) => list
                .iter()
                .map(|(_, v)| match v {
                    Value::Static(s) => s.as_dim().filter(|d| !d.is_ragged() && d.as_const().is_none_or(|n| n >= 1)),
                    _ => None,
                })
                .collect::<Option<Vec<_>>>(),
            _ => None,
        };
        if dims.is_none() {
            self.wrong_kind(a, &arg, "a list of whole numbers, at least 1 and the same for all samples");
        }
        dims
    }

    fn features(&mut self, x: NodeId, span: Span, what: &str) -> Got<Dim> {
        let ty = self.graph.node(x).map(|n| n.ty.clone())?;
        match ty.tensor().and_then(|t| t.features().cloned()) {
            Some(k) => Some(k),
            None => {
                let help = match ty {
                    crate::sema::types::Type::Tokens { .. } => "turn tokens into a sequence first: `text |> Bert()`",
                    crate::sema::types::Type::Tensor(_) => "a Real has no axis to work on",
                };
                self.report(
                    Diagnostic::error(
                        types::E0301,
                        format!("`{what}` wants a tensor with at least one axis, found {ty}"),
                    )
                    .at(span, format!("this is {ty}"))
                    .help(help),
                );
                None
            }
        }
    }
}
