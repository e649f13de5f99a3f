//! A temporary folder with two models, `dsc` that is run in it, and feature files for these models.

use std::fs::{self, File};
use std::io::{self, Seek as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

use dsc_testing::feature_file::Py;
use serde_json::Value;

/// `small.dsl`: audio of any length, and vision, which has learned positions.
pub const SMALL: &str = "
use std::{Linear, MLP, mse}
hyper d     = 4
hyper p     = 0.5
hyper depth = 1
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y      : Real
model Small {
  let a = audio  |> Linear(out: d) |> dropout(p: p)
  let v = vision |> Linear(out: d)
  var h = v + positions(v, width: d)
  for l in 0..depth { h = relu(h) }
  let score = concat(mean(a), mean(h)) |> MLP(widths: [1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
variant deep { set depth = 2 }
recipe demo { epochs = 2  batch = 64  optimizer = adam(lr: 1e-2)  select = min mae  set d = 6 }
recipe own = demo { standardize = none }
";

/// `words.dsl`: texts alone.
const WORDS: &str = "
use std::{MLP, mse}
input text : Tokens[T]
label y    : Real
model Words {
  let t = embed(text, rows: encoder.vocab_size, width: 4)
  let score = mean(t) |> MLP(widths: [1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
recipe demo { epochs = 1  batch = 64  optimizer = adam(lr: 1e-2)  select = min mae  encoder = \"demo\"  max_tokens = 5 }
";

/// A temporary folder.
pub struct Workspace(tempfile::TempDir);

impl Workspace {
    pub fn new() -> Workspace {
        let workspace = Workspace(tempfile::tempdir().unwrap());
        workspace.write("small.dsl", SMALL);
        workspace.write("words.dsl", WORDS);
        workspace
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        fs::write(self.file(name), contents).unwrap();
    }

    pub fn text(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).unwrap()
    }

    /// The mean absolute error of a finished run on its test split.
    pub fn mae(&self, run: &str) -> f64 {
        self.json(&format!("{run}/results.json"))["test"]["metrics"]["mae"].as_f64().unwrap()
    }

    /// Names of the files in a folder, sorted.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.file(folder)).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// `dsc ARGS`, with nothing that the environment sets for it.
    pub fn command(&self, args: &str) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("dsc"));
        for name in
            ["DSC_RT", "DSC_LIBTORCH", "DSC_DATA", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "DSC_EPOCHS", "DSC_SEEDS"]
        {
            command.env_remove(name);
        }
        // No text encoder of this machine.
        command.env("HF_HOME", self.file("no-cache")).env("XDG_CACHE_HOME", self.file("no-cache"));
        command.current_dir(self.path()).args(args.split_whitespace());
        command
    }

    /// Runs a command and checks its exit code.
    pub fn run(&self, mut command: Command, code: i32) -> CommandOutput {
        let output = CommandOutput::of(command.output().unwrap());
        assert_eq!(output.code, Some(code), "{command:?}\n{}\n{}", output.out, output.err);
        output
    }

    /// Runs `dsc ARGS` and checks its exit code.
    pub fn dsc(&self, args: &str, code: i32) -> CommandOutput {
        self.run(self.command(args), code)
    }

    /// Starts `dsc ARGS` with these signals ignored, the others not, and waits until `file` is not empty.
    pub fn start(&self, args: &str, ignored: &'static [libc::c_int], file: &str) -> Running {
        let mut command = self.command(args);
        // A shell that starts the tests with `&` has them ignore SIGINT.
        let set = move || {
            for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGTERM] {
                let how = if ignored.contains(&signal) { libc::SIG_IGN } else { libc::SIG_DFL };
                // SAFETY: allowed between fork and exec.
                if unsafe { libc::signal(signal, how) } == libc::SIG_ERR {
                    return Err(io::Error::last_os_error());
                }
            }
            Ok(())
        };
        // SAFETY: the closure calls `signal` alone.
        unsafe { command.pre_exec(set) };
        // A program stops writing to a pipe that nobody reads once it is full; a file takes all.
        let (out, err) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        let child = command.stdout(out.try_clone().unwrap()).stderr(err.try_clone().unwrap()).spawn().unwrap();
        let running = Running { child, out, err };
        self.wait_for(file);
        running
    }

    /// Starts `dsc ARGS`, waits until `file` is not empty, and sends SIGINT.
    pub fn interrupted(&self, args: &str, file: &str) -> CommandOutput {
        let running = self.start(args, &[], file);
        running.send(libc::SIGINT);
        running.end()
    }

    /// Waits until a file is not empty.
    pub fn wait_for(&self, file: &str) {
        wait(file, || fs::metadata(self.file(file)).is_ok_and(|m| m.len() > 0));
    }

    /// Writes a feature file of the three splits train, valid and test.
    pub fn data(&self, name: &str, [train, valid, test]: [Py; 3]) {
        Py::Dict(vec![("train", train), ("valid", valid), ("test", test)]).dump(&self.file(name));
    }

    /// Writes a feature file to predict: in the split test, samples without labels, with vision of these lengths and ids that
    /// an f32 cannot represent; in the split valid, two samples with labels.
    pub fn new_data(&self, name: &str, vision: &[usize]) {
        let n = vision.len();
        let ids: Vec<i32> = (0..n as i32).map(|i| 16_777_217 + 2 * i).collect();
        let test = Py::Dict(vec![
            ("id", Py::ints(&ids)),
            ("audio", Py::sequences(&vec![40; n], 6)),
            ("vision", Py::sequences(vision, 8)),
        ]);
        let labels: Vec<f64> = (0..2).map(|i| f64::from(i) / 2.0).collect();
        let valid = Py::Dict(vec![
            ("regression_labels", Py::floats(&labels)),
            ("audio", Py::sequences(&[3, 50], 6)),
            ("vision", Py::sequences(&[2, 3], 8)),
        ]);
        Py::Dict(vec![("valid", valid), ("test", test)]).dump(&self.file(name));
    }
}

/// A split of `n` samples with audio and vision of 6 and 8 features; `more` columns come on top.
pub fn columns(n: usize, labels: Option<&dyn Fn(usize) -> f64>, more: Vec<(&'static str, Py)>) -> Py {
    let lengths: Vec<usize> = (0..n).map(|i| 2 + i % 4).collect();
    let mut all = vec![("audio", Py::sequences(&vec![5; n], 6)), ("vision", Py::sequences(&lengths, 8))];
    all.extend(labels.map(|label| ("regression_labels", Py::floats(&(0..n).map(label).collect::<Vec<_>>()))));
    all.extend(more);
    Py::Dict(all)
}

/// The column of the ids of `n` samples.
pub fn ids(n: usize, id: impl Fn(usize) -> String) -> (&'static str, Py) {
    ("id", Py::List((0..n).map(|i| Py::Text(id(i))).collect()))
}

/// What a program that has ended wrote.
pub struct CommandOutput {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl CommandOutput {
    fn of(output: Output) -> CommandOutput {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        CommandOutput { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}", self.out))
    }

    /// Standard error as one line, without the frames around messages.
    pub fn err_line(&self) -> String {
        self.err
            .split(|c: char| c.is_whitespace() || "│╭╰╮·─×".contains(c))
            .filter(|w| !w.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// A program that was started, killed when the value is dropped.
pub struct Running {
    child: Child,
    out: File,
    err: File,
}

impl Running {
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn send(&self, signal: libc::c_int) {
        // SAFETY: the child has not been waited for, so its id is its own.
        unsafe { libc::kill(self.id() as i32, signal) };
    }

    /// Waits for its end.
    pub fn end(mut self) -> CommandOutput {
        let code = self.child.wait().unwrap().code();
        let text = |file: &mut File| {
            file.rewind().unwrap();
            io::read_to_string(file).unwrap()
        };
        CommandOutput { code, out: text(&mut self.out), err: text(&mut self.err) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until something is so, for two minutes at most.
pub fn wait(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(120), "not within two minutes: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

impl Workspace {
    /// Writes a folder of a BERT with one layer of width 4, seven words and weights of a pattern.
    pub fn encoder(&self, name: &str) {
        let config = r#"{"model_type": "bert", "hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 1,
            "intermediate_size": 4, "vocab_size": 8, "max_position_embeddings": 16, "type_vocab_size": 2,
            "layer_norm_eps": 1e-12, "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1, "hidden_act": "gelu"}"#;
        fs::create_dir_all(self.file(name)).unwrap();
        self.write(&format!("{name}/config.json"), config);
        self.write(&format!("{name}/vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\ngood\nfilm\n");
        let mut tensors: Vec<(String, Vec<usize>)> = Vec::new();
        for (table, rows) in [("word", 8), ("position", 16), ("token_type", 2)] {
            tensors.push((format!("embeddings.{table}_embeddings.weight"), vec![rows, 4]));
        }
        let layer = "encoder.layer.0";
        let maps = ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"];
        for map in maps.into_iter().chain(["intermediate.dense", "output.dense"]) {
            tensors.push((format!("{layer}.{map}.weight"), vec![4, 4]));
            tensors.push((format!("{layer}.{map}.bias"), vec![4]));
        }
        for norm in ["embeddings", "encoder.layer.0.attention.output", "encoder.layer.0.output"] {
            tensors.push((format!("{norm}.LayerNorm.weight"), vec![4]));
            tensors.push((format!("{norm}.LayerNorm.bias"), vec![4]));
        }
        let bytes = |shape: &[usize]| -> Vec<u8> {
            (0..shape.iter().product()).flat_map(|i: usize| ((i % 5) as f32 / 4.0 - 0.5).to_le_bytes()).collect()
        };
        let data: Vec<Vec<u8>> = tensors.iter().map(|(_, shape)| bytes(shape)).collect();
        let views = tensors.iter().zip(&data).map(|((name, shape), data)| {
            (name.clone(), safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), data).unwrap())
        });
        safetensors::serialize_to_file(views, None, &self.file(&format!("{name}/model.safetensors"))).unwrap();
    }
}
