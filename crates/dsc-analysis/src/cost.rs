//! The cost of every operation: multiply-adds of one sample's forward pass, and what training keeps for the way back.
//!
//! # What counts as a multiply-add
//! [`CONVENTION`], which is printed wherever the number is. Every product of a linear map, of attention scores and of
//! attention's weighted sum counts once, and so do the products of a dot product or a cosine of two vectors. Additions
//! of biases, element-wise work, softmax, norms, pooling, gathers and embeddings count 0: they are bound by memory, not by
//! arithmetic. A multiply-add is two floating-point operations. Heads do not change the count: h heads of width k/h take
//! as many products as one of width k; nor does a band, whose masked scores are computed like the others. An `einsum`
//! counts the products of its entries, operands taken from the left to the right.
//!
//! On CH-SIMS lengths the fusion of the DashFusion article takes 125.2 million, 146.0 million with the temporal alignment:
//! each source has a query projection of its own, as its equation 3 is written. With one query projection for all sources
//! it is 124.8 and 144.95 million; the article's Table V says 145 million without stating what it counts.
//!
//! # What training keeps
//! Reverse-mode differentiation keeps of each operation what its gradient needs: operands, the result, or numbers of its
//! own. A tensor that several operations keep is one tensor, and a view (`take`, a row) is part of what it views. The
//! rules are those of the kernels on the CPU in 32-bit floats: attention keeps two numbers for each query and head and recomputes its
//! weights; with dropout on the weights, a bit for each of them too. On a GPU attention with dropout keeps its weights, `heads * n * t`
//! numbers three times, which [`step`](super::step) counts.

use std::collections::{BTreeMap, BTreeSet};

use dsc_graph::dims::Dim;
use dsc_graph::primitives::Keeps;
use dsc_graph::types::Type;
use dsc_graph::{Axis, Cell, Einsum, Op, Pool, Reduction};

/// What a multiply-add is, in one sentence.
pub const CONVENTION: &str = "multiply-adds of one sample's forward pass: products of linear maps, scores, weighted sums, \
                              convolutions and recurrent cells; element-wise work, softmax, norms and embeddings count 0; \
                              ragged lengths count with their maximum";

/// Bytes of a float.
pub const FLOAT: i64 = 4;
/// Bytes of a token or an index.
pub const INDEX: i64 = 8;

/// Weights of attention whose bits of dropout are one word.
pub const WORD: i64 = 16;

/// What one operation costs, per sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cost {
    /// Multiply-adds, forward.
    pub multiply_adds: Dim,
    /// Where its result lies.
    pub storage: Storage,
    /// What its gradient needs.
    pub keeps: Vec<Kept>,
}

/// Where the result of an operation lies in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Storage {
    /// In memory of its own.
    #[default]
    Own,
    /// In that operand's memory: a view.
    Of(usize),
    /// In a parameter's memory: the same for all samples.
    Parameter,
}

/// Something that is kept from the forward to the backward pass.
#[derive(Clone, Debug, PartialEq)]
pub enum Kept {
    /// The operand of that number.
    Operand(usize),
    /// The result.
    Result,
    /// So many bytes that no other operation sees.
    Private(Dim),
}

impl Cost {
    /// The cost of an operation on operands of these types.
    ///
    /// Operands and result are those of a verified graph; a missing one counts as empty.
    pub fn of(op: &Op, operands: &[Type], result: &Type) -> Cost {
        let at = Operands { types: operands };
        match op {
            Op::Input(_) | Op::Label(_) | Op::Const(_) => free(),
            Op::Param(_) | Op::Expand | Op::Learned => free().stored(Storage::Parameter),

            Op::Unary(f) => entry_wise(f.keeps(), operands.len()),
            Op::Binary(f) => entry_wise(f.keeps(), operands.len()),
            Op::ParametricUnary(_) => keeping([Kept::Operand(0)]),
            Op::Affine { .. } | Op::AddRow | Op::GradReverse { .. } => free(),
            Op::Scale | Op::MulRow => keeping([Kept::Operand(0), Kept::Operand(1)]),
            Op::Normalize { .. } => keeping([Kept::Operand(0), floats(&rows(result))]),
            Op::Softmax { .. } => keeping([Kept::Result]),

            // x [.., i] and W [o, i]: one product for each entry of x and each of the o outputs.
            Op::Linear => keeping([Kept::Operand(0)]).counting(at.elements(0).times(&features(result))),
            // Mean and reciprocal deviation of each row.
            Op::LayerNorm { .. } => keeping([Kept::Operand(0), floats(&rows(result).times(&Dim::from(2)))]),
            Op::Attention { heads, shared, drop, .. } => attention(&at, *heads, *shared, *drop > 0.0),
            // The mask.
            Op::Dropout { .. } => keeping([floats(&elements(result))]),

            Op::Embedding => keeping([Kept::Operand(0)]),
            Op::Positions => free().stored(Storage::Parameter),

            // Weight [o, i / groups, kernel]: all of it once for each row of the result.
            Op::Conv1d { .. } => keeping([Kept::Operand(0)]).counting(rows(result).times(&at.elements(1))),
            Op::Recurrent { cell, .. } => recurrent(&at, *cell, result),
            Op::Einsum(spec) => einsum(spec, operands),

            Op::Take { .. }
            | Op::Skip { .. }
            | Op::Row(_)
            | Op::Scalar
            | Op::Reshape { .. }
            | Op::Slice { .. }
            | Op::Repeat
            | Op::StopGrad => free().stored(Storage::Of(0)),
            // The values of a batch lie where they were made, and are read by all samples.
            Op::InBatch | Op::Own => free().stored(Storage::Of(0)),
            Op::Concat(Axis::Time | Axis::Features) | Op::Append { .. } | Op::Stack { .. } => free(),
            Op::Shift { .. } | Op::Reverse | Op::Dense { .. } | Op::LastState | Op::Sinusoid { .. } => free(),

            Op::MeanTime | Op::SumTime => free(),
            Op::StdTime { .. } | Op::LogSumExpTime => keeping([Kept::Operand(0), Kept::Result]),
            Op::MaxTime | Op::MinTime => keeping([indices(result)]),
            Op::Downsample { pool, .. } => match pool {
                Pool::Mean => free(),
                Pool::Max => keeping([indices(result)]),
            },
            Op::Reduce { how, .. } => match how {
                Reduction::Sum | Reduction::Mean => free(),
                Reduction::Max | Reduction::Min => keeping([indices(result)]),
                Reduction::Norm | Reduction::LogSumExp => keeping([Kept::Operand(0), Kept::Result]),
            },
            Op::Cosine | Op::Dot => keeping([Kept::Operand(0), Kept::Operand(1)]).counting(at.elements(0)),
            // The Reals stacked, and the result.
            Op::LogSumExp => keeping([Kept::Result, floats(&Dim::from(operands.len() as i64))]),

            // The operand was computed by its own nodes, for the companion as for the sample; this picks rows.
            Op::At { .. } => keeping([Kept::Private(Dim::from(INDEX))]),
        }
    }

    fn counting(self, multiply_adds: Dim) -> Cost {
        Cost { multiply_adds, ..self }
    }

    fn stored(self, storage: Storage) -> Cost {
        Cost { storage, ..self }
    }
}

/// No product, a result of its own, nothing kept.
fn free() -> Cost {
    Cost::default()
}

/// Of a function of every entry: nothing but what its gradient needs.
fn entry_wise(keeps: Keeps, operands: usize) -> Cost {
    match keeps {
        Keeps::Nothing => free(),
        Keeps::Operands => Cost { keeps: (0..operands).map(Kept::Operand).collect(), ..Cost::default() },
        Keeps::Result => keeping([Kept::Result]),
    }
}

fn keeping<const N: usize>(keeps: [Kept; N]) -> Cost {
    Cost { keeps: keeps.into(), ..Cost::default() }
}

/// So many floats of an operation's own.
fn floats(count: &Dim) -> Kept {
    Kept::Private(count.times(&Dim::from(FLOAT)))
}

/// Query `[n, k]`, key `[t, k]`, value `[t, e]`: n t k products for the scores, n t e for the weighted sum; of shared values n t e for
/// each head.
fn attention(at: &Operands<'_>, heads: i64, shared: bool, dropout: bool) -> Cost {
    let (n, t, e) = (at.rows(0), at.rows(1), at.features(2));
    let e = if shared { e.times(&Dim::from(heads)) } else { e };
    let scores = n.times(&t);
    let multiply_adds = scores.times(&at.features(0).plus(&e));
    // The largest score and the sum of each query and head.
    let sums = floats(&n.times(&Dim::from(2 * heads)));
    let mut keeps = vec![Kept::Operand(0), Kept::Operand(1), Kept::Operand(2), Kept::Result, sums];
    if dropout {
        // A bit for each weight, the keys of a query and head in whole words.
        let words = t.plus(&Dim::from(WORD - 1)).floor_div(&Dim::from(WORD)).unwrap_or_else(|| t.clone());
        keeps.push(Kept::Private(n.times(&words).times(&Dim::from(heads * WORD / 8))));
    }
    Cost { multiply_adds, storage: Storage::Own, keeps }
}

/// Which entry it was, for each entry of the result.
fn indices(result: &Type) -> Kept {
    Kept::Private(elements(result).times(&Dim::from(INDEX)))
}

/// Operands are multiplied from the left to the right, one product for every combination of letters; a letter is summed as
/// soon as nothing later has it. All operands are kept where there is a product.
fn einsum(spec: &Einsum, operands: &[Type]) -> Cost {
    let mut sizes: BTreeMap<char, &Dim> = BTreeMap::new();
    for (letters, ty) in spec.operands().iter().zip(operands) {
        let axes = ty.tensor().into_iter().flat_map(|t| t.axes());
        sizes.extend(letters.iter().copied().zip(axes));
    }
    let mut multiply_adds = Dim::from(0);
    let mut product: BTreeSet<char> = spec.operands().first().into_iter().flatten().copied().collect();
    for (i, letters) in spec.operands().iter().enumerate().skip(1) {
        product.extend(letters);
        let combinations = product.iter().filter_map(|l| sizes.get(l)).fold(Dim::from(1), |n, size| n.times(size));
        multiply_adds = multiply_adds.plus(&combinations);
        let later: BTreeSet<char> =
            spec.operands().iter().skip(i + 1).flatten().chain(spec.result()).copied().collect();
        product.retain(|l| later.contains(l));
    }
    let keeps = if operands.len() > 1 { (0..operands.len()).map(Kept::Operand).collect() } else { Vec::new() };
    Cost { multiply_adds, storage: Storage::Own, keeps }
}

/// Rows `x [n, i]`, then `W_ih [g h, i]`, `W_hh [g h, h]` and two biases for each direction: both weights once for each row.
/// The gates of all rows are kept, and the states of an LSTM's cells.
fn recurrent(at: &Operands<'_>, cell: Cell, result: &Type) -> Cost {
    let n = rows(result);
    let (mut weights, mut gates) = (Dim::from(0), Dim::from(0));
    for first in (1..at.types.len()).step_by(4) {
        weights = weights.plus(&at.elements(first)).plus(&at.elements(first + 1));
        gates = gates.plus(&at.elements(first + 2));
    }
    let cells = match cell {
        Cell::Lstm => elements(result),
        Cell::Rnn | Cell::Gru => Dim::from(0),
    };
    keeping([Kept::Operand(0), Kept::Result, floats(&n.times(&gates).plus(&cells))]).counting(n.times(&weights))
}

/// Sizes of operands.
struct Operands<'a> {
    types: &'a [Type],
}

impl Operands<'_> {
    fn of(&self, i: usize, size: impl Fn(&Type) -> Dim) -> Dim {
        self.types.get(i).map(size).unwrap_or_default()
    }

    fn elements(&self, i: usize) -> Dim {
        self.of(i, elements)
    }

    fn rows(&self, i: usize) -> Dim {
        self.of(i, |ty| ty.len().cloned().unwrap_or_else(|| Dim::from(1)))
    }

    fn features(&self, i: usize) -> Dim {
        self.of(i, features)
    }
}

/// Number of entries of a value of one sample.
pub fn elements(ty: &Type) -> Dim {
    match ty {
        Type::Tensor(t) => t.axes().fold(Dim::from(1), |n, axis| n.times(axis)),
        Type::Tokens { len } => len.clone(),
    }
}

/// Bytes of a value of one sample.
pub fn bytes(ty: &Type) -> Dim {
    let each = match ty {
        Type::Tensor(_) => FLOAT,
        Type::Tokens { .. } => INDEX,
    };
    elements(ty).times(&Dim::from(each))
}

/// The last axis, 1 where there is none.
fn features(ty: &Type) -> Dim {
    ty.tensor().and_then(|t| t.features()).cloned().unwrap_or_else(|| Dim::from(1))
}

/// Everything but the last axis.
fn rows(ty: &Type) -> Dim {
    let Type::Tensor(t) = ty else { return Dim::from(0) };
    let axes: Vec<&Dim> = t.axes().collect();
    axes.iter().rev().skip(1).fold(Dim::from(1), |n, axis| n.times(axis))
}

#[cfg(test)]
mod tests;
