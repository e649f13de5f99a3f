//! Recurrent layers over valid rows.

use tch::{Kind, Tensor};

use super::{Call, fixed, recurrent_steps};
use crate::batch::Mode;
use crate::fault::Fault;
use crate::layout;
use crate::lengths::{Lengths, Packing};
use dsc_graph::Cell;

/// A layer's weights as libtorch orders them: four tensors for each direction.
struct Layer<'a> {
    cell: Cell,
    weights: &'a [&'a Tensor],
    hidden: i64,
    train: bool,
}

/// All hidden states of a layer, from a state of zeros.
///
/// On the CPU ragged sequences run padded: what follows a sample's last row does not reach its rows, and for the
/// way back the rows are reversed within each sample first. libtorch's kernel for packed steps leaves padding out, but
/// its gradient on the CPU costs a full tensor for every step: 16 samples of 25 to 400 rows, 64 columns, 64 units, one
/// thread of a busy machine, forward and backward: GRU 445 ms, LSTM 473, against 186 and 48 for 400 rows in all of them.
pub(super) fn recurrent(call: &Call<'_, '_>, cell: Cell, bidirectional: bool) -> Result<Tensor, Fault> {
    let (x, lengths, device) = (call.arg(0)?, call.seq_lengths(0)?, call.run.device);
    let weights = call.operands.get(1..).unwrap_or_default();
    if fixed::applies(call) {
        let of =
            |weights: &[&Tensor], backward: bool| recurrent_steps::states(call, cell, (x, lengths), weights, backward);
        let [there, back] = [weights.get(..4), weights.get(4..)].map(Option::unwrap_or_default);
        let mut states = of(there, false)?;
        if bidirectional {
            states = Tensor::f_cat(&[states, of(back, true)?], -1)?;
        }
        return layout::unflat(states, lengths);
    }
    let hidden = call.arg(2)?.size().last().copied().unwrap_or(0);
    let layer = Layer { cell, weights, hidden, train: call.run.mode != Mode::Eval };
    if !lengths.ragged {
        return layer.block(x);
    }
    if device.is_cuda() || call.run.program.packing == Packing::Everywhere {
        return layer.steps(x, lengths);
    }
    let mut forward = layout::padded(x, lengths, device)?;
    // Padding may hold what makes a state infinite.
    forward = forward.f_where_scalarother(&lengths.mask(device)?.f_unsqueeze(-1)?, 0.0)?;
    let [there, back] = [weights.get(..4), weights.get(4..)].map(Option::unwrap_or_default);
    let mut states = Layer { weights: there, ..layer }.block(&forward)?;
    if bidirectional {
        let padded = Lengths::new(lengths.lens.clone(), Packing::Never);
        let reversed = |x: &Tensor| {
            layout::rearrange(x, &padded, &padded, |sample, row| Some(padded.len(sample) - 1 - row), device)
        };
        let backward = Layer { weights: back, ..layer }.block(&reversed(&forward)?)?;
        states = Tensor::f_cat(&[states, reversed(&backward)?], -1)?;
    }
    layout::packed(&states, lengths, device)
}

impl Layer<'_> {
    fn bidirectional(&self) -> bool {
        self.weights.len() > 4
    }

    fn zeros(&self, samples: i64, like: &Tensor) -> Result<Tensor, Fault> {
        let directions = if self.bidirectional() { 2 } else { 1 };
        let kind: Kind = like.kind();
        Ok(Tensor::f_zeros([directions, samples, self.hidden], (kind, like.device()))?)
    }

    /// `[R, T, i]` to `[R, T, h]`, every row valid.
    fn block(&self, x: &Tensor) -> Result<Tensor, Fault> {
        let (zeros, train, both) = (self.zeros(x.size3()?.0, x)?, self.train, self.bidirectional());
        let states = match self.cell {
            Cell::Rnn => x.f_rnn_tanh(&zeros, self.weights, true, 1, 0.0, train, both, true)?.0,
            Cell::Gru => x.f_gru(&zeros, self.weights, true, 1, 0.0, train, both, true)?.0,
            Cell::Lstm => {
                let states = || x.f_lstm(&[&zeros, &zeros], self.weights, true, 1, 0.0, train, both, true);
                match train {
                    // libtorch has another kernel for an LSTM without a tape, whose last bits differ. What a training step computes again
                    // has to be what it was.
                    true => without_tape_if_none_is_kept(tch::with_grad(states)?.0)?,
                    false => states()?.0,
                }
            }
        };
        Ok(states.f_contiguous()?)
    }

    /// A ragged sequence in its layout, step by step without its padding.
    fn steps(&self, x: &Tensor, lengths: &Lengths) -> Result<Tensor, Fault> {
        let steps = lengths.steps(x.device())?;
        let rows = layout::flat(x, lengths)?.f_index_select(0, &steps.rows)?;
        let (zeros, sizes) = (self.zeros(lengths.lens.len() as i64, x)?, &steps.sizes);
        let (weights, train, both) = (self.weights, self.train, self.bidirectional());
        let states = match self.cell {
            Cell::Rnn => Tensor::f_rnn_tanh_data(&rows, sizes, &zeros, weights, true, 1, 0.0, train, both)?.0,
            Cell::Gru => Tensor::f_gru_data(&rows, sizes, &zeros, weights, true, 1, 0.0, train, both)?.0,
            Cell::Lstm => Tensor::f_lstm_data(&rows, sizes, &[&zeros, &zeros], weights, true, 1, 0.0, train, both)?.0,
        };
        layout::unflat(states.f_index_select(0, &steps.back)?, lengths)
    }
}

/// The same value without a tape, where none is recorded.
fn without_tape_if_none_is_kept(value: Tensor) -> Result<Tensor, Fault> {
    let is_recorded = !value.requires_grad() || value.f_alias()?.requires_grad();
    Ok(if is_recorded { value } else { value.f_detach()? })
}

/// Where both directions end: the first half of the last valid row, the second half of the first row.
pub(super) fn last_state(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    let (last, first) = (super::sequence::row(call, -1)?, super::sequence::row(call, 0)?);
    let half = last.size().last().copied().unwrap_or(0) / 2;
    Ok(Tensor::f_cat(&[last.f_narrow(-1, 0, half)?, first.f_narrow(-1, half, half)?], -1)?)
}
