//! `run.json`: what a run is.

use std::fs;
use std::path::PathBuf;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use dsc_data::{NonFiniteCount, Split, ZeroLengths};
use dsc_graph::dims::DimTable;
use dsc_graph::passes::OptLevel;
use dsc_graph::statics::Static;
use dsc_recipe::{Origin, Settings};

/// What a run is, fixed before its first step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the folder's layout.
    pub schema: u32,
    /// Version of dsc.
    pub dsc: String,
    /// Version of libtorch.
    pub libtorch: String,
    /// When it began, RFC 3339.
    pub started: String,
    /// The command line.
    pub command: Vec<String>,
    /// Name of the compiled model, variant included.
    pub model: String,
    /// The model's file as given.
    pub file: String,
    /// The variant.
    pub variant: Option<String>,
    /// The recipe.
    pub recipe: Option<String>,
    /// All training settings.
    pub settings: Settings,
    /// Where settings came from that are no defaults.
    pub origins: IndexMap<String, Origin>,
    /// All hypers of the model's file with the values that were compiled, in the order of the file.
    pub hypers: IndexMap<String, HyperValue>,
    /// Who set those hypers that do not have their defaults.
    pub hyper_origins: IndexMap<String, Origin>,
    /// Which passes rewrote the graph before it ran.
    pub opt_level: OptLevel,
    /// The seed of this run.
    pub seed: u64,
    /// Hash of the graph without data.
    pub graph: String,
    /// Hash of the graph with the data's dims.
    pub bound: String,
    /// The data's dims.
    pub dims: DimTable,
    /// The data.
    pub data: DataInfo,
    /// The text encoder.
    pub encoder: Option<EncoderInfo>,
    /// Where the weights come from that were imported; nothing was trained then, whatever the settings say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
    /// Where it ran.
    pub machine: Machine,
    /// The sources in `source/`: name as compiled, file in the folder.
    pub sources: Vec<(String, String)>,
}

/// The value of a hyper, as JSON has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum HyperValue {
    /// `true`, `false`.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// Another number.
    Number(f64),
    /// A string.
    Text(String),
}

impl HyperValue {
    /// The value of a compiled hyper; nothing for a dim, which no hyper is.
    pub fn of(value: &Static) -> Option<HyperValue> {
        match value {
            Static::Bool(b) => Some(HyperValue::Flag(*b)),
            Static::Int(n) => Some(HyperValue::Whole(*n)),
            Static::Float(x) => Some(HyperValue::Number(*x)),
            Static::Str(s) => Some(HyperValue::Text(s.clone())),
            Static::Dim(_) => None,
        }
    }

    /// The value as the compiler takes it.
    pub fn to_static(&self) -> Static {
        match self {
            HyperValue::Flag(b) => Static::Bool(*b),
            HyperValue::Whole(n) => Static::Int(*n),
            HyperValue::Number(x) => Static::Float(*x),
            HyperValue::Text(s) => Static::Str(s.clone()),
        }
    }
}

/// The data of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataInfo {
    /// Name as given: a data set or a file.
    pub name: String,
    /// The file; none for the generated default.
    pub path: Option<PathBuf>,
    /// SHA-256 of the file; none for the generated default.
    pub sha256: Option<String>,
    /// Seed of the generated default.
    pub seed: Option<u64>,
    /// Samples by split.
    pub samples: IndexMap<String, usize>,
    /// Texts that were cut to `settings.max_tokens` tokens, by split; empty without a text encoder.
    pub truncated: IndexMap<Split, usize>,
    /// NaN and infinite values that became 0, by split and key of a stream that has some.
    pub non_finite: IndexMap<Split, IndexMap<String, NonFiniteCount>>,
    /// Samples whose length is 0 in the file, by split and key of a stream that has some: one frame was taken.
    pub zero_lengths: IndexMap<Split, IndexMap<String, ZeroLengths>>,
}

/// The text encoder of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncoderInfo {
    /// Name or folder as given.
    pub name: String,
    /// Whether its weights were pretrained.
    pub pretrained: bool,
    /// The weight file.
    pub weights: Option<PathBuf>,
    /// SHA-256 of the weight file.
    pub sha256: Option<String>,
}

/// Weights of a run that were trained elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// The checkpoint.
    pub path: PathBuf,
    /// SHA-256 of it.
    pub sha256: String,
    /// The map of names, as text, where there was one.
    pub names: Option<String>,
}

/// The machine of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Host name.
    pub host: String,
    /// Operating system and processor kind.
    pub system: String,
    /// Processor model.
    pub processor: String,
    /// `cpu`, `cuda:0`.
    pub device: String,
    /// Threads for operators: CPU results depend on it.
    pub threads: usize,
}

impl Machine {
    /// This machine.
    pub fn here(device: String, threads: usize) -> Machine {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let cpuinfo = read("/proc/cpuinfo");
        let model = cpuinfo.lines().find_map(|l| l.strip_prefix("model name")?.split_once(':').map(|(_, m)| m.trim()));
        Machine {
            host: read("/proc/sys/kernel/hostname").trim().to_owned(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            processor: model.unwrap_or_default().to_owned(),
            device,
            threads,
        }
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
