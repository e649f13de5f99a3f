//! `run.json`: the description of a run.

use std::fs;
use std::path::PathBuf;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use dsc_data::{NonFiniteCount, Split, ZeroLengths};
use dsc_graph::dims::DimTable;
use dsc_graph::passes::OptLevel;
use dsc_graph::statics::Static;
use dsc_recipe::{Family, Origin, Settings};

/// The description of a run, written before its first step. It names neither the host nor, in the file, an absolute path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the layout, [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// Version of dsc that trained the run.
    pub dsc: String,
    /// Version of libtorch that it was compiled against.
    pub libtorch: String,
    /// Start time, RFC 3339.
    pub started: String,
    /// The command line, split into arguments.
    pub command: Vec<String>,
    /// Name of the compiled model, variant included.
    pub model: String,
    /// The model file as given.
    pub file: String,
    /// The variant, if one was compiled.
    pub variant: Option<String>,
    /// The recipe, if one was used.
    pub recipe: Option<String>,
    /// All training settings, defaults included.
    pub settings: Settings,
    /// The origin of every setting that is not a default, by key.
    pub origins: IndexMap<String, Origin>,
    /// All hypers of the model file with their compiled values, in the order of the file.
    pub hypers: IndexMap<String, HyperValue>,
    /// The origin of every hyper that does not have its default.
    pub hyper_origins: IndexMap<String, Origin>,
    /// The level of the passes that rewrote the graph before it ran.
    pub opt_level: OptLevel,
    /// The seed of this run.
    pub seed: u64,
    /// Hash of the graph without the dims of the data.
    pub graph: String,
    /// Hash of the graph with the dims of the data.
    pub bound: String,
    /// Widths and maximum lengths of the data.
    pub dims: DimTable,
    /// Name, file and statistics of the data.
    pub data: DataInfo,
    /// The text encoder, if the model has one.
    pub encoder: Option<EncoderInfo>,
    /// The origin of imported weights; nothing was trained then, whatever the settings say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
    /// The metric families of outputs that do not have that of the settings, by label.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub output_families: IndexMap<String, Family>,
    /// The machine that the run was trained on.
    pub machine: Machine,
    /// The sources in `source/`: name as compiled, and file in the folder.
    pub sources: Vec<(String, String)>,
}

/// The value of a hyper, as it is written to JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum HyperValue {
    /// `true`, `false`.
    Flag(bool),
    /// An integer.
    Whole(i64),
    /// A float.
    Number(f64),
    /// A string value.
    Text(String),
}

impl HyperValue {
    /// Converts the value of a compiled hyper; `None` for a dim, which a hyper cannot be.
    pub fn of(value: &Static) -> Option<HyperValue> {
        match value {
            Static::Bool(b) => Some(HyperValue::Flag(*b)),
            Static::Int(n) => Some(HyperValue::Whole(*n)),
            Static::Float(x) => Some(HyperValue::Number(*x)),
            Static::Str(s) => Some(HyperValue::Text(s.clone())),
            Static::Dim(_) => None,
        }
    }

    /// The value as the compiler represents it.
    pub fn to_static(&self) -> Static {
        match self {
            HyperValue::Flag(b) => Static::Bool(*b),
            HyperValue::Whole(n) => Static::Int(*n),
            HyperValue::Number(x) => Static::Float(*x),
            HyperValue::Text(s) => Static::Str(s.clone()),
        }
    }
}

/// The data that a run was trained on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataInfo {
    /// Name as given with `--data`: a data set or a file.
    pub name: String,
    /// The file; `None` for the generated data set. In `run.json` it is relative to the run folder.
    pub path: Option<PathBuf>,
    /// SHA-256 of the file; `None` for the generated data set.
    pub sha256: Option<String>,
    /// Seed of the generated data set; `None` for a file.
    pub seed: Option<u64>,
    /// Number of samples by split.
    pub samples: IndexMap<String, usize>,
    /// Number of texts that were cut to `settings.max_tokens` tokens or the positions of the encoder, by split; empty without a text encoder.
    pub truncated: IndexMap<Split, usize>,
    /// NaN and infinite values that were replaced by 0, by split and key of the stream.
    pub non_finite: IndexMap<Split, IndexMap<String, NonFiniteCount>>,
    /// Samples with length 0 in the file, for which one frame is used, by split and key of the stream.
    pub zero_lengths: IndexMap<Split, IndexMap<String, ZeroLengths>>,
}

/// The text encoder that a run was trained with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncoderInfo {
    /// Name or folder as given with `--text-encoder` or in the recipe.
    pub name: String,
    /// Whether training started from pretrained weights.
    pub pretrained: bool,
    /// The file with the pretrained weights.
    pub weights: Option<PathBuf>,
    /// SHA-256 of that file.
    pub sha256: Option<String>,
}

/// Weights that were imported from another program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// The checkpoint that was imported.
    pub path: PathBuf,
    /// SHA-256 of that file.
    pub sha256: String,
    /// The text of the weight map, if one was used.
    pub names: Option<String>,
}

/// The machine that a run was trained on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Operating system and architecture, such as `linux x86_64`.
    pub system: String,
    /// Processor model; empty if it is unknown.
    pub processor: String,
    /// The device, such as `cpu` or `cuda:0`.
    pub device: String,
    /// Number of threads. Results do not depend on it.
    pub threads: usize,
}

impl Machine {
    /// Describes this machine; `device` and `threads` are those of the run.
    pub fn here(device: String, threads: usize) -> Machine {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let cpuinfo = read("/proc/cpuinfo");
        let model = cpuinfo.lines().find_map(|l| l.strip_prefix("model name")?.split_once(':').map(|(_, m)| m.trim()));
        Machine {
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            processor: model.unwrap_or_default().to_owned(),
            device,
            threads,
        }
    }
}

impl Manifest {
    /// How this machine and this program differ from those of the run, as far as results depend on it; `device` is the one in use
    /// now.
    pub fn elsewhere(&self, dsc: &str, libtorch: &str, device: &str) -> Vec<&'static str> {
        let here = Machine::here(device.to_owned(), self.machine.threads);
        let then = &self.machine;
        [
            ("version of dsc", self.dsc != dsc),
            ("version of libtorch", self.libtorch != libtorch),
            ("processor", then.processor != here.processor),
            ("device", then.device != here.device),
        ]
        .into_iter()
        .filter(|(_, differs)| *differs)
        .map(|(what, _)| what)
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hypers_keep_their_kind_through_json() {
        let values =
            [Static::Int(128), Static::Float(2.0), Static::Float(5e-5), Static::Bool(true), Static::Str("8".into())];
        for value in values {
            let text = serde_json::to_string(&HyperValue::of(&value).unwrap()).unwrap();
            let back: HyperValue = serde_json::from_str(&text).unwrap();
            assert_eq!(back.to_static(), value, "{text}");
        }
    }
}
