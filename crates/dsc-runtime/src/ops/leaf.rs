//! Values that come from outside the graph, and rows of tables.

use tch::Tensor;

use super::Call;
use crate::batch::{Stream, misfit};
use crate::fault::Fault;
use crate::ffi;
use crate::lengths::Lengths;
use crate::transfer::upload;
use dsc_syntax::diag::{Diagnostic, codes::runtime as code};

/// A stream, cut to the rows that are wanted and to the longest of them.
pub(super) fn input(call: &Call<'_, '_>, name: &str) -> Result<Tensor, Fault> {
    let run = call.run;
    let stream = run.batch.streams.get(name).ok_or_else(|| misfit(format!("the batch has no stream `{name}`")))?;
    if let Some(lengths) = call.packed()? {
        return packed(call, stream, lengths);
    }
    let count = call.count();
    let first = |per_row: usize| count as usize * per_row;
    let short = || Fault::from(misfit(format!("stream `{name}` is too short")));
    let (tensor, padded) = match stream {
        Stream::Float { data, rows, width, .. } => {
            let data = data.get(..first(rows * width)).ok_or_else(short)?;
            let shape = [count, *rows as i64, *width as i64];
            (Tensor::f_from_slice(data)?.f_view(shape)?, Some(*rows as i64))
        }
        Stream::Tokens { ids, rows, .. } => {
            let ids = ids.get(..first(*rows)).ok_or_else(short)?;
            (Tensor::f_from_slice(ids)?.f_view([count, *rows as i64])?, Some(*rows as i64))
        }
        Stream::Vector { data, width } => {
            let data = data.get(..first(*width)).ok_or_else(short)?;
            (Tensor::f_from_slice(data)?.f_view([count, *width as i64])?, None)
        }
    };
    let tensor = match (padded, call.step.time) {
        (Some(padded), Some(_)) => {
            let longest = call.lengths()?.padded;
            if longest < padded { tensor.f_narrow(1, 0, longest)?.f_contiguous()? } else { tensor }
        }
        (None, None) => tensor,
        _ => return Err(misfit(format!("stream `{name}` and its declaration disagree about a time axis")).into()),
    };
    if matches!(stream, Stream::Tokens { .. }) {
        return upload(&tensor, run.device);
    }
    upload(&tensor.f_to_kind(run.kind)?, run.device)
}

/// The valid rows of a stream.
fn packed(call: &Call<'_, '_>, stream: &Stream, lengths: &Lengths) -> Result<Tensor, Fault> {
    /// Copies each sample's valid rows, `width` numbers each.
    fn valid<T: ffi::Element>(
        data: &[T],
        padded: usize,
        width: usize,
        lengths: &Lengths,
        shape: &[i64],
    ) -> Result<Tensor, Fault> {
        ffi::tensor_filled(shape, |mut rows: &mut [T]| {
            for (sample, len) in data.chunks(padded * width).zip(&lengths.lens) {
                let own = sample.get(..*len as usize * width).unwrap_or_default();
                let Some((to, rest)) = std::mem::take(&mut rows).split_at_mut_checked(own.len()) else { break };
                to.copy_from_slice(own);
                rows = rest;
            }
            Ok(())
        })
    }
    let run = call.run;
    match stream {
        Stream::Float { data, rows, width, .. } => {
            let shape = [lengths.flat_rows(), *width as i64];
            let tensor = valid(data, *rows, *width, lengths, &shape)?;
            upload(&tensor.f_to_kind(run.kind)?, run.device)
        }
        Stream::Tokens { ids, rows, .. } => upload(&valid(ids, *rows, 1, lengths, &[lengths.flat_rows()])?, run.device),
        Stream::Vector { .. } => Err(misfit("a stream of vectors where a sequence is declared").into()),
    }
}

/// A label of the anchors.
pub(super) fn label(call: &Call<'_, '_>, name: &str) -> Result<Tensor, Fault> {
    let values = call.run.batch.labels.get(name).ok_or_else(|| {
        misfit(format!("the batch has no label `{name}`")).help("losses need labels; ask for outputs alone to predict")
    })?;
    upload(&Tensor::f_from_slice(values)?.f_to_kind(call.run.kind)?, call.run.device)
}

/// One number for all samples.
pub(super) fn constant(call: &Call<'_, '_>, value: f64) -> Result<Tensor, Fault> {
    Ok(Tensor::f_full([call.count()], value, (call.run.kind, call.run.device))?)
}

/// Rows of a table by token number.
pub(super) fn embedding(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    let (ids, table) = (call.arg(0)?, call.arg(1)?);
    let rows = table.size().first().copied().unwrap_or(0);
    check_tokens(call, rows)?;
    // The gradient of a vocabulary is nearly all zeros: only its rows that were read are kept.
    let sparse = rows > ids.numel() as i64;
    Ok(Tensor::f_embedding(table, ids, -1, false, sparse)?)
}

/// Looks at the tokens on the host: a number out of range would take down a CUDA process.
fn check_tokens(call: &Call<'_, '_>, rows: i64) -> Result<(), Fault> {
    use dsc_graph::Op;
    let of = call.step.operands.first().and_then(|o| call.run.program.steps.get(*o));
    let Some(Op::Input(name)) = of.map(|s| &s.op) else { return Ok(()) };
    let Some(Stream::Tokens { ids, rows: padded, .. }) = call.run.batch.streams.get(name) else { return Ok(()) };
    let Some(at) = ids.iter().position(|id| !(0..rows).contains(id)) else { return Ok(()) };
    let sample = call.run.batch.samples.get(at / (*padded).max(1)).copied().unwrap_or_default();
    let id = ids.get(at).copied().unwrap_or_default();
    Err(Diagnostic::error(
        code::E0722,
        format!(
            "sample {sample} of stream `{name}`: token {id} at position {}, the table has {rows} rows",
            at % (*padded).max(1)
        ),
    )
    .help("tokenise with the vocabulary of the encoder that the model is bound to")
    .into())
}

/// The first rows of a table, as many as the sequence has.
pub(super) fn positions(call: &Call<'_, '_>) -> Result<Tensor, Fault> {
    let table = call.arg(1)?;
    let (rows, wanted) = (table.size().first().copied().unwrap_or(0), call.lengths()?.padded);
    if wanted > rows {
        let longest = call.lengths()?.lens.iter().position(|l| *l == wanted).unwrap_or(0);
        let sample = call.run.samples(call.rows).get(longest).copied().unwrap_or_default();
        return Err(Diagnostic::error(
            code::E0723,
            format!("sample {sample} has {wanted} rows, the table of positions has {rows}"),
        )
        .help("bind the model to data whose maximum length covers this sample")
        .into());
    }
    if let Some(lengths) = call.packed()? {
        return Ok(Tensor::f_embedding(table, lengths.row_numbers(call.run.device)?, -1, false, false)?);
    }
    call.for_every_sample(&table.f_narrow(0, 0, wanted)?)
}
