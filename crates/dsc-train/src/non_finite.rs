//! Errors for losses, gradients, weights and predictions that are NaN or infinite. The step is replayed, and the error names the
//! first operation with such a result, its line, the samples and what they are computed from.

use dsc_data::Split;
use dsc_graph::{Binary, Graph, Init, Op, Region, RegionKind, Unary};
use dsc_runtime::{Mode, Operand, Origin, ParamStore, Program, StepBatch, Want, Workers};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::{E0920, E0926, E0960, E0965};
use dsc_syntax::source::Span;

use super::batch_source::BatchSource;

/// Weights larger than this come from a training that diverges; initial and trained weights are far below.
const LARGE_WEIGHT: f64 = 1e4;
/// Features and values larger than this are worth standardising.
const LARGE_VALUE: f64 = 1e4;
/// Number of samples that are listed.
const LISTED: usize = 3;

/// A model and the split that its batches come from.
pub(crate) struct Replay<'a> {
    pub graph: &'a Graph,
    pub program: &'a Program,
    pub store: &'a ParamStore,
    pub data: &'a BatchSource<'a>,
    pub workers: &'a Workers,
    pub split: Split,
}

/// The place of an optimiser step in a training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct At {
    /// Epoch from 0.
    pub epoch: u64,
    /// Optimiser step from 0, over the whole training.
    pub step: u64,
    /// The learning rate of the recipe.
    pub lr: f64,
}

impl std::fmt::Display for At {
    /// Counted from 1, as everywhere in the output.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "in epoch {}, step {}", self.epoch + 1, self.step + 1)
    }
}

impl Replay<'_> {
    /// A loss that is not finite.
    pub(crate) fn of_loss(&self, at: At, batch: &StepBatch, mode: Mode, loss: &str, value: f64) -> Diagnostic {
        let message = format!("the loss `{loss}` is {} {at}", number(value));
        let origin = self.program.trace_values(self.store, batch, mode, Want::LOSSES);
        match origin {
            Ok(Some(origin)) => self.explained(E0920, &message, &origin, Some(at)),
            _ => {
                let span = self.graph.losses.iter().find(|l| l.name == loss).map_or(Span::NONE, |l| l.span);
                Diagnostic::error(E0920, message)
                    .at(span, "the mean over the batch is not finite")
                    .help(self.remedy(None, Some(at)))
            }
        }
    }

    /// Gradients of an optimiser step with a norm that is not finite, although every loss is. `batches` are those of the step, and
    /// `store` holds their gradients.
    pub(crate) fn of_gradient(&self, at: At, batches: &[StepBatch], mode: Mode, clip: bool) -> Diagnostic {
        let scale = 1.0 / batches.len().max(1) as f64;
        let bad = self.store.bad_gradient().ok().flatten();
        let (path, what) = match bad {
            Some((path, value)) => (path, format!("is {}", number(value))),
            None => match self.store.largest_gradient().ok().flatten() {
                Some((path, size)) => {
                    (path, format!("reaches {}, and its square is infinite in float32,", number(size)))
                }
                None => ("", "is not finite".to_owned()),
            },
        };
        let mut message = format!("the gradient of `{path}` {what} {at}, while every loss is finite");
        if clip {
            message.push_str("; clipping would set the gradients of all other weights to 0 or NaN");
        }
        let origin = batches
            .iter()
            .find_map(|batch| self.program.trace_gradients(self.store, batch, mode, scale).ok().flatten());
        let weight = self.span_of(path);
        let fault = match origin {
            Some(origin) => self
                .explained(E0926, &message, &origin, Some(at))
                .because(weight, format!("`{path}` belongs to this call")),
            None => Diagnostic::error(E0926, message)
                .at(weight, format!("`{path}` belongs to this call"))
                .help(self.remedy(None, Some(at))),
        };
        self.with_call(fault, weight, path)
    }

    /// A weight that an optimiser step left NaN or infinite.
    pub(crate) fn of_weight(&self, at: At, path: &str, value: f64) -> Diagnostic {
        let place = self.span_of(path);
        let fault = Diagnostic::error(
            E0926,
            format!("the weight `{path}` is {} at the end of epoch {}", number(value), at.epoch + 1),
        )
        .at(place, "it belongs to this call")
        .help(format!("lower the learning rate (now {:e})", at.lr));
        self.with_call(fault, place, path)
    }

    /// A prediction that is not finite, for the sample with index `sample`.
    pub(crate) fn of_prediction(&self, label: &str, sample: usize, value: f32, at: Option<At>) -> Diagnostic {
        let id = self.data.ids(self.split).ok().and_then(|ids| ids.get(sample)).cloned().unwrap_or_default();
        let mut message =
            format!("the prediction of `{label}` for sample `{id}` of {} is {}", self.split, number(f64::from(value)));
        if let Some(at) = at {
            message.push_str(&format!(" after epoch {}", at.epoch + 1));
        }
        let origin = self
            .data
            .batch(self.split, &[sample], 1, false)
            .and_then(|batch| self.program.trace_values(self.store, &batch, Mode::Eval, Want::OUTPUTS));
        match origin {
            Ok(Some(origin)) => self.explained(E0960, &message, &origin, at),
            _ => Diagnostic::error(E0960, message).help(self.remedy(None, at)),
        }
    }

    /// A retrieval vector of the companions `name` that is not finite, for the sample with index `sample`.
    pub(crate) fn of_retrieval(&self, name: &str, sample: usize, value: f32, at: At) -> Diagnostic {
        let id = self.data.ids(self.split).ok().and_then(|ids| ids.get(sample)).cloned().unwrap_or_default();
        let message = format!(
            "a vector that the companions `{name}` compare is {} for sample `{id}` of {} before epoch {}",
            number(f64::from(value)),
            self.split,
            at.epoch + 1
        );
        let batch = self.data.batch(self.split, &[sample], 1, false);
        let origin = batch.and_then(|batch| self.program.trace_values(self.store, &batch, Mode::Eval, Want::RETRIEVAL));
        match origin {
            Ok(Some(origin)) => self.explained(E0965, &message, &origin, Some(at)),
            _ => Diagnostic::error(E0965, message).help(self.remedy(None, Some(at))),
        }
    }

    /// The error with the operation as its place.
    fn explained(&self, code: dsc_syntax::diag::Code, message: &str, origin: &Origin, at: Option<At>) -> Diagnostic {
        let what = if origin.derivative { "the derivative of " } else { "" };
        // The sign of a derivative is that of what follows.
        let value = match origin.derivative && origin.value.is_infinite() {
            true => "infinite".to_owned(),
            false => number(origin.value),
        };
        let mut text = format!("{message}: {what}{} is {value}", origin.operation);
        if let Some(samples) = self.samples(&origin.samples) {
            text.push_str(&format!(" for {samples}"));
        }
        let mut fault =
            Diagnostic::error(code, text).at(origin.span, operands(origin)).help(self.remedy(Some(origin), at));
        for weight in origin.operands.iter().filter(|o| o.parameter) {
            fault = self.with_call(fault, origin.span, &weight.name);
        }
        for name in &origin.inputs {
            if let Some(input) = self.graph.inputs.get(name) {
                fault = fault.because(input.span, format!("it is computed from the stream `{}`", input.key));
            }
        }
        for name in &origin.labels {
            if let Some(label) = self.graph.labels.get(name) {
                fault = fault.because(label.span, format!("it is computed from the label `{name}`"));
            }
        }
        fault
    }

    /// "sample `a` of train", "samples `a`, `b`, `c` and 5 others of train".
    fn samples(&self, indices: &[u64]) -> Option<String> {
        let ids = self.data.ids(self.split).ok()?;
        let name = |i: &u64| usize::try_from(*i).ok().and_then(|i| ids.get(i)).map(|id| format!("`{id}`"));
        let named: Vec<String> = indices.iter().take(LISTED).filter_map(name).collect();
        let (noun, more) = match (named.len(), indices.len().saturating_sub(LISTED)) {
            (0, _) => return None,
            (1, _) => ("sample", String::new()),
            (_, 0) => ("samples", String::new()),
            (_, 1) => ("samples", " and 1 other".to_owned()),
            (_, more) => ("samples", format!(" and {more} others")),
        };
        Some(format!("{noun} {}{more} of {}", named.join(", "), self.split))
    }

    fn remedy(&self, origin: Option<&Origin>, at: Option<At>) -> String {
        let lower = at.map_or_else(
            || "train again with a lower learning rate".to_owned(),
            |at| format!("lower the learning rate (now {:e}), or clip gradients with `clip = 1.0`", at.lr),
        );
        let largest = self.store.largest_parameter().ok().flatten();
        if let Some((path, size)) = largest.filter(|(_, size)| size.is_nan() || *size > LARGE_WEIGHT) {
            if self.graph.params.iter().any(|p| p.path == path && begins_large(&p.init)) {
                return format!(
                    "`{path}` reaches {} from its initial values: choose a smaller `bound` or `std`",
                    number(size)
                );
            }
            return format!("the weights have grown: `{path}` reaches {}; {lower}", number(size));
        }
        if let Some(remedy) = origin.and_then(of_operation) {
            return remedy;
        }
        let large = |o: &&Operand| !o.parameter && o.low.abs().max(o.high.abs()) > LARGE_VALUE;
        if origin.is_some_and(|o| o.operands.iter().any(|o| large(&o))) {
            return "numbers of this size overflow float32 (up to 3.4e38): standardise the features with `standardize = train`, or \
                    scale the values down"
                .to_owned();
        }
        format!("{lower}, or standardise the features with `standardize = train`")
    }

    /// The error with the call in the model that led to a weight of the standard library.
    fn with_call(&self, fault: Diagnostic, weight: Span, path: &str) -> Diagnostic {
        let of_weight = |r: &&Region| {
            matches!(r.kind, RegionKind::Call { library: true, .. })
                && path.strip_prefix(r.path.as_str()).is_some_and(|rest| rest.starts_with('.'))
        };
        // The outermost call comes first.
        let Some(call) = self.graph.regions.iter().find(of_weight).map(|r| r.span) else { return fault };
        let shown = fault.primary.iter().chain(&fault.secondary).any(|label| label.span == call);
        if shown || call == weight { fault } else { fault.because(call, format!("`{path}` belongs to this call")) }
    }

    fn span_of(&self, path: &str) -> Span {
        self.graph.params.iter().find(|p| p.path == path).map_or(Span::NONE, |p| p.span)
    }
}

/// "`relu` from 0 to 0.5, `score.linear.weight` from -1e30 to 3e29".
fn operands(origin: &Origin) -> String {
    let one = |o: &Operand| match o.low == o.high {
        true => format!("`{}` is {}", o.name, number(o.low)),
        false => format!("`{}` from {} to {}", o.name, number(o.low), number(o.high)),
    };
    match origin.operands.as_slice() {
        [] => "here".to_owned(),
        all => format!("here: {}", all.iter().map(one).collect::<Vec<_>>().join(", ")),
    }
}

/// Whether initial values may be as large as those of a training that diverges.
fn begins_large(init: &Init) -> bool {
    match init {
        Init::Normal { std } => *std > LARGE_WEIGHT,
        Init::Uniform { bound } => *bound > LARGE_WEIGHT,
        _ => false,
    }
}

/// What to change at an operation that is not finite for operands of any size.
fn of_operation(origin: &Origin) -> Option<String> {
    let zero = |i: usize| origin.operands.get(i).is_some_and(|o| o.low <= 0.0 && o.high >= 0.0);
    let below = |i: usize| origin.operands.get(i).is_some_and(|o| o.low < 0.0);
    let over = |i: usize, limit: f64| origin.operands.get(i).is_some_and(|o| o.high > limit);
    let text = match &origin.op {
        Op::Unary(Unary::Log) => {
            "`log` is -inf at 0 and NaN below: keep its operand positive, for example `log(relu(x) + 1e-6)`"
        }
        Op::Unary(Unary::Sqrt) if origin.derivative => {
            "the derivative of `sqrt` is infinite at 0: add a small constant below the root, `sqrt(x + 1e-6)`"
        }
        Op::Unary(Unary::Sqrt) => {
            "`sqrt` is NaN below 0: keep its operand positive, for example `sqrt(relu(x) + 1e-6)`"
        }
        Op::Unary(Unary::Exp) if over(0, 88.0) => {
            "`exp` overflows float32 above 88: subtract the largest value first, or use `softmax` or `logsumexp`"
        }
        Op::Binary(Binary::Div) if zero(1) => "the divisor is 0 there: add a small constant to it",
        Op::ParametricUnary(dsc_graph::ParametricUnary::Pow { exponent }) if exponent.fract() != 0.0 && below(0) => {
            "a power whose exponent is no whole number is NaN below 0: keep the base positive, for example `relu(x) + 1e-6`"
        }
        Op::ParametricUnary(dsc_graph::ParametricUnary::Pow { exponent }) if *exponent < 1.0 && zero(0) => {
            "a power below 1 has no finite value or derivative at 0: add a small constant to the base"
        }
        Op::LayerNorm { eps } | Op::Normalize { eps } | Op::StdTime { eps } if *eps < 1e-12 => {
            return Some(format!(
                "`eps` is {}, so equal or zero entries are divided by 0: use a larger one, such as `eps: 1e-5`",
                number(*eps)
            ));
        }
        Op::Affine { mul, add } if mul.abs().max(add.abs()) > 1e18 => {
            return Some(format!(
                "the constant {} is too large: float32 ends at 3.4e38",
                number(if mul.abs() > add.abs() { *mul } else { *add })
            ));
        }
        Op::Const(value) if value.abs() > 1e18 => {
            return Some(format!("the constant {} is too large: float32 ends at 3.4e38", number(*value)));
        }
        _ => return None,
    };
    Some(text.to_owned())
}

/// Four digits; NaN and infinities as Rust writes them.
fn number(x: f64) -> String {
    let size = x.abs();
    if !x.is_finite() || x == 0.0 {
        return format!("{x}");
    }
    if (1e-3..1e5).contains(&size) {
        let text = format!("{x:.4}");
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    let text = format!("{x:.3e}");
    match text.split_once('e') {
        Some((digits, exponent)) if digits.contains('.') => {
            format!("{}e{exponent}", digits.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_are_short() {
        let all = [0.0, 1.0, -0.25, 1234.5678, 1e30, -3.4028e38, 1e-8, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        assert_eq!(
            all.map(number),
            ["0", "1", "-0.25", "1234.5678", "1e30", "-3.403e38", "1e-8", "NaN", "inf", "-inf"]
        );
    }
}
