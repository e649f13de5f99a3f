//! Complete trainings on the generated data set: small models, few epochs.

mod profile;

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::batch_pass::target;
use super::batch_source::BatchSource;
use super::evaluate::{predict, score};
use super::room::Checkpoints;
use super::trainer::{Job, Outcome, load_weights, train};
use dsc_analysis::step::parts;
use dsc_data::{Binding, Dataset, Split, demo};
use dsc_experiment::checkpoint::Checkpoint;
use dsc_experiment::events::{EpochRecord, Silent, Stop};
use dsc_experiment::metrics::Family;
use dsc_experiment::results::{Results, Scores};
use dsc_experiment::run_folder::RunFolder;
use dsc_graph::Graph;
use dsc_graph::dims::DimTable;
use dsc_graph::passes::OptLevel;
use dsc_language::lower::{Options, compile};
use dsc_language::sema::program::{Loaded, Program};
use dsc_recipe::{Algorithm, Optimizer, Settings};
use dsc_runtime::Program as Runnable;
use dsc_runtime::Workers;
use dsc_runtime::device::Device;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::source::{MemoryWorld, SourceMap};

/// Two streams, dropout, companions that are refreshed before epochs 0 and 2.
const MODEL: &str = r#"
use std::{Linear, MLP, mse, nt_xent}
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y      : Real
model Small {
  let a = audio  |> Linear(out: 16) |> relu() |> dropout(p: 0.1)
  let v = vision |> Linear(out: 16) |> relu()
  let score = concat(mean(a), mean(v)) |> MLP(widths: [16, 1]) |> scalar()
  output score for y
  companions c { by = [mean(a), mean(v)]  class = class(y)  pos = 2  near = 1  far = 1  pool = 5  refresh = 2 }
  loss prediction = mse(score, target: y)
  loss contrast   = 0.01 * nt_xent(mean(a), pos: mean(v) at c.pos, neg: mean(v) at c.neg, tau: 0.5)
}
"#;

struct Setup {
    graph: Graph,
    dims: DimTable,
    dataset: Dataset,
    sources: SourceMap,
}

fn setup() -> Setup {
    setup_of(MODEL)
}

fn setup_of(text: &str) -> Setup {
    let world = MemoryWorld::new().with("small.dsl", text);
    let Loaded { program, sources, .. } = Program::load(&world, "small.dsl");
    let program = program.unwrap();
    let dataset = demo::dataset(1);
    let first = compile(&program, &Options::default());
    let first = first.graph.unwrap_or_else(|| panic!("{:#?}", first.diagnostics.into_sorted()));
    let dims = Binding::from_dataset(&dataset, None, None).unwrap().dims(first.inputs.values()).unwrap();
    let graph = compile(&program, &Options { dims: Some(dims.clone()), ..Options::default() }).graph.unwrap();
    Setup { graph, dims, dataset, sources }
}

fn settings(epochs: u64) -> Settings {
    let optimizer = Optimizer::new(Algorithm::Adam, 5e-3);
    Settings {
        epochs,
        batch: 32,
        optimizer,
        family: Family::Sims,
        clip: Some(1.0),
        accumulate: 2,
        ..Settings::default()
    }
}

fn run(setup: &Setup, settings: &Settings, seed: u64, out: &Path, stop: bool) -> Result<Outcome, Diagnostic> {
    run_on(setup, settings, seed, out, stop, How { parts: 1, threads: 1, ahead: false }, false)
}

/// How a batch is computed.
#[derive(Clone, Copy)]
struct How {
    parts: usize,
    threads: usize,
    ahead: bool,
}

/// The same in parts, on some threads, profiled or not.
fn run_on(
    setup: &Setup,
    settings: &Settings,
    seed: u64,
    out: &Path,
    stop: bool,
    How { parts, threads, ahead }: How,
    profile: bool,
) -> Result<Outcome, Diagnostic> {
    let last = out.join("last.safetensors");
    let checkpoint = last.is_file().then(|| Checkpoint::open(&last)).transpose()?;
    let data = BatchSource::new(&setup.graph, &setup.dataset, None, settings, None)?;
    let folder = match &checkpoint {
        Some(_) => RunFolder::at(out),
        None => RunFolder::create(Some(out), out, "x")?,
    };
    let signal = Stop::new();
    if stop {
        signal.request();
    }
    let job = Job {
        graph: &setup.graph,
        dims: &setup.dims,
        data: &data,
        settings,
        level: OptLevel::default(),
        seed,
        device: Device::Cpu,
        encoder: None,
        checkpoint: checkpoint.as_ref(),
        imported: None,
        workers: &Workers::new(threads)?,
        parts,
        ahead,
        folder: &folder,
        profile: profile.then_some(&setup.sources),
        stop: &signal,
    };
    train(&job, &mut Silent)
}

fn records(out: &Path) -> Vec<EpochRecord> {
    let text = fs::read_to_string(out.join("metrics.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The log of a run without times.
fn log_without_times(out: &Path) -> Vec<Value> {
    let strip = |r: EpochRecord| serde_json::to_value(EpochRecord { seconds: 0.0, ..r }).unwrap();
    records(out).into_iter().map(strip).collect()
}

#[test]
fn results_are_those_of_one_thread_with_any_number_of_threads() {
    same_on_any_threads(&setup());
}

#[test]
fn parts_of_a_batch_are_padded_to_its_longest_sample() {
    same_on_any_threads(&setup_of(&MODEL.replace("let score = concat(mean(a)", "let score = concat(mean(dense(a))")));
}

#[test]
fn anchors_that_are_compared_with_each_other_are_computed_in_shards() {
    let together = "loss together = 0.1 * mean_features(square(in_batch(score)))\n  loss contrast   =";
    same_on_any_threads(&setup_of(&MODEL.replace("loss contrast   =", together)));
}

/// Stopped after every step, with what was written behind the last checkpoint still there.
#[test]
fn a_training_that_is_resumed_gives_the_same_files() {
    let (setup, settings, dir) = (setup(), settings(3), tempfile::tempdir().unwrap());
    let (whole, out) = (dir.path().join("whole"), dir.path().join("out"));
    run(&setup, &settings, 3, &whole, false).unwrap();
    let mut stops = 0;
    while let Outcome::Interrupted { step, .. } = run(&setup, &settings, 3, &out, true).unwrap() {
        stops += 1;
        assert_eq!(step, stops);
        let mut log = fs::OpenOptions::new().append(true).open(out.join("metrics.jsonl")).unwrap();
        std::io::Write::write_all(&mut log, b"{\"epoch\":7}\n{\"ep").unwrap();
    }
    assert_eq!(stops, 3 * 10, "600 samples in batches of 32, two of them a step");
    assert_eq!(log_without_times(&out), log_without_times(&whole));
    for name in ["best.safetensors", "valid.csv", "test.csv"] {
        assert!(fs::read(out.join(name)).unwrap() == fs::read(whole.join(name)).unwrap(), "{name}");
    }
    let results = |out: &Path| -> Value {
        let mut all: Value = serde_json::from_str(&fs::read_to_string(out.join("results.json")).unwrap()).unwrap();
        for measured in ["seconds", "peak_memory", "sha256"] {
            all.as_object_mut().unwrap().remove(measured);
        }
        all
    };
    assert_eq!(results(&out), results(&whole));
}

#[test]
fn a_checkpoint_of_another_training_is_refused() {
    let (setup, settings, dir) = (setup(), settings(3), tempfile::tempdir().unwrap());
    let out = dir.path().join("out");
    run(&setup, &settings, 3, &out, true).unwrap();
    let code = |settings: &Settings, seed: u64| run(&setup, settings, seed, &out, true).unwrap_err().code.0;
    assert_eq!(code(&settings, 4), "E0915");
    assert_eq!(code(&Settings { batch: 16, ..settings.clone() }, 3), "E0915");
    let other = setup_of(&MODEL.replace("pool = 5", "pool = 6"));
    assert_eq!(run(&other, &settings, 3, &out, true).unwrap_err().code.0, "E0915");
    // The log lost lines that the checkpoint knows of.
    run(&setup, &settings, 3, &dir.path().join("more"), false).unwrap();
    fs::copy(dir.path().join("more/last.safetensors"), out.join("last.safetensors")).unwrap();
    assert_eq!(run(&setup, &settings, 3, &out, true).unwrap_err().code.0, "E0914");
}

#[test]
fn a_batch_that_is_made_before_it_is_due_is_the_same() {
    let (setup, settings, dir) = (setup(), settings(3), tempfile::tempdir().unwrap());
    let trained = |ahead: bool| {
        let out = dir.path().join(ahead.to_string());
        run_on(&setup, &settings, 3, &out, false, How { parts: 1, threads: 1, ahead }, false).unwrap();
        (log_without_times(&out), fs::read(out.join("best.safetensors")).unwrap())
    };
    assert!(trained(true) == trained(false));
}

fn same_on_any_threads(setup: &Setup) {
    let (settings, dir) = (settings(3), tempfile::tempdir().unwrap());
    let trained = |name: &str, parts: usize, threads: usize| {
        let out = dir.path().join(name);
        let outcome = run_on(setup, &settings, 3, &out, false, How { parts, threads, ahead: false }, false).unwrap();
        assert!(matches!(outcome, Outcome::Finished(_)));
        let files = ["best.safetensors", "test.csv", "valid.csv"];
        (log_without_times(&out), files.map(|name| fs::read(out.join(name)).unwrap()))
    };
    let one = trained("one", 5, 1);
    for threads in [2, 3, 4, 7] {
        let (log, files) = trained(&format!("{threads}"), 5, threads);
        assert_eq!(log, one.0, "{threads} threads");
        assert!(files == one.1, "{threads} threads: other weights or predictions");
    }
    // Whole batches give the same but for the order of sums.
    let whole = trained("whole", 1, 2);
    assert!(whole.1 != one.1, "the parts are added up");
    let losses = |log: &[Value]| -> Vec<f64> {
        log.iter().flat_map(|r| ["prediction", "contrast"].map(|name| r["losses"][name].as_f64().unwrap())).collect()
    };
    for (whole, parts) in losses(&whole.0).iter().zip(losses(&one.0)) {
        assert!((whole - parts).abs() < 1e-3 * parts.abs(), "{whole} {parts}");
    }
}

#[test]
fn the_number_of_parts_follows_from_the_work() {
    let setup = setup();
    let of = |batch, device| parts(&setup.graph, &setup.dims, batch, target(device));
    assert_eq!((of(32, Device::Cpu), of(1 << 40, Device::Cpu), of(1 << 40, Device::Cuda(0))), (1, 8, 1));
    // Products over the batch count too.
    let near = "loss near = 0.1 * einsum(in_batch(score), in_batch(score), spec: \"n,n->\")\n  loss contrast   =";
    let joint = setup_of(&MODEL.replace("loss contrast   =", near));
    assert_eq!(parts(&joint.graph, &joint.dims, 1 << 40, target(Device::Cpu)), 8);
    let all: Vec<usize> = (5..40).map(|bits| of(1 << bits, Device::Cpu)).collect();
    assert!(all.is_sorted() && [1, 2, 4, 8].iter().all(|n| all.contains(n)), "{all:?}");
}

#[test]
fn a_training_learns_selects_and_scores_once() {
    let (setup, dir) = (setup(), tempfile::tempdir().unwrap());
    let (settings, out) = (settings(4), dir.path().join("run"));
    let Outcome::Finished(results) = run(&setup, &settings, 3, &out, false).unwrap() else { panic!("interrupted") };
    let log = records(&out);
    assert_eq!(log.len(), 4);
    assert!(log[3].losses["prediction"] < 0.9 * log[0].losses["prediction"], "{log:#?}");
    assert_eq!(log[3].step, 4 * 600u64.div_ceil(32).div_ceil(2));
    assert!(log.iter().all(|r| r.gradient_norm.is_some() && r.losses.contains_key("contrast")));
    // The epoch is the best by the rule, the first of equals.
    let maes: Vec<f64> = log.iter().map(|r| r.valid["mae"].unwrap()).collect();
    let least = maes.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(results.epoch, maes.iter().position(|m| *m == least).unwrap() as u64);
    assert_eq!(results.valid.metrics["mae"], Some(least));
    assert!(results.test.metrics["mae"].unwrap() < results.constant.test.metrics["mae"].unwrap());
    assert_eq!((results.test_reads, results.valid.samples, results.test.samples), (1, 150, 300));
    let written: Results = serde_json::from_str(&fs::read_to_string(out.join("results.json")).unwrap()).unwrap();
    assert_eq!(written, *results);

    // The saved weights score what the run says, and so do the saved predictions.
    let best = Checkpoint::open(&out.join("best.safetensors")).unwrap();
    assert_eq!(best.state.best.as_ref().unwrap().epoch, results.epoch);
    let store = load_weights(&setup.graph, &setup.dims, &best, Device::Cpu).unwrap();
    let data = BatchSource::new(&setup.graph, &setup.dataset, None, &settings, None).unwrap();
    let program = Runnable::new(&setup.graph, &setup.dims).unwrap();
    let again = predict(&program, &store, &data, Split::Test, &Workers::new(1).unwrap()).unwrap();
    let truth = data.label(Split::Test, "y").unwrap();
    let ids = data.ids(Split::Test).unwrap();
    assert_eq!(Scores::of(&score(Family::Sims, &again["y"], &truth, ids).unwrap()), results.test);
    let mut csv = csv::Reader::from_path(out.join("test.csv")).unwrap();
    let saved: Vec<f32> = csv.records().map(|r| r.unwrap()[2].parse().unwrap()).collect();
    assert_eq!(saved, again["y"]);

    // A finished run keeps no moments.
    let last = Checkpoint::open(&out.join("last.safetensors")).unwrap();
    assert!(last.tensors().all(|(name, _)| !name.contains('/')));
    let mut other = best;
    other.state.graph = "another".into();
    assert_eq!(load_weights(&setup.graph, &setup.dims, &other, Device::Cpu).err().unwrap().code.0, "E0915");
}

#[test]
fn a_run_is_a_function_of_its_seed() {
    let (setup, dir) = (setup(), tempfile::tempdir().unwrap());
    let paths = ["a", "b", "c"].map(|name| dir.path().join(name));
    for (path, seed) in paths.iter().zip([7, 7, 8]) {
        run(&setup, &settings(3), seed, path, false).unwrap();
    }
    assert_eq!(log_without_times(&paths[0]), log_without_times(&paths[1]));
    assert_ne!(log_without_times(&paths[0]), log_without_times(&paths[2]));
    for file in ["best.safetensors", "valid.csv", "test.csv"] {
        let same = |a: &Path, b: &Path| fs::read(a.join(file)).unwrap() == fs::read(b.join(file)).unwrap();
        assert!(same(&paths[0], &paths[1]), "{file}");
        assert!(!same(&paths[0], &paths[2]), "{file}");
    }
}

#[test]
fn a_stopped_training_leaves_its_full_state() {
    let (setup, dir) = (setup(), tempfile::tempdir().unwrap());
    let out = dir.path().join("run");
    let outcome = run(&setup, &settings(3), 1, &out, true).unwrap();
    assert_eq!(outcome, Outcome::Interrupted { epoch: 0, step: 1, best: None });
    let last = Checkpoint::open(&out.join("last.safetensors")).unwrap();
    let within = last.state.within.as_ref().unwrap();
    assert_eq!((last.state.step, within.batches, within.samples), (1, 2, 64));
    assert!(within.sums["prediction"] > 0.0 && within.gradient_norm.is_some());
    assert_eq!(last.state.logs["metrics.jsonl"], 0);
    let pools = last.pools("c").unwrap();
    pools.check(600).unwrap();
    assert_eq!((last.state.pools["c"].epoch, pools.settings.pool), (0, 5));
    for param in &setup.graph.params {
        let (_, mean) = last.f32(&format!("adam.m/{}", param.path)).unwrap();
        let (_, square) = last.f32(&format!("adam.v/{}", param.path)).unwrap();
        assert!(mean.iter().any(|x| *x != 0.0) && square.iter().all(|x| *x >= 0.0), "{}", param.path);
        assert_eq!(last.state.moment_steps[&param.path], 1);
    }
    assert!(!out.join("results.json").exists());
}

#[test]
fn the_room_for_checkpoints_is_estimated_from_their_sizes() {
    let (setup, dir) = (setup(), tempfile::tempdir().unwrap());
    let out = dir.path().join("run");
    let settings = settings(1);
    let estimated = Checkpoints::of(&setup.graph, &setup.dims, &settings, 600);
    run(&setup, &settings, 1, &out, true).unwrap();
    let last = fs::metadata(out.join("last.safetensors")).unwrap().len();
    fs::remove_dir_all(&out).unwrap();
    run(&setup, &settings, 1, &out, false).unwrap();
    let best = fs::metadata(out.join("best.safetensors")).unwrap().len();
    for (name, size, estimate) in [("best", best, estimated.best), ("last", last, estimated.last)] {
        assert!(size <= estimate && estimate < size + size / 2 + 4096, "{name}: {size} bytes, estimated {estimate}");
    }
    assert_eq!(estimated.room(1), estimated.best + 2 * estimated.last);
    assert_eq!(estimated.room(3), estimated.room(1) + 4 * estimated.best);
    // Files that others may read, and the weights as well.
    use std::os::unix::fs::MetadataExt as _;
    let files: Vec<_> = fs::read_dir(&out).unwrap().map(Result::unwrap).collect();
    let modes: Vec<u32> = files.iter().map(|file| file.metadata().unwrap().mode() & 0o777).collect();
    assert!(modes.len() > 3 && modes.iter().all(|mode| *mode == modes[0]), "{files:?} {modes:?}");
}

#[test]
fn a_loss_that_is_not_finite_names_its_step_and_operation() {
    let (setup, dir) = (setup(), tempfile::tempdir().unwrap());
    let mut settings = settings(3);
    settings.optimizer.lr = 1e30;
    let fault = run(&setup, &settings, 1, &dir.path().join("run"), false).unwrap_err();
    assert_eq!(fault.code.0, "E0920");
    assert!(fault.message.contains("in epoch 1, step 2: `"), "{fault}");
    assert!(fault.primary.is_some(), "{fault:?}");
    assert!(fault.help.as_ref().unwrap().contains("lower the learning rate (now 1e30)"), "{fault}");
}

/// The text of the model that a label marks.
fn marked(text: &str, span: dsc_syntax::source::Span) -> &str {
    &text[span.start as usize..span.end as usize]
}

#[test]
fn a_loss_of_a_label_out_of_range_names_label_and_samples() {
    let text = MODEL.replace("target: y)\n  loss c", "target: log(y))\n  loss c");
    assert_ne!(text, MODEL);
    let (setup, dir) = (setup_of(&text), tempfile::tempdir().unwrap());
    let fault = run(&setup, &settings(1), 1, &dir.path().join("run"), false).unwrap_err();
    assert_eq!(fault.code.0, "E0920");
    let data = BatchSource::new(&setup.graph, &setup.dataset, None, &settings(1), None).unwrap();
    let (labels, ids) = (data.label(Split::Train, "y").unwrap(), data.ids(Split::Train).unwrap());
    // The first sample of the first batch with a label below 0.
    let first = dsc_data::batch::epoch(600, 32, 1, 0)[0].iter().copied().find(|s| labels[*s] < 0.0).unwrap();
    let expected =
        format!("the loss `prediction` is NaN in epoch 1, step 1: `log` is NaN for samples `{}`, ", ids[first]);
    assert!(fault.message.starts_with(&expected) && fault.message.ends_with(" others of train"), "{fault}");
    assert_eq!(marked(&text, fault.primary.unwrap().span), "log(y)");
    let labels: Vec<&str> = fault.secondary.iter().map(|l| l.text.as_str()).collect();
    assert_eq!(labels, ["it is computed from the label `y`"]);
    assert!(fault.help.unwrap().starts_with("`log` is -inf at 0 and NaN below"));
}

/// `dropout` makes zeros, where the derivative of `sqrt` is infinite: every loss is finite, the gradient of `a` is not.
fn without_gradient() -> String {
    let text = MODEL.replace(
        "|> Linear(out: 16) |> relu() |> dropout(p: 0.1)",
        "|> Linear(out: 16) |> relu() |> dropout(p: 0.1) |> sqrt()",
    );
    assert_ne!(text, MODEL);
    text
}

#[test]
fn a_gradient_that_is_not_finite_names_weight_and_operation() {
    let (text, dir) = (without_gradient(), tempfile::tempdir().unwrap());
    let setup = setup_of(&text);
    // One step in all, so that no later loss tells; with clipping, which would spread it; and with several batches in a step.
    for (clip, accumulate, batch) in [(None, 1, 600), (Some(1.0), 1, 600), (Some(1.0), 4, 150), (None, 2, 32)] {
        let settings = Settings { clip, accumulate, batch, ..settings(1) };
        let out = dir.path().join(format!("{clip:?}-{accumulate}-{batch}"));
        let fault = run(&setup, &settings, 1, &out, false).unwrap_err();
        assert_eq!(fault.code.0, "E0926", "{fault}");
        assert!(
            fault.message.starts_with("the gradient of `a.linear.weight` is NaN in epoch 1, step 1, while"),
            "{fault}"
        );
        assert_eq!(fault.message.contains("clipping would set"), clip.is_some(), "{fault}");
        assert!(fault.message.contains(": the derivative of `sqrt` is infinite for samples `"), "{fault}");
        assert_eq!(
            marked(&text, fault.primary.unwrap().span),
            "audio  |> Linear(out: 16) |> relu() |> dropout(p: 0.1) |> sqrt()"
        );
        // The weight in the library, and the call in the model that owns it.
        let because: Vec<&str> = fault.secondary.iter().map(|l| l.text.as_str()).collect();
        let weight = "`a.linear.weight` belongs to this call";
        assert_eq!(because, ["it is computed from the stream `audio`", weight, weight]);
        assert_eq!(marked(&text, fault.secondary[2].span), "audio  |> Linear(out: 16)");
        assert!(fault.help.unwrap().contains("`sqrt(x + 1e-6)`"));
        assert!(!out.join("results.json").exists() && !out.join("best.safetensors").exists());
    }
}

#[test]
fn a_gradient_whose_square_overflows_is_reported() {
    let text = MODEL.replace("loss prediction = mse", "loss prediction = 1e25 * mse");
    let (setup, dir) = (setup_of(&text), tempfile::tempdir().unwrap());
    for clip in [None, Some(1.0)] {
        let settings = Settings { clip, ..settings(1) };
        let fault = run(&setup, &settings, 1, &dir.path().join(format!("{clip:?}")), false).unwrap_err();
        assert_eq!(fault.code.0, "E0926", "{fault}");
        assert!(fault.message.contains("and its square is infinite in float32"), "{fault}");
    }
}

#[test]
fn predictions_and_retrieval_vectors_that_are_not_finite_name_the_operation() {
    let dir = tempfile::tempdir().unwrap();
    // Not part of any loss: first `exp` of the prediction overflows where it is scored, then that of the compared vectors.
    let text = MODEL.replace("output score for y", "output exp(100.0 + square(score)) for y");
    let fault = run(&setup_of(&text), &settings(1), 1, &dir.path().join("prediction"), false).unwrap_err();
    assert_eq!(fault.code.0, "E0960", "{fault}");
    assert!(fault.message.contains("of valid is inf after epoch 1: `exp` is inf for sample `"), "{fault}");
    assert_eq!(marked(&text, fault.primary.unwrap().span), "exp(100.0 + square(score))");
    assert!(fault.help.unwrap().starts_with("`exp` overflows float32 above 88"));
    let text = MODEL.replace("by = [mean(a)", "by = [exp(100.0 + mean(a))");
    let fault = run(&setup_of(&text), &settings(1), 1, &dir.path().join("retrieval"), false).unwrap_err();
    assert_eq!(fault.code.0, "E0965", "{fault}");
    assert!(fault.message.contains("the companions `c` compare is inf for sample `"), "{fault}");
    assert_eq!(marked(&text, fault.primary.unwrap().span), "exp(100.0 + mean(a))");
}

/// A model with two outputs, of which the second learns another function of the label.
const TWO: &str = r#"
use std::{Linear, MLP, mse}
input vision : Seq<vision>[Tv, fv]
label y      : Real
label z      : Real from "regression_labels"
model Two {
  let v = mean(vision |> Linear(out: 16) |> relu())
  let first  = v |> MLP(widths: [8, 1]) |> scalar()
  let second = v |> MLP(widths: [8, 1]) |> scalar()
  output first for y
  output second for z
  loss prediction = mse(first, target: y)
  loss other      = mse(second, target: z)
}
"#;

#[test]
fn every_output_is_scored_predicted_and_may_select() {
    let (setup, dir) = (setup_of(TWO), tempfile::tempdir().unwrap());
    let mut settings = settings(5);
    for (select, name) in [("mae", "first"), ("z.mae", "second")] {
        settings.select.metric = select.to_owned();
        let out = dir.path().join(name);
        let Outcome::Finished(results) = run(&setup, &settings, 3, &out, false).unwrap() else { panic!() };
        let log = records(&out);
        let of = |r: &EpochRecord| if select == "mae" { r.valid["mae"] } else { r.outputs["z"]["mae"] }.unwrap();
        let least = log.iter().map(of).fold(f64::INFINITY, f64::min);
        assert_eq!(of(&log[results.epoch as usize]), least);
        let second = &results.outputs["z"];
        assert_eq!((results.outputs.len(), results.label.as_str(), second.family.as_str()), (1, "y", "sims"));
        assert_ne!(second.test, results.test);
        assert_eq!(second.constant, results.constant, "the labels are equal");
        let chosen = if select == "mae" { &results.valid } else { &second.valid };
        assert_eq!(chosen.metrics["mae"], Some(least));
        // The columns of the second output give its scores.
        let mut csv = csv::Reader::from_path(out.join("test.csv")).unwrap();
        assert_eq!(csv.headers().unwrap(), ["id", "label", "prediction", "label.z", "prediction.z"].as_slice());
        let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
        for (column, scores) in [(1, &results.test), (3, &second.test)] {
            let numbers = |i: usize| rows.iter().map(|r| r[i].parse().unwrap()).collect::<Vec<f32>>();
            let ids: Vec<String> = rows.iter().map(|r| r[0].to_owned()).collect();
            let again = score(Family::Sims, &numbers(column + 1), &numbers(column), &ids).unwrap();
            assert_eq!(Scores::of(&again), *scores);
        }
    }
    settings.select.metric = "zz.mae".to_owned();
    let fault = run(&setup, &settings, 3, &dir.path().join("unknown"), false).unwrap_err();
    assert_eq!(fault.code.0, "E0963");
    assert!(fault.help.unwrap().starts_with("did you mean `z`?"));
    settings.select.metric = "z.acc7".to_owned();
    assert_eq!(run(&setup, &settings, 3, &dir.path().join("metric"), false).unwrap_err().code.0, "E0963");
}

#[test]
fn an_output_on_another_scale_has_errors_and_correlation() {
    let (mut setup, dir) =
        (setup_of(&TWO.replace("from \"regression_labels\"", "from \"pain\"")), tempfile::tempdir().unwrap());
    for table in &mut setup.dataset.tables {
        let scaled = table.labels["regression_labels"].iter().map(|y| 5.0 * (y + 1.0)).collect();
        table.labels.insert("pain".to_owned(), scaled);
    }
    let Outcome::Finished(results) = run(&setup, &settings(2), 3, &dir.path().join("run"), false).unwrap() else {
        panic!()
    };
    let output = &results.outputs["z"];
    assert_eq!((results.family.as_str(), output.family.as_str()), ("sims", "regression"));
    assert_eq!(output.test.metrics.keys().collect::<Vec<_>>(), ["mae", "corr", "mse"]);
    assert!(output.constant.test.metrics["mae"].unwrap() > 1.0, "not clipped to -1..1");
}

#[test]
fn results_have_the_hashes_of_weights_and_predictions() {
    let (setup, dir) = (setup(), tempfile::tempdir().unwrap());
    let out = dir.path().join("run");
    let Outcome::Finished(results) = run(&setup, &settings(1), 3, &out, false).unwrap() else { panic!() };
    assert_eq!(results.sha256.keys().collect::<Vec<_>>(), ["best.safetensors", "valid.csv", "test.csv"]);
    for (name, sha256) in &results.sha256 {
        assert_eq!(dsc_data::file_sha256(&out.join(name), None).unwrap(), *sha256, "{name}");
    }
}
