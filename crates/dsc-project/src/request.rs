//! Requests, as plain data.

use std::path::PathBuf;

use dsc_data::Split;
use dsc_graph::passes::OptLevel;
use dsc_recipe::KeyValue;
use serde::{Deserialize, Serialize};

/// A hyper and its value, both as written: `p` and `4`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The hyper.
    pub name: String,
    /// A number, a flag or a string, not yet read.
    pub value: String,
}

/// Which model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelRequest {
    /// A `.dsl` file, the name of a stock model, or, where only the compiled model matters, a run folder or a checkpoint in one.
    pub file: String,
    /// A variant of the file instead of its base.
    pub variant: Option<String>,
    /// Hypers, stronger than those of recipe and variant; of two for one hyper the later one counts.
    pub sets: Vec<Assignment>,
}

impl ModelRequest {
    /// The base model of a file, or the stock model of that name.
    pub fn new(file: impl Into<String>) -> ModelRequest {
        ModelRequest { file: file.into(), ..ModelRequest::default() }
    }
}

/// What a model is bound to without training: dims of a data set, a recipe, a text encoder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BindRequest {
    /// A known data set, whose card is enough, or a feature file; without it dims stay names.
    pub data: Option<String>,
    /// The recipe whose hypers and text encoder count; the one named like the data set if there is one.
    pub recipe: Option<String>,
    /// Folder of the text encoder.
    pub text_encoder: Option<PathBuf>,
}

/// Weights that another program trained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRequest {
    /// A PyTorch state dict or a safetensors file.
    pub weights: PathBuf,
    /// The weight map; by default the file `MODEL.names` beside the model, or that of the stock model.
    pub names: Option<PathBuf>,
}

/// A training: `dsc train`, `dsc import`, and each run of an ablation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainRequest {
    /// The model.
    pub model: ModelRequest,
    /// A known data set or a feature file.
    pub data: String,
    /// Folder below which the known data sets lie.
    pub data_root: Option<PathBuf>,
    /// The recipe; by default the one named like the data set.
    pub recipe: Option<String>,
    /// Recipe keys, stronger than the recipe and the environment; of two for one key the later one counts.
    pub keys: Vec<KeyValue>,
    /// Folder of the pretrained text encoder.
    pub text_encoder: Option<PathBuf>,
    /// `cpu`, `cuda` or `cuda:N`.
    pub device: String,
    /// Threads; one for each physical core if none. Results do not depend on it.
    pub threads: Option<usize>,
    /// Which passes rewrite the graph before it runs.
    pub opt_level: OptLevel,
    /// The run's folder, which must not exist; by default `runs/MODEL-DATA-TIME`.
    pub out: Option<PathBuf>,
    /// Weights that are scored as they are, in the place of a training.
    pub import: Option<ImportRequest>,
    /// Whether the time of its steps is measured by line of the model. The results are the same.
    #[serde(default)]
    pub profile: bool,
    /// What the user typed, as the run records it.
    pub command: Vec<String>,
}

impl TrainRequest {
    /// The base model of a file, or a stock model, on a data set, everything else as the recipe says.
    pub fn new(file: impl Into<String>, data: impl Into<String>) -> TrainRequest {
        TrainRequest {
            model: ModelRequest::new(file),
            data: data.into(),
            data_root: None,
            recipe: None,
            keys: Vec::new(),
            text_encoder: None,
            device: "cpu".to_owned(),
            threads: None,
            opt_level: OptLevel::default(),
            out: None,
            import: None,
            profile: false,
            command: Vec::new(),
        }
    }

    /// The arguments of `dsc` that train the same: what a run of a comparison records as its command.
    pub fn command_line(&self) -> Vec<String> {
        // By name, so that a new field is not forgotten here.
        let TrainRequest {
            model: ModelRequest { file, variant, sets },
            data,
            data_root,
            recipe,
            keys,
            text_encoder,
            device,
            threads,
            opt_level,
            out,
            import,
            profile,
            command: _,
        } = self;
        let text = |path: &PathBuf| path.display().to_string();
        let mut line =
            vec!["dsc".to_owned(), if import.is_some() { "import" } else { "train" }.to_owned(), file.clone()];
        let mut option =
            |name: &str, value: Option<String>| line.extend(value.into_iter().flat_map(|v| [name.into(), v]));
        option("--data", Some(data.clone()));
        option("--variant", variant.clone());
        for Assignment { name, value } in sets {
            option("--set", Some(format!("{name}={value}")));
        }
        option("--data-root", data_root.as_ref().map(text));
        option("--recipe", recipe.clone());
        for KeyValue { key, value, .. } in keys {
            option("--with", Some(format!("{key}={value}")));
        }
        option("--text-encoder", text_encoder.as_ref().map(text));
        option("--device", Some(device.clone()));
        option("--threads", threads.map(|n| n.to_string()));
        option("--opt-level", import.is_none().then(|| opt_level.to_string()));
        option("--out", out.as_ref().map(text));
        option("--weights", import.as_ref().map(|i| text(&i.weights)));
        option("--names", import.as_ref().and_then(|i| i.names.as_ref()).map(text));
        line.extend(profile.then(|| "--profile".to_owned()));
        line
    }

    /// The same with a recipe key set: `with("epochs", "5")`.
    pub fn with(mut self, key: &str, value: &str) -> TrainRequest {
        self.keys.push(KeyValue { option: format!("--with {key}={value}"), key: key.into(), value: value.into() });
        self
    }
}

/// A run that is opened again: `dsc eval` and `dsc predict`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRequest {
    /// The run's folder.
    pub run: PathBuf,
    /// The one split that matters; all that the data have if none.
    pub split: Option<Split>,
    /// Other data than the run's own.
    pub data: Option<String>,
    /// Folder below which the known data sets lie.
    pub data_root: Option<PathBuf>,
    /// `cpu`, `cuda` or `cuda:N`.
    pub device: String,
    /// Threads; one for each physical core if none.
    pub threads: Option<usize>,
}

impl RunRequest {
    /// The run on its own data, all splits, on the CPU.
    pub fn new(run: impl Into<PathBuf>) -> RunRequest {
        RunRequest { run: run.into(), split: None, data: None, data_root: None, device: "cpu".into(), threads: None }
    }
}

/// A model, its variants and the models of one modality, with the same seeds: `dsc ablate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AblationRequest {
    /// The training of the base; `out` is the folder of all runs.
    pub train: TrainRequest,
    /// These variants only.
    pub variants: Option<Vec<String>>,
    /// Whether the stock models of one modality are rows too.
    pub unimodal: bool,
    /// Runs at a time; as many as cores and memory allow if none.
    pub jobs: Option<usize>,
}

/// A model with several values of a hyper: `dsc sweep`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepRequest {
    /// The training with every value; `out` is the folder of all runs.
    pub train: TrainRequest,
    /// The hyper.
    pub hyper: String,
    /// Its values as written; differences are taken to the first.
    pub values: Vec<String>,
    /// Whether the stock models of one modality are rows too.
    pub unimodal: bool,
    /// Runs at a time; as many as cores and memory allow if none.
    pub jobs: Option<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_trains_the_same() {
        let request = TrainRequest {
            threads: Some(1),
            model: ModelRequest { variant: Some("narrow".into()), ..ModelRequest::new("mine.dsl") },
            ..TrainRequest::new("", "demo").with("epochs", "2")
        };
        let line = request.command_line().join(" ");
        let options = "--data demo --variant narrow --with epochs=2 --device cpu --threads 1 --opt-level 1";
        assert_eq!(line, format!("dsc train mine.dsl {options}"));
    }

    #[test]
    fn a_training_goes_through_json_whole() {
        let request = TrainRequest {
            data_root: Some("data".into()),
            recipe: Some("sims".into()),
            text_encoder: Some("bert".into()),
            device: "cuda:1".into(),
            threads: Some(3),
            opt_level: OptLevel::None,
            out: Some("runs/one".into()),
            import: Some(ImportRequest { weights: "best.ckpt".into(), names: Some("mine.names".into()) }),
            profile: true,
            command: vec!["dsc".into(), "train".into()],
            model: ModelRequest {
                file: "mine.dsl".into(),
                variant: Some("narrow".into()),
                sets: vec![Assignment { name: "p".into(), value: "4".into() }],
            },
            ..TrainRequest::new("", "mosi").with("optimizer.lr", "1e-4")
        };
        let text = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<TrainRequest>(&text).unwrap(), request);
        // Every field holds something else than its default, so a field that JSON leaves out cannot pass.
        let plain = TrainRequest::new("", "");
        let (plain, full) = (serde_json::to_value(plain).unwrap(), serde_json::to_value(request).unwrap());
        for (key, value) in full.as_object().unwrap() {
            assert_ne!(plain.get(key), Some(value), "{key} has its default");
        }
    }
}
