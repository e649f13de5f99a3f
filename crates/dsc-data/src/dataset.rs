//! The common form of all data: splits, each with ids, texts, labels and streams of its samples.

use std::borrow::Cow;
use std::path::PathBuf;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::finding::Finding;
use super::labels::{component, numbers_at};
use super::stream::Stream;
use super::token_ids::{TOKEN_IDS, TokenIds};
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
    /// Path of the file; `None` for the generated data set and for a file per split.
    pub path: Option<PathBuf>,
    /// The splits that exist, in the order train, valid, test.
    pub tables: Vec<Table>,
    /// What was found while reading, for whoever uses the data.
    pub findings: Vec<Finding>,
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

    /// All warnings about the data.
    pub fn warnings(&self) -> Vec<Diagnostic> {
        self.findings.iter().map(|f| f.warning.clone()).collect()
    }

    /// The warnings that concern a model that reads these keys.
    pub fn warnings_about(&self, keys: &[&str]) -> Vec<Diagnostic> {
        self.findings.iter().filter(|f| f.concerns(keys)).map(|f| f.warning.clone()).collect()
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
    /// The columns of numbers as streams of one number per sample, for inputs `Vec[1]`.
    pub scalars: IndexMap<String, Stream>,
    /// The token ids of `text_bert`.
    pub tokens: Option<TokenIds>,
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
        let found = self.streams.get(key).or_else(|| self.scalars.get(key));
        found.ok_or_else(|| self.missing(key, "stream", "a sequence or a vector", reader, self.streams.keys()))
    }

    /// The labels with the key `key`, one finite number per sample.
    ///
    /// # Errors
    /// As [`stream`](Self::stream); `E0606` also for a label that is not finite, with its sample.
    pub fn label(&self, key: &str, reader: &str) -> Result<Cow<'_, [f32]>, Diagnostic> {
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

    /// The labels with the key `key`, finite or not. `labels[0]` is the first of several numbers per sample under `labels`; texts
    /// that are all numbers are read as such.
    ///
    /// # Errors
    /// As [`stream`](Self::stream).
    pub fn label_values(&self, key: &str, reader: &str) -> Result<Cow<'_, [f32]>, Diagnostic> {
        if let Some(values) = self.labels.get(key) {
            return Ok(Cow::Borrowed(values));
        }
        let parsed = |texts: &Vec<String>| texts.iter().map(|t| t.trim().parse().ok()).collect::<Option<Vec<f32>>>();
        if let Some(values) = self.texts.get(key).and_then(parsed) {
            return Ok(Cow::Owned(values));
        }
        if let Some((key, index)) =
            component(key).filter(|(key, _)| self.streams.contains_key(*key) || self.labels.contains_key(*key))
        {
            return numbers_at(self, key, index).map(Cow::Owned).map_err(|why| {
                Diagnostic::error(E0606, format!("`{}`, {}: {why}, required by {reader}", self.source, self.split))
                    .help(format!("`from \"{key}[0]\"` is the first number of each sample"))
            });
        }
        let fault = self.missing(key, "labels", "one number", reader, self.labels.keys());
        match self.streams.get(key) {
            Some(stream) if stream.max_len == 1 => Err(fault.help(format!(
                "choose one of the {} numbers by its index, counted from 0: `from \"{key}[0]\"`",
                stream.width
            ))),
            _ => Err(fault),
        }
    }

    /// The texts with the key `key` (transcripts have the key `raw_text`).
    ///
    /// # Errors
    /// As [`stream`](Self::stream).
    pub fn text(&self, key: &str, reader: &str) -> Result<&[String], Diagnostic> {
        let column = self.texts.get(key);
        column.map(Vec::as_slice).ok_or_else(|| self.missing(key, "texts", "one text", reader, self.texts.keys()))
    }

    /// The token ids that replace the texts with the key `key`: those of `text_bert`, where the split has no `raw_text`.
    pub fn tokens_for(&self, key: &str) -> Option<&TokenIds> {
        let has_texts = self.texts.contains_key(key) || self.broken.contains_key(key) || self.holds(key).is_some();
        self.tokens.as_ref().filter(|_| key == RAW_TEXT && !has_texts)
    }

    /// What a key holds, in words: `a sequence of up to 50 frames with 20 features per sample`. None for a key that is not there or
    /// cannot be read.
    pub fn holds(&self, key: &str) -> Option<String> {
        if let Some(stream) = self.streams.get(key) {
            let (n, frames, width) = (stream.samples(), stream.max_len, stream.width);
            return Some(match (stream.vector, frames) {
                (true, _) => format!("{width} numbers per sample (shape [{n}, {width}])"),
                (false, 1) => format!("{width} numbers per sample (shape [{n}, 1, {width}])"),
                _ => format!(
                    "a sequence of up to {frames} frames with {width} features per sample (shape [{n}, {frames}, {width}])"
                ),
            });
        }
        if let Some(values) = self.labels.get(key) {
            let none = values.iter().all(|v| v.is_nan());
            return Some(if none { "no value for any sample" } else { "one number per sample" }.to_owned());
        }
        if self.texts.contains_key(key) {
            return Some("one text per sample".to_owned());
        }
        self.other.iter().find(|(other, _)| other == key).map(|(_, what)| what.clone())
    }

    /// Why a key that is neither a column nor a stream cannot be read.
    pub(super) fn unread(&self, key: &str, reader: &str) -> Diagnostic {
        self.missing(key, "stream", "a sequence or a vector", reader, self.streams.keys())
    }

    /// A key that cannot be read as what `reader` requires: `what` in the plural or as a kind of key, `each` per sample.
    fn missing<'k>(
        &self,
        key: &str,
        what: &str,
        each: &str,
        reader: &str,
        has: impl Iterator<Item = &'k String>,
    ) -> Diagnostic {
        if let Some(reason) = self.broken.get(key) {
            return reason.clone();
        }
        let (source, split) = (&self.source, self.split);
        if let Some(found) = self.holds(key) {
            let message = format!("`{source}`, {split}.{key} holds {found}, and {reader} requires {each} per sample");
            let help = match found.contains("PyTorch tensor") {
                true => "save arrays of numpy: `x.numpy()`".to_owned(),
                false => "use `from \"key\"` to read another key".to_owned(),
            };
            return Diagnostic::error(E0606, message).help(help);
        }
        let has: Vec<&str> = has.map(String::as_str).collect();
        let message = format!("`{source}` has no {what} `{key}` in split `{split}`, required by {reader}");
        let mut help = match did_you_mean(key, has.iter().copied()) {
            Some(close) => format!("did you mean `{close}`? "),
            None => String::new(),
        };
        match has.as_slice() {
            [] => help.push_str(&format!("the split has no {what} of any name")),
            keys => help.push_str(&format!("available: {}", list(keys))),
        }
        if key == RAW_TEXT {
            help.push_str("; a model that takes precomputed text features declares `input text : Seq<text>[T, d]`");
        } else {
            help.push_str("; use `from \"key\"` to read another key");
        }
        if let Some(fault) = self.broken.get(TOKEN_IDS).filter(|_| key == RAW_TEXT) {
            help.push_str(&format!("; the token ids cannot be used: {}", fault.message));
        }
        Diagnostic::error(E0605, message).help(help)
    }
}

/// The key of transcripts in a feature file.
pub const RAW_TEXT: &str = "raw_text";

/// Names in backticks, comma separated.
pub(super) fn list(names: &[&str]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", "),
    }
}
