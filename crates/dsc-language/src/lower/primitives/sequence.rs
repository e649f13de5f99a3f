//! Calls of primitives along time: convolution, recurrence, attention, pooling, rows moved.

use super::super::lowering::Lowering;
use super::super::value::Value;
use super::args::{Args, Bound, Operand, values};
use dsc_graph::dims::Dim;
use dsc_graph::primitives::Operation;
use dsc_graph::{Band, Cell, Init, MaxOver, NodeId, Op};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::{hypers as hyper, structure as code};
use dsc_syntax::source::Span;

impl Lowering<'_> {
    pub(super) fn conv1d(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (x, out, kernel, dilation, stride, groups, causal, bias) =
            values::<(Operand, Dim, i64, i64, i64, i64, bool, bool)>(a, b)?;
        let reach = dilation.checked_mul(kernel).filter(|reach| *reach < MAX_REACH);
        if reach.is_none() || stride >= MAX_REACH {
            let d = Diagnostic::error(hyper::E0403, "a convolution that reaches further than any sequence")
                .at(a.span, format!("{kernel} taps, {dilation} rows apart, {stride} rows from one to the next"))
                .help(format!("kernel times dilation, and stride, stay below {MAX_REACH}"));
            return Some(self.fail(d));
        }
        let part = self.features(x, a.primitive.name)?.floor_div(&Dim::from(groups))?;
        let init = Init::FanIn(part.times(&Dim::from(kernel)));
        let weight = self.param("weight", vec![out.clone(), part, Dim::from(kernel)], init.clone(), a.span);
        let mut operands = vec![x.node, weight];
        if bias {
            operands.push(self.param("bias", vec![out], init, a.span));
        }
        Some(self.emit(Op::Conv1d { stride, dilation, groups, causal }, &operands, a.span, &[x.span]))
    }

    pub(super) fn recurrent(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (x, hidden, bidirectional) = values::<(Operand, Dim, bool)>(a, b)?;
        let cell = match a.primitive.operation {
            Operation::Gru => Cell::Gru,
            Operation::Lstm => Cell::Lstm,
            _ => Cell::Rnn,
        };
        let input = self.features(x, a.primitive.name)?;
        let gates = hidden.times(&Dim::from(cell.gates()));
        let mut operands = vec![x.node];
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
        Some(self.emit(Op::Recurrent { cell, bidirectional }, &operands, a.span, &[x.span]))
    }

    /// The state a recurrent layer ends in. Whether it runs both ways is read off the layer where that is at hand.
    pub(super) fn last_state(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (x, bidirectional) = values::<(Operand, Option<bool>)>(a, b)?;
        let layer = self.recurrent_layer(x.node);
        let bidirectional = match (bidirectional, layer) {
            (None, Some((_, made))) => made,
            // Of a value with a fault that was reported nobody knows the layer.
            (None, None) if self.nodes.reads(x.node).faulty => false,
            (None, None) => {
                let d = Diagnostic::error(code::E0501, "missing argument `bidirectional` of `last_state`")
                    .at(a.span, "missing in this call")
                    .because(x.span, "not the rows of a recurrent layer themselves")
                    .help("true if the first half of the columns came from the first row to the last and the second half back");
                return Some(self.fail(d));
            }
            (Some(given), layer) => {
                if let Some((place, made)) = layer
                    && made != given
                {
                    let (this, that) = if made { ("two directions", "one") } else { ("one direction", "two") };
                    let d = Diagnostic::error(hyper::E0403, format!("the layer runs in {this}, not in {that}"))
                        .at(a.place("bidirectional"), "says otherwise")
                        .because(place, "the layer")
                        .help("take `bidirectional` away: the layer says it");
                    return Some(self.fail(d));
                }
                given
            }
        };
        let op = if bidirectional { Op::LastState } else { Op::Row(-1) };
        self.one(a, x, op)
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

    pub(super) fn attention(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (q, k, v, heads, scale, drop, causal, offset, window, shared) =
            values::<(Operand, Operand, Operand, i64, Option<f64>, f64, bool, Option<i64>, Option<i64>, bool)>(a, b)?;
        if let (Some(given), None) = (a.named("offset"), a.named("causal")) {
            let d = Diagnostic::error(code::E0502, "`offset` has no meaning without `causal`")
                .at(given.span, "not used")
                .help("say `causal: true`: row i then sees the keys up to i + offset");
            self.report(d);
        }
        let band = Band { offset: causal.then_some(offset.unwrap_or(0)), window };
        // A site that draws nothing has no name, so that equal attentions are equal operations.
        let site = Some(self.site("attention")).filter(|_| drop > 0.0).unwrap_or_default();
        let op = Op::Attention { heads, shared, band, scale, drop, site };
        Some(self.emit(op, &[q.node, k.node, v.node], a.span, &[q.span, k.span, v.span]))
    }

    pub(super) fn shift(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        match values::<(Operand, i64)>(a, b)? {
            (x, 0) => Some(Value::Node(x.node)),
            (x, by) => self.one(a, x, Op::Shift { by }),
        }
    }

    pub(super) fn skip(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (x, rows) = values::<(Operand, Dim)>(a, b)?;
        if rows.as_const() == Some(0) {
            return Some(Value::Node(x.node));
        }
        self.one(a, x, Op::Skip { rows })
    }

    /// Nothing is to be done where all samples have one length.
    pub(super) fn dense(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (x, to) = values::<(Operand, String)>(a, b)?;
        let to = MaxOver::named(&to)?;
        let len = self.graph.node(x.node)?.ty.len()?.clone();
        if to.of(&len).as_ref() == Some(&len) {
            return Some(Value::Node(x.node));
        }
        self.one(a, x, Op::Dense { to })
    }
}

/// What a convolution may span, in rows: padding of that size is made for every sample.
const MAX_REACH: i64 = 1 << 20;
