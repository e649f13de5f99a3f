//! Feature files of the MMSA layout: `{train|valid|test: {key: column or array}}`, a pickle.
//!
//! Users make such files themselves, so a column is classified by its content, not by its key: one number per sample is a
//! label, one text per sample (or a list of words) a text column, `[N, T, f]` a stream, `[N, f]` a stream of single vectors. Lists
//! and object arrays may take the place of arrays at any level. Sizes come from the arrays, not from a configuration.
//!
//! The validation split may be called `dev` or `val`. A file without splits is read as the test split; the features of one clip,
//! as an extractor writes them, are one sample of it. Each split may have a file of its own (`train=a.pkl,valid=b.pkl,test=c.pkl`).
//!
//! Which frames are valid is in [`lengths`](super::lengths). In files whose streams share one time axis, word by word, the given
//! lengths may be those of other, unaligned frames: then they exceed the axis, and are not used. A sequence has at least one frame:
//! where the file gives the length 0, the first frame is used as stored, with a warning.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;

use super::budget::{Budget, Input};
use super::cells::Samples;
use super::columns::{Column, ColumnReader};
use super::dataset::{Dataset, Split, Table};
use super::file::{FileKind, MappedFile};
use super::finding::Finding;
use super::ids::read_ids;
use super::layout::{Part, splits};
use super::lengths::{self, Frames, Given, Known, SUFFIXES, Votes};
use super::pickle::{Dict, Pickle, Value};
use super::stream::{LengthSource, Source, Stream};
use super::token_ids::{TOKEN_IDS, TokenIds};
use dsc_recipe::Padding;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::{E0601, E0602, E0606};

/// Keys that determine the number of samples of a split, the most reliable first.
const COUNTED: [&str; 7] = ["regression_labels", "labels", "id", "raw_text", "audio", "vision", "text"];

impl Dataset {
    /// Opens a feature file through a memory map: sequences are read on demand, everything else at once. The file must not
    /// change while it is open. `padding` is the side on which its frames are padded, where that is known.
    ///
    /// # Errors
    /// `E0601` if the file cannot be read, `E0602` to `E0604` for a pickle that is damaged or not supported, `E0605` if it is not
    /// a dictionary of splits. Errors of single keys are reported when the key is used.
    pub fn open(path: &Path, padding: Padding) -> Result<Dataset, Diagnostic> {
        let mut dataset = Dataset {
            name: path.display().to_string(),
            path: Some(path.to_owned()),
            tables: Vec::new(),
            findings: Vec::new(),
        };
        let looked = read_file(&mut dataset, path, None)?;
        place_all(&mut dataset, looked, padding);
        Ok(dataset)
    }

    /// Opens a data set with a file per split, named `name` in messages. A file holds the columns of its split, or is a feature
    /// file that has the split.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_splits(name: &str, files: &[(Split, PathBuf)], padding: Padding) -> Result<Dataset, Diagnostic> {
        let mut dataset = Dataset { name: name.to_owned(), path: None, tables: Vec::new(), findings: Vec::new() };
        let mut looked = Vec::new();
        for (split, path) in files {
            looked.extend(read_file(&mut dataset, path, Some(*split))?);
        }
        place_all(&mut dataset, looked, padding);
        dataset.tables.sort_by_key(|t| t.split);
        Ok(dataset)
    }
}

/// A stream whose frames were looked at.
struct Looked {
    split: Split,
    key: String,
    frames: Frames,
}

/// Sets the valid frames of all streams. The samples of all splits show together on which side a stream is padded.
fn place_all(dataset: &mut Dataset, looked: Vec<Looked>, padding: Padding) {
    let mut votes: IndexMap<String, Votes> = IndexMap::new();
    for Looked { key, frames, .. } in &looked {
        votes.entry(key.clone()).or_default().join(&frames.votes());
    }
    let mut sides = IndexMap::new();
    for (key, votes) in votes {
        let side = lengths::side(&format!("`{}`, {key}", dataset.name), &votes, padding);
        if let Ok((_, Some(warning))) = &side {
            dataset.findings.push(Finding::about(&key, warning.clone()));
        }
        sides.insert(key, side);
    }
    for Looked { split, key, frames } in looked {
        let Some(table) = dataset.tables.iter_mut().find(|t| t.split == split) else { continue };
        match (sides.get(&key), table.streams.get_mut(&key)) {
            (Some(Ok((side, _))), Some(stream)) => {
                let warning = lengths::place(stream, frames, *side, &table.ids);
                dataset.findings.extend(warning.map(|w| Finding::about(&key, w)));
            }
            (Some(Err(fault)), Some(_)) => {
                table.streams.shift_remove(&key);
                table.broken.insert(key, fault.clone());
            }
            _ => {}
        }
    }
}

/// Adds the splits of a file to a data set. The valid frames of the streams are set when all files are read.
fn read_file(dataset: &mut Dataset, path: &Path, only: Option<Split>) -> Result<Vec<Looked>, Diagnostic> {
    let name = path.display().to_string();
    let map = MappedFile::open(path).map_err(|e| {
        Diagnostic::error(E0601, format!("cannot read `{name}`: {e}"))
            .help("use a feature file or the name of a data set")
    })?;
    let map = Arc::new(map);
    let pickle = parse(&map, &name)?;
    let layout = splits(pickle.root(), &name, only)?;
    dataset.findings.extend(layout.warning.map(Finding::of_file));
    let budget = Budget::of_file(map.len());
    let mut looked = Vec::new();
    for part in layout.parts {
        let reader = TableReader { file: &name, map: &map, part, budget: &budget };
        let mut table = reader.read(&mut dataset.findings);
        looked.extend(reader.look(&mut table, &mut dataset.findings));
        dataset.tables.push(table);
    }
    map.intact()?;
    Ok(looked)
}

/// The content of a feature file, or what the file is instead.
fn parse<'m>(map: &'m MappedFile, name: &str) -> Result<Pickle<'m>, Diagnostic> {
    let kind = FileKind::of(map);
    // Pickles of protocol 0 and 1 have no mark: whether a text or an unknown file is one shows when it is read.
    let parsed = match kind {
        FileKind::Pickle | FileKind::Text | FileKind::Json | FileKind::Unknown => Pickle::parse(map, name),
        other => Err(other.not_a_pickle(name)),
    };
    map.intact()?;
    let pickle = parsed.map_err(|fault| {
        if kind != FileKind::Pickle && fault.code == E0602 { kind.not_a_pickle(name) } else { fault }
    })?;
    pickle.check_size(name)?;
    Ok(pickle)
}

/// The length of the first axis of a value, if it has one.
fn samples(value: Value<'_>) -> Option<usize> {
    Samples::of(value).map(|s| s.len())
}

/// The number of samples of a split.
fn count(columns: Dict<'_>) -> usize {
    let known = COUNTED.iter().filter_map(|key| columns.get(key)).find_map(samples);
    known.or_else(|| columns.iter().find_map(|(_, v)| samples(v))).unwrap_or(0)
}

/// Reads one split.
struct TableReader<'x> {
    file: &'x str,
    map: &'x Arc<MappedFile>,
    part: Part<'x>,
    budget: &'x Budget,
}

impl TableReader<'_> {
    fn input(&self) -> Input<'_> {
        Input { bytes: self.map, budget: self.budget }
    }

    fn place(&self, key: &str) -> String {
        format!("`{}`, {}.{key}", self.file, self.part.name)
    }

    /// The columns; the lengths of streams are the numbers of stored frames.
    fn read(&self, findings: &mut Vec<Finding>) -> Table {
        let Part { split, columns, one, .. } = self.part;
        let len = if one { 1 } else { count(columns) };
        let mut table = Table {
            split,
            source: self.file.to_owned(),
            len,
            ids: (0..len).map(|i| i.to_string()).collect(),
            texts: IndexMap::new(),
            labels: IndexMap::new(),
            streams: IndexMap::new(),
            scalars: IndexMap::new(),
            tokens: None,
            broken: IndexMap::new(),
            other: Vec::new(),
        };
        if let Some(value) = columns.get("id").filter(|_| !one) {
            match read_ids(value, len, self.input()) {
                Ok(ids) => table.ids = ids,
                Err(why) => findings.push(Finding::of_file(
                    Diagnostic::warning(E0606, format!("{}: {why}", self.place("id"))).help(
                        "the index of a sample is used as its id; expected a text, a number or a list of these per sample",
                    ),
                )),
            }
        }
        for (key, value) in columns.iter() {
            let Some(key) = key.as_str().filter(|key| *key != "id") else { continue };
            let place = self.place(key);
            if key == TOKEN_IDS {
                if let Some(why) = value.unsupported() {
                    table.broken.insert(key.to_owned(), why.diagnostic(&place));
                    continue;
                }
                match TokenIds::read(value, len, one, self.input(), &place) {
                    Ok(tokens) => table.tokens = Some(tokens),
                    Err(why) => {
                        let fault = Diagnostic::error(E0606, format!("{place}: {why}"))
                            .help("`text_bert` is an array [N, 3, T] of token ids, attention mask and segments");
                        table.broken.insert(key.to_owned(), fault);
                    }
                }
                continue;
            }
            let reader = ColumnReader { key, place: &place, map: self.map, ids: &table.ids, budget: self.budget };
            match reader.read(value, one) {
                Ok(Column::Numbers(values)) => {
                    table.scalars.insert(key.to_owned(), Stream::of_numbers(key, &place, &values));
                    table.labels.insert(key.to_owned(), values);
                }
                Ok(Column::Texts(values)) => drop(table.texts.insert(key.to_owned(), values)),
                Ok(Column::Stream(stream)) => drop(table.streams.insert(key.to_owned(), *stream)),
                Ok(Column::Other(what)) => table.other.push((key.to_owned(), what)),
                Err(fault) => drop(table.broken.insert(key.to_owned(), fault)),
            }
        }
        table
    }

    /// Looks at the frames of all streams.
    fn look(&self, table: &mut Table, findings: &mut Vec<Finding>) -> Vec<Looked> {
        let mut given = IndexMap::new();
        let keys: Vec<String> = table.streams.keys().cloned().collect();
        for key in keys {
            match self.given(table, &key) {
                Ok(Some(lengths)) => drop(given.insert(key, lengths)),
                Ok(None) => {}
                Err(fault) => {
                    table.streams.shift_remove(&key);
                    table.broken.insert(key, fault);
                }
            }
        }
        if let Some(frames) = one_axis(table).filter(|_| !fit(table, &given)) {
            let names: Vec<&str> = table.streams.values().filter(|s| !s.vector).map(|s| s.key.as_str()).collect();
            let names = super::dataset::list(&names);
            for (key, lengths) in given.drain(..) {
                let most = lengths.values.iter().copied().fold(0.0, f32::max);
                let what = format!(
                    "{}: `{}` is not used: it has lengths up to {most}, and the {frames} frames of {names} are one time axis, \
                     so these are the lengths of other frames",
                    self.place(&key),
                    lengths.key,
                );
                findings.push(Finding::about(
                    &key,
                    Diagnostic::warning(E0606, what).help("padding is found by the token mask and by frames of zeros"),
                ));
            }
        }
        let (mut looked, mut broken) = (Vec::new(), Vec::new());
        for (key, stream) in &mut table.streams {
            let mut warnings = Vec::new();
            if key == "text" && table.broken.contains_key(TOKEN_IDS) && !given.contains_key(key) {
                let what =
                    format!("{}: the mask in `text_bert` is not used, since that key cannot be read", stream.place);
                let help = "padding is found by frames of zeros; `dsc data info` says what is wrong with `text_bert`";
                warnings.push(Diagnostic::warning(E0606, what).help(help));
            }
            let tokens = table.tokens.as_ref().filter(|_| key == "text");
            let known = Known { given: given.get(key), tokens, ids: &table.ids };
            warnings.extend(self.unused_lengths(key, known.given));
            match lengths::look(stream, &known, &mut warnings) {
                Ok(frames) => looked.push(Looked { split: table.split, key: key.clone(), frames }),
                Err(fault) => broken.push((key.clone(), fault)),
            }
            findings.extend(warnings.into_iter().map(|w| Finding::about(key, w)));
        }
        for (key, fault) in broken {
            table.streams.shift_remove(&key);
            table.broken.insert(key, fault);
        }
        looked
    }

    /// Warnings about further keys that speak of the lengths of a stream.
    fn unused_lengths(&self, stream: &str, given: Option<&Given>) -> Vec<Diagnostic> {
        let keys = |suffixes: &'static [&'static str]| suffixes.iter().map(move |suffix| format!("{stream}{suffix}"));
        let is_there = |key: &String| self.part.columns.get(key).is_some();
        let unused = |key: &str, why: &str, help: &str| {
            Diagnostic::warning(E0606, format!("{}: `{key}` is not used: {why}", self.place(stream))).help(help)
        };
        let others = keys(&SUFFIXES).filter(is_there).filter_map(|key| {
            let used = &given.filter(|given| given.key != key)?.key;
            Some(unused(&key, &format!("the lengths are those of `{used}`"), "keep the key with the true lengths"))
        });
        let help = format!("store the number of its frames for each sample as `{stream}{}`", SUFFIXES[0]);
        let masks = keys(&lengths::MASKS).filter(|key| given.is_none() && is_there(key));
        let masks = masks.map(|key| unused(&key, "masks of features are not read", &help));
        others.chain(masks).collect()
    }

    /// Takes the given lengths of a stream out of the columns.
    ///
    /// # Errors
    /// `E0606` for a key of lengths that holds something else than a number per sample.
    fn given(&self, table: &mut Table, stream: &str) -> Result<Option<Given>, Diagnostic> {
        for suffix in SUFFIXES {
            let key = format!("{stream}{suffix}");
            if let Some(values) = table.labels.shift_remove(&key) {
                table.scalars.shift_remove(&key);
                return Ok(Some(Given { key, values }));
            }
            let reason = match table.broken.get(&key) {
                Some(fault) => fault.message.clone(),
                None if self.part.columns.get(&key).is_none() => continue,
                None => format!("{} holds {}", self.place(&key), table.holds(&key).unwrap_or_default()),
            };
            let what = format!("{}: the given lengths cannot be used: {reason}", self.place(stream));
            let help = format!(
                "correct `{key}`, one number of frames per sample, or remove it: then padding is found by zeros"
            );
            return Err(Diagnostic::error(E0606, what).help(help));
        }
        Ok(None)
    }
}

/// The frames of the time axis that all sequences share, if they do.
fn one_axis(table: &Table) -> Option<usize> {
    let mut axes = table.streams.values().filter(|s| !s.vector).map(|s| (s.max_len, &s.source));
    let (first, source) = axes.next()?;
    let is_array = |source: &Source| matches!(source, Source::Array { .. });
    let mut more = 0;
    let same = is_array(source)
        && axes.all(|(n, source)| {
            more += 1;
            n == first && is_array(source)
        });
    (same && more > 0 && first > 1).then_some(first)
}

/// Whether given lengths can be those of the stored frames of streams that share one time axis: they lie within it, or those that
/// do not are of samples that were cut, and zeros begin where the others end.
fn fit(table: &Table, given: &IndexMap<String, Given>) -> bool {
    given.iter().all(|(key, lengths)| {
        let Some(stream) = table.streams.get(key).filter(|s| s.length_source != LengthSource::Single) else {
            return true;
        };
        let frames = stream.max_len;
        let within = |n: &f32| (*n as usize) <= frames;
        if lengths.values.iter().all(within) {
            return true;
        }
        let differs = |(sample, n): (usize, &f32)| match *n as usize {
            n if n >= frames => stream.is_zero(sample, frames - 1),
            n => !stream.is_zero(sample, n) || (n > 0 && stream.is_zero(sample, n - 1)),
        };
        lengths.values.iter().enumerate().filter(|s| differs(*s)).count() * 10 <= lengths.values.len()
    })
}
