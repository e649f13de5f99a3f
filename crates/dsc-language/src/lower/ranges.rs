//! Values that are known to be undefined before anything runs: logarithms, roots and quotients of labels and numbers.
//!
//! A value that is made of labels and numbers alone does not depend on weights, so training cannot lead away from where it
//! is undefined. Its range is followed through the graph, from labels, which may be any number.

use super::lowering::Lowering;
use dsc_graph::{Binary, NodeId, Op, ParametricUnary, Reduction, Unary};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::lints as lint;

/// The numbers that a value may be, if it is made of labels and numbers alone.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Range {
    low: f64,
    high: f64,
    /// Whether a label is among what it is made of.
    label: bool,
}

/// The least number above 0: where a function gets arbitrarily near to 0.
const ABOVE_0: f64 = f64::MIN_POSITIVE;

impl Range {
    fn any(label: bool) -> Range {
        Range { low: f64::NEG_INFINITY, high: f64::INFINITY, label }
    }

    /// From the ends; what is no number says nothing.
    fn of(ends: &[f64], label: bool) -> Range {
        if ends.iter().any(|x| x.is_nan()) {
            return Range::any(label);
        }
        let (low, high) = ends.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(*x), h.max(*x)));
        Range { low, high, label }
    }

    fn within(self, low: f64, high: f64) -> Range {
        Range { low: self.low.clamp(low, high), high: self.high.clamp(low, high), ..self }
    }

    fn holds_0(self) -> bool {
        self.low <= 0.0 && self.high >= 0.0
    }

    fn map(self, f: impl Fn(f64) -> f64) -> Range {
        Range::of(&[f(self.low), f(self.high)], self.label)
    }

    fn with(self, other: Range, f: impl Fn(f64, f64) -> f64) -> Range {
        let ends = [f(self.low, other.low), f(self.low, other.high), f(self.high, other.low), f(self.high, other.high)];
        Range::of(&ends, self.label || other.label)
    }

    fn unary(self, f: Unary) -> Range {
        match f {
            Unary::Relu => self.within(0.0, f64::INFINITY),
            Unary::Abs if self.holds_0() => Range::of(&[0.0, self.low.abs(), self.high.abs()], self.label),
            Unary::Abs => self.map(f64::abs),
            Unary::Square if self.holds_0() => Range::of(&[0.0, self.low.powi(2), self.high.powi(2)], self.label),
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
    /// Where a value that is made of labels and numbers alone may be undefined.
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
        found
    }

    fn undefined_at(&self, id: NodeId, what: &str, range: Option<Range>) -> Diagnostic {
        let (of, label) = match range {
            Some(Range { label: false, .. }) => ("a number", "the number"),
            _ => ("a label", "a label may be any number"),
        };
        Diagnostic::warning(lint::W0117, what.replace("VALUE", of))
            .at(self.nodes.place(id), label)
            .help("keep it off: `clamp(y, min: 1e-3)`, `abs(y) + 1e-3`; or let the loss compare predictions with labels by `mse`, `mae`, `huber`")
    }
}

/// What is undefined, if something is.
fn fault(op: &Op, x: Option<Range>, y: Option<Range>) -> Option<&'static str> {
    match (op, x, y) {
        (Op::Unary(Unary::Log), Some(x), _) if x.low <= 0.0 => Some("`log` of VALUE that can be 0 or less"),
        (Op::Unary(Unary::Sqrt), Some(x), _) if x.low < 0.0 => Some("`sqrt` of VALUE that can be less than 0"),
        (Op::ParametricUnary(ParametricUnary::Pow { exponent }), Some(x), _) if *exponent < 0.0 && x.holds_0() => {
            Some("a negative power of VALUE that can be 0")
        }
        (Op::ParametricUnary(ParametricUnary::Pow { exponent }), Some(x), _)
            if exponent.fract() != 0.0 && x.low < 0.0 =>
        {
            Some("a power of VALUE that can be less than 0, whose exponent is no whole number")
        }
        (Op::Binary(Binary::Div), _, Some(y)) if y.holds_0() => Some("division by VALUE that can be 0"),
        _ => None,
    }
}

/// The range of a result; nothing for what is not made of labels and numbers alone, and for operations that are not followed.
fn result(op: &Op, x: Option<Range>, y: Option<Range>) -> Option<Range> {
    Some(match op {
        Op::Label(_) => Range::any(true),
        Op::Const(c) => Range { low: *c, high: *c, label: false },
        Op::Affine { mul, add } => x?.map(|x| if *mul == 0.0 { *add } else { mul * x + add }),
        Op::Unary(f) => x?.unary(*f),
        Op::ParametricUnary(ParametricUnary::Clamp { min, max }) => {
            let (low, high) = (min.unwrap_or(f64::NEG_INFINITY), max.unwrap_or(f64::INFINITY));
            if low > high { Range::any(x?.label) } else { x?.within(low, high) }
        }
        Op::ParametricUnary(ParametricUnary::Pow { exponent }) if exponent.rem_euclid(2.0) == 0.0 => {
            Range { low: 0.0, high: f64::INFINITY, ..x? }
        }
        Op::ParametricUnary(_) => Range::any(x?.label),
        Op::Binary(f) => {
            let (x, y) = (x?, y?);
            match f {
                Binary::Add => x.with(y, |a, b| a + b),
                Binary::Sub => x.with(y, |a, b| a - b),
                Binary::Mul => x.with(y, |a, b| a * b),
                Binary::Minimum => x.with(y, f64::min),
                Binary::Maximum => x.with(y, f64::max),
                Binary::Div => Range::any(x.label || y.label),
            }
        }
        Op::StopGrad | Op::GradReverse { .. } | Op::InBatch | Op::Own => x?,
        Op::Reduce { how: Reduction::Mean | Reduction::Max | Reduction::Min, .. } => x?,
        _ => return None,
    })
}
