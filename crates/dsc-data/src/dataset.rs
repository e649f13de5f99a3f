//! The common form of all data: splits, and in each the samples' ids, texts, labels and streams.

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
    /// What the model learns from.
    Train,
    /// What selects the epoch.
    Valid,
    /// Read once, at the end.
    Test,
}

impl Split {
    /// All three in order.
    pub const ALL: [Split; 3] = [Split::Train, Split::Valid, Split::Test];

    /// Its key in feature files.
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

/// A data set: a feature file, or what [`super::demo`] generates.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// The file, or `demo`, as messages name it.
    pub name: String,
    /// The file; none when generated.
    pub path: Option<PathBuf>,
    /// The splits there are, in the order train, valid, test.
    pub tables: Vec<Table>,
    /// Oddities found while reading, as warnings.
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
                .help(format!("it has {}; a feature file needs train, valid and test", list(&has)))
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

/// One split.
#[derive(Clone, Debug)]
pub struct Table {
    /// Which one.
    pub split: Split,
    /// The data set, as messages name it.
    pub source: String,
    /// Number of samples.
    pub len: usize,
    /// One per sample: `video$_$clip` as a rule; the sample's number where the file names none.
    pub ids: Vec<String>,
    /// Columns of text by key: `raw_text`, `annotations`.
    pub texts: IndexMap<String, Vec<String>>,
    /// Columns of numbers by key: `regression_labels`, `classification_labels`, `regression_labels_T`.
    pub labels: IndexMap<String, Vec<f32>>,
    /// Sequences (and single vectors) of features by key: `audio`, `vision`, `text`.
    pub streams: IndexMap<String, Stream>,
    /// Keys that are there and can't be used, each with the reason, told when somebody asks for them.
    pub broken: IndexMap<String, Diagnostic>,
    /// Keys that are no column and no stream, with what they hold: not read.
    pub other: Vec<(String, String)>,
}

impl Table {
    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The stream under `key`; `wanted_by` says in the message what asks for it ("input `audio`").
    ///
    /// # Errors
    /// `E0605` if there is none, `E0606` if what is there has the wrong form.
    pub fn stream(&self, key: &str, wanted_by: &str) -> Result<&Stream, Diagnostic> {
        self.streams.get(key).ok_or_else(|| self.missing(key, "a stream", wanted_by, self.streams.keys()))
    }

    /// The numbers under `key`.
    ///
    /// # Errors
    /// As [`stream`](Self::stream); `E0606` also names the first sample without a finite label.
    pub fn label(&self, key: &str, wanted_by: &str) -> Result<&[f32], Diagnostic> {
        let values = self.label_values(key, wanted_by)?;
        if let Some(at) = values.iter().position(|v| !v.is_finite()) {
            let id = self.ids.get(at).map(String::as_str).unwrap_or_default();
            return Err(Diagnostic::error(
                E0606,
                format!("`{}`, {}.{key}: sample {at} (`{id}`) has no finite label", self.source, self.split),
            )
            .help("a sample without a label cannot be trained on or scored; leave it out of the file"));
        }
        Ok(values)
    }

    /// The numbers under `key`, finite or not.
    ///
    /// # Errors
    /// As [`stream`](Self::stream).
    pub fn label_values(&self, key: &str, wanted_by: &str) -> Result<&[f32], Diagnostic> {
        let column = self.labels.get(key);
        column.map(Vec::as_slice).ok_or_else(|| self.missing(key, "labels", wanted_by, self.labels.keys()))
    }

    /// The texts under `key` (the transcripts are `raw_text`).
    ///
    /// # Errors
    /// As [`stream`](Self::stream).
    pub fn text(&self, key: &str, wanted_by: &str) -> Result<&[String], Diagnostic> {
        let column = self.texts.get(key);
        column.map(Vec::as_slice).ok_or_else(|| self.missing(key, "texts", wanted_by, self.texts.keys()))
    }

    fn missing<'k>(&self, key: &str, what: &str, wanted_by: &str, has: impl Iterator<Item = &'k String>) -> Diagnostic {
        if let Some(reason) = self.broken.get(key) {
            return reason.clone();
        }
        let has: Vec<&str> = has.map(String::as_str).collect();
        let message =
            format!("`{}` has no {what} `{key}` in split `{}`, which {wanted_by} wants", self.source, self.split);
        let mut help = match did_you_mean(key, has.iter().copied()) {
            Some(close) => format!("did you mean `{close}`? "),
            None => String::new(),
        };
        match has.as_slice() {
            [] => help.push_str(&format!("the split has no {what} at all")),
            keys => help.push_str(&format!("it has {}", list(keys))),
        }
        if key == "raw_text" {
            help.push_str("; a model that takes precomputed text features declares `input text : Seq<text>[T, d]`");
        } else {
            help.push_str("; another key is taken with `from \"key\"`");
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
