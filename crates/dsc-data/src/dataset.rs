//! The common form of all data: splits, each with ids, texts, labels and streams of its samples.

use std::path::PathBuf;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::stream::Stream;
use dsc_syntax::diag::codes::data::{E0605, E0606};
use dsc_syntax::diag::{Diagnostic, did_you_mean};

/// The part of a data set that a sample belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// The samples that the weights are trained on.
    Train,
    /// The validation split, whose scores select the epoch.
    Valid,
    /// Scored once, with the selected weights.
    Test,
}

impl Split {
    /// The splits in the order train, valid, test.
    pub const ALL: [Split; 3] = [Split::Train, Split::Valid, Split::Test];

    /// The key of the split in feature files.
    pub fn name(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Valid => "valid",
            Split::Test => "test",
        }
    }
}

impl std::fmt::Display for Split {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A data set: an open feature file, or the one that [`super::demo`] generates.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// The file as it was given, or `demo`; used in messages.
    pub name: String,
    /// Path of the file; `None` for the generated data set.
    pub path: Option<PathBuf>,
    /// The splits that exist, in the order train, valid, test.
    pub tables: Vec<Table>,
    /// Warnings found while reading.
    pub notes: Vec<Diagnostic>,
}

impl Dataset {
    /// The table of a split.
    ///
    /// # Errors
    /// `E0605` if the data set has no such split.
    pub fn split(&self, split: Split) -> Result<&Table, Diagnostic> {
        self.tables.iter().find(|t| t.split == split).ok_or_else(|| {
            let has: Vec<&str> = self.tables.iter().map(|t| t.split.name()).collect();
            Diagnostic::error(E0605, format!("`{}` has no split `{split}`", self.name))
                .help(format!("available: {}; a feature file needs train, valid and test", list(&has)))
        })
    }

    /// The keys of all streams, in the order of the file (training split first).
    pub fn stream_keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = Vec::new();
        for key in self.tables.iter().flat_map(|t| t.streams.keys()) {
            if !keys.contains(&key.as_str()) {
                keys.push(key);
            }
        }
        keys
    }
}

/// The samples of one split, by column.
#[derive(Clone, Debug)]
pub struct Table {
    /// Which split it is.
    pub split: Split,
    /// Name of the data set, used in messages.
    pub source: String,
    /// Number of samples.
    pub len: usize,
    /// One id per sample, usually `video$_$clip`; the sample's index if the file has no ids.
    pub ids: Vec<String>,
    /// Columns of text by key: `raw_text`, `annotations`.
    pub texts: IndexMap<String, Vec<String>>,
    /// Columns of numbers by key: `regression_labels`, `classification_labels`, `regression_labels_T`.
    pub labels: IndexMap<String, Vec<f32>>,
    /// Sequences (and single vectors) of features by key: `audio`, `vision`, `text`.
    pub streams: IndexMap<String, Stream>,
    /// Keys that cannot be used, each with the reason, which is reported when the key is read.
    pub broken: IndexMap<String, Diagnostic>,
    /// Keys that are neither columns nor streams, with a description of their content. They are not read.
    pub other: Vec<(String, String)>,
}

impl Table {
    /// Whether the split has no samples.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The stream with the key `key`. `reader` is who needs it, for the message: "input `audio`".
    ///
    /// # Errors
    /// `E0605` if there is no such stream, `E0606` if the content of the key has another form.
    pub fn stream(&self, key: &str, reader: &str) -> Result<&Stream, Diagnostic> {
        self.streams.get(key).ok_or_else(|| self.missing(key, "a stream", reader, self.streams.keys()))
    }

    /// The labels with the key `key`, one finite number per sample.
    ///
    /// # Errors
    /// As [`stream`](Self::stream); `E0606` also for a label that is not finite, with its sample.
    pub fn label(&self, key: &str, reader: &str) -> Result<&[f32], Diagnostic> {
        let values = self.label_values(key, reader)?;
        if let Some(at) = values.iter().position(|v| !v.is_finite()) {
            let id = self.ids.get(at).map(String::as_str).unwrap_or_default();
            return Err(Diagnostic::error(
                E0606,
                format!("`{}`, {}.{key}: sample {at} (`{id}`) has no finite label", self.source, self.split),
            )
            .help("a sample without a label cannot be used for training or scoring; remove it from the file"));
        }
        Ok(values)
    }

    /// The labels with the key `key`, finite or not.
    ///
    /// # Errors
    /// As [`stream`](Self::stream).
    pub fn label_values(&self, key: &str, reader: &str) -> Result<&[f32], Diagnostic> {
        let column = self.labels.get(key);
        column.map(Vec::as_slice).ok_or_else(|| self.missing(key, "labels", reader, self.labels.keys()))
    }

    /// The texts with the key `key` (transcripts have the key `raw_text`).
    ///
    /// # Errors
    /// As [`stream`](Self::stream).
    pub fn text(&self, key: &str, reader: &str) -> Result<&[String], Diagnostic> {
        let column = self.texts.get(key);
        column.map(Vec::as_slice).ok_or_else(|| self.missing(key, "texts", reader, self.texts.keys()))
    }

    fn missing<'k>(&self, key: &str, what: &str, reader: &str, has: impl Iterator<Item = &'k String>) -> Diagnostic {
        if let Some(reason) = self.broken.get(key) {
            return reason.clone();
        }
        let has: Vec<&str> = has.map(String::as_str).collect();
        let message =
            format!("`{}` has no {what} `{key}` in split `{}`, required by {reader}", self.source, self.split);
        let mut help = match did_you_mean(key, has.iter().copied()) {
            Some(close) => format!("did you mean `{close}`? "),
            None => String::new(),
        };
        match has.as_slice() {
            [] => help.push_str(&format!("the split has no {what} of any name")),
            keys => help.push_str(&format!("available: {}", list(keys))),
        }
        if key == "raw_text" {
            help.push_str("; a model that takes precomputed text features declares `input text : Seq<text>[T, d]`");
        } else {
            help.push_str("; use `from \"key\"` to read another key");
        }
        Diagnostic::error(E0605, message).help(help)
    }
}

/// Names in backticks, comma separated.
pub(super) fn list(names: &[&str]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", "),
    }
}
