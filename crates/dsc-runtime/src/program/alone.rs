//! Compares a batch with its samples one by one.

use tch::Tensor;

use super::{Program, Run};
use crate::batch::{Mode, StepBatch, Want};
use crate::fault::Fault;
use crate::params::ParamStore;
use crate::transfer::download;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::source::Span;

impl Program {
    /// The first operation of an evaluation whose value for a sample is, bit for bit, another one when the sample is in a batch of its
    /// own, with its place in the model file. On the CPU there is none in a model without `dense`.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn differs_alone(&self, store: &ParamStore, batch: &StepBatch) -> Result<Option<(String, Span)>, Diagnostic> {
        let together = self.values_by_sample(store, batch)?;
        for sample in 0..batch.rows() {
            let alone = self.values_by_sample(store, &batch.only(sample))?;
            for ((node, values), (_, own)) in together.iter().zip(&alone) {
                let (Some(step), Some(value), Some(own)) = (self.steps.get(*node), values.get(sample), own.first())
                else {
                    continue;
                };
                if !is_same(value, own).map_err(|f| f.diagnose("comparing a sample with itself"))? {
                    return Ok(Some((Program::describe(step), step.span)));
                }
            }
        }
        Ok(None)
    }

    /// The value of every operation, in the order of execution, for each sample.
    fn values_by_sample(&self, store: &ParamStore, batch: &StepBatch) -> Result<Vec<(usize, Vec<Tensor>)>, Diagnostic> {
        let _guard = tch::no_grad_guard();
        let want = Want { outputs: true, losses: false, retrieval: true };
        let run = Run::new(self, store, batch, Mode::Eval, want)?;
        let mut found = Vec::new();
        run.evaluate_watched(&mut |now| {
            let of = |sample| run.entries_of(now.step, now.rows, now.value, sample);
            found.push((now.node, (0..batch.rows()).map(of).collect::<Result<Vec<_>, _>>()?));
            Ok(())
        })?;
        Ok(found)
    }
}

/// Whether all entries are the same, those that are not numbers too. A packed value lacks the axis of samples.
fn is_same(a: &Tensor, b: &Tensor) -> Result<bool, Fault> {
    let (a, b) = (a.f_reshape([-1])?, b.f_reshape([-1])?);
    Ok(a.size() == b.size() && download(&a.f_isclose(&b, 0.0, 0.0, true)?.f_all()?)?.f_int64_value(&[])? == 1)
}
