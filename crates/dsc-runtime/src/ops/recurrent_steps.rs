//! Recurrent layers step by step, for evaluation on the CPU: libtorch's depend on how many samples a step has.

use tch::Tensor;

use super::{Call, fixed};
use crate::fault::Fault;
use crate::layout;
use crate::lengths::Lengths;
use crate::precision::Products;
use crate::steps::Steps;
use dsc_graph::Cell;

/// All hidden states of one direction, from a state of zeros: a sequence to the rows of its layout, `[.., h]`. `weights` are those of
/// libtorch: of the input `[g * h, i]`, of the state `[g * h, h]`, and the two biases.
pub(super) fn states(
    call: &Call<'_, '_>,
    cell: Cell,
    (x, lengths): (&Tensor, &Lengths),
    weights: &[&Tensor],
    backward: bool,
) -> Result<Tensor, Fault> {
    let [of_input, of_state, input_bias, state_bias] = weights else {
        return Err(Fault::Torch("a recurrent layer without its weights".into()));
    };
    let steps = Steps::new(lengths, backward, x.device())?;
    let rows = layout::flat(x, lengths)?.f_index_select(0, &steps.rows)?;
    let given = fixed::linear(Products::Full, &rows, of_input, Some(input_bias))?;
    let width = of_state.size2()?.1;
    let mut state = rows.f_new_zeros([lengths.lens.len() as i64, width], (x.kind(), x.device()))?;
    let mut memory = state.shallow_clone();
    let (mut found, mut at) = (Vec::new(), 0);
    for count in Vec::<i64>::try_from(&steps.sizes)? {
        // The longest samples come first: those that have the step are the first of the step before.
        state = state.f_narrow(0, 0, count)?;
        let (a, b) =
            (given.f_narrow(0, at, count)?, fixed::linear(Products::Full, &state, of_state, Some(state_bias))?);
        let gate = |x: &Tensor, from: i64, gates: i64| x.f_narrow(1, from * width, gates * width);
        let sigmoid = |x: &Tensor| fixed::entries(call, x, Tensor::f_sigmoid);
        let tanh = |x: &Tensor| fixed::entries(call, x, Tensor::f_tanh);
        state = match cell {
            Cell::Rnn => tanh(&a.f_add(&b)?)?,
            Cell::Gru => {
                let open = sigmoid(&gate(&a, 0, 2)?.f_add(&gate(&b, 0, 2)?)?)?;
                let new = tanh(&gate(&a, 2, 1)?.f_add(&gate(&b, 2, 1)?.f_mul(&gate(&open, 0, 1)?)?)?)?;
                state.f_sub(&new)?.f_mul(&gate(&open, 1, 1)?)?.f_add(&new)?
            }
            Cell::Lstm => {
                let sum = a.f_add(&b)?;
                let (enter, out) = (sigmoid(&gate(&sum, 0, 2)?)?, sigmoid(&gate(&sum, 3, 1)?)?);
                let new = tanh(&gate(&sum, 2, 1)?)?.f_mul(&gate(&enter, 0, 1)?)?;
                memory = memory.f_narrow(0, 0, count)?.f_mul(&gate(&enter, 1, 1)?)?.f_add(&new)?;
                tanh(&memory)?.f_mul(&out)?
            }
        };
        found.push(state.shallow_clone());
        at += count;
    }
    Ok(Tensor::f_cat(&found, 0)?.f_index_select(0, &steps.back)?)
}
