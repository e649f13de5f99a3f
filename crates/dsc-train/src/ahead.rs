//! The batch that comes next, made on the host while a GPU computes the present one.
//!
//! Its samples are read once the backward pass is queued and before the losses are waited for. On the CPU there is nothing to wait for:
//! there a batch is made when it is due.

use std::sync::{Mutex, PoisonError};

use dsc_runtime::StepBatch;
use dsc_syntax::diag::Diagnostic;

/// Keeps the batch that comes next.
#[derive(Default)]
pub(crate) struct Ahead(Mutex<Option<(Vec<usize>, StepBatch)>>);

impl Ahead {
    /// The batch of these anchors if it was made before, or else what `make` gives.
    pub(crate) fn take(
        &self,
        anchors: &[usize],
        make: impl FnOnce(&[usize]) -> Result<StepBatch, Diagnostic>,
    ) -> Result<StepBatch, Diagnostic> {
        let made = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        match made {
            Some((of, batch)) if of == anchors => Ok(batch),
            _ => make(anchors),
        }
    }

    /// Keeps the batch of the anchors that come next.
    pub(crate) fn keep(&self, anchors: &[usize], batch: StepBatch) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((anchors.to_vec(), batch));
    }
}
