//! `constant_folding`: numbers that a file gives are put together before anything runs, and what is multiplied by 0 is not computed.
//!
//! Before:
//! ```text
//! %0 = input() audio : Seq<audio>[Ta, fa]
//! %1 = mean(%0) : Vec[fa]
//! %2 = affine(%1) mul 2 add 1 : Vec[fa]
//! %3 = affine(%2) mul -0.5 add 0 : Vec[fa]
//! %4 = norm(%3) : Real
//! %5 = const() 4 : Real
//! %6 = div(%4, %5) : Real
//! %7 = maxpool(%0) : Vec[fa]
//! %8 = norm(%7) : Real
//! %9 = affine(%8) mul 0 add 0 : Real
//! output %6 for y
//! loss sparse = %9
//! ```
//! After:
//! ```text
//! %0 = input() audio : Seq<audio>[Ta, fa]
//! %1 = mean(%0) : Vec[fa]
//! %2 = affine(%1) mul -1 add -0.5 : Vec[fa]
//! %3 = norm(%2) : Real
//! %4 = affine(%3) mul 0.25 add 0 : Real
//! %5 = const() 0 : Real
//! output %4 for y
//! loss sparse = %5
//! ```
//! Lowering folds what a file writes as numbers alone; what is left comes from hypers that meet a tensor one after the other. A loss whose
//! weight a variant sets to 0 (`set gamma = 0.0`) costs nothing then, as if it were dropped; and if it is not finite, it stops no training.
//! A weight that only such a loss reads has no gradient then, where it had one of zeros, so no decay either. A factor of 0 inside of a loss
//! is computed: what it is multiplied with may not be finite. Factors far from 1, alone or together, are left alone: in float32 the order
//! of the products decides whether there is a number at all.

use std::ops::RangeInclusive;

use super::Pass;
use crate::types::{TensorType, Type};
use crate::{Binary, Graph, NodeId, Op, Rewriter, Rewritten};

pub(super) const PASS: Pass =
    Pass { name: "constant_folding", about: "computes what depends on numbers of the file alone beforehand", run };

/// Factors and summands that are put together, and what they give: in float32 nothing of that overflows or is lost.
const USUAL: RangeInclusive<f64> = 1e-6..=1e6;

/// `mul * x + add` of a value, or the same number for all samples.
#[derive(Clone, Copy)]
enum Form {
    Number(f64),
    Of(NodeId, f64, f64),
}

fn run(graph: &Graph) -> Rewritten {
    let mut new = Rewriter::new(graph);
    // Of every node of the old graph, from the nodes of the new one.
    let mut forms: Vec<Form> = Vec::with_capacity(graph.len());
    let losses: Vec<NodeId> = graph.losses.iter().map(|loss| loss.value).collect();
    for (id, node) in graph.nodes() {
        let known: Vec<Form> = graph.operands(id).iter().filter_map(|of| forms.get(of.index()).copied()).collect();
        let is_real = node.ty == Type::from(TensorType::real());
        let found = folded(&node.op, &known).map(|form| match form {
            Form::Of(_, mul, add) if mul == 0.0 && losses.contains(&id) => Form::Number(add),
            form => form,
        });
        let found = found.filter(|form| match form {
            Form::Number(x) => is_real && x.is_finite(),
            Form::Of(_, mul, add) => mul.is_finite() && add.is_finite(),
        });
        let op = match found {
            Some(Form::Number(x)) => Op::Const(x),
            Some(Form::Of(_, mul, add)) => Op::Affine { mul, add },
            None => node.op.clone(),
        };
        let (at, form) = match found {
            Some(Form::Of(x, mul, add)) if mul == 1.0 && add == 0.0 => {
                new.merge(id, x);
                (x, None)
            }
            Some(form) => {
                let operands = if let Form::Of(x, ..) = form { vec![x] } else { Vec::new() };
                (new.replace(id, crate::Node { op, ..node.clone() }, &operands), Some(form))
            }
            None => (new.keep(id, node), if let Op::Const(x) = node.op { Some(Form::Number(x)) } else { None }),
        };
        forms.push(form.unwrap_or(Form::Of(at, 1.0, 0.0)));
    }
    let folded = new.finish();
    if folded.graph == *graph {
        return folded;
    }
    let mut live = folded.graph.rewritten_without_dead_nodes();
    for origin in &mut live.origin {
        *origin = origin.and_then(|at| folded.origin.get(at.index()).copied().flatten());
    }
    live
}

/// What a node is, if numbers decide more of it than its operation says.
fn folded(op: &Op, operands: &[Form]) -> Option<Form> {
    use Form::{Number, Of};
    match (op, *operands.first()?, operands.get(1).copied()) {
        (Op::Affine { mul, add }, Number(x), _) => Some(Number(mul * x + add)),
        (Op::Affine { mul, add }, Of(x, of, more), _) => scaled(x, (of, more), (*mul, *add)),
        (Op::Binary(f), Number(a), Some(Number(b))) => Some(Number(of_numbers(*f, a, b)?)),
        (Op::Binary(f), Of(x, of, more), Some(Number(n))) => scaled(x, (of, more), behind(*f, n)?),
        (Op::Binary(f), Number(n), Some(Of(x, of, more))) => scaled(x, (of, more), before(*f, n)?),
        (Op::Scale, Of(x, of, more), Some(Number(n))) => scaled(x, (of, more), (n, 0.0)),
        _ => None,
    }
}

/// `mul * (of * x + more) + add`.
fn scaled(x: NodeId, (of, more): (f64, f64), (mul, add): (f64, f64)) -> Option<Form> {
    let usual = |n: f64| n == 0.0 || USUAL.contains(&n.abs());
    let (factor, summand) = (mul * of, mul * more + add);
    let exact = (of, more) == (1.0, 0.0) || [of, more, mul, add, factor, summand].into_iter().all(usual);
    exact.then_some(Form::Of(x, factor, summand))
}

/// `x f n` as a factor and a summand.
fn behind(f: Binary, n: f64) -> Option<(f64, f64)> {
    match f {
        Binary::Add => Some((1.0, n)),
        Binary::Sub => Some((1.0, -n)),
        Binary::Mul => Some((n, 0.0)),
        Binary::Div => (n != 0.0).then_some((1.0 / n, 0.0)),
        _ => None,
    }
}

/// `n f x`.
fn before(f: Binary, n: f64) -> Option<(f64, f64)> {
    match f {
        Binary::Add | Binary::Mul => behind(f, n),
        Binary::Sub => Some((-1.0, n)),
        _ => None,
    }
}

fn of_numbers(f: Binary, a: f64, b: f64) -> Option<f64> {
    match f {
        Binary::Add => Some(a + b),
        Binary::Sub => Some(a - b),
        Binary::Mul => Some(a * b),
        Binary::Div => (b != 0.0).then(|| a / b),
        _ => None,
    }
}
