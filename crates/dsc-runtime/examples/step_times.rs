//! Time of training steps on the CPU: `cargo run --release --package dsc-runtime --example step_times`.
//!
//! Three measurements on random batches, each the minimum of several runs, in milliseconds, for the forward pass, for forward
//! and backward pass together, for the step of the optimiser, and for the norm of the gradients that is checked before it: the stock model `dashfusion` with each [`Packing`]; its overhead, with tiny sizes; and recurrent
//! layers next to a convolution, with equal and with ragged lengths. The first line is the processor and the number of threads;
//! `OMP_NUM_THREADS` sets the latter.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example prints")]

use std::error::Error;
use std::time::Instant;

use dsc_data::text::EncoderConfig;
use dsc_graph::Group;
use dsc_graph::dims::DimTable;
use dsc_graph::passes::OptLevel;
use dsc_graph::types::Type;
use dsc_graph::{Companions, Graph};
use dsc_language::EmbeddedWorld;
use dsc_language::lower::{Options, compile};
use dsc_language::sema::program::Program as Source;
use dsc_random::Key;
use dsc_runtime::device::{Device, threads};
use dsc_runtime::{
    CompanionRows, Mode, Optimizer, OptimizerSettings, Packing, ParamGroup, ParamStore, Program, Rate, StepBatch,
    Stream, Want, values,
};
use dsc_syntax::source::MemoryWorld;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Runs per measurement, of which the fastest counts.
const RUNS: usize = 6;

/// One layer over a sequence; `LAYER` is replaced by the call.
const LAYERS: &str = "
use std::{Linear, mse}
input audio : Seq<audio>[T, fa]
label y     : Real
model Layers {
  let h = audio |> LAYER
  let score = mean(h) |> Linear(out: 1) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
";

/// Rows of a batch, and how many of them are anchors.
#[derive(Clone, Copy)]
struct Rows {
    anchors: usize,
    all: usize,
}

fn main() -> Outcome<()> {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    println!("{}, {} threads", model.map_or("unknown processor", |(_, name)| name.trim()), threads(None)?);

    println!("\nmodel, packing                             operations   forward      both      Adam      norm");
    let with_companions = Rows { anchors: 16, all: 112 };
    for (title, lengths, widths, encoder, rows) in [
        ("tiny sizes", [3, 4, 4], [2, 2], encoder(16, 2, 2), Rows { anchors: 2, all: 4 }),
        ("demo sizes", [16, 24, 20], [6, 8], encoder(64, 2, 2), with_companions),
        ("CH-SIMS sizes, small encoder", [39, 400, 55], [33, 709], encoder(16, 2, 2), with_companions),
        ("MOSI sizes, MiniLM encoder", [50, 50, 50], [5, 20], encoder(384, 6, 12), with_companions),
    ] {
        let dims =
            dims(&[("T", lengths[0]), ("Ta", lengths[1]), ("Tv", lengths[2])], &[("fa", widths[0]), ("fv", widths[1])]);
        let text = EmbeddedWorld::model("dashfusion").ok_or("no such stock model")?;
        let graph = graph(text, &dims, Some(&encoder))?;
        let batch = random_batch(&graph, &dims, rows, sentence_length)?;
        for packing in [Packing::Never, Packing::WherePays, Packing::Everywhere] {
            measure(&format!("{title}, {packing:?}"), &graph, &dims, &batch, packing)?;
        }
    }

    println!("\nlayer, lengths                             operations   forward      both      Adam      norm");
    let dims = dims(&[("T", 400)], &[("fa", 64)]);
    for layer in ["gru(hidden: 64)", "lstm(hidden: 64)", "rnn(hidden: 64)", "conv1d(out: 64, kernel: 3)"] {
        let graph = graph(&LAYERS.replace("LAYER", layer), &dims, None)?;
        for (title, ragged) in [("equal", false), ("ragged", true)] {
            let length = |row: usize, longest: usize| if ragged { longest * (row + 1) / 16 } else { longest };
            let batch = random_batch(&graph, &dims, Rows { anchors: 16, all: 16 }, length)?;
            measure(&format!("{layer}, {title}"), &graph, &dims, &batch, Packing::default())?;
        }
    }
    Ok(())
}

/// Prints the time of one training step of a graph.
fn measure(title: &str, graph: &Graph, dims: &DimTable, batch: &StepBatch, packing: Packing) -> Outcome<()> {
    let mut program = Program::optimised(graph, dims, OptLevel::default())?;
    program.set_packing(packing);
    let mut store = ParamStore::init(graph, dims, 1, Device::Cpu.open()?)?;
    let mode = Mode::Train { seed: 1, epoch: 0, step: 0 };
    let group = ParamGroup { rate: Rate::Factor(1.0), decay: false };
    let mut optimizer = Optimizer::new(&store, OptimizerSettings::default(), |_| Some(group));
    let (mut forward, mut both) = (f64::INFINITY, f64::INFINITY);
    let (mut adam, mut checked) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..RUNS {
        store.zero_grads();
        let start = Instant::now();
        let found = program.run(&store, batch, mode, Want::LOSSES)?;
        forward = forward.min(start.elapsed().as_secs_f64() * 1e3);
        let total = values::total(&found.losses, 1.0)?.ok_or("the model has no loss")?;
        store.backward(&total)?;
        both = both.min(start.elapsed().as_secs_f64() * 1e3);
        // A learning rate of 0: every run has the same weights.
        let start = Instant::now();
        optimizer.step(&store, 0.0, 1e-3, None)?;
        adam = adam.min(start.elapsed().as_secs_f64() * 1e3);
        let start = Instant::now();
        let norm = optimizer.gradient_norm(&store)?;
        optimizer.step(&store, 0.0, 1e-3, norm.as_ref())?;
        checked = checked.min(start.elapsed().as_secs_f64() * 1e3);
    }
    let operations = program.operations(Want::LOSSES, !batch.companions.is_empty());
    println!("{title:<42} {operations:>10} {forward:>9.1} {both:>9.1} {adam:>9.2} {:>9.2}", checked - adam);
    Ok(())
}

fn graph(text: &str, dims: &DimTable, encoder: Option<&EncoderConfig>) -> Outcome<Graph> {
    let program =
        Source::load_text(&MemoryWorld::default(), "model.dsl", text).program.ok_or("the model has errors")?;
    let encoder = encoder.map(EncoderConfig::statics).unwrap_or_default();
    let compiled = compile(&program, &Options { dims: Some(dims.clone()), encoder, ..Options::default() });
    match compiled.graph {
        Some(graph) => Ok(graph),
        None => Err(compiled.diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n").into()),
    }
}

fn dims(lengths: &[(&str, i64)], widths: &[(&str, i64)]) -> DimTable {
    let named = |list: &[(&str, i64)]| list.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
    DimTable { widths: named(widths), max_lengths: named(lengths) }
}

fn encoder(width: usize, layers: usize, heads: usize) -> EncoderConfig {
    EncoderConfig {
        model_type: "bert".into(),
        hidden_size: width,
        num_hidden_layers: layers,
        num_attention_heads: heads,
        intermediate_size: 4 * width,
        vocab_size: 30_522,
        max_position_embeddings: 512,
        type_vocab_size: 2,
        layer_norm_eps: 1e-12,
        hidden_dropout_prob: 0.1,
        attention_probs_dropout_prob: 0.1,
        hidden_act: "gelu".into(),
    }
}

/// Lengths distributed as those of sentences in CMU-MOSI (mean 15 of at most 50, log-normal), one of them the longest.
fn sentence_length(row: usize, longest: usize) -> usize {
    if row == 0 {
        return longest;
    }
    let normal = Key::new(3).with(row).stream().normal();
    let share = (2.55 + 0.55 * normal).exp() / 50.0;
    ((share * longest as f64).round() as usize).clamp(1, longest)
}

/// Random values for all inputs and labels; `length` is the length of a row, given the longest. Row `i` is sample `i`; companions
/// are spread over all rows.
fn random_batch(
    graph: &Graph,
    dims: &DimTable,
    rows: Rows,
    length: impl Fn(usize, usize) -> usize,
) -> Outcome<StepBatch> {
    let samples = (0..rows.all as u64).collect();
    let mut batch = StepBatch { samples, anchors: rows.anchors, ..StepBatch::default() };
    for (name, input) in &graph.inputs {
        let longest = input.ty.len().and_then(|len| len.eval(dims)).ok_or("an input without a length")?;
        let longest = usize::try_from(longest)?;
        let lens = (0..rows.all).map(|row| u32::try_from(length(row, longest))).collect::<Result<_, _>>()?;
        let key = Key::new(8).with(name.as_str());
        let stream = match &input.ty {
            Type::Tokens { .. } => {
                let ids = (0..rows.all * longest).map(|i| (key.word(i as u64) % 30_522) as i64).collect();
                Stream::Tokens { ids, rows: longest, lens }
            }
            Type::Tensor(tensor) => {
                let width = tensor.features().and_then(|dim| dim.eval(dims)).ok_or("an input without a width")?;
                let width = usize::try_from(width)?;
                let mut data = vec![0.0; rows.all * longest * width];
                key.fill_normal(0.0, 1.0, &mut data);
                Stream::Float { data, rows: longest, width, lens }
            }
        };
        batch.streams.insert(name.clone(), stream);
    }
    for name in graph.labels.keys() {
        batch.labels.insert(name.clone(), (0..rows.anchors).map(|i| (i as f32 * 0.7).sin()).collect());
    }
    batch.companions = graph.companions.iter().map(|declaration| companions(declaration, rows)).collect();
    Ok(batch)
}

fn companions(declaration: &Companions, rows: Rows) -> CompanionRows {
    let pick = |group: Group, count: usize| -> Vec<Vec<u32>> {
        let offset = if group == Group::Neg { 4 } else { 1 };
        let row = |index: usize, anchor: usize| ((anchor * 7 + index * 5 + offset) % rows.all) as u32;
        (0..count).map(|index| (0..rows.anchors).map(|anchor| row(index, anchor)).collect()).collect()
    };
    CompanionRows {
        pos: pick(Group::Pos, declaration.pos),
        neg: pick(Group::Neg, declaration.near + declaration.far),
        present: vec![true; rows.anchors],
    }
}
