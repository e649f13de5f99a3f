//! What one step reads: plain data of the host.

use indexmap::IndexMap;

use dsc_syntax::diag::{Diagnostic, codes::runtime as code};

/// The samples of one step.
///
/// Row `i` of every stream belongs to sample `samples[i]`; no sample needs to stand there twice. The first `anchors`
/// rows are the batch proper, the rows behind them are companions that are no anchors themselves.
#[derive(Clone, Debug, Default)]
pub struct StepBatch {
    /// Numbers of the samples in their data set, U of them.
    pub samples: Vec<u64>,
    /// Number of anchors, at most U.
    pub anchors: usize,
    /// Streams by the input's name in the file, U rows each.
    pub streams: IndexMap<String, Stream>,
    /// Labels by their name in the file, of the anchors.
    pub labels: IndexMap<String, Vec<f32>>,
    /// One for every companions declaration, or none at all (evaluation).
    pub companions: Vec<CompanionRows>,
}

/// One input of all rows. Rows past a sample's length may hold any finite number.
#[derive(Clone, Debug)]
pub enum Stream {
    /// `Seq[T, width]`.
    Float {
        /// `[U, rows, width]`, row-major.
        data: Vec<f32>,
        /// Padded length.
        rows: usize,
        /// Features of a row.
        width: usize,
        /// Valid rows of each sample, 1..=rows.
        lens: Vec<u32>,
    },
    /// `Tokens[T]`.
    Tokens {
        /// `[U, rows]`, row-major.
        ids: Vec<i64>,
        /// Padded length.
        rows: usize,
        /// Valid tokens of each sample, 1..=rows.
        lens: Vec<u32>,
    },
    /// `Vec[width]`.
    Vector {
        /// `[U, width]`, row-major.
        data: Vec<f32>,
        /// Features.
        width: usize,
    },
}

/// Where the companions of one declaration stand in the batch.
#[derive(Clone, Debug, Default)]
pub struct CompanionRows {
    /// `pos[index][anchor]`: a row of the batch. Any row where `present` is false.
    pub pos: Vec<Vec<u32>>,
    /// `neg[index][anchor]`.
    pub neg: Vec<Vec<u32>>,
    /// For each anchor, whether it has companions. Losses that read them count 0 where it has none.
    pub present: Vec<bool>,
}

/// How a program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// No dropout, no gradient, no companions.
    Eval,
    /// With dropout and gradient. Random bits depend on these numbers, the site, the sample and the place in it.
    Train {
        /// The run's seed.
        seed: u64,
        /// Epoch from 0.
        epoch: u64,
        /// Step from 0; counted within the epoch or over the run, as the caller likes.
        step: u64,
    },
}

/// What to compute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Want {
    /// Predictions.
    pub outputs: bool,
    /// Loss terms; they need labels.
    pub losses: bool,
    /// The vectors by which companions are ranked.
    pub retrieval: bool,
}

impl Want {
    /// Predictions alone.
    pub const OUTPUTS: Want = Want { outputs: true, losses: false, retrieval: false };
    /// Loss terms alone.
    pub const LOSSES: Want = Want { outputs: false, losses: true, retrieval: false };
    /// Retrieval vectors alone.
    pub const RETRIEVAL: Want = Want { outputs: false, losses: false, retrieval: true };

    /// As a number below 8.
    pub(crate) fn index(self) -> usize {
        usize::from(self.outputs) | usize::from(self.losses) << 1 | usize::from(self.retrieval) << 2
    }
}

impl Stream {
    /// Padded rows and valid rows, if there is time.
    pub(crate) fn time(&self) -> Option<(usize, &[u32])> {
        match self {
            Stream::Float { rows, lens, .. } | Stream::Tokens { rows, lens, .. } => Some((*rows, lens)),
            Stream::Vector { .. } => None,
        }
    }

    /// Numbers held, numbers a row of the batch takes.
    fn sizes(&self) -> (usize, usize) {
        match self {
            Stream::Float { data, rows, width, .. } => (data.len(), rows * width),
            Stream::Tokens { ids, rows, .. } => (ids.len(), *rows),
            Stream::Vector { data, width } => (data.len(), *width),
        }
    }
}

/// The fault of a batch.
pub(crate) fn misfit(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(code::E0721, message).help(
        "this is a bug in dsc unless you built the batch yourself: batches are made from the declarations of the file",
    )
}

impl StepBatch {
    /// Number of rows: anchors and further companions.
    pub fn rows(&self) -> usize {
        self.samples.len()
    }

    /// Checks that all lists agree in length and that lengths and row numbers are within bounds.
    ///
    /// # Errors
    /// `E0721` with the name of the stream or label and the number of the sample.
    pub fn check(&self) -> Result<(), Diagnostic> {
        let rows = self.rows();
        if self.anchors == 0 || self.anchors > rows {
            return Err(misfit(format!("a batch of {rows} rows with {} anchors", self.anchors)));
        }
        for (name, stream) in &self.streams {
            let (held, per_row) = stream.sizes();
            if held != rows * per_row {
                return Err(misfit(format!(
                    "stream `{name}` holds {held} numbers, {rows} rows of {per_row} are wanted"
                )));
            }
            if let Some((padded, lens)) = stream.time() {
                if lens.len() != rows {
                    return Err(misfit(format!("stream `{name}` has {} lengths for {rows} rows", lens.len())));
                }
                if let Some((row, len)) = lens.iter().enumerate().find(|(_, l)| **l < 1 || **l as usize > padded) {
                    let sample = self.samples.get(row).copied().unwrap_or_default();
                    return Err(misfit(format!(
                        "sample {sample}: length {len} of stream `{name}`, it must be within 1..={padded}"
                    )));
                }
            }
        }
        if let Some((name, label)) = self.labels.iter().find(|(_, l)| l.len() != self.anchors) {
            return Err(misfit(format!(
                "label `{name}` of {} samples, there are {} anchors",
                label.len(),
                self.anchors
            )));
        }
        for (i, companions) in self.companions.iter().enumerate() {
            let maps = companions.pos.iter().chain(&companions.neg);
            let fits = |m: &Vec<u32>| m.len() == self.anchors && m.iter().all(|r| (*r as usize) < rows);
            if companions.present.len() != self.anchors || !maps.clone().all(fits) {
                return Err(misfit(format!(
                    "companions {i}: rows for other anchors, or rows outside of the {rows} rows"
                )));
            }
        }
        Ok(())
    }
}
