//! Per-feature standardisation with the statistics of the training split.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::dataset::{Dataset, Split};
use super::stream::Stream;
use dsc_recipe::NonFinite;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::E0606;

/// Mean and standard deviation per feature of one stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    /// `[width]`: the means.
    pub mean: Vec<f32>,
    /// `[width]`: population standard deviations; 1 for a constant feature, which becomes 0.
    pub std: Vec<f32>,
}

impl Moments {
    /// The statistics over all valid frames of a stream, computed in f64 and in two passes (means first). `rule` says how values
    /// that are not finite are handled.
    ///
    /// # Errors
    /// As [`Stream::read_row`].
    pub fn of(stream: &Stream, rule: NonFinite) -> Result<Moments, Diagnostic> {
        let width = stream.width;
        let frames: f64 = stream.lengths().iter().map(|n| f64::from(*n)).sum();
        let longest = stream.lengths().iter().max().map_or(0, |n| usize::try_from(*n).unwrap_or(0));
        let mut buffer = vec![0.0; longest * width];
        let mut pass = |centre: &[f64], power: i32| -> Result<Vec<f64>, Diagnostic> {
            let mut sums = vec![0.0; width];
            for sample in 0..stream.samples() {
                let n = stream.read_row(sample, rule, &mut buffer)?;
                for frame in buffer.chunks_exact(width).take(n) {
                    for ((sum, value), centre) in sums.iter_mut().zip(frame).zip(centre) {
                        *sum += (f64::from(*value) - centre).powi(power);
                    }
                }
            }
            Ok(sums.into_iter().map(|s| s / frames.max(1.0)).collect())
        };
        let mean = pass(&vec![0.0; width], 1)?;
        let variance = pass(&mean, 2)?;
        let mean: Vec<f32> = mean.iter().map(|m| *m as f32).collect();
        // A constant feature may leave a variance of rounding errors.
        let std = variance.iter().zip(&mean).map(|(v, m)| {
            let std = v.sqrt() as f32;
            if std > m.abs() * 1e-6 && std > 0.0 { std } else { 1.0 }
        });
        Ok(Moments { std: std.collect(), mean })
    }

    /// Standardises frames (`[n, width]`, row-major) in place.
    pub fn apply(&self, frames: &mut [f32]) {
        for frame in frames.chunks_exact_mut(self.mean.len().max(1)) {
            for ((value, mean), std) in frame.iter_mut().zip(&self.mean).zip(&self.std) {
                *value = (*value - mean) / std;
            }
        }
    }
}

/// The statistics of a run. They are saved with the run and used whenever its model reads data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Standardizer {
    /// Statistics by key of the stream; a stream without an entry is left unchanged.
    pub streams: IndexMap<String, Moments>,
}

impl Standardizer {
    /// Computes the statistics of the streams `keys` over the training split.
    ///
    /// # Errors
    /// As [`Moments::of`] and [`Table::stream`](super::Table::stream).
    pub fn fit(dataset: &Dataset, keys: &[&str], rule: NonFinite) -> Result<Standardizer, Diagnostic> {
        let train = dataset.split(Split::Train)?;
        let moments = |key: &&str| Ok(((*key).to_owned(), Moments::of(train.stream(key, "`standardize`")?, rule)?));
        Ok(Standardizer { streams: keys.iter().map(moments).collect::<Result<_, Diagnostic>>()? })
    }

    /// The statistics of a stream; `None` if it is not standardised.
    ///
    /// # Errors
    /// `E0606` if they have another width, since the run was trained on other data.
    pub fn for_stream(&self, stream: &Stream) -> Result<Option<&Moments>, Diagnostic> {
        match self.streams.get(&stream.key) {
            Some(m) if m.mean.len() != stream.width || m.std.len() != stream.width => Err(Diagnostic::error(
                E0606,
                format!(
                    "{} has {} features, the statistics of the run have {}",
                    stream.place,
                    stream.width,
                    m.mean.len()
                ),
            )
            .help("the run was trained on other features")),
            other => Ok(other),
        }
    }
}
