//! How the values of a batch lie in memory, as far as execution and its memory plan have to agree on it.
//!
//! A sequence of several samples is stored *padded*, as many rows for each as the longest has, or *packed*, the valid rows of all
//! samples one behind the other. What is the same for every sample is computed once.

use super::{Axis, Op};

/// Packing is faster on the CPU if at most this fraction of the padded rows is valid ..
const FULL: f64 = 0.85;

/// .. and at least this many rows are saved; with fewer, the conversions cost more than they save.
const SAVED: i64 = 64;

/// Whether it pays to pack sequences of which `valid` of `padded` rows are valid.
pub fn packing_pays(valid: i64, padded: i64) -> bool {
    (valid as f64) < FULL * padded as f64 && padded - valid >= SAVED
}

impl Op {
    /// Whether it looks at each sample by itself, so that the same operands have the same result, and at nothing of a sample but its
    /// operands.
    pub fn makes_same_of_same(&self) -> bool {
        matches!(
            self,
            Op::Binary(_)
                | Op::Unary(_)
                | Op::ParametricUnary(_)
                | Op::Affine { .. }
                | Op::AddRow
                | Op::MulRow
                | Op::Scale
                | Op::Linear
                | Op::LayerNorm { .. }
                | Op::Reduce { .. }
                | Op::Normalize { .. }
                | Op::Softmax { .. }
                | Op::Scalar
                | Op::Concat(Axis::Features)
                | Op::Reshape { .. }
                | Op::Slice { .. }
                | Op::Append { .. }
                | Op::Cosine
                | Op::Dot
                | Op::LogSumExp
                | Op::StopGrad
                | Op::GradReverse { .. }
        )
    }
}
