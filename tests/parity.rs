//! Our runtime against independent PyTorch code (`tests/parity/*.py`): every primitive, every block of the standard
//! library and the stock models; outputs, losses, retrieval vectors and the gradients of all parameters, on ragged
//! batches whose padding is noise.
//!
//! The references compute in float64, sample by sample, without padding or masks. We are compared with them in float64,
//! where only the equations can differ, and in float32, which is what trains.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "parity/fixture.rs"]
mod fixture;
use dsc_testing::skip;

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use dsc_data::text::WeightFile;
use dsc_graph::Graph;
use dsc_graph::dims::DimTable;
use dsc_graph::statics::Static;
use dsc_language::EmbeddedWorld;
use dsc_language::lower::{Options, Setting, compile};
use dsc_language::sema::program;
use dsc_runtime::tch::{Device, Kind, Tensor};
use dsc_runtime::{CompanionRows, Evaluated, Mode, Packing, ParamStore, Program, StepBatch, Stream, Want};
use dsc_syntax::source::{FsWorld, Span};
use dsc_train::initial_weights::InitialWeights;
use dsc_train::weight_map::WeightMap;
use fixture::{Array, Fixture, fixtures};
use serde_json::Value;
use skip::{Lacks, skip};
use std::path::Path;
use std::process::Command;

/// Largest difference allowed in float64, relative to the largest entry.
const EXACT: f64 = 1e-12;

/// An entry of a gradient that is 0 by theory (the bias of a key: softmax does not see it) is rounding noise beside the
/// other gradients, so no gradient is measured by less than this part of the largest entry of all of them.
const FLOOR_OF_GRADIENTS: f64 = 1e-2;

/// Outputs and losses are of the order of 1; one that is almost 0 is measured by this.
const FLOOR: f64 = 0.1;

fn value(v: &Value) -> Static {
    match v {
        Value::Bool(b) => Static::Bool(*b),
        Value::String(s) => Static::Str(s.clone()),
        Value::Number(n) => n.as_i64().map_or_else(|| Static::Float(n.as_f64().unwrap()), Static::Int),
        other => panic!("no static value: {other}"),
    }
}

fn table(v: &Value) -> BTreeMap<String, i64> {
    v.as_object().unwrap().iter().map(|(k, v)| (k.clone(), v.as_i64().unwrap())).collect()
}

/// Compiles the program of a fixture with its dims bound.
fn compiled(f: &Fixture) -> (Graph, DimTable) {
    let about = &f.about;
    let loaded = match about["file"].as_str() {
        Some(file) => program::Program::load(&FsWorld, &format!("{}/{file}", env!("CARGO_MANIFEST_DIR"))),
        None => program::Program::load_text(&FsWorld, &format!("{}.dsl", f.name), about["source"].as_str().unwrap()),
    };
    let errors: Vec<String> = loaded.diagnostics.iter().filter(|d| d.is_error()).map(|d| format!("{d:?}")).collect();
    assert!(errors.is_empty(), "{}: {errors:#?}", f.name);
    let dims = DimTable { widths: table(&about["widths"]), max_lengths: table(&about["max_lengths"]) };
    let encoder = about["encoder"].as_object().into_iter().flatten();
    let options = Options {
        variant: about["variant"].as_str().map(str::to_owned),
        sets: about["sets"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(k, v)| Setting { name: k.clone(), value: value(v), span: Span::NONE })
            .collect(),
        dims: Some(dims.clone()),
        encoder: encoder
            .filter(|(_, v)| v.is_boolean() || v.is_string() || v.is_number())
            .map(|(k, v)| (k.clone(), value(v)))
            .collect(),
        ..Options::default()
    };
    let done = compile(&loaded.program.unwrap(), &options);
    let errors: Vec<String> = done.diagnostics.iter().filter(|d| d.is_error()).map(|d| format!("{d:?}")).collect();
    assert!(errors.is_empty(), "{}: {errors:#?}", f.name);
    (done.graph.unwrap(), dims)
}

/// The parameters of the fixture in the model's own table. Both must name the same paths.
fn params(f: &Fixture, graph: &Graph, dims: &DimTable) -> ParamStore {
    let mut store = ParamStore::init(graph, dims, 1, Device::Cpu).unwrap();
    let given = f.group("param.");
    let ours: BTreeSet<String> = store.iter().map(|(path, _)| path.to_owned()).collect();
    let theirs: BTreeSet<String> = given.keys().cloned().collect();
    let (only_ours, only_theirs): (Vec<_>, Vec<_>) =
        (ours.difference(&theirs).collect(), theirs.difference(&ours).collect());
    assert!(
        only_ours.is_empty() && only_theirs.is_empty(),
        "{}: parameters of the model alone {only_ours:?}, of the reference alone {only_theirs:?}",
        f.name
    );
    for (path, array) in given {
        let shape: Vec<i64> = array.shape.iter().map(|n| *n as i64).collect();
        store.set(&path, &shape, &array.f32()).unwrap();
    }
    store
}

fn batch(f: &Fixture, anchors: usize, companions: bool) -> StepBatch {
    let rows = f.number("rows");
    let streams = f.about["streams"].as_object().unwrap().iter().map(|(name, kind)| {
        let array = f.get(&format!("input.{name}"));
        let lens = || f.get(&format!("lens.{name}")).u32();
        let stream = match kind.as_str().unwrap() {
            "float" => Stream::Float { data: array.f32(), rows: array.shape[1], width: array.shape[2], lens: lens() },
            "tokens" => Stream::Tokens {
                ids: array.values.iter().map(|v| *v as i64).collect(),
                rows: array.shape[1],
                lens: lens(),
            },
            _ => Stream::Vector { data: array.f32(), width: array.shape[1] },
        };
        (name.clone(), stream)
    });
    let labels = f.group("label.").into_iter().map(|(name, array)| (name, array.head(anchors).f32()));
    let companions = (companions && f.tensors.contains_key("companions.pos")).then(|| CompanionRows {
        pos: f.get("companions.pos").rows_u32(),
        neg: f.get("companions.neg").rows_u32(),
        present: f.get("companions.present").values.iter().map(|v| *v != 0.0).collect(),
    });
    StepBatch {
        samples: (0..rows as u64).map(|i| 100 + i).collect(),
        anchors,
        streams: streams.collect(),
        labels: labels.collect(),
        companions: companions.into_iter().collect(),
        part_of: None,
    }
}

/// Differences found in one case.
#[derive(Default)]
struct Findings {
    worst: f64,
    at: String,
    wrong: Vec<String>,
}

impl Findings {
    /// Compares one tensor; `floor` is the least number that differences are measured by.
    fn compare(&mut self, what: &str, ours: &Tensor, theirs: &Array, floor: f64, allowed: f64) {
        let size: Vec<usize> = ours.size().iter().map(|n| *n as usize).collect();
        if size != theirs.shape {
            self.wrong.push(format!("{what}: shape {size:?}, not {:?}", theirs.shape));
            return;
        }
        let flat = ours.detach().to_kind(Kind::Double).contiguous().view(-1);
        let ours: Vec<f64> = Vec::try_from(&flat).unwrap();
        let difference = ours.iter().zip(&theirs.values).fold(0.0f64, |m, (a, b)| {
            // A NaN is larger than anything.
            let d = (a - b).abs();
            if d.is_nan() { f64::INFINITY } else { m.max(d) }
        });
        let relative = difference / theirs.largest().max(floor);
        if relative > self.worst || self.at.is_empty() {
            self.worst = relative;
            self.at = what.to_owned();
        }
        if relative > allowed {
            self.wrong.push(format!("{what}: {relative:.1e}"));
        }
    }

    fn compare_named<'a>(
        &mut self,
        what: &str,
        ours: impl IntoIterator<Item = (&'a String, &'a Tensor)>,
        theirs: &BTreeMap<String, &Array>,
        allowed: f64,
    ) {
        let ours: BTreeMap<&String, &Tensor> = ours.into_iter().collect();
        if ours.keys().copied().ne(theirs.keys()) {
            self.wrong.push(format!("{what}: {:?} are there, {:?} should be", ours.keys(), theirs.keys()));
            return;
        }
        for (name, array) in theirs {
            self.compare(&format!("{what} {name}"), ours[name], array, FLOOR, allowed);
        }
    }
}

/// A training step and an evaluation of one case in one kind.
fn examine(f: &Fixture, graph: &Graph, dims: &DimTable, kind: Kind, packing: Packing, allowed: f64) -> Findings {
    let mut found = Findings::default();
    let mut store = params(f, graph, dims);
    if kind != Kind::Float {
        store = store.to_kind(kind).unwrap();
    }
    let mut program = Program::new(graph, dims).unwrap();
    program.set_packing(packing);
    let rows = f.number("rows");

    let want = Want { outputs: true, losses: true, retrieval: true };
    let evaluated = program.run(&store, &batch(f, rows, false), Mode::Eval, want).unwrap();
    found.compare_named("evaluated output", &evaluated.outputs, &f.group("out.eval.output."), allowed);
    found.compare_named("evaluated loss", &evaluated.losses, &f.group("out.eval.loss."), allowed);
    let by: Vec<&Tensor> = evaluated.retrieval.iter().flatten().collect();
    let expected = f.group("out.by.");
    if by.len() == expected.len() {
        for (i, tensor) in by.iter().enumerate() {
            found.compare(&format!("retrieval vector {i}"), tensor, expected[&i.to_string()], FLOOR, allowed);
        }
    } else {
        found.wrong.push(format!("{} retrieval vectors, {} expected", by.len(), expected.len()));
    }

    if f.about["gradients"].as_bool().unwrap() {
        let want = Want { outputs: true, losses: true, retrieval: false };
        let mode = Mode::Train { seed: 1, epoch: 0, step: 0 };
        let step: Evaluated = program.run(&store, &batch(f, f.number("anchors"), true), mode, want).unwrap();
        found.compare_named("output", &step.outputs, &f.group("out.output."), allowed);
        found.compare_named("loss", &step.losses, &f.group("out.loss."), allowed);
        let total = step.losses.values().fold(Tensor::zeros([], (kind, Device::Cpu)), |sum, loss| sum + loss);
        store.backward(&total).unwrap();
        let gradients = f.group("grad.param.");
        let largest = gradients.values().fold(0.0f64, |m, a| m.max(a.largest()));
        for (path, theirs) in gradients {
            let parameter = store.tensor(&path).unwrap();
            // A parameter that no loss reaches has no gradient, which counts as 0.
            let ours = store.gradient(&path).map_or_else(|| parameter.zeros_like(), Tensor::shallow_clone);
            found.compare(&format!("gradient {path}"), &ours, theirs, FLOOR_OF_GRADIENTS * largest, allowed);
        }
    }
    found
}

/// Runs all cases of one kind and reports the largest difference of each.
fn compare_all(part: &str) {
    let Some(cases) = fixtures(part) else { return };
    let mut wrong = Vec::new();
    for f in &cases {
        let (graph, dims) = compiled(f);
        let single = f.about["tolerance"].as_f64().unwrap();
        // Batches are too small for padding to be left out of its own accord.
        for (kind, packing, allowed) in [
            (Kind::Double, Packing::WherePays, EXACT),
            (Kind::Double, Packing::Everywhere, EXACT),
            (Kind::Float, Packing::WherePays, single),
        ] {
            let found = examine(f, &graph, &dims, kind, packing, allowed);
            eprintln!("{} {kind:?} {packing:?}: {:.1e} ({})", f.name, found.worst, found.at);
            wrong.extend(found.wrong.into_iter().map(|w| format!("{} {kind:?} {packing:?}: {w}", f.name)));
        }
    }
    assert!(wrong.is_empty(), "{} differences in {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn primitives() {
    compare_all("primitive_");
}

#[test]
fn blocks() {
    compare_all("block_");
}

#[test]
fn dashfusion() {
    compare_all("dashfusion_");
}

#[test]
fn fusions_of_table_v() {
    compare_all("fusion_");
}

#[test]
fn released() {
    compare_all("released_");
}

/// A checkpoint of that program, loaded with its weight map, on a batch of it: what our weights are, predictions, losses and
/// all gradients.
#[test]
fn released_checkpoint() {
    const FOLDER: &str = "data/released";
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(FOLDER);
    if !folder.is_dir() {
        return skip(Lacks::Shared(FOLDER));
    }
    let Some(cases) = fixtures("checkpoint_released") else { return };
    let f = &cases[0];
    let (graph, dims) = compiled(f);

    let map = EmbeddedWorld::names("dashfusion_released").unwrap();
    let names = WeightMap::parse(map, "dashfusion_released.names").unwrap();
    let file = WeightFile::open(&folder.join("released_small.ckpt")).unwrap();
    // `expected.json` has the figures of an independent transcription, with the vocabulary that the texts are tokenised with
    // here. Under `program` it has those of the authors' program, run once with a vocabulary of 235 words, which is not at hand:
    // other tokens, other figures. Which tensors have no gradient does not depend on the tokens, so both say the same of that:
    // those that the weight map leaves unread, and no others.
    let expected: Value = serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap();
    for norms in [&expected["grad_norm"], &expected["program"]["grad_norm"]] {
        let norms = norms.as_object().unwrap();
        assert!(norms.len() > 250, "{}", norms.len());
        for (name, norm) in norms {
            assert_eq!(names.is_unread(name), norm.is_null(), "{name}");
        }
    }
    let weights = InitialWeights { file, names: Some(names) };
    let mut store = ParamStore::init(&graph, &dims, 1, Device::Cpu).unwrap();
    let loaded = weights.load(&graph, &dims, &mut store).unwrap();
    let params = f.group("param.");
    // Queries, keys and values of four layers stand in one weight and one bias.
    assert_eq!((loaded.parameters, loaded.parameters + loaded.unread), (params.len(), weights.file.len() + 4 * 2 * 2));
    for (path, array) in params {
        let (_, numbers) = store.get(&path).unwrap().unwrap();
        assert!(numbers == array.f32(), "{path}");
    }

    let number = |value: &Value| value.as_f64().unwrap();
    let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-6, "{found}, not {expected}");
    let predictions: Vec<f64> = expected["train"]["pred"].as_array().unwrap().iter().map(number).collect();
    assert_eq!(predictions.len(), 2);
    assert_eq!(expected["train"]["pred"], expected["eval"]["pred"], "without dropout");
    for (found, expected) in f.get("out.output.y").values.iter().zip(&predictions) {
        close(*found, *expected);
    }
    let (prediction, contrast) = (f.get("out.loss.prediction").values[0], f.get("out.loss.contrast").values[0]);
    close(prediction, number(&expected["train"]["prediction"]));
    close(contrast, 0.2 * number(&expected["train"]["contrast"]));
    close(prediction + contrast, number(&expected["train"]["loss"]));
    compare_all("checkpoint_released");

    // The gradient norm of each of its tensors, which may be several parameters of ours.
    let names = weights.names.as_ref().unwrap();
    let gradients = f.group("grad.param.");
    let mut squares: BTreeMap<String, f64> = BTreeMap::new();
    for param in &graph.params {
        let gradient = gradients[&param.path];
        let sum = gradient.values.iter().map(|x| x * x).sum::<f64>();
        *squares.entry(names.tensor_of(param).unwrap().0).or_default() += sum;
    }
    let norms = expected["grad_norm"].as_object().unwrap().iter();
    let norms: BTreeMap<&String, f64> = norms.filter_map(|(name, norm)| Some((name, norm.as_f64()?))).collect();
    assert!(norms.keys().copied().eq(squares.keys()), "{norms:?}\n{squares:?}");
    for (name, norm) in norms {
        let ours = squares[name].sqrt();
        // Some are 0 but for rounding.
        assert!((ours - norm).abs() < 1e-4 * norm + 1e-7, "{name}: {ours}, not {norm}");
    }

    // The same from the command line: one batch of that program, and longer texts behind it.
    let place = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity/released_file.py");
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv-parity/bin/python");
    let made = Command::new(python).arg(script).arg(place.path()).env("PYTHONDONTWRITEBYTECODE", "1").output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let import = Command::new(assert_cmd::cargo::cargo_bin("dsc"))
        .current_dir(place.path())
        .args(["import", "dashfusion_released", "--data", "batch.pkl", "--recipe", "sims", "--text-encoder", "encoder"])
        .args(["--out", "run", "--weights"])
        .arg(folder.join("released_small.ckpt"))
        .output()
        .unwrap();
    assert!(import.status.success(), "{}", String::from_utf8_lossy(&import.stderr));
    let table = std::fs::read_to_string(place.path().join("run/test.csv")).unwrap();
    let imported = table.lines().skip(1).map(|l| l.rsplit(',').next().unwrap().parse::<f64>().unwrap());
    for (found, expected) in imported.take(16).zip(predictions.iter().cycle()) {
        assert!((found - expected).abs() < 1e-5, "{found}, not {expected}");
    }
    let run: Value = serde_json::from_slice(&std::fs::read(place.path().join("run/run.json")).unwrap()).unwrap();
    assert!(run["imported"]["names"].as_str().unwrap() == map && run["imported"]["sha256"].is_string(), "{run:#}");
}

#[test]
fn late_fusion() {
    compare_all("late_fusion");
}

#[test]
fn unimodal() {
    compare_all("_only");
}

#[test]
fn real_text_encoder() {
    compare_all("bert_minilm");
}
