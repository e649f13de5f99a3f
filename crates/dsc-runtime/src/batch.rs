//! The input of one step, as plain data on the host.

use std::sync::Arc;

use indexmap::IndexMap;

use dsc_syntax::diag::{Diagnostic, codes::runtime as code};

/// The samples of one step.
///
/// Row `i` of every stream belongs to sample `samples[i]`; each sample occurs once. The first `anchors` rows are the batch itself,
/// the others are companions that are not anchors.
#[derive(Clone, Debug, Default)]
pub struct StepBatch {
    /// `[U]`: indices of the samples in their data set.
    pub samples: Vec<u64>,
    /// Number of anchors, at most `U`.
    pub anchors: usize,
    /// Streams by the name of the input in the model file, `U` rows each.
    pub streams: IndexMap<String, Stream>,
    /// Labels of the anchors by the name of the label in the model file, `[anchors]` each.
    pub labels: IndexMap<String, Vec<f32>>,
    /// One entry per `companions` declaration; empty in evaluation.
    pub companions: Vec<CompanionRows>,
    /// The batch that these samples are a part of; none if they are all of it. What is padded to the longest sample of the batch
    /// is padded to the longest of that one.
    pub part_of: Option<Arc<WholeBatch>>,
}

/// A batch by the lengths of its samples, rows in the order of a [`StepBatch`].
#[derive(Clone, Debug, Default)]
pub struct WholeBatch {
    /// `[U]`: indices of the samples in their data set.
    pub samples: Vec<u64>,
    /// Number of anchors, at most `U`.
    pub anchors: usize,
    /// `[U]`: valid rows of each sample, by the name of the input in the model file.
    pub lens: IndexMap<String, Vec<u32>>,
    /// One entry per `companions` declaration.
    pub companions: Vec<CompanionRows>,
}

/// One input of all samples. Entries beyond the length of a sample may be any finite number.
#[derive(Clone, Debug)]
pub enum Stream {
    /// A sequence of vectors, `Seq[T, width]`.
    Float {
        /// `[U, rows, width]`, row-major.
        data: Vec<f32>,
        /// Padded length.
        rows: usize,
        /// Features per row.
        width: usize,
        /// Valid rows of each sample, 1..=rows.
        lens: Vec<u32>,
    },
    /// A sequence of token ids, `Tokens[T]`.
    Tokens {
        /// `[U, rows]`, row-major.
        ids: Vec<i64>,
        /// Padded length.
        rows: usize,
        /// Valid tokens of each sample, 1..=rows.
        lens: Vec<u32>,
    },
    /// One vector per sample, `Vec[width]`.
    Vector {
        /// `[U, width]`, row-major.
        data: Vec<f32>,
        /// Length of the vector.
        width: usize,
    },
}

/// The rows of the batch that are the companions of one declaration.
#[derive(Clone, Debug, Default)]
pub struct CompanionRows {
    /// `pos[index][anchor]`: the row of a positive. Any valid row where `present` is false.
    pub pos: Vec<Vec<u32>>,
    /// `neg[index][anchor]`: the row of a negative, near ones first.
    pub neg: Vec<Vec<u32>>,
    /// `[anchors]`: whether the anchor has companions. Losses that read companions are 0 for an anchor without.
    pub present: Vec<bool>,
}

/// Evaluation or training mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// No dropout, no gradient, no companions.
    Eval,
    /// With dropout and gradients. Random bits depend on these numbers, the site, the sample and the position in it.
    Train {
        /// Seed of the run.
        seed: u64,
        /// Epoch from 0.
        epoch: u64,
        /// Step from 0, counted within the epoch or over the run, as the caller decides.
        step: u64,
    },
}

/// Which results of a program to compute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Want {
    /// The predictions, by label.
    pub outputs: bool,
    /// The loss terms; they need labels.
    pub losses: bool,
    /// The vectors by which companions are ranked.
    pub retrieval: bool,
}

impl Want {
    /// Only predictions.
    pub const OUTPUTS: Want = Want { outputs: true, losses: false, retrieval: false };
    /// Only loss terms.
    pub const LOSSES: Want = Want { outputs: false, losses: true, retrieval: false };
    /// Only retrieval vectors.
    pub const RETRIEVAL: Want = Want { outputs: false, losses: false, retrieval: true };

    /// The combination as a number below 8.
    pub(crate) fn index(self) -> usize {
        usize::from(self.outputs) | usize::from(self.losses) << 1 | usize::from(self.retrieval) << 2
    }
}

impl Stream {
    /// Padded length and valid lengths; `None` without a time axis.
    pub(crate) fn time(&self) -> Option<(usize, &[u32])> {
        match self {
            Stream::Float { rows, lens, .. } | Stream::Tokens { rows, lens, .. } => Some((*rows, lens)),
            Stream::Vector { .. } => None,
        }
    }

    /// The part of one sample, without padding.
    fn of(&self, sample: usize) -> Stream {
        let cut = |each: usize, valid: usize| sample * each..sample * each + valid;
        let len = |lens: &[u32]| lens.get(sample).copied().unwrap_or_default();
        match self {
            Stream::Float { data, rows, width, lens } => {
                let len = len(lens);
                let data = data.get(cut(rows * width, len as usize * width)).unwrap_or_default().to_vec();
                Stream::Float { data, rows: len as usize, width: *width, lens: vec![len] }
            }
            Stream::Tokens { ids, rows, lens } => {
                let len = len(lens);
                let ids = ids.get(cut(*rows, len as usize)).unwrap_or_default().to_vec();
                Stream::Tokens { ids, rows: len as usize, lens: vec![len] }
            }
            Stream::Vector { data, width } => {
                Stream::Vector { data: data.get(cut(*width, *width)).unwrap_or_default().to_vec(), width: *width }
            }
        }
    }

    /// Number of elements, and number of elements per sample.
    fn sizes(&self) -> (usize, usize) {
        match self {
            Stream::Float { data, rows, width, .. } => (data.len(), rows * width),
            Stream::Tokens { ids, rows, .. } => (ids.len(), *rows),
            Stream::Vector { data, width } => (data.len(), *width),
        }
    }
}

/// `E0721`: the batch does not fit the program.
pub(crate) fn misfit(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(code::E0721, message).help(
        "this is a bug in dsc unless you built the batch yourself: batches are made from the declarations of the file",
    )
}

impl StepBatch {
    /// Number of rows `U`: anchors and other companions.
    pub fn rows(&self) -> usize {
        self.samples.len()
    }

    /// A batch of one of its samples, without labels and companions.
    pub fn only(&self, sample: usize) -> StepBatch {
        StepBatch {
            samples: self.samples.get(sample).copied().into_iter().collect(),
            anchors: 1,
            streams: self.streams.iter().map(|(name, stream)| (name.clone(), stream.of(sample))).collect(),
            ..StepBatch::default()
        }
    }

    /// Checks that all lists agree in length and that lengths and row numbers are within bounds.
    ///
    /// # Errors
    /// `E0721` with the name of the stream or label and the index of the sample.
    pub fn check(&self) -> Result<(), Diagnostic> {
        let rows = self.rows();
        if self.anchors == 0 || self.anchors > rows {
            return Err(misfit(format!("a batch of {rows} rows with {} anchors", self.anchors)));
        }
        for (name, stream) in &self.streams {
            let (found, per_row) = stream.sizes();
            if found != rows * per_row {
                return Err(misfit(format!("stream `{name}` has {found} numbers, expected {rows} rows of {per_row}")));
            }
            if let Some((padded, lens)) = stream.time() {
                if lens.len() != rows {
                    return Err(misfit(format!("stream `{name}` has {} lengths for {rows} rows", lens.len())));
                }
                if let Some((row, len)) = lens.iter().enumerate().find(|(_, l)| **l < 1 || **l as usize > padded) {
                    let sample = self.samples.get(row).copied().unwrap_or_default();
                    return Err(misfit(format!(
                        "sample {sample}: length {len} of stream `{name}` is outside of 1..={padded}"
                    )));
                }
            }
        }
        if let Some((name, label)) = self.labels.iter().find(|(_, l)| l.len() != self.anchors) {
            return Err(misfit(format!("label `{name}` has {} values for {} anchors", label.len(), self.anchors)));
        }
        for (i, companions) in self.companions.iter().enumerate() {
            let maps = companions.pos.iter().chain(&companions.neg);
            let fits = |m: &Vec<u32>| m.len() == self.anchors && m.iter().all(|r| (*r as usize) < rows);
            if companions.present.len() != self.anchors || !maps.clone().all(fits) {
                return Err(misfit(format!(
                    "companions {i}: not one row per anchor, or row indices outside of 0..{rows}"
                )));
            }
        }
        Ok(())
    }
}
