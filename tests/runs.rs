//! Run folders from the command line: training, scoring, prediction, comparisons and import, with other data too.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use serde_json::Value;

use dsc_testing::feature_file;

use feature_file::Py;

/// The vision has learned positions, the audio may be of any length.
const MODEL: &str = "
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

/// A model of texts alone.
const TEXTS: &str = "
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

struct Workspace(tempfile::TempDir);

impl Workspace {
    fn new() -> Workspace {
        let workspace = Workspace(tempfile::tempdir().unwrap());
        std::fs::write(workspace.file("small.dsl"), MODEL).unwrap();
        std::fs::write(workspace.file("words.dsl"), TEXTS).unwrap();
        workspace
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, args: &str) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("dsc"));
        for name in ["DSC_RT", "DSC_LIBTORCH", "DSC_DATA", "HF_HOME", "HF_HUB_CACHE", "DSC_EPOCHS", "DSC_SEEDS"] {
            command.env_remove(name);
        }
        command.current_dir(self.0.path()).args(args.split_whitespace());
        command
    }

    /// Runs `dsc ARGS` and checks its exit code.
    fn dsc(&self, args: &str, code: i32) -> CommandOutput {
        let output = CommandOutput::of(self.command(args).output().unwrap());
        assert_eq!(output.code, Some(code), "dsc {args}\n{}\n{}", output.out, output.err);
        output
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).unwrap()
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// Starts `dsc ARGS`, waits until `file` is not empty, and sends SIGINT.
    fn interrupted(&self, args: &str, file: &str) -> CommandOutput {
        let mut command = self.command(args);
        // A shell that starts the tests with `&` has them ignore it.
        // SAFETY: allowed between fork and exec.
        let default = || (unsafe { libc::signal(libc::SIGINT, libc::SIG_DFL) } != libc::SIG_ERR).then_some(());
        // SAFETY: the closure calls `signal` alone.
        unsafe { command.pre_exec(move || default().ok_or_else(std::io::Error::last_os_error)) };
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        self.wait(&child, file);
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        CommandOutput::of(child.wait_with_output().unwrap())
    }

    fn wait(&self, child: &Child, file: &str) {
        let began = Instant::now();
        while std::fs::metadata(self.file(file)).map_or(0, |m| m.len()) == 0 {
            assert!(began.elapsed() < Duration::from_secs(120), "{} does not write {file}", child.id());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

struct CommandOutput {
    code: Option<i32>,
    out: String,
    err: String,
}

impl CommandOutput {
    fn of(output: Output) -> CommandOutput {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        CommandOutput { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}", self.out))
    }

    /// Standard error as one line, without the frames around messages.
    fn err_line(&self) -> String {
        self.err
            .split(|c: char| c.is_whitespace() || "│╭╰╮·─×".contains(c))
            .filter(|w| !w.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// Two splits in one file: two samples without labels to predict, five with ids that an f32 cannot represent.
fn data(workspace: &Workspace, name: &str, vision: &[usize]) {
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
    Py::Dict(vec![("valid", valid), ("test", test)]).dump(&workspace.file(name));
}

#[test]
fn several_seeds_are_scored_together() {
    let workspace = Workspace::new();
    workspace.dsc("train small.dsl --data demo --seeds 2 --out runs -q", 0);
    let seeds = workspace.json("runs/seeds.json");
    assert_eq!((&seeds["seeds"], &seeds["finished"]), (&Value::from(2), &Value::from(2)));
    assert_eq!(seeds["runs"][1], serde_json::json!({"seed": 2, "folder": "seed-2", "state": "finished"}));
    let mean = workspace.json("runs/results.json");
    assert_eq!((&mean["asked"], &mean["finished"]), (&Value::from(2), &Value::from(2)));
    let mae = |seed: u64| {
        workspace.json(&format!("runs/seed-{seed}/results.json"))["test"]["metrics"]["mae"].as_f64().unwrap()
    };

    let shown = workspace.dsc("eval runs", 0);
    for expected in ["test, seed 1", "test, seed 2", "test, 2 seeds", "equal to the results.json of each seed"] {
        assert!(shown.out.contains(expected), "{expected}\n{}", shown.out);
    }
    let json = workspace.dsc("eval runs --format json", 0).json();
    assert_eq!((&json["split"], &json["equal_to_results"]), (&Value::from("test"), &Value::from(true)));
    let summary = json["summary"].as_array().unwrap().iter().find(|s| s["name"] == "mae").unwrap();
    assert!((summary["mean"].as_f64().unwrap() - (mae(1) + mae(2)) / 2.0).abs() < 1e-12);
    assert_eq!(json["runs"][1]["metrics"]["mae"].as_f64().unwrap(), mae(2));
    let valid = workspace.dsc("eval runs --split valid --format json", 0).json();
    assert_eq!(valid["runs"][0]["samples"], 150);

    // One seed by itself; its memory is its own where the kernel allows.
    let one = workspace.dsc("eval runs/seed-2 --format json", 0).json();
    assert_eq!((&one["seed"], &one["equal_to_results"], &one["samples"]), (&2.into(), &true.into(), &300.into()));
    let peak = &workspace.json("runs/seed-2/results.json")["peak_memory"];
    assert!(
        peak["resident"].as_u64().unwrap() > 10 << 20 && ["run", "process"].contains(&peak["during"].as_str().unwrap())
    );
    let refused = workspace.dsc("predict runs --data demo", 1);
    assert!(refused.err_line().contains("contains the runs of several seeds"), "{}", refused.err);
    assert!(refused.err_line().contains("`runs/seed-1`, `runs/seed-2`"), "{}", refused.err);
}

#[test]
fn all_hypers_are_recorded_and_decide_when_a_run_is_opened_again() {
    let workspace = Workspace::new();
    workspace.dsc("train small.dsl --variant deep --set p=0.25 --data demo --out run -q", 0);
    let run = workspace.json("run/run.json");
    assert_eq!(run["hypers"], serde_json::json!({"d": 6, "p": 0.25, "depth": 2}));
    let origins = serde_json::json!({
        "d": {"recipe": "demo"}, "p": {"command_line": "--set p=0.25"}, "depth": {"variant": "deep"}
    });
    assert_eq!(run["hyper_origins"], origins);
    // Other defaults, another recipe, another variant: the run is what it was.
    let changed = MODEL
        .replace("d     = 4", "d     = 9")
        .replace("p     = 0.5", "p     = 0.9")
        .replace("set depth = 2", "set depth = 3")
        .replace("set d = 6", "set d = 7");
    assert_ne!(changed, MODEL);
    std::fs::write(workspace.file("run/source/small.dsl"), changed).unwrap();
    let scored = workspace.dsc("eval run --format json", 0).json();
    assert_eq!(scored["equal_to_results"], true);
}

#[test]
fn predictions_of_a_split_and_of_all_splits() {
    let workspace = Workspace::new();
    workspace.dsc("train small.dsl --data demo --out run -q", 0);
    // The same numbers in the same columns as the run's own file.
    assert_eq!(workspace.dsc("predict run --split test", 0).out, workspace.text("run/test.csv"));
    let all = workspace.dsc("predict run --data demo", 0).out;
    let mut lines = all.lines();
    assert_eq!(lines.next(), Some("split,id,label,prediction"));
    let of = |split: &str| all.lines().filter(|l| l.starts_with(&format!("{split},"))).count();
    assert_eq!((of("train"), of("valid"), of("test")), (600, 150, 300));
    let json = workspace.dsc("predict run --split valid --format json", 0).json();
    let csv = workspace.text("run/valid.csv");
    let first: Vec<&str> = csv.lines().nth(1).unwrap().split(',').collect();
    assert_eq!((json[0]["split"].as_str(), json[0]["id"].as_str()), (Some("valid"), Some(first[0])));
    assert_eq!(json[0]["prediction"].to_string().parse::<f32>().unwrap(), first[2].parse::<f32>().unwrap());

    // A file of two splits, one of them without labels; audio longer than any that was trained on.
    data(&workspace, "new.pkl", &[3, 20]);
    let csv = workspace.dsc("predict run --data new.pkl", 0).out;
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 5, "{csv}");
    assert!(lines[1].starts_with("valid,0,0,") && lines[2].starts_with("valid,1,0.5,"), "{csv}");
    assert!(lines[3].starts_with("test,16777217,,") && lines[4].starts_with("test,16777219,,"), "{csv}");
    let test = workspace.dsc("predict run --data new.pkl --split test --out test.csv", 0);
    assert!(test.out.is_empty() && test.err.contains("2 predictions in `test.csv`"), "{}", test.err);
    assert!(workspace.text("test.csv").starts_with("id,prediction\n16777217,"), "{}", workspace.text("test.csv"));
    workspace.dsc("predict run --data new.pkl --out new.json --format json", 0);
    assert_eq!(workspace.json("new.json").as_array().unwrap().len(), 4);
    assert_eq!(workspace.json("new.json")[3]["label"], Value::Null);

    // Invalid requests are reported before anything is computed.
    let there = workspace.dsc("predict run --data new.pkl --out test.csv", 1);
    assert!(there.err_line().contains("`test.csv` exists"), "{}", there.err);
    let nowhere = workspace.dsc("predict run --data new.pkl --out no/such/x.csv", 1);
    assert!(nowhere.err_line().contains("there is no folder `no/such`"), "{}", nowhere.err);
    let split = workspace.dsc("predict run --data new.pkl --split train", 1);
    assert!(
        split.err_line().contains("has no split `train`") && split.err.contains("`valid`, `test`"),
        "{}",
        split.err
    );
    workspace.dsc("predict run --data new.pkl --split tset", 2);
}

#[test]
fn samples_that_are_too_long_are_one_fault_before_anything_runs() {
    let workspace = Workspace::new();
    workspace.dsc("train small.dsl --data demo --out run -q", 0);
    data(&workspace, "long.pkl", &[3, 21, 25, 4]);
    let output = workspace.dsc("predict run --data long.pkl", 1);
    let line = output.err_line();
    assert!(
        line.contains("`long.pkl`, test.vision: sample `16777221` has 25 frames, the run allows at most 20"),
        "{line}"
    );
    assert!(line.contains("2 samples are too long: truncate them to 20 frames, remove them, or train again"), "{line}");
    assert_eq!((output.err.matches("E0615").count(), output.err.matches("error").count()), (1, 1), "{}", output.err);
    // The split that is asked for counts, no other.
    assert_eq!(workspace.dsc("predict run --data long.pkl --split valid", 0).out.lines().count(), 3);
    let scored = workspace.dsc("eval run --data long.pkl --split valid --format json", 0).json();
    assert_eq!((&scored["samples"], &scored["equal_to_results"]), (&2.into(), &Value::Null));
    let unlabelled = workspace.dsc("eval run --data long.pkl --split test", 1);
    assert!(unlabelled.err.contains("E0615"), "{}", unlabelled.err);
    data(&workspace, "short.pkl", &[3]);
    let unlabelled = workspace.dsc("eval run --data short.pkl --split test", 1);
    assert!(unlabelled.err_line().contains("has no labels `regression_labels` in split `test`"), "{}", unlabelled.err);
}

#[test]
fn invalid_data_are_recorded_in_the_run() {
    let workspace = Workspace::new();
    let split = |audio_lengths: &[i32], nan: bool| {
        let n = audio_lengths.len();
        let mut vision = Py::sequences(&vec![4; n], 8);
        if let (true, Py::List(samples)) = (nan, &mut vision) {
            samples[1] = Py::List(vec![Py::floats(&[f64::NAN; 8]), Py::floats(&[1.0; 8])]);
        }
        let ids: Vec<String> = (0..n).map(|i| format!("s{i}")).collect();
        Py::Dict(vec![
            ("id", Py::texts(&ids.iter().map(String::as_str).collect::<Vec<_>>())),
            ("regression_labels", Py::floats(&(0..n).map(|i| i as f64 / 3.0).collect::<Vec<_>>())),
            ("audio", Py::sequences(&vec![5; n], 6)),
            ("audio_lengths", Py::ints(audio_lengths)),
            ("vision", vision),
        ])
    };
    let (train, valid, test) = (split(&[5, 0, 2, 0], true), split(&[5, 4, 3], false), split(&[0, 5, 5], false));
    Py::Dict(vec![("train", train), ("valid", valid), ("test", test)]).dump(&workspace.file("own.pkl"));
    let refused = workspace.dsc("train small.dsl --data own.pkl --out run", 1);
    assert!(refused.err.contains("E0607") && !workspace.file("run").exists(), "{}", refused.err);
    let output = workspace.dsc("train small.dsl --data own.pkl --out run --with nonfinite=zero --format json", 0);
    output.json();
    let err = output.err.replace("\\n", " ");
    assert!(err.contains("train.audio: 2 of 4 samples have length 0, the first is `s1`"), "{err}");
    assert!(err.contains("train.vision: 8 NaN and 0 infinite values are replaced by 0"), "{err}");
    let data = &workspace.json("run/run.json")["data"];
    let zeros = serde_json::json!({
        "train": {"audio": {"samples": 2, "first": "s1"}}, "test": {"audio": {"samples": 1, "first": "s0"}}
    });
    assert_eq!(data["zero_lengths"], zeros);
    assert_eq!(data["non_finite"], serde_json::json!({"train": {"vision": {"nan": 8, "inf": 0, "first": 1}}}));
    assert_eq!(data["truncated"], serde_json::json!({}));
    let info = workspace.dsc("data info own.pkl --format json", 0).json();
    assert_eq!(info["splits"][0]["streams"][0]["zero_lengths"]["samples"], 2);
}

/// A split of `n` samples with audio and vision of 6 and 8 features; `more` columns come on top.
fn columns(n: usize, labels: Option<&dyn Fn(usize) -> f64>, more: Vec<(&'static str, Py)>) -> Py {
    let lengths: Vec<usize> = (0..n).map(|i| 2 + i % 4).collect();
    let mut all = vec![("audio", Py::sequences(&vec![5; n], 6)), ("vision", Py::sequences(&lengths, 8))];
    all.extend(labels.map(|label| ("regression_labels", Py::floats(&(0..n).map(label).collect::<Vec<_>>()))));
    all.extend(more);
    Py::Dict(all)
}

/// The same warnings come from `data info`, `check --data` and `train`; for a model only those about what it reads.
#[test]
fn findings_about_data_are_one_list() {
    let workspace = Workspace::new();
    let split = |n: usize| {
        // Zeros in front of one to three frames.
        let frame = |t: usize, first: usize| Py::floats(&[if t < first { 0.0 } else { 1.0 + t as f64 }; 6]);
        let padded = |i: usize| Py::List((0..4).map(|t| frame(t, 1 + i % 3)).collect());
        let mask = Py::List((0..n).map(|_| Py::List(vec![Py::ints(&[0; 3]); 3])).collect());
        let more = vec![("text", Py::sequences(&vec![3; n], 2)), ("text_bert", mask)];
        let Py::Dict(mut all) = columns(n, Some(&|i| (i % 2) as f64), more) else { panic!() };
        all[0].1 = Py::List((0..n).map(padded).collect());
        Py::Dict(all)
    };
    Py::Dict(vec![("train", split(8)), ("valid", split(4)), ("test", split(4))]).dump(&workspace.file("own.pkl"));
    let plain = |err: &str| err.split_whitespace().collect::<Vec<_>>().join(" ");
    let info = plain(&workspace.dsc("data info own.pkl", 0).err);
    let check = plain(&workspace.dsc("check small.dsl --data own.pkl --recipe own", 0).err);
    let train = plain(&workspace.dsc("train small.dsl --data own.pkl --recipe own --out run --with epochs=1", 0).err);
    for text in [&info, &check, &train] {
        assert_eq!(text.matches("padding is in front of the frames in 16 of 16 samples").count(), 1, "{text}");
    }
    for text in [&check, &train] {
        assert!(text.contains("[E0618]") && text.contains("are 0 and 1"), "{text}");
        assert!(!text.contains("train.text"), "{text}");
    }
    assert!(info.contains("train.text: 8 of 8 samples have length 0"), "{info}");
    // Stated in the recipe, padding is no finding, and a run that is opened again reads the data as it was trained.
    let stated = "train small.dsl --data own.pkl --recipe own --with epochs=1 --with padding=front --out front";
    assert!(!workspace.dsc(stated, 0).err.contains("padding"));
    let scored = workspace.dsc("eval front --format json", 0).json();
    assert_eq!(scored["metrics"], workspace.json("front/results.json")["test"]["metrics"]);
    // What a training would refuse is an error of `check --data`.
    let without = |n| columns(n, None, Vec::new());
    Py::Dict(vec![("train", without(4)), ("valid", without(4))]).dump(&workspace.file("none.pkl"));
    let refused = workspace.dsc("check small.dsl --data none.pkl", 1);
    assert_eq!(refused.err.matches("has no labels `regression_labels`").count(), 2, "{}", refused.err);
}

#[test]
fn a_test_split_without_labels_is_predicted_and_not_scored() {
    let workspace = Workspace::new();
    let labelled = |n| columns(n, Some(&|i| i as f64 / 3.0 - 1.0), Vec::new());
    let missing = Py::floats(&[f64::NAN; 3]);
    for (name, test) in
        [("absent", columns(3, None, Vec::new())), ("nan", columns(3, None, vec![("regression_labels", missing)]))]
    {
        let file = format!("{name}.pkl");
        Py::Dict(vec![("train", labelled(8)), ("dev", labelled(4)), ("test", test)]).dump(&workspace.file(&file));
        let output = workspace.dsc(&format!("train small.dsl --data {file} --recipe own --out {name}"), 0);
        assert!(output.err.contains("the test split has no labels"), "{}", output.err);
        let results = workspace.json(&format!("{name}/results.json"));
        assert!(
            results["test"]["metrics"]["mae"].is_null() && results["valid"]["metrics"]["mae"].is_number(),
            "{results}"
        );
        let rows = workspace.text(&format!("{name}/test.csv"));
        assert!(rows.lines().count() == 4 && rows.lines().nth(1).unwrap().starts_with("0,,"), "{rows}");
        assert_eq!(workspace.dsc(&format!("predict {name} --split test"), 0).out.lines().count(), 4);
        workspace.dsc(&format!("eval {name} --split test"), 1);
    }
}

#[test]
fn a_file_per_split_is_read_again() {
    let workspace = Workspace::new();
    for (name, n) in [("a", 8), ("b", 4), ("c", 4)] {
        columns(n, Some(&|i| i as f64 / 3.0), Vec::new()).dump(&workspace.file(&format!("{name}.pkl")));
    }
    let data = "train=a.pkl,valid=b.pkl,test=c.pkl";
    workspace.dsc(&format!("check small.dsl --data {data}"), 0);
    workspace.dsc(&format!("train small.dsl --data {data} --recipe own --out run"), 0);
    let recorded = workspace.json("run/run.json")["data"].clone();
    assert!(recorded["name"] == data && recorded["sha256"].as_str().is_some_and(|s| s.len() == 64), "{recorded}");
    let scored = workspace.dsc("eval run --format json", 0).json();
    assert_eq!(scored["metrics"], workspace.json("run/results.json")["test"]["metrics"]);
}

#[test]
fn two_classes_are_scored_as_classes() {
    let workspace = Workspace::new();
    let model = MODEL.replace("mse", "bce_with_logits").replace("select = min mae ", "family = binary");
    std::fs::write(workspace.file("two.dsl"), model).unwrap();
    let split = |n| columns(n, Some(&|i| (i % 2) as f64), Vec::new());
    Py::Dict(vec![("train", split(9)), ("valid", split(4)), ("test", split(4))]).dump(&workspace.file("own.pkl"));
    workspace.dsc("check two.dsl --data own.pkl --recipe own", 0);
    let output = workspace.dsc("train two.dsl --data own.pkl --recipe own --out run", 0);
    assert!(!output.err.contains("E0618"), "{}", output.err);
    let results = workspace.json("run/results.json");
    assert_eq!((results["family"].as_str(), results["select"].as_str()), (Some("binary"), Some("max acc2")));
    let metrics = results["test"]["metrics"].as_object().unwrap();
    assert_eq!(metrics.keys().collect::<Vec<_>>(), ["acc2", "f1", "auc"]);
    // Four of nine: the constant is the logit of their share, which predicts class 0.
    assert!((results["constant"]["value"].as_f64().unwrap() - (4f64 / 5.0).ln()).abs() < 1e-6);
    assert_eq!(results["constant"]["test"]["metrics"]["acc2"], 0.5);
}

#[test]
fn token_ids_train_where_there_are_no_texts() {
    let workspace = Workspace::new();
    let split = |n: usize| {
        let ids = |i: i32| Py::List(vec![Py::ints(&[2, 5 + i, 3, 0]), Py::ints(&[1, 1, 1, 0]), Py::ints(&[0; 4])]);
        columns(n, Some(&|i| i as f64 / 3.0), vec![("text_bert", Py::List((0..n as i32).map(ids).collect()))])
    };
    Py::Dict(vec![("train", split(8)), ("valid", split(4)), ("test", split(4))]).dump(&workspace.file("ids.pkl"));
    let output = workspace.dsc("train words.dsl --data ids.pkl --recipe demo --out run", 0);
    assert!(output.err.contains("token ids in `text_bert` are used as they are"), "{}", output.err);
    assert_eq!(workspace.json("run/run.json")["dims"]["max_lengths"]["T"], 3);
    let scored = workspace.dsc("eval run --format json", 0).json();
    assert_eq!(scored["metrics"], workspace.json("run/results.json")["test"]["metrics"]);
}

#[test]
fn a_known_data_set_that_is_not_aligned_is_refused() {
    let workspace = Workspace::new();
    let shared =
        MODEL.replace("Seq<audio>[Ta, fa]", "Seq<audio>[T, fa]").replace("Seq<vision>[Tv, fv]", "Seq<vision>[T, fv]");
    std::fs::write(workspace.file("shared.dsl"), shared).unwrap();
    for command in ["check", "summary", "dump"] {
        let refused = workspace.dsc(&format!("{command} shared.dsl --data mosi"), 1);
        assert!(refused.err.contains("E0616") && refused.err.contains("--data mosi_aligned"), "{}", refused.err);
        workspace.dsc(&format!("{command} shared.dsl --data mosi_aligned"), 0);
    }
    let same = |n: usize| columns(n, Some(&|i| i as f64 / 3.0), Vec::new());
    Py::Dict(vec![("train", same(8)), ("valid", same(4)), ("test", same(4))]).dump(&workspace.file("own.pkl"));
    for command in ["check", "train"] {
        let refused = workspace.dsc(&format!("{command} shared.dsl --data own.pkl"), 1);
        assert!(refused.err.contains("E0616"), "{}", refused.err);
    }
}

#[test]
fn texts_that_are_cut_or_missing() {
    let workspace = Workspace::new();
    let output = workspace.dsc("train words.dsl --data demo --out run", 0);
    assert!(output.err.contains("of 1050 texts were cut to 5 tokens"), "{}", output.err);
    let cut = &workspace.json("run/run.json")["data"]["truncated"];
    assert!(["train", "valid", "test"].iter().all(|s| cut[s].as_u64().unwrap() > 0), "{cut}");
    data(&workspace, "no_text.pkl", &[3]);
    let output = workspace.dsc("predict run --data no_text.pkl", 1);
    let line = output.err_line();
    assert!(
        line.contains("`no_text.pkl` has no texts `raw_text` in split `valid`, required by input `text`"),
        "{line}"
    );
    assert_eq!(output.err.matches("E06").count(), 1, "{}", output.err);
}

#[test]
fn an_interrupted_training_says_how_it_stands() {
    let workspace = Workspace::new();
    let output = workspace.interrupted("train small.dsl --data demo --epochs 5000 --out run", "run/metrics.jsonl");
    assert_eq!(output.code, Some(130), "{}", output.err);
    assert!(output.err.contains("interrupted in epoch ") && output.err.contains("of 5000 after "), "{}", output.err);
    assert!(output.err.contains("`dsc eval run` scores it on the validation split"), "{}", output.err);
    assert!(workspace.file("run/last.safetensors").is_file() && !workspace.file("run/results.json").exists());
    let scored = workspace.dsc("eval run", 0);
    assert!(scored.err.contains("the run is not finished, "), "{}", scored.err);
    assert!(scored.out.contains("valid"), "{}", scored.out);
    assert!(workspace.dsc("predict run --data demo --split test", 1).err.contains("E0923"));
    assert!(workspace.dsc("eval run --data demo --split test", 1).err.contains("E0923"));
    let predicted = workspace.dsc("predict run", 0);
    assert!(predicted.err.contains("the test split of its data is left out"), "{}", predicted.err);
    assert!(!predicted.out.contains("\ntest,") && predicted.out.contains("\nvalid,"));
    data(&workspace, "new.pkl", &[3]);
    assert_eq!(workspace.dsc("predict run --data new.pkl --split test", 0).out.lines().count(), 2);

    // The test split is scored once: this finishes the run, which says that it was stopped.
    let done = scored.err.split(", ").nth(1).unwrap().split(' ').next().unwrap().parse::<u64>().unwrap();
    let finished = workspace.dsc("eval run --split test", 0);
    assert!(finished.err.contains(&format!("was stopped after {done} of 5000 epochs")), "{}", finished.err);
    assert!(finished.out.contains("test") && finished.out.contains("equal to results.json"), "{}", finished.out);
    let results = workspace.json("run/results.json");
    assert_eq!((&results["stopped_of"], &results["epochs"]), (&5000.into(), &done.into()));
    assert_eq!((&results["test_reads"], &results["test"]["samples"]), (&1.into(), &300.into()));
    assert!(results["epoch"].as_u64().unwrap() < done);
    assert_eq!(workspace.dsc("predict run --split test", 0).out, workspace.text("run/test.csv"));
    assert!(workspace.dsc("eval run", 0).err.is_empty());
}

#[test]
fn the_test_split_of_a_running_training_is_refused() {
    let workspace = Workspace::new();
    let mut command = workspace.command("train small.dsl --data demo --epochs 5000 --out run");
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    workspace.wait(&child, "run/metrics.jsonl");
    let refused = workspace.dsc("eval run --split test", 1);
    let valid = workspace.dsc("eval run", 0);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(refused.err_line().contains("E0923") && refused.err_line().contains("is being trained"), "{}", refused.err);
    assert!(valid.err.contains("the run is not finished"), "{}", valid.err);
    // Killed without any chance to save: the test split can be scored all the same.
    assert!(workspace.dsc("eval run --split test", 0).err.contains("of 5000 epochs"));
}

#[test]
fn files_of_a_run_that_have_changed_are_named() {
    let workspace = Workspace::new();
    workspace.dsc("train small.dsl --data demo --with standardize=train --out run -q", 0);
    let equal = workspace.dsc("eval run", 0);
    assert!(equal.out.contains("equal to results.json"), "{}", equal.out);

    // One weight, as an editor of checkpoints would set it.
    let weights = workspace.file("run/best.safetensors");
    let mut bytes = std::fs::read(&weights).unwrap();
    let original = bytes.clone();
    let end = bytes.len();
    bytes[end - 4..].copy_from_slice(&7.5f32.to_le_bytes());
    std::fs::write(&weights, &bytes).unwrap();
    let edited = workspace.dsc("eval run", 1);
    assert!(edited.err_line().contains("E0927"), "{}", edited.err);
    assert!(
        edited.err_line().contains("the weights of `run` have changed since the run was finished"),
        "{}",
        edited.err
    );
    assert!(edited.out.contains("changed since the run was finished: best.safetensors"), "{}", edited.out);
    assert!(!edited.out.contains("last digits"), "{}", edited.out);
    let json = workspace.dsc("eval run --format json", 1).json();
    assert_eq!(
        (&json["equal_to_results"], &json["changed_files"]),
        (&false.into(), &serde_json::json!(["best.safetensors"]))
    );
    let predicted = workspace.dsc("predict run --split test", 0);
    assert!(predicted.err.contains("run: changed since the run was finished: best.safetensors"), "{}", predicted.err);
    std::fs::write(&weights, &original).unwrap();
    assert!(workspace.dsc("eval run", 0).out.contains("equal to results.json"));

    // Other statistics of the features change the scores as well.
    let text = workspace.text("run/results.json");
    let statistics = workspace.text("run/standardizer.json");
    std::fs::write(workspace.file("run/standardizer.json"), statistics.replacen("0.", "1.", 5)).unwrap();
    let other = workspace.dsc("eval run", 0);
    assert!(other.out.contains("changed since the run was finished: standardizer.json"), "{}", other.out);
    std::fs::write(workspace.file("run/standardizer.json"), statistics).unwrap();

    // Results that say something else, or that cannot be read.
    let mut results = workspace.json("run/results.json");
    results["test"]["metrics"]["mae"] = 0.001.into();
    std::fs::write(workspace.file("run/results.json"), results.to_string()).unwrap();
    let edited = workspace.dsc("eval run", 0);
    assert!(edited.out.contains("results.json was changed"), "{}", edited.out);
    std::fs::write(workspace.file("run/results.json"), &text[..text.len() / 2]).unwrap();
    let broken = workspace.dsc("eval run", 0);
    assert!(
        broken.err.contains("cannot be compared with those of the training: cannot read `run/results.json`"),
        "{}",
        broken.err
    );
    assert!(!broken.out.contains("results.json"), "{}", broken.out);
    assert_eq!(workspace.dsc("eval run --format json", 0).json()["equal_to_results"], Value::Null);
}

#[test]
fn the_selected_epoch_is_that_of_the_weights() {
    let workspace = Workspace::new();
    workspace.dsc("train small.dsl --data demo --epochs 1 --out short -q", 0);
    workspace.dsc("train small.dsl --data demo --epochs 6 --out run -q", 0);
    let best = workspace.json("run/results.json")["epoch"].as_u64().unwrap() + 1;
    assert!(best > 1, "the first epoch is not the best");
    // As after a kill between the two checkpoints of an epoch.
    std::fs::copy(workspace.file("short/last.safetensors"), workspace.file("run/last.safetensors")).unwrap();
    std::fs::remove_file(workspace.file("run/results.json")).unwrap();
    let scored = workspace.dsc("eval run", 0);
    assert!(scored.err.contains(&format!("{best} of 6 epochs are done")), "{}", scored.err);
    assert!(scored.err.contains(&format!("its best epoch so far, epoch {best}")), "{}", scored.err);
}

#[test]
fn a_model_that_does_not_fit_is_refused_with_what_fits() {
    let workspace = Workspace::new();
    let refused = workspace.dsc("train small.dsl --set d=900000000 --data demo --out run", 1);
    let line = refused.err_line();
    assert!(line.contains("E0706") && line.contains("does not fit: weights, gradients and moments of its"), "{line}");
    assert!(line.contains("parameters fit with this optimiser") && line.contains("small.dsl:"), "{line}");
    assert!(!workspace.file("run").exists() && !refused.err.contains("panicked"), "{}", refused.err);
}

#[test]
fn losses_gradients_and_predictions_name_their_line() {
    let workspace = Workspace::new();
    let train = |name: &str, from: &str, to: &str| {
        let text = MODEL.replace(from, to);
        assert_ne!(text, MODEL, "{name}");
        std::fs::write(workspace.file(&format!("{name}.dsl")), text).unwrap();
        let args = format!("train {name}.dsl --data demo --epochs 1 --out {name} --format concise");
        workspace.dsc(&args, 1).err_line()
    };
    let line = train("logs", "mse(score, target: y)", "mse(score, target: log(y))");
    assert!(
        line.contains("logs.dsl:16:") && line.contains("E0920") && line.contains("in epoch 1, step 1: `log` is NaN"),
        "{line}"
    );
    let line = train("loops", "{ h = relu(h) }", "{ h = relu(h) |> dropout(p: p) |> sqrt() }");
    assert!(line.contains("loops.dsl:13:") && line.contains("E0926"), "{line}");
    assert!(line.contains("the derivative of `sqrt` (l = 0) is infinite for samples `"), "{line}");
}

#[test]
fn a_second_output_is_scored_predicted_and_reported() {
    let workspace = Workspace::new();
    let text = MODEL
        .replace("label y      : Real", "label y : Real\nlabel z : Real from \"regression_labels\"")
        .replace(
            "  output score for y\n",
            "  let other = mean(a) |> MLP(widths: [1]) |> scalar()\n  output score for y\n  output other for z\n",
        )
        .replace("  loss prediction", "  loss second = mse(other, target: z)\n  loss prediction");
    std::fs::write(workspace.file("two.dsl"), text).unwrap();
    let trained = {
        let mut command = workspace.command("train two.dsl --data demo --out run --with");
        CommandOutput::of(command.arg("select=min z.mae").output().unwrap())
    };
    assert_eq!(trained.code, Some(0), "{}", trained.err);
    assert!(
        trained.err.contains("train losses: second ") && trained.err.contains("valid mae of z 0."),
        "{}",
        trained.err
    );
    assert!(trained.err.contains(" (best)") && !trained.err.contains(" * "), "{}", trained.err);
    assert!(
        trained.out.contains("Small, seed 1, output for z") && trained.out.contains("`min z.mae`"),
        "{}",
        trained.out
    );
    let results = workspace.json("run/results.json");
    let mae = results["outputs"]["z"]["test"]["metrics"]["mae"].as_f64().unwrap();
    assert_ne!(mae, results["test"]["metrics"]["mae"].as_f64().unwrap());
    let scored = workspace.dsc("eval run", 0);
    assert!(scored.out.contains("output for z") && scored.out.contains("equal to results.json"), "{}", scored.out);
    let json = workspace.dsc("eval run --format json", 0).json();
    assert_eq!(json["outputs"]["z"]["metrics"]["mae"].as_f64(), Some(mae));
    let predicted = workspace.dsc("predict run --split test", 0).out;
    assert!(predicted.starts_with("id,label,prediction,label.z,prediction.z\n"), "{predicted}");
    assert_eq!(predicted, workspace.text("run/test.csv"));
    let json = workspace.dsc("predict run --split test --format json", 0).json();
    assert_eq!(json[0]["outputs"]["z"]["label"], json[0]["label"]);
    // A comparison has tables for both.
    let all = workspace.dsc("ablate two.dsl --data demo --seeds 1 --epochs 1 --no-unimodal --out all -q", 0);
    for title in ["Test, output for z", "Test, output for z, minus Small"] {
        assert!(all.out.contains(title), "{title}: {}", all.out);
    }
    assert!(workspace.text("all/table.csv").contains("\"deep\",z.mae,1,"), "{}", workspace.text("all/table.csv"));
}

#[test]
fn an_interrupted_seed_takes_no_other_with_it() {
    let workspace = Workspace::new();
    let args = "train small.dsl --data demo --epochs 4 --seeds 500 --out runs";
    let output = workspace.interrupted(args, "runs/seed-2/results.json");
    assert_eq!(output.code, Some(130), "{}", output.err);
    assert!(output.err.contains("of 500 seeds are finished: `dsc eval runs` scores them"), "{}", output.err);
    let seeds = workspace.json("runs/seeds.json");
    let finished = seeds["finished"].as_u64().unwrap();
    assert!((2..500).contains(&finished) && seeds["seeds"] == 500, "{seeds}");
    let mean = workspace.json("runs/results.json");
    assert_eq!((mean["finished"].as_u64(), mean["asked"].as_u64()), (Some(finished), Some(500)));
    let scored = workspace.dsc("eval runs --format json", 0);
    assert_eq!(scored.json()["runs"].as_array().unwrap().len() as u64, finished);
    assert!(scored.err.contains(&format!("{finished} of 500 seeds are finished")), "{}", scored.err);
}

#[test]
fn runs_without_weights_or_results_are_distinguished() {
    let workspace = Workspace::new();
    workspace.dsc("train small.dsl --data demo --seeds 2 --epochs 1 --out runs -q", 0);
    // As if the first epoch had not ended.
    for seed in ["1", "2"] {
        std::fs::remove_file(workspace.file(&format!("runs/seed-{seed}/results.json"))).unwrap();
    }
    std::fs::remove_file(workspace.file("runs/seed-1/best.safetensors")).unwrap();
    let output = workspace.dsc("eval runs/seed-1", 1);
    assert!(output.err.contains("E0924") && output.err_line().contains("before its first one ended"), "{}", output.err);
    let mut seeds = workspace.json("runs/seeds.json");
    seeds["finished"] = 0.into();
    seeds["runs"].as_array_mut().unwrap().iter_mut().for_each(|r| r["state"] = "interrupted".into());
    std::fs::write(workspace.file("runs/seeds.json"), seeds.to_string()).unwrap();
    let output = workspace.dsc("eval runs", 1);
    assert!(
        output.err.contains("E0925") && output.err_line().contains("`dsc eval runs/seed-2 --split valid`"),
        "{}",
        output.err
    );
    // A folder above runs, a file, nothing at all.
    let output = workspace.dsc("eval .", 1);
    assert!(
        output.err_line().contains("`.` is not a run: it contains one run") && output.err.contains("give `./runs`"),
        "{}",
        output.err
    );
    assert!(workspace.dsc("eval small.dsl", 1).err_line().contains("it is a file"));
    assert!(workspace.dsc("predict nowhere", 1).err_line().contains("the folder does not exist"));
}

#[test]
fn data_that_moved_are_asked_for() {
    let workspace = Workspace::new();
    let split = |n: usize| {
        Py::Dict(vec![
            ("regression_labels", Py::floats(&(0..n).map(|i| i as f64 / 3.0).collect::<Vec<_>>())),
            ("audio", Py::sequences(&vec![5; n], 6)),
            ("vision", Py::sequences(&vec![4; n], 8)),
        ])
    };
    Py::Dict(vec![("train", split(8)), ("valid", split(4)), ("test", split(4))]).dump(&workspace.file("own.pkl"));
    workspace.dsc("train small.dsl --data own.pkl --out run -q", 0);
    std::fs::rename(workspace.file("own.pkl"), workspace.file("moved.pkl")).unwrap();
    let output = workspace.dsc("eval run", 1);
    assert!(output.err_line().contains("are no longer there") && output.err.contains("--data"), "{}", output.err);
    assert_eq!(workspace.dsc("eval run --data moved.pkl --format json", 0).json()["samples"], 4);
    assert!(Path::new(&workspace.file("run/results.json")).is_file());
}

#[test]
fn an_ablation_trains_what_is_missing_or_has_changed() {
    let workspace = Workspace::new();
    let ablate = |args: &str, code: i32| workspace.dsc(&format!("ablate small.dsl --data demo --out all {args}"), code);
    let done = ablate("--seeds 2", 0);
    // Base, one variant, three models of one modality.
    assert!(done.err.contains("10 runs to train") && done.err.contains("0 are finished already"), "{}", done.err);
    let rows: Vec<&str> = done.out.lines().filter_map(|l| l.split_whitespace().next()).collect();
    for row in ["Small", "deep", "unimodal/text", "unimodal/audio", "unimodal/vision", "constant"] {
        assert!(rows.contains(&row), "{row}: {}", done.out);
    }
    // Each run records the command that repeats it by itself.
    let run = workspace.json("all/deep/seed-2/run.json");
    let command: Vec<&str> = run["command"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    let has = |words: [&str; 2]| command.windows(2).any(|pair| pair == words);
    assert!(command.starts_with(&["dsc", "train", "small.dsl"]), "{command:?}");
    assert!(has(["--variant", "deep"]) && has(["--with", "seed=2"]) && has(["--threads", "1"]), "{command:?}");
    let mae = |row: &str, seed: u64| {
        workspace.json(&format!("all/{row}/seed-{seed}/results.json"))["test"]["metrics"]["mae"].as_f64().unwrap()
    };
    let csv = workspace.text("all/table.csv");
    let line = csv.lines().find(|l| l.starts_with("\"deep\",mae,2,")).unwrap();
    let cells: Vec<f64> = line.split(',').skip(3).map(|c| c.parse().unwrap()).collect();
    let differences = [mae("deep", 1) - mae("Small", 1), mae("deep", 2) - mae("Small", 2)];
    assert!((cells[0] - (mae("deep", 1) + mae("deep", 2)) / 2.0).abs() < 1e-12, "{line}");
    assert!((cells[2] - (differences[0] + differences[1]) / 2.0).abs() < 1e-12, "{line}");
    assert!((cells[3] - ((differences[0] - differences[1]) / 2.0).abs()).abs() < 1e-12, "{line}");
    assert!(
        workspace.text("all/table.md").contains("| Test, minus Small |")
            && workspace.text("all/table.tex").contains("\\toprule")
    );
    // The unimodal models were trained as the model is.
    let settings = |row: &str| workspace.json(&format!("all/{row}/seed-1/run.json"))["settings"]["optimizer"].clone();
    assert_eq!(settings("unimodal/text"), settings("Small"));

    // A variant that is called otherwise is found by its graph; one that changed is trained again beside the old runs.
    let text =
        MODEL.replace("variant deep { set depth = 2 }", "variant deeper { set depth = 2 }\nvariant wide { set d = 7 }");
    std::fs::write(workspace.file("small.dsl"), text).unwrap();
    let again = ablate("--seeds 2 --format json", 0);
    assert!(again.err.contains("2 runs to train") && again.err.contains("10 are finished already"), "{}", again.err);
    let json = again.json();
    let names: Vec<&str> = json["rows"].as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Small", "deeper", "wide", "unimodal/text", "unimodal/audio", "unimodal/vision"]);
    assert_eq!((&json["rows"][1]["seeds"], &json["rows"][2]["missing"]), (&serde_json::json!([1, 2]), &0.into()));

    // A failing run does not affect the others.
    let text = MODEL.replace(
        "variant deep { set depth = 2 }",
        "variant bad { loss prediction *= 3e38 }\nvariant late { set d = 9 }",
    );
    std::fs::write(workspace.file("small.dsl"), text).unwrap();
    let failed = ablate("--seeds 1 --no-unimodal", 1);
    assert!(failed.err.contains("bad, seed 1: failed; see all/bad/seed-1.log"), "{}", failed.err);
    assert!(
        failed.err.contains("late, seed 1:") && failed.out.contains("bad: 1 of 1 runs are missing"),
        "{}",
        failed.out
    );
    assert!(workspace.json("all/late/seed-1/results.json")["test"].is_object());
    std::fs::remove_dir_all(workspace.file("all/late")).unwrap();
    std::fs::write(workspace.file("all/late"), "in the way").unwrap();
    let refused = ablate("--seeds 1 --no-unimodal", 1);
    assert!(refused.err.contains("all/late"), "{}", refused.err);
    std::fs::remove_file(workspace.file("all/late")).unwrap();
    // Ctrl-C is passed on to the runs, and their files are kept when they are trained again.
    let args = "ablate small.dsl --data demo --out all --seeds 1 --no-unimodal --variants late --epochs 500 --jobs 1";
    let stopped = workspace.interrupted(args, "all/Small/seed-1-2/metrics.jsonl");
    assert_eq!(stopped.code, Some(130), "{}", stopped.err);
    assert!(stopped.err.contains("Small, seed 1: interrupted"), "{}", stopped.err);
    assert!(workspace.file("all/Small/seed-1-2/last.safetensors").is_file());
    assert!(stopped.out.contains("late: 1 of 1 runs are missing"), "{}", stopped.out);
    let unknown = ablate("--variants deap", 1);
    assert!(unknown.err.contains("E0517") && unknown.err.contains("other variants are bad, late"), "{}", unknown.err);
}

#[test]
fn a_sweep_has_a_row_for_each_value_and_a_plot() {
    let workspace = Workspace::new();
    let done = workspace.dsc("sweep small.dsl --set d=3,5 --set p=0.1 --data demo --out all", 0);
    assert!(done.err.contains("5 runs to train"), "{}", done.err);
    for row in ["unimodal/text", "unimodal/audio", "unimodal/vision", "constant"] {
        assert!(done.out.contains(row), "{row}: {}", done.out);
    }
    assert!(done.out.contains("Test, minus d=3"), "{}", done.out);
    for (row, d) in [("d=3", 3), ("d=5", 5)] {
        let hypers = &workspace.json(&format!("all/{row}/seed-1/run.json"))["hypers"];
        assert_eq!((&hypers["d"], &hypers["p"]), (&d.into(), &0.1.into()));
    }
    let plot = workspace.text("all/plot.svg");
    assert!(plot.starts_with("<svg ") && plot.contains(">5</text>") && plot.contains("<polyline "), "{plot}");
    let again = workspace.dsc("sweep small.dsl --set d=3,4,5 --set p=0.1 --data demo --out all -q --no-unimodal", 0);
    assert!(again.err.is_empty() && workspace.file("all/d=4/seed-1/results.json").is_file(), "{}", again.err);
    let output = workspace.dsc("sweep small.dsl --set d=3 --data demo --out all", 2);
    assert!(output.err.contains("no hyper has several values"), "{}", output.err);
}

/// The weights of a finished run are imported: without a weight map, and with one under other names.
#[test]
fn weights_from_elsewhere_make_a_run() {
    let workspace = Workspace::new();
    workspace.dsc("train small.dsl --data demo --seed 3 --out own -q", 0);
    let scores = |run: &str| workspace.dsc(&format!("eval {run} --format json"), 0).json()["metrics"].clone();
    let own = scores("own");

    // A checkpoint of dsc needs no weight map.
    let output = workspace.dsc("import small.dsl --weights own/best.safetensors --data demo --out plain", 0);
    assert!(output.out.contains("imported weights, not trained"), "{}", output.out);
    assert_eq!((scores("plain"), workspace.json("plain/results.json")["epochs"].clone()), (own.clone(), 0.into()));

    // The map that lies beside the model, for a file whose names differ and that holds more.
    let bytes = std::fs::read(workspace.file("own/best.safetensors")).unwrap();
    let ours = SafeTensors::deserialize(&bytes).unwrap();
    let mut theirs: Vec<(String, Tensor)> = Vec::new();
    for (name, view) in ours.iter() {
        let numbers: Vec<u8> = view.data().to_vec();
        let (name, shape) = match name.strip_prefix("score.mlp.0.") {
            Some(kind) => (format!("head.0.{kind}"), view.shape().to_vec()),
            None if name == "h.weight" => ("net.positions".to_owned(), [&[1], view.shape()].concat()),
            None => (format!("net.{}", name.replace(".linear", "_proj")), view.shape().to_vec()),
        };
        theirs.push((name, Tensor { shape, numbers }));
    }
    theirs.push(("net.unused.weight".to_owned(), Tensor { shape: vec![2], numbers: vec![0; 8] }));
    let write = |file: &str, tensors: &[(String, Tensor)]| {
        safetensors::serialize_to_file(tensors.iter().map(|(n, t)| (n, t)), None, &workspace.file(file)).unwrap();
    };
    write("theirs.safetensors", &theirs);
    // A model that was trained on several devices, or compiled, has a text in front of all names.
    let wrapped = |(name, view): (String, TensorView<'_>)| {
        let (shape, numbers) = (view.shape().to_vec(), view.data().to_vec());
        (format!("module._orig_mod.{name}"), Tensor { shape, numbers })
    };
    let wrapped: Vec<(String, Tensor)> = ours.tensors().into_iter().map(wrapped).collect();
    write("wrapped.safetensors", &wrapped);
    workspace.dsc("import small.dsl --weights wrapped.safetensors --data demo --out wrapped", 0);
    assert_eq!(scores("wrapped"), own);

    let import = "import small.dsl --weights theirs.safetensors --data demo --out";
    let output = workspace.dsc(&format!("{import} none"), 1);
    assert!(output.err_line().contains("E0918") && output.err_line().contains("need a weight map"), "{}", output.err);
    assert!(!workspace.file("none").exists(), "the next try may have the same folder");

    let map =
        "score.mlp.{i}.{kind} = head.{i}.{kind}\nh.weight = net.positions\n{x}.linear.{kind} = net.{x}_proj.{kind}\n";
    std::fs::write(workspace.file("small.names"), map).unwrap();
    let output = workspace.dsc(&format!("{import} left"), 1);
    assert!(output.err_line().contains("tensor `net.unused.weight` is not used"), "{}", output.err);
    std::fs::write(workspace.file("small.names"), format!("{map}- net.unused.{{kind}}\n")).unwrap();
    workspace.dsc(&format!("{import} mapped"), 0);
    assert_eq!(scores("mapped"), own);
    assert_eq!(workspace.text("mapped/test.csv"), workspace.text("own/test.csv"));
    // A checkpoint of dsc does not use an existing weight map either.
    workspace.dsc("import small.dsl --weights own/best.safetensors --data demo --out again", 0);
    assert_eq!(scores("again"), own);
    assert_eq!(
        workspace.json("mapped/run.json")["imported"]["names"],
        Value::from(format!("{map}- net.unused.{{kind}}\n"))
    );

    // A chunk of a tensor that no parameter uses.
    let part = map.replace("h.weight = net.positions", "h.weight = net.positions [1/2]");
    std::fs::write(workspace.file("part.names"), format!("{part}- net.unused.{{kind}}\n")).unwrap();
    let output = workspace.dsc(&format!("{import} part --names part.names"), 1);
    assert!(output.err_line().contains("no parameter uses chunk 2 of 2 of `net.positions`"), "{}", output.err);

    // What is missing, of another shape, or not understood.
    write("less.safetensors", &theirs[1..]);
    let output = workspace.dsc("import small.dsl --weights less.safetensors --data demo --out less", 1);
    assert!(output.err_line().contains("is missing (parameter `"), "{}", output.err);
    let output = workspace.dsc(&format!("{import} wide --set d=7"), 1);
    assert!(output.err_line().contains("has shape"), "{}", output.err);
    std::fs::write(workspace.file("other.names"), "a b\n").unwrap();
    let output = workspace.dsc(&format!("{import} bad --names other.names"), 1);
    assert!(output.err_line().contains("other.names, line 1: missing `=`"), "{}", output.err);
    let output = workspace.dsc(&format!("{import} gone --names gone.names"), 1);
    assert!(output.err_line().contains("cannot read `gone.names`"), "{}", output.err);
}

struct Tensor {
    shape: Vec<usize>,
    numbers: Vec<u8>,
}

impl safetensors::View for &Tensor {
    fn dtype(&self) -> safetensors::Dtype {
        safetensors::Dtype::F32
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn data(&self) -> std::borrow::Cow<'_, [u8]> {
        (&self.numbers).into()
    }
    fn data_len(&self) -> usize {
        self.numbers.len()
    }
}

#[test]
fn the_runtime_starts_with_libtorch_and_a_quiet_openmp() {
    let workspace = Workspace::new();
    let dsc = |args: &str| assert_cmd::Command::from_std(workspace.command(args));
    let shown = dsc("doctor --format json").assert().success();
    let report: serde_json::Value = serde_json::from_slice(&shown.get_output().stdout).unwrap();
    assert_eq!(report["ready"], true);
    assert_eq!(report["runtime"]["omp_wait_policy"], "PASSIVE");
    assert_eq!(report["runtime"]["built_for"], "2.11.0");
    assert_eq!(report["libtorch"]["folder"], report["runtime"]["libtorch"], "the launcher knows where it loads from");
    assert_eq!(report["libtorch"]["baked"], true, "the path in the program leads there");
    // replaced, not started: the same answer through `exec`, and the user's own policy wins
    let shown = dsc("probe").env("OMP_WAIT_POLICY", "ACTIVE").assert().success();
    let probe: serde_json::Value = serde_json::from_slice(&shown.get_output().stdout).unwrap();
    assert_eq!(probe["omp_wait_policy"], "ACTIVE");
}

#[test]
fn recipes_have_one_set_of_faults_in_check_and_train() {
    let workspace = Workspace::new();
    let circle = format!("{MODEL}recipe one = two {{}}\nrecipe two = one {{}}\n");
    std::fs::write(workspace.file("circle.dsl"), circle).unwrap();
    let faults = |command: &str| {
        let output = workspace.dsc(&format!("{command} --data demo --format concise"), 1);
        output.err.lines().filter(|l| l.contains("E0513")).map(str::to_owned).collect::<Vec<_>>()
    };
    let (check, train) = (faults("check small.dsl --recipe nope"), faults("train small.dsl --recipe nope"));
    assert!(check.len() == 1 && check == train, "{check:?}\n{train:?}");
    let (check, train) = (faults("check circle.dsl"), faults("train circle.dsl --recipe two"));
    assert!(check.len() == 1 && check == train, "{check:?}\n{train:?}");
    // Constants, and their faults, are those of a recipe too.
    workspace.dsc("train small.dsl --data demo --with epochs=2-1 --set d=2*3 --out computed", 0);
    assert_eq!(workspace.json("computed/run.json")["settings"]["epochs"], 1);
    assert_eq!(workspace.json("computed/run.json")["hypers"]["d"], 6);
    let output = workspace.dsc("train small.dsl --data demo --with epochs=1/0", 1);
    assert!(output.err.contains("E0406") && output.err.contains("--with epochs=1/0"), "{}", output.err);
}
