//! Summary of a data set: `dsc data info`.

use std::fmt;

use serde::Serialize;

use super::dataset::{Dataset, Split, Table};
use super::stream::{LengthSource, NonFiniteCount, Stream, ZeroLengths};
use super::text::TokenInfo;
use super::token_ids::TOKEN_IDS;
use dsc_syntax::diag::Diagnostic;

const BINS: usize = 10;

/// A histogram with bins of equal width; the last bin includes its upper bound.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Histogram {
    /// Smallest finite value.
    pub min: f32,
    /// Largest finite value.
    pub max: f32,
    /// Arithmetic mean of the finite values.
    pub mean: f64,
    /// Number of values per bin, from `min` to `max`.
    pub counts: Vec<usize>,
}

impl Histogram {
    fn of(values: &[f32]) -> Option<Histogram> {
        let finite: Vec<f32> = values.iter().copied().filter(|v| v.is_finite()).collect();
        let min = finite.iter().copied().reduce(f32::min)?;
        let max = finite.iter().copied().reduce(f32::max)?;
        let mean = finite.iter().map(|v| f64::from(*v)).sum::<f64>() / finite.len() as f64;
        let mut counts = vec![0; if min < max { BINS } else { 1 }];
        let top = counts.len() - 1;
        for value in &finite {
            let share = f64::from(value - min) / f64::from(max - min).max(f64::MIN_POSITIVE);
            if let Some(count) = counts.get_mut(((share * BINS as f64) as usize).min(top)) {
                *count += 1;
            }
        }
        Some(Histogram { min, max, mean, counts })
    }
}

impl fmt::Display for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}, mean {:.3}", self.min, self.max, self.mean)?;
        if self.counts.len() > 1 {
            let counts: Vec<String> = self.counts.iter().map(usize::to_string).collect();
            write!(f, "  [{}]", counts.join(" "))?;
        }
        Ok(())
    }
}

/// Summary of a stream in one split.
#[derive(Clone, Debug, Serialize)]
pub struct StreamInfo {
    /// Key of the stream in the file.
    pub key: String,
    /// `[N, T, f]`, or `[N, f]` for single vectors.
    pub shape: Vec<usize>,
    /// Type of the stored values, as numpy names it.
    pub dtype: String,
    /// How the lengths were determined.
    pub length_source: LengthSource,
    /// Whether padding is in front of the frames.
    pub padded_in_front: bool,
    /// Distribution of the frames per sample.
    pub lengths: Option<Histogram>,
    /// Samples with length 0 in the file, if any.
    pub zero_lengths: Option<ZeroLengths>,
    /// NaN and infinities in valid frames.
    pub non_finite: NonFiniteCount,
}

/// Summary of one split.
#[derive(Clone, Debug, Serialize)]
pub struct SplitInfo {
    /// Which split it is.
    pub split: Split,
    /// Number of samples.
    pub samples: usize,
    /// Streams in the order of the file.
    pub streams: Vec<StreamInfo>,
    /// Key and distribution of each label column; `None` for a column without finite values.
    pub labels: Vec<(String, Option<Histogram>)>,
    /// Whether there are token ids under `text_bert`.
    pub token_ids: bool,
    /// Text columns: key, number of empty texts, number of words of the longest.
    pub texts: Vec<(String, usize, usize)>,
    /// Keys that cannot be used, with the reason.
    pub broken: Vec<(String, String)>,
    /// Keys that are not read, with a description of their content.
    pub other: Vec<(String, String)>,
}

/// Summary of a data set. `Display` gives the text of `dsc data info`.
#[derive(Clone, Debug, Serialize)]
pub struct Info {
    /// The file as it was given, or `demo`.
    pub name: String,
    /// One entry per split, in the order train, valid, test.
    pub splits: Vec<SplitInfo>,
    /// The texts as tokens, where a text encoder is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<TokenInfo>,
}

/// Summarises a data set: counts, shapes, lengths, labels, values that are not finite. Reads the whole file.
///
/// # Errors
/// As [`Stream::count_non_finite`].
pub fn info(dataset: &Dataset) -> Result<Info, Diagnostic> {
    let splits = dataset.tables.iter().map(split_info).collect::<Result<_, _>>()?;
    Ok(Info { name: dataset.name.clone(), splits, tokens: None })
}

fn split_info(table: &Table) -> Result<SplitInfo, Diagnostic> {
    let text = |(key, column): (&String, &Vec<String>)| {
        let empty = column.iter().filter(|t| t.trim().is_empty()).count();
        (key.clone(), empty, column.iter().map(|t| t.split_whitespace().count()).max().unwrap_or(0))
    };
    Ok(SplitInfo {
        split: table.split,
        samples: table.len,
        streams: table.streams.values().map(stream_info).collect::<Result<_, _>>()?,
        labels: table.labels.iter().map(|(k, v)| (k.clone(), Histogram::of(v))).collect(),
        token_ids: table.tokens.is_some(),
        texts: table.texts.iter().map(text).collect(),
        broken: table.broken.iter().map(|(k, d)| (k.clone(), d.message.clone())).collect(),
        other: table.other.clone(),
    })
}

fn stream_info(stream: &Stream) -> Result<StreamInfo, Diagnostic> {
    let n = stream.samples();
    let lengths: Vec<f32> = stream.lengths().iter().map(|n| *n as f32).collect();
    Ok(StreamInfo {
        key: stream.key.clone(),
        shape: if stream.vector { vec![n, stream.width] } else { vec![n, stream.max_len, stream.width] },
        dtype: stream.dtype.clone(),
        length_source: stream.length_source,
        padded_in_front: stream.padded_in_front(),
        lengths: Histogram::of(&lengths),
        zero_lengths: stream.zero_lengths.clone(),
        non_finite: stream.count_non_finite()?,
    })
}

impl fmt::Display for Info {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.name)?;
        for split in &self.splits {
            writeln!(f, "\n{}: {} samples", split.split, split.samples)?;
            for s in &split.streams {
                let how = match s.length_source {
                    LengthSource::Given => "given",
                    LengthSource::TokenMask => "from the mask in text_bert",
                    LengthSource::ZeroFrames => "by frames of zeros",
                    LengthSource::Ragged => "as stored",
                    LengthSource::Single => "one vector",
                };
                writeln!(f, "  {:<24} {:?} {}", s.key, s.shape, s.dtype)?;
                if let Some(lengths) = s.lengths.as_ref().filter(|_| s.length_source != LengthSource::Single) {
                    let side = if s.padded_in_front { ", padding in front" } else { "" };
                    writeln!(f, "  {:<24} lengths ({how}{side}) {lengths}", "")?;
                }
                if let Some(zero) = &s.zero_lengths {
                    let (n, first) = (zero.samples, &zero.first);
                    writeln!(f, "  {:<24} {n} of length 0, the first is `{first}`: one frame is used", "")?;
                }
                let bad = s.non_finite;
                if let Some(first) = bad.first {
                    writeln!(f, "  {:<24} {} NaN, {} infinite, first in sample {first}", "", bad.nan, bad.inf)?;
                }
            }
            for (key, histogram) in &split.labels {
                match histogram {
                    Some(h) => writeln!(f, "  {key:<24} {h}")?,
                    None => writeln!(f, "  {key:<24} no finite value")?,
                }
            }
            for (key, empty, words) in &split.texts {
                writeln!(f, "  {key:<24} text, {empty} empty, at most {words} words")?;
            }
            if split.token_ids {
                writeln!(f, "  {TOKEN_IDS:<24} token ids, attention mask, segments")?;
            }
            for (key, why) in &split.broken {
                writeln!(f, "  {key:<24} unusable: {why}")?;
            }
            for (key, what) in &split.other {
                writeln!(f, "  {key:<24} not read: {what}")?;
            }
        }
        if let Some(tokens) = &self.tokens {
            writeln!(f, "\n{tokens}")?;
        }
        Ok(())
    }
}
