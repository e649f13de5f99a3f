//! Gradients of several values at once.

use std::ptr;

use tch::Tensor;

use super::raw::{self, check, handles, take_tensor};

/// The gradients of `inputs` where `upstream[i]` is the gradient of `roots[i]`; `None` where no root depends on one. What was kept for
/// the backward pass is freed.
///
/// # Errors
/// The message of libtorch, for roots without a backward pass or gradients of another shape.
pub(crate) fn gradients(
    roots: &[&Tensor],
    upstream: &[&Tensor],
    inputs: &[&Tensor],
) -> Result<Vec<Option<Tensor>>, String> {
    if roots.len() != upstream.len() {
        return Err(format!("{} roots, {} gradients", roots.len(), upstream.len()));
    }
    if roots.is_empty() {
        return Ok(inputs.iter().map(|_| None).collect());
    }
    let (r, u, i) = (handles(roots), handles(upstream), handles(inputs));
    let mut out = vec![ptr::null_mut(); inputs.len()];
    // SAFETY: three arrays of live tensors, and room for as many results as there are inputs.
    unsafe {
        let (count, inputs) = (r.len() as i64, i.len() as i64);
        check(raw::dsc_gradients(r.as_ptr(), u.as_ptr(), count, i.as_ptr(), inputs, out.as_mut_ptr()))?;
    }
    // SAFETY: each is null or a tensor of its own that nothing else owns.
    Ok(out.into_iter().map(|t| (!t.is_null()).then(|| unsafe { take_tensor(t) })).collect())
}
