//! One modality of one split: a sequence of frames per sample, read on demand.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::file::MappedFile;
use super::pickle::NdArray;
use dsc_recipe::NonFinite;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::{E0607, E0611};

/// How the lengths of a stream were determined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LengthSource {
    /// From a key beside the stream, such as `audio_lengths`.
    Given,
    /// From the attention mask in `text_bert`.
    TokenMask,
    /// Frames at the end whose features are all zero are padding, or those in front; one frame always is valid. All-zero frames
    /// between others are valid too: the readers of MMSA cut a sequence at its ends only.
    ZeroFrames,
    /// Every sample is stored with its own number of frames.
    Ragged,
    /// One vector per sample.
    Single,
}

/// Number of values in valid frames that are not finite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NonFiniteCount {
    /// Number of NaN values.
    pub nan: u64,
    /// Number of infinite values, of either sign.
    pub inf: u64,
    /// Index of the first sample with such a value.
    pub first: Option<usize>,
}

/// Samples whose length is 0 in the file. A sequence has at least one frame, so their first frame is used as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZeroLengths {
    /// Number of such samples.
    pub samples: usize,
    /// Id of the first such sample.
    pub first: String,
}

/// Where the values of a stream are stored.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// `[N, T, f]` (or `[N, f]`) in the file.
    Array { map: Arc<MappedFile>, array: NdArray },
    /// `[T_i, f]` per sample, in the file.
    PerSample { map: Arc<MappedFile>, arrays: Vec<NdArray> },
    /// In memory without padding; sample `i` starts at `values[starts[i]]`.
    Memory { values: Vec<f32>, starts: Vec<usize> },
}

/// A stream of one split: per sample between 1 and `max_len` frames of `width` features.
#[derive(Clone, Debug)]
pub struct Stream {
    /// Key of the stream in the file.
    pub key: String,
    /// Features per frame.
    pub width: usize,
    /// Length of the time axis of the array, or else of the longest sample.
    pub max_len: usize,
    /// Whether samples are single vectors (`[N, f]` in the file) rather than sequences.
    pub vector: bool,
    /// Type of the stored values, as numpy names it.
    pub dtype: String,
    /// How the lengths were determined.
    pub length_source: LengthSource,
    /// Samples whose length is 0 in the file, if there are any.
    pub zero_lengths: Option<ZeroLengths>,
    pub(super) lengths: Vec<u32>,
    /// Index of the first valid frame of each sample, where padding is in front; empty where all begin with frame 0.
    pub(super) firsts: Vec<u32>,
    pub(super) source: Source,
    /// `file, split.key`, for messages.
    pub(super) place: String,
}

impl Stream {
    /// A stream of one number per sample.
    pub(super) fn of_numbers(key: &str, place: &str, values: &[f32]) -> Stream {
        Stream {
            key: key.to_owned(),
            width: 1,
            max_len: 1,
            vector: true,
            dtype: "number".to_owned(),
            length_source: LengthSource::Single,
            zero_lengths: None,
            lengths: vec![1; values.len()],
            firsts: Vec::new(),
            source: Source::Memory { values: values.to_vec(), starts: (0..values.len()).collect() },
            place: place.to_owned(),
        }
    }

    /// Frames per sample, each at least 1 and at most `max_len`.
    pub fn lengths(&self) -> &[u32] {
        &self.lengths
    }

    /// Frames of one sample; 0 if there is no such sample.
    pub fn len_of(&self, sample: usize) -> usize {
        self.lengths.get(sample).map_or(0, |n| usize::try_from(*n).unwrap_or(0))
    }

    /// Whether padding is in front of the valid frames.
    pub fn padded_in_front(&self) -> bool {
        !self.firsts.is_empty()
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.lengths.len()
    }

    /// Writes the valid frames of a sample, row-major and cast to f32, to the start of `out` and returns their number. Values
    /// that are not finite are copied unchanged.
    ///
    /// # Errors
    /// `E0601` if the file was cut since it was opened; `E0611` if there is no such sample or `out` is shorter than length x width.
    pub fn copy_row(&self, sample: usize, out: &mut [f32]) -> Result<usize, Diagnostic> {
        let frames = self.len_of(sample);
        let values = frames.saturating_mul(self.width);
        let done = frames > 0 && out.get_mut(..values).is_some_and(|out| self.fill(sample, self.first_of(sample), out));
        if let Source::Array { map, .. } | Source::PerSample { map, .. } = &self.source
            && map.was_cut()
        {
            map.intact()?;
        }
        if done {
            return Ok(frames);
        }
        let (n, has) = (self.samples(), out.len());
        Err(Diagnostic::error(
            E0611,
            format!("{}: sample {sample} of {n} with {values} values does not fit a buffer of {has}", self.place),
        )
        .help("this is a bug in dsc"))
    }

    /// Index of the first valid frame of a sample.
    fn first_of(&self, sample: usize) -> usize {
        self.firsts.get(sample).map_or(0, |n| usize::try_from(*n).unwrap_or(0))
    }

    /// Fills `out` from the stored frame `first` of a sample on, padding or not; false if there are not enough values.
    pub(super) fn fill(&self, sample: usize, first: usize, out: &mut [f32]) -> bool {
        let offset = first.saturating_mul(self.width);
        match &self.source {
            Source::Array { map, array } => {
                let stride = self.max_len.saturating_mul(self.width);
                let start = sample.saturating_mul(stride).saturating_add(offset);
                // Not into the next sample.
                offset.saturating_add(out.len()) <= stride && array.view(map).copy_f32(start, out)
            }
            Source::PerSample { map, arrays } => match arrays.get(sample) {
                // A sample without frames is one of zeros.
                Some(array) if array.is_empty() => {
                    out.fill(0.0);
                    true
                }
                Some(array) => array.view(map).copy_f32(offset, out),
                None => false,
            },
            Source::Memory { values, starts } => {
                let from = starts.get(sample).copied().unwrap_or(usize::MAX).saturating_add(offset);
                match from.checked_add(out.len()).and_then(|to| values.get(from..to)) {
                    Some(row) => {
                        out.copy_from_slice(row);
                        true
                    }
                    None => false,
                }
            }
        }
    }

    /// Whether the stored frame `frame` of a sample has features that are all zero.
    pub(super) fn is_zero(&self, sample: usize, frame: usize) -> bool {
        let mut features = vec![1.0; self.width];
        self.fill(sample, frame, &mut features) && features.iter().all(|v| *v == 0.0)
    }

    /// As [`copy_row`](Self::copy_row), with `rule` applied to values that are not finite.
    ///
    /// # Errors
    /// Also `E0607`, naming the sample, under [`NonFinite::Error`].
    pub fn read_row(&self, sample: usize, rule: NonFinite, out: &mut [f32]) -> Result<usize, Diagnostic> {
        let frames = self.copy_row(sample, out)?;
        let values = out.get_mut(..frames * self.width).unwrap_or_default();
        let mut found = 0u64;
        for value in values.iter_mut().filter(|v| !v.is_finite()) {
            *value = 0.0;
            found += 1;
        }
        if found > 0 && rule == NonFinite::Error {
            return Err(self.not_finite(&format!("{found} values of sample {sample} are NaN or infinite")));
        }
        Ok(frames)
    }

    /// Counts NaN and infinities over all valid frames. Reads the whole stream.
    ///
    /// # Errors
    /// As [`copy_row`](Self::copy_row).
    pub fn count_non_finite(&self) -> Result<NonFiniteCount, Diagnostic> {
        let mut count = NonFiniteCount::default();
        if self.lengths.is_empty() {
            return Ok(count);
        }
        let mut buffer = vec![0.0; self.max_len.saturating_mul(self.width)];
        for sample in 0..self.samples() {
            let frames = self.copy_row(sample, &mut buffer)?;
            for value in buffer.iter().take(frames * self.width).filter(|v| !v.is_finite()) {
                count.first.get_or_insert(sample);
                if value.is_nan() { count.nan += 1 } else { count.inf += 1 }
            }
        }
        Ok(count)
    }

    /// The check before training: [`NonFinite::Error`] requires finite values; [`NonFinite::Zero`] returns how many will be
    /// replaced by 0.
    ///
    /// # Errors
    /// `E0607` with the counts and the first sample.
    pub fn check_finite(&self, rule: NonFinite) -> Result<NonFiniteCount, Diagnostic> {
        let count = self.count_non_finite()?;
        match (rule, count.first) {
            (NonFinite::Error, Some(first)) => Err(self.not_finite(&format!(
                "{} values are NaN and {} infinite, the first in sample {first}",
                count.nan, count.inf
            ))),
            _ => Ok(count),
        }
    }

    fn not_finite(&self, what: &str) -> Diagnostic {
        Diagnostic::error(E0607, format!("{}: {what}", self.place))
            .help("set `nonfinite = zero` in the recipe to replace them by 0, or correct the file")
    }
}
