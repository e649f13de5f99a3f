//! Cards of the known data sets and text encoders: the dims that a graph needs when there is no file, and where the files can
//! be found.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::dataset::{Dataset, RAW_TEXT, Split, list};
use super::encoder_binding::EncoderBinding;
use super::finding::Finding;
use super::text::EncoderConfig;
use super::{demo, stream::Stream};
use dsc_recipe::{ClassRule, Family, Padding};
use dsc_syntax::diag::codes::data::{E0608, E0609, E0610, E0612};
use dsc_syntax::diag::{Diagnostic, did_you_mean};

/// A known data set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Card {
    /// The name that `--data` accepts.
    pub name: &'static str,
    /// Name of its recipes: that of the data set, which the aligned features share with the others.
    pub recipe: &'static str,
    /// Name of the data set in the literature.
    pub title: &'static str,
    /// Path of the file relative to the data root; empty for the generated data set.
    pub path: &'static str,
    /// SHA-256 of that file, if one is published.
    pub sha256: Option<&'static str>,
    /// (key, maximum length, width) of each stream. `text` has precomputed features; the generated data set has none.
    pub streams: &'static [(&'static str, usize, usize)],
    /// Longest transcript in tokens, `[CLS]` and `[SEP]` counted.
    pub text_max_len: usize,
    /// Number of samples in train, valid and test.
    pub splits: [usize; 3],
    /// Smallest and largest label, inclusive.
    pub labels: (f32, f32),
    /// Which samples are of the same class when companions are retrieved.
    pub class_rule: ClassRule,
    /// The metrics that predictions are scored with.
    pub family: Family,
    /// The text encoder for the language of the transcripts.
    pub encoder: &'static str,
}

const MMSA: &str = "the MMSA project (https://github.com/thuiar/MMSA) links to the files";

const MOSI: Card = Card {
    name: "mosi",
    recipe: "mosi",
    title: "CMU-MOSI",
    path: "MOSI/Processed/unaligned_50.pkl",
    sha256: Some("78e0f8b5ef8ff71558e7307848fc1fa929ecb078203f565ab22b9daab2e02524"),
    streams: &[("text", 50, 768), ("audio", 375, 5), ("vision", 500, 20)],
    text_max_len: 50,
    splits: [1284, 229, 686],
    labels: (-3.0, 3.0),
    class_rule: ClassRule::Round,
    family: Family::Mosi,
    encoder: "bert-base-uncased",
};

const MOSEI: Card = Card {
    name: "mosei",
    recipe: "mosei",
    title: "CMU-MOSEI",
    path: "MOSEI/Processed/unaligned_50.pkl",
    sha256: Some("ad8b23d50557045e7d47959ce6c5b955d8d983f2979c7d9b7b9226f6dd6fec1f"),
    streams: &[("text", 50, 768), ("audio", 500, 74), ("vision", 500, 35)],
    text_max_len: 50,
    splits: [16326, 1871, 4659],
    labels: (-3.0, 3.0),
    class_rule: ClassRule::Round,
    family: Family::Mosi,
    encoder: "bert-base-uncased",
};

const CARDS: &[Card] = &[
    Card {
        name: "sims",
        recipe: "sims",
        title: "CH-SIMS",
        path: "SIMS/Processed/unaligned_39.pkl",
        sha256: Some("c9e20c13ec0454d98bb9c1e520e490c75146bfa2dfeeea78d84de047dbdd442f"),
        streams: &[("text", 39, 768), ("audio", 400, 33), ("vision", 55, 709)],
        text_max_len: 39,
        splits: [1368, 456, 457],
        labels: (-1.0, 1.0),
        class_rule: ClassRule::Exact,
        family: Family::Sims,
        encoder: "bert-base-chinese",
    },
    Card {
        name: "simsv2",
        recipe: "simsv2",
        title: "CH-SIMS v2 (supervised part)",
        path: "SIMSV2/Processed/unaligned.pkl",
        sha256: None,
        streams: &[("text", 50, 768), ("audio", 925, 25), ("vision", 232, 177)],
        text_max_len: 50,
        splits: [2722, 647, 1034],
        labels: (-1.0, 1.0),
        class_rule: ClassRule::Exact,
        family: Family::Sims,
        encoder: "bert-base-chinese",
    },
    MOSI,
    MOSEI,
    Card {
        name: "mosi_aligned",
        title: "CMU-MOSI, aligned to the words",
        path: "MOSI/Processed/aligned_50.pkl",
        sha256: Some("d3994fd25681f9c7ad6e9c6596a6fe9b4beb85ff7d478ba978b124139002e5f9"),
        streams: &[("text", 50, 768), ("audio", 50, 5), ("vision", 50, 20)],
        text_max_len: 50,
        ..MOSI
    },
    Card {
        name: "mosei_aligned",
        title: "CMU-MOSEI, aligned to the words",
        path: "MOSEI/Processed/aligned_50.pkl",
        sha256: Some("45eccfb748a87c80ecab9bfac29582e7b1466bf6605ff29d3b338a75120bf791"),
        streams: &[("text", 50, 768), ("audio", 50, 74), ("vision", 50, 35)],
        text_max_len: 50,
        ..MOSEI
    },
    Card {
        name: "demo",
        recipe: "demo",
        title: "the embedded default (generated)",
        path: "",
        sha256: None,
        streams: &[
            ("audio", demo::AUDIO.max_len, demo::AUDIO.width),
            ("vision", demo::VISION.max_len, demo::VISION.width),
        ],
        text_max_len: demo::MAX_TOKENS,
        splits: demo::SPLITS,
        labels: (-1.0, 1.0),
        class_rule: ClassRule::Exact,
        family: Family::Sims,
        encoder: "demo",
    },
];

/// The cards of all known data sets.
pub fn cards() -> &'static [Card] {
    CARDS
}

/// The card of the data set `name`.
pub fn card(name: &str) -> Option<&'static Card> {
    CARDS.iter().find(|c| c.name == name)
}

/// What `--data` refers to.
#[derive(Clone, Debug, PartialEq)]
pub enum Location {
    /// The generated data set, `demo`.
    Demo,
    /// A file, with its card if it was given as the name of a known data set.
    File(PathBuf, Option<&'static Card>),
    /// A file per split, and the text that named them: `train=a.pkl,valid=b.pkl,test=c.pkl`.
    Splits(String, Vec<(Split, PathBuf)>),
}

impl Location {
    /// Opens the data set. `seed` is used by the generated one only, `padding` by files.
    ///
    /// # Errors
    /// As [`Dataset::open`].
    pub fn open(&self, seed: u64, padding: Padding) -> Result<Dataset, Diagnostic> {
        match self {
            Location::Demo => Ok(demo::dataset(seed)),
            Location::File(path, card) => {
                let mut dataset = Dataset::open(path, padding)?;
                let differences = card.map(|c| c.differences(&dataset)).unwrap_or_default();
                dataset.findings.extend(differences);
                Ok(dataset)
            }
            Location::Splits(name, files) => Dataset::open_splits(name, files, padding),
        }
    }

    /// The files of the data.
    pub fn paths(&self) -> Vec<&Path> {
        match self {
            Location::Demo => Vec::new(),
            Location::File(path, _) => vec![path],
            Location::Splits(_, files) => files.iter().map(|(_, path)| path.as_path()).collect(),
        }
    }
}

/// The files of `train=a.pkl,valid=b.pkl,test=c.pkl`; none for text of another form.
fn split_files(name: &str) -> Option<Vec<(Split, PathBuf)>> {
    let file = |part: &str| {
        let (split, path) = part.split_once('=')?;
        let split = Split::ALL.into_iter().find(|s| s.name() == split.trim())?;
        Some((split, PathBuf::from(path.trim())))
    };
    name.split(',').map(file).collect()
}

/// A short name of the data that `--data` refers to: `mosi_real` of `data/mosi_real.pkl`; of a file per split, that of the first.
pub fn data_stem(name: &str) -> String {
    let first = split_files(name).and_then(|files| files.into_iter().next()).map(|(_, path)| path);
    let path = first.unwrap_or_else(|| PathBuf::from(name));
    path.file_stem().map_or_else(|| name.to_owned(), |s| s.to_string_lossy().into_owned())
}

/// Finds the data for `name`: a known data set (in `data_root`), or the path of a file.
///
/// # Errors
/// `E0608` for a name that is neither, `E0609` if the file of a known data set is missing: the message says where to
/// get it, the expected path and the SHA-256.
pub fn locate(name: &str, data_root: Option<&Path>) -> Result<Location, Diagnostic> {
    let path = Path::new(name);
    let Some(card) = card(name) else {
        // That a folder, a pipe or a device is no feature file is said when it is opened.
        if path.exists() {
            return Ok(Location::File(path.to_owned(), None));
        }
        if let Some(files) = split_files(name) {
            let named = |split: &Split| files.iter().filter(|(s, _)| s == split).count();
            if let Some(twice) = Split::ALL.iter().find(|s| named(s) > 1) {
                return Err(Diagnostic::error(E0608, format!("`{name}` names two files for the split {twice}"))
                    .help("name one file per split: `train=a.pkl,valid=b.pkl,test=c.pkl`"));
            }
            return Ok(Location::Splits(name.to_owned(), files));
        }
        let names: Vec<&str> = CARDS.iter().map(|c| c.name).collect();
        let fault = Diagnostic::error(E0608, format!("`{name}` is neither a known data set nor a file"));
        let known = format!(
            "use a file of the MMSA layout, a file per split (`train=a.pkl,valid=b.pkl,test=c.pkl`), or one of {}",
            list(&names)
        );
        return Err(fault.help(match did_you_mean(name, names) {
            Some(close) => format!("did you mean `{close}`? {known}"),
            None => known,
        }));
    };
    if card.path.is_empty() {
        return Ok(Location::Demo);
    }
    let wanted = data_root.map(|root| root.join(card.path));
    if let Some(found) = wanted.as_deref().filter(|p| p.is_file()) {
        return Ok(Location::File(found.to_owned(), Some(card)));
    }
    let sum = card.sha256.map_or("no SHA-256 is published".to_owned(), |s| format!("SHA-256 {s}"));
    let (message, remedy) = match &wanted {
        Some(p) => (format!("{} is not at `{}`", card.title, p.display()), "put it there"),
        None => (
            format!("no data root is set, so {} (`{}`) cannot be found", card.title, card.path),
            "set `--data-root` or DSC_DATA",
        ),
    };
    Err(Diagnostic::error(E0609, message)
        .help(format!("{MMSA}; {remedy} ({sum}), give a file's path, or use `--data demo`")))
}

impl Card {
    /// Which of the recipes of a file is that of the data set: the one of its own name, else the one that aligned features share.
    pub fn recipe_of<T>(&self, recipes: &IndexMap<String, T>) -> &'static str {
        if recipes.contains_key(self.name) { self.name } else { self.recipe }
    }

    /// The differences between this card and a file that was opened for it, as warnings. The file takes precedence.
    pub fn differences(&self, dataset: &Dataset) -> Vec<Finding> {
        let mut out = Vec::new();
        let mut differs = |key: Option<&str>, what: String| {
            let message = format!("`{}` differs from the card of {}: {what}", dataset.name, self.name);
            let warning =
                Diagnostic::warning(E0610, message).help("the file is used; numbers computed from the card differ");
            out.push(Finding { key: key.map(str::to_owned), warning });
        };
        for (split, expected) in Split::ALL.into_iter().zip(self.splits) {
            match dataset.split(split) {
                Ok(table) if table.len == expected => {}
                Ok(table) => differs(None, format!("{split} has {} samples, the card {expected}", table.len)),
                Err(_) => differs(None, format!("the split {split} is missing")),
            }
        }
        let Some(first) = dataset.tables.first() else { return out };
        for (key, max_len, width) in self.streams {
            let dims = |s: &Stream| (s.max_len, s.width) == (*max_len, *width);
            match first.streams.get(*key) {
                Some(s) if dims(s) => {}
                Some(s) => {
                    differs(Some(key), format!("{key} is {} x {}, the card {max_len} x {width}", s.max_len, s.width));
                }
                // A file without precomputed text features is whole where raw_text is there.
                None if *key == "text" && first.texts.contains_key(RAW_TEXT) => {}
                None => differs(Some(key), format!("{key} is missing")),
            }
        }
        let range = dataset.tables.iter().filter_map(|t| t.labels.get("regression_labels")).flatten();
        if let Some(bad) = range.copied().find(|y| *y < self.labels.0 || *y > self.labels.1) {
            let what = format!("a label is {bad}, the card has {} to {}", self.labels.0, self.labels.1);
            differs(Some("regression_labels"), what);
        }
        out
    }
}

/// The configuration of a known text encoder: `bert-base-chinese`, `bert-base-uncased`, `demo`.
///
/// # Errors
/// `E0612` for any other name.
pub fn encoder(name: &str) -> Result<EncoderBinding, Diagnostic> {
    let base = |vocab_size| EncoderConfig {
        model_type: "bert".to_owned(),
        hidden_size: 768,
        num_hidden_layers: 12,
        num_attention_heads: 12,
        intermediate_size: 3072,
        vocab_size,
        max_position_embeddings: 512,
        type_vocab_size: 2,
        layer_norm_eps: 1e-12,
        hidden_dropout_prob: 0.1,
        attention_probs_dropout_prob: 0.1,
        hidden_act: "gelu".to_owned(),
    };
    let (config, pretrained) = match name {
        "bert-base-chinese" => (base(21128), true),
        "bert-base-uncased" => (base(30522), true),
        "demo" => (demo::encoder_config(), false),
        _ => {
            let known = ["bert-base-chinese", "bert-base-uncased", "demo"];
            return Err(Diagnostic::error(
                E0612,
                format!("there is no built-in configuration of the text encoder `{name}`"),
            )
            .help(format!("built in: {}; any other encoder is read from a folder (`--text-encoder DIR`)", list(&known)))
            .did_you_mean(name, known));
        }
    };
    Ok(EncoderBinding { name: name.to_owned(), config, pretrained })
}
