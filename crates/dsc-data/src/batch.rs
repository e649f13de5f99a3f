//! Batches as plain padded row-major buffers, ready to become tensors.

use super::dataset::Table;
use super::standardize::Standardizer;
use super::stream::Stream;
use dsc_random::Key;
use dsc_recipe::NonFinite;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::E0611;
use dsc_syntax::diag::codes::runtime::E0706;

/// The sequences of a batch, padded with zeros.
#[derive(Clone, Debug, PartialEq)]
pub struct Padded {
    /// `[n, longest, width]`, row-major; frames past a sample's length are 0.
    pub values: Vec<f32>,
    /// `[n]`: frames per sample, padding not counted.
    pub lengths: Vec<u32>,
    /// Frames of the longest sample of the batch.
    pub longest: usize,
    /// Features per frame.
    pub width: usize,
}

/// The token ids of a batch, padded.
#[derive(Clone, Debug, PartialEq)]
pub struct PaddedTokens {
    /// `[n, longest]`, row-major.
    pub ids: Vec<i64>,
    /// `[n]`: tokens per sample, padding not counted.
    pub lengths: Vec<u32>,
    /// Tokens of the longest sample of the batch.
    pub longest: usize,
}

/// The batches of an epoch, as sample indices. The order is a function of `(seed, epoch)`; the last batch may be smaller.
pub fn epoch(n: usize, batch: usize, seed: u64, epoch: u64) -> Vec<Vec<usize>> {
    let order = Key::new(seed).with("order").with(epoch).stream().permutation(n);
    order.chunks(batch.max(1)).map(<[usize]>::to_vec).collect()
}

/// The batches of an evaluation: every sample once, in order.
pub fn in_order(n: usize, batch: usize) -> Vec<Vec<usize>> {
    (0..n).collect::<Vec<_>>().chunks(batch.max(1)).map(<[usize]>::to_vec).collect()
}

/// Reads `samples` of a stream, padded with zeros to the longest of them. Values that are not finite are handled as `rule`
/// says; then frames are standardised if `standardizer` has statistics for the stream. Padding stays zero.
///
/// # Errors
/// `E0607` for values that are not finite under [`NonFinite::Error`], `E0611` for an index out of range, `E0606` for
/// statistics of another width, `E0706` when out of memory.
pub fn sequences(
    stream: &Stream,
    samples: &[usize],
    rule: NonFinite,
    standardizer: Option<&Standardizer>,
) -> Result<Padded, Diagnostic> {
    let moments = standardizer.map(|s| s.for_stream(stream)).transpose()?.flatten();
    let width = stream.width;
    let longest = samples.iter().map(|s| stream.len_of(*s)).max().unwrap_or(0);
    let mut values = zeros([samples.len(), longest, width]).ok_or_else(|| {
        let message = format!("out of memory: {} samples of up to {longest} x {width} numbers", samples.len());
        Diagnostic::error(E0706, format!("{}: {message}", stream.place)).help("use a smaller `batch`")
    })?;
    let mut lengths = Vec::with_capacity(samples.len());
    for (row, sample) in values.chunks_exact_mut((longest * width).max(1)).zip(samples) {
        let frames = stream.read_row(*sample, rule, row)?;
        if let (Some(moments), Some(valid)) = (moments, row.get_mut(..frames * width)) {
            moments.apply(valid);
        }
        lengths.push(u32::try_from(frames).unwrap_or(u32::MAX));
    }
    if lengths.len() != samples.len() {
        return Err(out_of_range(&stream.place, stream.samples()));
    }
    Ok(Padded { values, lengths, longest, width })
}

/// A buffer of that shape; `None` where the memory does not suffice.
fn zeros(shape: [usize; 3]) -> Option<Vec<f32>> {
    let size = shape.iter().try_fold(1usize, |size, n| size.checked_mul(*n))?;
    let mut values = Vec::new();
    values.try_reserve_exact(size).ok()?;
    values.resize(size, 0.0);
    Some(values)
}

/// The token ids of `samples`, padded with `pad` to the longest of them. `ids` are the tokenised texts of the whole split.
///
/// # Errors
/// `E0611` for an index out of range.
pub fn tokens(ids: &[Vec<u32>], samples: &[usize], pad: u32) -> Result<PaddedTokens, Diagnostic> {
    let rows: Option<Vec<&Vec<u32>>> = samples.iter().map(|s| ids.get(*s)).collect();
    let rows = rows.ok_or_else(|| out_of_range("tokens", ids.len()))?;
    let longest = rows.iter().map(|r| r.len()).max().unwrap_or(0);
    let padded = |row: &&Vec<u32>| {
        let missing = longest - row.len();
        row.iter().copied().chain(std::iter::repeat_n(pad, missing)).map(i64::from).collect::<Vec<_>>()
    };
    let lengths = rows.iter().map(|r| u32::try_from(r.len()).unwrap_or(u32::MAX)).collect();
    Ok(PaddedTokens { ids: rows.iter().flat_map(padded).collect(), lengths, longest })
}

/// The labels of `samples`, `[n]`, from the column `key`.
///
/// # Errors
/// `E0611` for an index out of range; as [`Table::label`].
pub fn labels(table: &Table, key: &str, samples: &[usize]) -> Result<Vec<f32>, Diagnostic> {
    let all = table.label(key, "the loss")?;
    let picked: Option<Vec<f32>> = samples.iter().map(|s| all.get(*s).copied()).collect();
    picked.ok_or_else(|| out_of_range(&table.source, all.len()))
}

fn out_of_range(place: &str, n: usize) -> Diagnostic {
    Diagnostic::error(E0611, format!("{place}: sample index out of range: there are {n} samples"))
        .help("this is a bug in dsc")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_that_no_memory_holds_is_none() {
        assert_eq!(zeros([2, 3, 0]), Some(Vec::new()));
        assert_eq!(zeros([1, 2, 2]), Some(vec![0.0; 4]));
        assert!(zeros([usize::MAX, 2, 1]).is_none() && zeros([1 << 30, 1 << 30, 1]).is_none());
    }
}
