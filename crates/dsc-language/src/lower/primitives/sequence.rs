//! Calls of primitives along time: convolution, recurrence, attention, pooling, rows moved.

use super::super::lowering::Lowering;
use super::super::value::Value;
use super::args::{Args, Got};
use dsc_graph::dims::Dim;
use dsc_graph::statics::Static;
use dsc_graph::{Band, Cell, Extent, Init, NodeId, Op, Pool};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::{hypers as hyper, structure as code, types};
use dsc_syntax::source::Span;

impl Lowering<'_> {
    pub(super) fn conv1d(&mut self, a: &Args) -> Got<Value> {
        let (x, xs) = self.sequence(a)?;
        let (out, kernel) = (self.width(a, "out")?, self.int(a, "kernel")?);
        let mut or_one = |name: &str| match a.named(name) {
            Some(_) => self.int(a, name),
            None => Some(1),
        };
        let (dilation, stride, groups) = (or_one("dilation")?, or_one("stride")?, or_one("groups")?);
        let (causal, bias) = (self.flag(a, "causal", false)?, self.flag(a, "bias", true)?);
        let reach = dilation.checked_mul(kernel).filter(|reach| *reach < MAX_REACH);
        if reach.is_none() || stride >= MAX_REACH {
            let d = Diagnostic::error(hyper::E0403, "a convolution that reaches further than any sequence")
                .at(a.span, format!("{kernel} taps, {dilation} rows apart, {stride} rows from one to the next"))
                .help(format!("kernel times dilation, and stride, stay below {MAX_REACH}"));
            return Some(self.fail(d));
        }
        let part = self.features(x, xs, "conv1d")?.floor_div(&Dim::from(groups))?;
        let init = Init::FanIn(part.times(&Dim::from(kernel)));
        let weight = self.param("weight", vec![out.clone(), part, Dim::from(kernel)], init.clone(), a.span);
        let mut operands = vec![x, weight];
        if bias {
            operands.push(self.param("bias", vec![out], init, a.span));
        }
        Some(self.emit(Op::Conv1d { stride, dilation, groups, causal }, &operands, a.span, &[xs]))
    }

    pub(super) fn recurrent(&mut self, a: &Args, cell: Cell) -> Got<Value> {
        let (x, xs) = self.sequence(a)?;
        let hidden = self.width(a, "hidden")?;
        let bidirectional = self.flag(a, "bidirectional", false)?;
        let input = self.features(x, xs, cell.name())?;
        let gates = hidden.times(&Dim::from(cell.gates()));
        let mut operands = vec![x];
        for direction in if bidirectional { &["", "_reverse"][..] } else { &[""] } {
            for (name, shape) in [
                ("weight_ih", vec![gates.clone(), input.clone()]),
                ("weight_hh", vec![gates.clone(), hidden.clone()]),
                ("bias_ih", vec![gates.clone()]),
                ("bias_hh", vec![gates.clone()]),
            ] {
                let init = Init::FanIn(hidden.clone());
                operands.push(self.param(&format!("{name}{direction}"), shape, init, a.span));
            }
        }
        Some(self.emit(Op::Recurrent { cell, bidirectional }, &operands, a.span, &[xs]))
    }

    /// The state a recurrent layer ends in. Whether it runs both ways is read off the layer where that is at hand.
    pub(super) fn last_state(&mut self, a: &Args) -> Got<Value> {
        let (x, xs) = self.sequence(a)?;
        let layer = self.recurrent_layer(x);
        let bidirectional = match (a.named("bidirectional"), layer) {
            (None, Some((_, made))) => made,
            (None, None) => {
                let d = Diagnostic::error(code::E0501, "`last_state` wants `bidirectional`")
                    .at(a.span, "missing in this call")
                    .because(xs, "not the rows of a recurrent layer themselves")
                    .help("true if the first half of the columns came from the first row to the last and the second half back");
                return Some(self.fail(d));
            }
            (Some(given), layer) => {
                let at = given.span;
                let given = self.flag(a, "bidirectional", false)?;
                if let Some((place, made)) = layer
                    && made != given
                {
                    let (this, that) = if made { ("two directions", "one") } else { ("one direction", "two") };
                    let d = Diagnostic::error(hyper::E0403, format!("the layer runs in {this}, not in {that}"))
                        .at(at, "says otherwise")
                        .because(place, "the layer")
                        .help("take `bidirectional` away: the layer says it");
                    return Some(self.fail(d));
                }
                given
            }
        };
        let op = if bidirectional { Op::LastState } else { Op::Row(-1) };
        Some(self.emit(op, &[x], a.span, &[xs]))
    }

    /// The recurrent layer that made these rows, dropout aside, and whether it runs both ways.
    fn recurrent_layer(&self, mut x: NodeId) -> Option<(Span, bool)> {
        loop {
            let node = self.graph.node(x)?;
            match &node.op {
                Op::Recurrent { bidirectional, .. } => return Some((node.span, *bidirectional)),
                Op::Dropout { .. } => x = *self.graph.operands(x).first()?,
                _ => return None,
            }
        }
    }

    pub(super) fn attention(&mut self, a: &Args) -> Got<Value> {
        let (q, qs) = self.tensor(a)?;
        let (k, ks) = self.named_tensor(a, "key")?;
        let (v, vs) = self.named_tensor(a, "value")?;
        let heads = self.int(a, "heads")?;
        let scale = match a.named("scale") {
            Some(_) => Some(self.real(a, "scale", None)?),
            None => None,
        };
        let drop = self.probability(a, "drop")?;
        let band = self.band(a)?;
        // A site that draws nothing has no name, so that equal attentions are equal operations.
        let site = Some(self.site("attention")).filter(|_| drop > 0.0).unwrap_or_default();
        Some(self.emit(Op::Attention { heads, band, scale, drop, site }, &[q, k, v], a.span, &[qs, ks, vs]))
    }

    fn band(&mut self, a: &Args) -> Got<Band> {
        let causal = self.flag(a, "causal", false)?;
        let offset = self.signed(a, "offset")?;
        if let (Some(given), None) = (a.named("offset"), a.named("causal")) {
            let d = Diagnostic::error(code::E0502, "`offset` has no meaning without `causal`")
                .at(given.span, "not used")
                .help("say `causal: true`: row i then sees the keys up to i + offset");
            self.report(d);
            return None;
        }
        let window = self.signed(a, "window")?;
        Some(Band { offset: causal.then_some(offset.unwrap_or(0)), window })
    }

    pub(super) fn stdpool(&mut self, a: &Args) -> Got<Value> {
        let (x, xs) = self.sequence(a)?;
        let eps = self.not_negative(a, "eps", 1e-5)?;
        if eps == 0.0 {
            let at = a.named("eps").map_or(a.span, |x| x.span);
            let d = Diagnostic::error(hyper::E0403, "`eps` of `stdpool` is 0")
                .at(at, "more than 0")
                .help("the root of 0, the variance of a single row, has no gradient");
            return Some(self.fail(d));
        }
        Some(self.emit(Op::StdTime { eps }, &[x], a.span, &[xs]))
    }

    pub(super) fn shift(&mut self, a: &Args) -> Got<Value> {
        let (x, xs) = self.sequence(a)?;
        match self.signed(a, "by")? {
            Some(0) => Some(Value::Node(x)),
            Some(by) => Some(self.emit(Op::Shift { by }, &[x], a.span, &[xs])),
            None => {
                self.missing(a, "by");
                None
            }
        }
    }

    pub(super) fn skip(&mut self, a: &Args) -> Got<Value> {
        let (x, xs) = self.sequence(a)?;
        if let Some(super::super::block::Argument { value: Value::Static(Static::Int(0)), .. }) = a.named("rows") {
            return Some(Value::Node(x));
        }
        let rows = self.dim(a, "rows")?;
        Some(self.emit(Op::Skip { rows }, &[x], a.span, &[xs]))
    }

    pub(super) fn downsample(&mut self, a: &Args) -> Got<Value> {
        let (x, xs) = self.sequence(a)?;
        let by = self.int(a, "by")?;
        let pool = match self.text(a, "with", "mean")?.as_str() {
            "mean" => Pool::Mean,
            "max" => Pool::Max,
            other => {
                let at = a.named("with").map_or(a.span, |x| x.span);
                let d = Diagnostic::error(hyper::E0403, format!("`downsample` cannot pool with {other:?}"))
                    .at(at, "unknown")
                    .help("\"mean\" or \"max\"")
                    .did_you_mean(other, ["mean", "max"]);
                return Some(self.fail(d));
            }
        };
        Some(self.emit(Op::Downsample { by, pool }, &[x], a.span, &[xs]))
    }

    /// Nothing is to be done where all samples have one length.
    pub(super) fn dense(&mut self, a: &Args) -> Got<Value> {
        let (x, xs) = self.sequence(a)?;
        let name = self.text(a, "to", Extent::Batch.name())?;
        let Some(to) = Extent::named(&name) else {
            let at = a.named("to").map_or(a.span, |x| x.span);
            let d = Diagnostic::error(hyper::E0402, format!("no `{name}` to pad to"))
                .at(at, "unknown")
                .help("\"batch\" or \"data\": the longest sample of the one or the other")
                .did_you_mean(&name, Extent::ALL.map(Extent::name));
            return Some(self.fail(d));
        };
        let len = self.graph.node(x)?.ty.len()?.clone();
        if to.of(&len).as_ref() == Some(&len) {
            return Some(Value::Node(x));
        }
        Some(self.emit(Op::Dense { to }, &[x], a.span, &[xs]))
    }

    pub(super) fn sinusoid(&mut self, a: &Args) -> Got<Value> {
        let (x, xs) = self.sequence(a)?;
        let width = self.width(a, "width")?;
        Some(self.emit(Op::Sinusoid { width }, &[x], a.span, &[xs]))
    }

    /// `longest(T)`, `most(T)`: a length, for stating types.
    pub(super) fn extent_of(&mut self, a: &Args, extent: Extent) -> Got<Value> {
        let (first, name) = (a.positional().next()?, a.primitive.name);
        let fault = match &first.value {
            Value::Static(s) if s.as_dim().is_some() => match extent.of(&s.as_dim()?) {
                Some(length) => return Some(Value::Static(Static::from_dim(length))),
                None => {
                    Diagnostic::error(types::E0306, format!("`{name}` of {}, whose maximum is not known", s.as_dim()?))
                        .at(first.span, "largest where a length is smallest")
                        .help("it wants a length that grows with those of the data")
                }
            },
            other => Diagnostic::error(hyper::E0402, format!("`{name}` of a {}", other.kind()))
                .at(first.span, "not a length")
                .help("it wants a length, as `n` of `Seq<m>[n, d]`; `dense(x)` pads a sequence"),
        };
        Some(self.fail(fault))
    }

    /// The first argument, which has to be a sequence.
    fn sequence(&mut self, a: &Args) -> Got<(NodeId, Span)> {
        let (x, span) = self.tensor(a)?;
        let ty = self.graph.node(x)?.ty.clone();
        if ty.tensor().is_some_and(|t| t.time.is_some() && t.dims.len() == 1) {
            return Some((x, span));
        }
        let mut d = Diagnostic::error(types::E0301, format!("`{}` wants a Seq, found {ty}", a.primitive.name))
            .at(span, format!("this is {ty}"));
        d = match ty.tensor() {
            None => d.help("turn tokens into a sequence first: `text |> Bert()`"),
            Some(_) => d.help("only a sequence has rows in an order"),
        };
        self.report(d);
        None
    }

    /// A whole number that may be below 1, if it is given.
    fn signed(&mut self, a: &Args, name: &str) -> Got<Option<i64>> {
        match a.named(name) {
            None => Some(None),
            Some(arg) => match &arg.value {
                Value::Static(s) if s.as_i64().is_some() => Some(s.as_i64()),
                _ => {
                    let arg = arg.clone();
                    self.wrong_kind(a, &arg, "a whole number that does not depend on the data");
                    None
                }
            },
        }
    }
}

/// What a convolution may span, in rows: padding of that size is made for every sample.
const MAX_REACH: i64 = 1 << 20;
