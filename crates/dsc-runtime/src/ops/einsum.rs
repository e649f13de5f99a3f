//! Products of entries, summed over axes. Batch is one more axis that has no letter.
//!
//! What is the same for every sample (a parameter as a value, what was collected of the batch) stays without a batch
//! axis: a sequence times such a matrix is then one product of matrices, not one per sample.

use tch::Tensor;

use super::contraction::{Lettered, contract};
use super::{Call, fixed, shared};
use crate::fault::Fault;
use crate::layout;
use crate::lengths::Lengths;
use dsc_graph::Einsum;

pub(super) fn einsum(call: &Call<'_, '_>, spec: &Einsum) -> Result<Tensor, Fault> {
    let batch = free_letter(spec)?;
    let common: Vec<bool> = (0..call.operands.len()).map(|i| is_common(call, i)).collect::<Result<_, _>>()?;
    if let Some(rows) = packed(call, spec, &common)? {
        return Ok(rows);
    }
    let device = call.run.device;
    let mut operands = Vec::with_capacity(call.operands.len());
    let mut masked: Vec<char> = Vec::new();
    for (i, letters) in spec.operands().iter().enumerate() {
        let mut x = call.arg(i)?.shallow_clone();
        let time = call.arg_lengths(i)?;
        if let Some(lengths) = time.filter(|l| l.ragged) {
            x = layout::padded(&x, lengths, device)?;
            // One factor of 0 is enough for a row to count for nothing.
            if let Some(letter) = letters.first().filter(|l| !spec.result().contains(l) && !masked.contains(l)) {
                masked.push(*letter);
                x = x.f_where_scalarother(&layout::row_mask(lengths, x.dim(), device)?, 0.0)?;
            }
        }
        let common = common.get(i) == Some(&true);
        let value = if common { x.f_select(0, 0)? } else { x };
        operands.push(Lettered { letters: term(letters, (!common).then_some(batch)), value });
    }
    let all_common = common.iter().all(|c| *c);
    let result = term(spec.result(), (!all_common).then_some(batch));
    let found = product(call, operands, &result)?;
    if all_common {
        return call.for_every_sample(&found);
    }
    match call.packed()? {
        Some(lengths) => layout::packed(&found, lengths, device),
        None => Ok(found),
    }
}

/// Whether an operand is the same for every sample. Equal rows of samples of other lengths are not.
fn is_common(call: &Call<'_, '_>, i: usize) -> Result<bool, Fault> {
    Ok(shared(call, i)? && call.arg_lengths(i)?.is_none_or(|lengths| !lengths.ragged))
}

/// The product of packed rows, where every other operand is packed alike or common to all samples: batch and time are
/// then one axis.
fn packed(call: &Call<'_, '_>, spec: &Einsum, common: &[bool]) -> Result<Option<Tensor>, Fault> {
    let (Some(lengths), Some(time)) = (call.packed()?, spec.result().first()) else { return Ok(None) };
    let mut operands = Vec::with_capacity(call.operands.len());
    for (i, (letters, common)) in spec.operands().iter().zip(common).enumerate() {
        let x = call.arg(i)?;
        let along: Option<&Lengths> = call.arg_lengths(i)?;
        let value = match (along, letters.first() == Some(time)) {
            (Some(along), true) if along.packed && along.lens == lengths.lens => x.shallow_clone(),
            (_, false) if *common => x.f_select(0, 0)?,
            _ => return Ok(None),
        };
        operands.push(Lettered { letters: letters.clone(), value });
    }
    product(call, operands, spec.result()).map(Some)
}

fn product(call: &Call<'_, '_>, operands: Vec<Lettered>, result: &[char]) -> Result<Tensor, Fault> {
    let (products, kind) = (call.products(), call.run.kind);
    let rounded = |Lettered { letters, value }| Ok(Lettered { letters, value: products.operand(&value)? });
    let operands = operands.into_iter().map(rounded).collect::<Result<Vec<_>, Fault>>()?;
    let found = if fixed::applies(call) {
        contract(operands, result)?
    } else {
        let text = |letters: &[char]| letters.iter().collect::<String>();
        let terms: Vec<String> = operands.iter().map(|operand| text(&operand.letters)).collect();
        let values: Vec<&Tensor> = operands.iter().map(|operand| &operand.value).collect();
        Tensor::f_einsum(&format!("{}->{}", terms.join(","), text(result)), &values, None::<i64>)?
    };
    Ok(products.result(found, kind)?)
}

fn term(letters: &[char], batch: Option<char>) -> Vec<char> {
    batch.into_iter().chain(letters.iter().copied()).collect()
}

fn free_letter(spec: &Einsum) -> Result<char, Fault> {
    ('A'..='Z')
        .rev()
        .chain('a'..='z')
        .find(|c| !spec.operands().iter().flatten().any(|l| l == c))
        .ok_or_else(|| Fault::Torch("einsum over more axes than there are letters".into()))
}
