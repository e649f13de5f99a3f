//! One graph on random data.

use dsc_graph::dims::{Atom, Dim, DimTable};
use dsc_graph::types::Type;
use dsc_graph::{Op, verify};
use dsc_language::lower::{Options, compile};
use dsc_language::sema::program::Program;
use dsc_random::{Key, Stream as Draws};
use dsc_runtime::tch::Device;
use dsc_runtime::{CompanionRows, Mode, ParamStore, Program as Executable, StepBatch, Stream, Want, values};

/// Compiles and runs a variant on two batches; the number of its operations.
pub fn run(program: &Program, options: &Options, seed: u64, number: u64) -> Result<usize, String> {
    let message = |d: &dsc_syntax::diag::Diagnostic| format!("{} {}", d.code, d.message);
    let unbound = compile(program, options);
    let Some(graph) = &unbound.graph else { return Err("accepted, and does not compile".into()) };
    verify(graph, &|a: &Dim, b: &Dim| a == b)
        .map_err(|f| f.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))?;
    let mut rng = Key::new(seed).with("data").with(number).stream();
    let vocabulary = options.encoder.get("vocab_size").and_then(|s| s.as_i64()).unwrap_or(1);
    let mut dims = DimTable::default();
    for input in graph.inputs.values() {
        let axes: Vec<Dim> = match &input.ty {
            Type::Tensor(t) => t.axes().cloned().collect(),
            Type::Tokens { len } => vec![len.clone()],
        };
        for axis in axes {
            match axis.as_atom() {
                Some(Atom::Length { name, .. }) => {
                    dims.max_lengths.entry(name.clone()).or_insert(1 + rng.below(9) as i64);
                }
                Some(Atom::Width(name)) => {
                    dims.widths.entry(name.clone()).or_insert(1 + rng.below(6) as i64);
                }
                _ => {}
            }
        }
    }
    let bound = compile(program, &Options { dims: Some(dims.clone()), ..options.clone() });
    let Some(graph) = bound.graph else {
        let first = bound.diagnostics.iter().find(|d| d.is_error()).map(message).unwrap_or_default();
        return Err(format!("accepted, and refused with the data: {first}"));
    };
    let executable = Executable::new(&graph, &dims).map_err(|d| message(&d))?;
    let mut store = ParamStore::init(&graph, &dims, number, Device::Cpu).map_err(|d| message(&d))?;
    for turn in 0..2 {
        let training = batch(&graph, &dims, vocabulary, turn == 1, true, &mut rng);
        let mode = Mode::Train { seed, epoch: turn, step: turn };
        let want = Want { outputs: true, losses: true, retrieval: turn == 0 };
        let found = executable.run(&store, &training, mode, want).map_err(|d| format!("training: {}", message(&d)))?;
        if found.losses.len() != graph.losses.len() || found.outputs.len() != graph.outputs.len() {
            return Err(format!("{} of {} losses", found.losses.len(), graph.losses.len()));
        }
        let total = values::total(&found.losses, 1.0).map_err(|d| message(&d))?.ok_or("no loss")?;
        // A loss that no weight reaches has no gradient.
        if total.requires_grad() {
            store.backward(&total).map_err(|d| format!("backward: {}", message(&d)))?;
        }
        let scoring = batch(&graph, &dims, vocabulary, turn == 0, false, &mut rng);
        let found = executable
            .run(&store, &scoring, Mode::Eval, Want::OUTPUTS)
            .map_err(|d| format!("scoring: {}", message(&d)))?;
        for (label, output) in &found.outputs {
            if output.size() != [scoring.anchors as i64] {
                return Err(format!("output for {label} has the shape {:?}", output.size()));
            }
        }
    }
    Ok(graph.nodes().filter(|(_, n)| !matches!(n.op, Op::Param(_))).count())
}

/// A batch of random samples; `ones`: all sequences have length 1.
fn batch(
    graph: &dsc_graph::Graph,
    dims: &DimTable,
    vocabulary: i64,
    ones: bool,
    companions: bool,
    rng: &mut Draws,
) -> StepBatch {
    let anchors = 1 + rng.below(4) as usize;
    let companions = companions && !graph.companions.is_empty();
    let rows = anchors + if companions { 2 + rng.below(5) as usize } else { 0 };
    let mut b = StepBatch { samples: (0..rows as u64).map(|i| 10 + i).collect(), anchors, ..StepBatch::default() };
    let mut lengths: std::collections::BTreeMap<String, Vec<u32>> = std::collections::BTreeMap::new();
    let mut lens = |dim: &Dim, rng: &mut Draws| -> Vec<u32> {
        match dim.as_atom() {
            Some(Atom::Length { name, .. }) => {
                let most = dims.max_lengths[name] as u64;
                let draw = |rng: &mut Draws| if ones { 1 } else { 1 + rng.below(most) as u32 };
                lengths.entry(name.clone()).or_insert_with(|| (0..rows).map(|_| draw(rng)).collect()).clone()
            }
            _ => vec![dim.as_const().unwrap_or(1) as u32; rows],
        }
    };
    for (name, input) in &graph.inputs {
        let stream = match &input.ty {
            Type::Tokens { len } => {
                let lens = lens(len, rng);
                let padded = *lens.iter().max().unwrap() as usize;
                let ids = (0..rows * padded).map(|_| rng.below(vocabulary as u64) as i64).collect();
                Stream::Tokens { ids, rows: padded, lens }
            }
            Type::Tensor(t) => {
                let width = t.features().map_or(1, |w| w.eval(dims).unwrap()) as usize;
                let lens = t.time.as_ref().map(|time| lens(&time.len, rng));
                let mut numbers = |n: usize| (0..n).map(|_| rng.normal() as f32).collect::<Vec<_>>();
                match lens {
                    Some(lens) => {
                        let padded = *lens.iter().max().unwrap() as usize;
                        Stream::Float { data: numbers(rows * padded * width), rows: padded, width, lens }
                    }
                    None => Stream::Vector { data: numbers(rows * width), width },
                }
            }
        };
        b.streams.insert(name.clone(), stream);
    }
    for label in graph.labels.keys() {
        b.labels.insert(label.clone(), (0..anchors).map(|_| rng.normal() as f32).collect());
    }
    if companions {
        for c in &graph.companions {
            let mut column = || (0..anchors).map(|_| rng.below(rows as u64) as u32).collect::<Vec<_>>();
            let (pos, neg) = ((0..c.pos).map(|_| column()).collect(), (0..c.near + c.far).map(|_| column()).collect());
            b.companions.push(CompanionRows { pos, neg, present: (0..anchors).map(|i| i != 1).collect() });
        }
    }
    b
}
