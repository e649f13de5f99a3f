//! Values that are known to be undefined before anything runs: logarithms, roots and quotients.
//!
//! A value that is made of labels and numbers alone does not depend on weights, so training cannot lead away from where it
//! is undefined. What a linear map makes may be any number too: half of its values have no logarithm or root; that it is
//! exactly 0 in a quotient is not to be expected. Ranges are followed through the graph from there.

use super::lowering::Lowering;
use dsc_graph::{Binary, NodeId, Op, ParametricUnary, Reduction, Unary};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::lints as lint;

/// What a value is made of, the last that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Of {
    Numbers,
    Labels,
    Weights,
}

/// The numbers that a value may be.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Range {
    low: f64,
    high: f64,
    of: Of,
}

/// The least number above 0: where a function gets arbitrarily near to 0.
const ABOVE_0: f64 = f64::MIN_POSITIVE;

impl Range {
    fn any(of: Of) -> Range {
        Range { low: f64::NEG_INFINITY, high: f64::INFINITY, of }
    }

    /// From the ends; what is no number says nothing.
    fn of(ends: &[f64], of: Of) -> Range {
        if ends.iter().any(|x| x.is_nan()) {
            return Range::any(of);
        }
        let (low, high) = ends.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(*x), h.max(*x)));
        Range { low, high, of }
    }

    fn within(self, low: f64, high: f64) -> Range {
        Range { low: self.low.clamp(low, high), high: self.high.clamp(low, high), ..self }
    }

    /// Whether it may well be 0: what weights decide is near it, and hardly ever there.
    fn is_at_0(self) -> bool {
        self.of != Of::Weights && self.holds_0()
    }

    fn holds_0(self) -> bool {
        self.low <= 0.0 && self.high >= 0.0
    }

    fn map(self, f: impl Fn(f64) -> f64) -> Range {
        Range::of(&[f(self.low), f(self.high)], self.of)
    }

    fn with(self, other: Range, f: impl Fn(f64, f64) -> f64) -> Range {
        let ends = [f(self.low, other.low), f(self.low, other.high), f(self.high, other.low), f(self.high, other.high)];
        Range::of(&ends, self.of.max(other.of))
    }

    fn unary(self, f: Unary) -> Range {
        match f {
            Unary::Relu => self.within(0.0, f64::INFINITY),
            Unary::Abs if self.holds_0() => Range::of(&[0.0, self.low.abs(), self.high.abs()], self.of),
            Unary::Abs => self.map(f64::abs),
            Unary::Square if self.holds_0() => Range::of(&[0.0, self.low.powi(2), self.high.powi(2)], self.of),
            Unary::Square => self.map(|x| x * x),
            Unary::Exp => self.map(|x| x.exp().max(ABOVE_0)),
            Unary::Sigmoid => Range { low: ABOVE_0, high: 1.0, ..self },
            Unary::Softplus => Range { low: ABOVE_0, high: f64::INFINITY, ..self },
            Unary::Tanh => self.map(f64::tanh),
            Unary::Sin | Unary::Cos => Range { low: -1.0, high: 1.0, ..self },
            Unary::Sqrt => self.within(0.0, f64::INFINITY).map(f64::sqrt),
            Unary::Log => self.within(0.0, f64::INFINITY).map(f64::ln),
            Unary::Gelu | Unary::Silu => Range { low: -1.0, high: f64::INFINITY, ..self },
        }
    }
}

impl Lowering<'_> {
    /// Where a value may be undefined, and losses without a smallest value.
    pub(super) fn undefined(&self) -> Vec<Diagnostic> {
        let mut ranges: Vec<Option<Range>> = Vec::with_capacity(self.graph.len());
        let mut found = Vec::new();
        for (id, node) in self.graph.nodes() {
            let of = self.graph.operands(id);
            let range = |i: usize| of.get(i).and_then(|o| *ranges.get(o.index())?);
            if let Some(fault) = fault(&node.op, range(0), range(1)) {
                found.push(self.undefined_at(id, fault, range(usize::from(matches!(node.op, Op::Binary(_))))));
            }
            let next = result(&node.op, range(0), range(1));
            ranges.push(next);
        }
        for loss in &self.graph.losses {
            let range = ranges.get(loss.value.index()).copied().flatten();
            if range.is_some_and(|r| r.of == Of::Weights && r.low == f64::NEG_INFINITY && r.high.is_finite()) {
                let d = Diagnostic::warning(lint::W0120, format!("loss `{}` falls without end", loss.name));
                found.push(d.at(loss.span, "the larger the error, the smaller the loss").help(
                    "a loss is minimised: take the minus sign away; what is to be misled is trained through `grad_reverse`",
                ));
            }
        }
        found
    }

    fn undefined_at(&self, id: NodeId, what: &str, range: Option<Range>) -> Diagnostic {
        let (of, place, name) = match range.map_or(Of::Labels, |r| r.of) {
            Of::Numbers => ("a number", "the number", "y"),
            Of::Labels => ("a label", "a label may be any number", "y"),
            Of::Weights => ("a value", "the layers before it may make any number", "x"),
        };
        Diagnostic::warning(lint::W0117, what.replace("VALUE", of)).at(self.nodes.place(id), place).help(format!(
            "keep it off: `clamp({name}, min: 1e-3)`, `abs({name}) + 1e-3`; or let the loss compare predictions with labels by `mse`, `mae`, `huber`"
        ))
    }
}

/// What is undefined, if something is.
fn fault(op: &Op, x: Option<Range>, y: Option<Range>) -> Option<&'static str> {
    match (op, x, y) {
        (Op::Unary(Unary::Log), Some(x), _) if x.low < 0.0 || x.low == 0.0 && x.of != Of::Weights => {
            Some("`log` of VALUE that can be 0 or less")
        }
        (Op::Unary(Unary::Sqrt), Some(x), _) if x.low < 0.0 => Some("`sqrt` of VALUE that can be less than 0"),
        (Op::ParametricUnary(ParametricUnary::Pow { exponent }), Some(x), _) if *exponent < 0.0 && x.is_at_0() => {
            Some("a negative power of VALUE that can be 0")
        }
        (Op::ParametricUnary(ParametricUnary::Pow { exponent }), Some(x), _)
            if exponent.fract() != 0.0 && x.low < 0.0 =>
        {
            Some("a power of VALUE that can be less than 0, whose exponent is no whole number")
        }
        (Op::Binary(Binary::Div), _, Some(y)) if y.is_at_0() => Some("division by VALUE that can be 0"),
        _ => None,
    }
}

/// The range of a result; nothing for operations that are not followed.
fn result(op: &Op, x: Option<Range>, y: Option<Range>) -> Option<Range> {
    Some(match op {
        Op::Label(_) => Range::any(Of::Labels),
        Op::Const(c) => Range { low: *c, high: *c, of: Of::Numbers },
        Op::Linear => Range::any(Of::Weights),
        Op::Scalar | Op::Row(_) | Op::Slice { .. } | Op::MeanTime | Op::MaxTime | Op::MinTime => x?,
        Op::Affine { mul, add } => x?.map(|x| if *mul == 0.0 { *add } else { mul * x + add }),
        Op::Unary(f) => x?.unary(*f),
        Op::ParametricUnary(ParametricUnary::Clamp { min, max }) => {
            let (low, high) = (min.unwrap_or(f64::NEG_INFINITY), max.unwrap_or(f64::INFINITY));
            if low > high { Range::any(x?.of) } else { x?.within(low, high) }
        }
        Op::ParametricUnary(ParametricUnary::Pow { exponent }) if exponent.rem_euclid(2.0) == 0.0 => {
            Range { low: 0.0, high: f64::INFINITY, ..x? }
        }
        Op::ParametricUnary(_) => Range::any(x?.of),
        Op::Binary(f) => {
            let (x, y) = (x?, y?);
            match f {
                Binary::Add => x.with(y, |a, b| a + b),
                Binary::Sub => x.with(y, |a, b| a - b),
                Binary::Mul => x.with(y, |a, b| a * b),
                Binary::Minimum => x.with(y, f64::min),
                Binary::Maximum => x.with(y, f64::max),
                Binary::Div => Range::any(x.of.max(y.of)),
            }
        }
        Op::StopGrad | Op::GradReverse { .. } | Op::InBatch | Op::Own => x?,
        Op::Reduce { how: Reduction::Mean | Reduction::Max | Reduction::Min, .. } => x?,
        _ => return None,
    })
}
