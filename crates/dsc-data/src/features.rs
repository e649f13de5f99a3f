//! Feature files of the MMSA layout: `{train|valid|test: {key: column or array}}`, a pickle.
//!
//! Users make such files themselves, so a column is classified by its content, not by its key: one number per sample is a
//! label, one text per sample a text column, `[N, T, f]` a stream, `[N, f]` a stream of single vectors. Lists and object arrays
//! may take the place of arrays at any level. Sizes come from the arrays, not from a configuration.
//!
//! Lengths are read from `<key>_lengths` (array or list); else, for `text`, from the mask row of `text_bert`; else trailing
//! all-zero frames are padding. In aligned files, where all streams share one time axis, `<key>_lengths` are ignored. A
//! sequence has at least one frame: where the file gives the length 0, the first frame is used as stored, with a warning.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;
use memmap2::Mmap;

use super::columns::{Column, read_column};
use super::dataset::{Dataset, Split, Table};
use super::ids::read_ids;
use super::pickle::{Dict, NdArray, Pickle, Value};
use super::stream::{LengthSource, Source, Stream, ZeroLengths};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::{E0601, E0605, E0606};

/// Keys that determine the number of samples of a split, the most reliable first.
const COUNTED: [&str; 6] = ["regression_labels", "id", "raw_text", "audio", "vision", "text"];

impl Dataset {
    /// Opens a feature file through a memory map: sequences are read on demand, everything else at once. The file must not
    /// change while it is open.
    ///
    /// # Errors
    /// `E0601` if the file cannot be read, `E0602` to `E0604` for a pickle that is damaged or not supported, `E0605` if it is not
    /// a dictionary of splits. Errors of single keys are reported when the key is used.
    pub fn open(path: &Path) -> Result<Dataset, Diagnostic> {
        let name = path.display().to_string();
        let unreadable = |e: std::io::Error| {
            Diagnostic::error(E0601, format!("cannot read `{name}`: {e}"))
                .help("use a feature file or the name of a data set")
        };
        let file = File::open(path).map_err(unreadable)?;
        if !file.metadata().map_err(unreadable)?.is_file() {
            return Err(unreadable(std::io::Error::other("not a regular file")));
        }
        // SAFETY: the map is only read. That the file is not truncated meanwhile is a documented condition of this function;
        // the standard library offers no way to enforce it.
        let map = Arc::new(unsafe { Mmap::map(&file) }.map_err(unreadable)?);
        let pickle = Pickle::parse(&map, &name)?;
        let layout = || {
            Diagnostic::error(E0605, format!("`{name}` is not a feature file: expected a dict, found {}", pickle.root().kind()))
                .help("a feature file is a dictionary with the keys `train`, `valid` and `test`, each a dictionary of columns")
        };
        let root = pickle.root().as_dict().ok_or_else(layout)?;
        let mut dataset =
            Dataset { name: name.clone(), path: Some(path.to_owned()), tables: Vec::new(), notes: Vec::new() };
        for split in Split::ALL {
            let Some(columns) = root.get(split.name()).and_then(Value::as_dict) else { continue };
            let (table, notes) = read_table(&name, &map, split, columns);
            dataset.tables.push(table);
            dataset.notes.extend(notes);
        }
        if dataset.tables.is_empty() {
            let keys: Vec<&str> = root.keys().take(12).collect();
            return Err(Diagnostic::error(E0605, format!("`{name}` has none of the splits train, valid, test"))
                .help(format!("found the keys {}", super::dataset::list(&keys))));
        }
        Ok(dataset)
    }
}

/// The length of the first axis of a value, if it has one.
fn samples(value: Value<'_>) -> Option<usize> {
    match value {
        Value::Array(a) => a.shape.first().copied(),
        Value::Objects(o) => o.shape.first().copied(),
        other => other.as_items().map(|items| items.len()),
    }
}

fn read_table(name: &str, map: &Arc<Mmap>, split: Split, columns: Dict<'_>) -> (Table, Vec<Diagnostic>) {
    let known = COUNTED.iter().filter_map(|key| columns.get(key)).find_map(samples);
    let len = known.or_else(|| columns.iter().find_map(|(_, v)| samples(v))).unwrap_or(0);
    let mut table = Table {
        split,
        source: name.to_owned(),
        len,
        ids: Vec::new(),
        texts: IndexMap::new(),
        labels: IndexMap::new(),
        streams: IndexMap::new(),
        broken: IndexMap::new(),
        other: Vec::new(),
    };
    let mut notes = Vec::new();
    let mut given: IndexMap<String, Vec<f32>> = IndexMap::new();
    for (key, value) in columns.iter() {
        let Some(key) = key.as_str() else { continue };
        if key == "text_bert" {
            continue;
        }
        let place = format!("`{name}`, {split}.{key}");
        if key == "id" {
            match read_ids(value, len, map) {
                Ok(ids) => table.ids = ids,
                Err(why) => notes.push(Diagnostic::warning(E0606, format!("{place}: {why}")).help(
                    "the index of a sample is used as its id; expected a text, a number or a list of these per sample",
                )),
            }
            continue;
        }
        match read_column(key, value, len, map, &place) {
            Ok(Column::Numbers(v)) if key.ends_with("_lengths") => drop(given.insert(key.to_owned(), v)),
            Ok(Column::Numbers(v)) => drop(table.labels.insert(key.to_owned(), v)),
            Ok(Column::Texts(v)) => drop(table.texts.insert(key.to_owned(), v)),
            Ok(Column::Stream(s)) => drop(table.streams.insert(key.to_owned(), *s)),
            Ok(Column::Other(what)) => table.other.push((key.to_owned(), what)),
            Err(fault) => drop(table.broken.insert(key.to_owned(), fault)),
        }
    }
    if table.ids.is_empty() {
        table.ids = (0..len).map(|i| i.to_string()).collect();
    }

    let aligned = is_aligned(&table);
    let mask = columns.get("text_bert").and_then(Value::as_array);
    let mut broken = Vec::new();
    for (key, stream) in &mut table.streams {
        let given = given.get(&format!("{key}_lengths")).filter(|_| !aligned);
        let mask = mask.filter(|_| key == "text");
        match find_lengths(stream, given.map(Vec::as_slice), mask, map, &table.ids) {
            Ok(note) => notes.extend(note),
            Err(fault) => broken.push((key.clone(), fault)),
        }
        if let Some(zero) = &stream.zero_lengths {
            notes.push(
                Diagnostic::warning(
                    E0606,
                    format!(
                        "{}: {} of {} samples have length 0, the first is `{}`",
                        stream.place,
                        zero.samples,
                        stream.samples(),
                        zero.first
                    ),
                )
                .help("the first frame of each is used as stored; remove these samples or correct their lengths"),
            );
        }
    }
    for (key, fault) in broken {
        table.streams.shift_remove(&key);
        table.broken.insert(key, fault);
    }
    (table, notes)
}

/// Whether all sequences share one time axis.
fn is_aligned(table: &Table) -> bool {
    let mut axes = table.streams.values().filter(|s| !s.vector).map(|s| (s.max_len, &s.source));
    let first = axes.next().map_or(0, |(n, _)| n);
    let mut more = 0;
    let same = axes.all(|(n, source)| {
        more += 1;
        n == first && matches!(source, Source::Array { .. })
    });
    same && more > 0 && first > 1
}

/// The samples of length 0.
fn zeros(lengths: impl Iterator<Item = u32>, ids: &[String]) -> Option<ZeroLengths> {
    let mut empty = lengths.zip(ids).filter(|(n, _)| *n == 0).map(|(_, id)| id);
    let first = empty.next()?.clone();
    Some(ZeroLengths { samples: 1 + empty.count(), first })
}

/// Determines `stream.lengths`; returns a warning if lengths had to be clipped.
fn find_lengths(
    stream: &mut Stream,
    given: Option<&[f32]>,
    mask: Option<&NdArray>,
    map: &Mmap,
    ids: &[String],
) -> Result<Option<Diagnostic>, Diagnostic> {
    if matches!(stream.length_source, LengthSource::Ragged | LengthSource::Single) {
        return Ok(None);
    }
    let samples = stream.samples();
    let top = u32::try_from(stream.max_len).unwrap_or(u32::MAX);
    if let Some(given) = given {
        if let Some(at) = given.iter().position(|n| !(0.0..1e9).contains(n) || n.fract() != 0.0) {
            let what = format!("{}: the length of sample {at} is not a count", stream.place);
            return Err(Diagnostic::error(E0606, what).help("lengths are whole numbers of frames, at least 1"));
        }
        // Counts below 2^24 are exact in f32; longer ones are clipped to the array anyway.
        let beyond = given.iter().filter(|n| **n as u32 > top).count();
        stream.zero_lengths = zeros(given.iter().map(|n| *n as u32), ids);
        stream.lengths = given.iter().map(|n| (*n as u32).clamp(1, top)).collect();
        stream.length_source = LengthSource::Given;
        let place = &stream.place;
        return Ok((beyond > 0).then(|| {
            Diagnostic::warning(
                E0606,
                format!("{place}: {beyond} of {samples} lengths exceed the {top} frames of the array"),
            )
            .help("they are clipped to the length of the array")
        }));
    }
    // `text_bert` is [samples, 3, T]: token ids, attention mask, segment ids.
    if let Some(array) = mask.filter(|m| m.shape == [samples, 3, stream.max_len] && m.dtype.is_number()) {
        let view = array.view(map);
        let mut row = vec![0.0; stream.max_len];
        let mut lengths = Vec::with_capacity(samples);
        for sample in 0..samples {
            if !view.copy_f32((sample * 3 + 1) * stream.max_len, &mut row) {
                break;
            }
            let ones = row.iter().filter(|m| **m != 0.0).count();
            lengths.push(u32::try_from(ones).unwrap_or(top));
        }
        if lengths.len() == samples {
            stream.zero_lengths = zeros(lengths.iter().copied(), ids);
            stream.lengths = lengths.into_iter().map(|n| n.clamp(1, top)).collect();
            stream.length_source = LengthSource::TokenMask;
            return Ok(None);
        }
    }
    stream.length_source = LengthSource::ZeroFrames;
    let mut buffer = vec![0.0; stream.max_len * stream.width];
    for sample in 0..samples {
        let mut frames = stream.max_len;
        if stream.fill(sample, &mut buffer) {
            let padding = buffer.rchunks_exact(stream.width.max(1)).take_while(|f| f.iter().all(|v| *v == 0.0)).count();
            frames = frames.saturating_sub(padding);
        }
        if let Some(slot) = stream.lengths.get_mut(sample) {
            *slot = u32::try_from(frames).unwrap_or(top).clamp(1, top);
        }
    }
    Ok(None)
}
