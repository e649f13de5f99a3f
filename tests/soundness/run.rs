//! One graph on random data.

use std::sync::Arc;

use dsc_graph::dims::{Atom, Dim, DimTable};
use dsc_graph::types::Type;
use dsc_graph::{MaxOver, Op, verify};
use dsc_language::lower::{Options, compile};
use dsc_language::sema::program::Program;
use dsc_random::{Key, Stream as Draws};
use dsc_recipe::{Recompute, Settings};
use dsc_runtime::tch::{Device, Tensor};
use dsc_runtime::{
    CompanionRows, Mode, Optimizer, OptimizerSettings, ParamGroup, ParamStore, Program as Executable, Rate, StepBatch,
    Stream, Want, values,
};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::types::{E0304, E0306};
use indexmap::IndexMap;

/// What a run has shown.
#[derive(Debug)]
pub enum Ran {
    /// The number of operations, and whether all outputs and losses were finite.
    Whole(usize, bool),
    /// The data have too few columns, which was reported when they were bound.
    Refused,
}

/// Compiles and runs a variant on two batches, with a step of the optimiser of the recipe `demo` after each.
pub fn run(program: &Program, options: &Options, seed: u64, number: u64, needs_wide_data: bool) -> Result<Ran, String> {
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
        let errors: Vec<_> = bound.diagnostics.iter().filter(|d| d.is_error()).collect();
        // A type that is stated with such a dim is refused with it.
        let of_dim = |d: &Diagnostic| [E0304, E0306].contains(&d.code);
        if needs_wide_data && errors.iter().any(|d| d.code == E0306) && errors.iter().all(|d| of_dim(d)) {
            return Ok(Ran::Refused);
        }
        let first = errors.first().map(|d| message(d)).unwrap_or_default();
        return Err(format!("accepted, and refused with the data: {first}"));
    };
    let request = dsc_recipe::Request { recipe: Some("demo"), ..dsc_recipe::Request::default() };
    let settings = dsc_recipe::settings_of(&program.recipes, &request);
    let mut executable = Executable::new(&graph, &dims).map_err(|d| message(&d))?;
    let mut store = ParamStore::init(&graph, &dims, number, Device::Cpu).map_err(|d| message(&d))?;
    let mut optimizer = optimizer(&store, &settings);
    let mut finite = true;
    for turn in 0..2 {
        let training = batch(&graph, &dims, vocabulary, turn == 1, true, &mut rng);
        let mode = Mode::Train { seed, epoch: turn, step: turn };
        let want = Want { outputs: true, losses: true, retrieval: turn == 0 };
        let found = executable.run(&store, &training, mode, want).map_err(|d| format!("training: {}", message(&d)))?;
        if found.losses.len() != graph.losses.len() || found.outputs.len() != graph.outputs.len() {
            return Err(format!("{} of {} losses", found.losses.len(), graph.losses.len()));
        }
        let mut in_shards = |recompute| {
            in_shards((&mut executable, &graph), &store, &training, mode, recompute)
                .map_err(|d| format!("in shards, recompute = {recompute:?}: {}", message(&d)))
        };
        let (again, kept) = (in_shards(settings.recompute)?, in_shards(Recompute::None)?);
        let bits = |losses: &[f64]| losses.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        if bits(&again) != bits(&kept) {
            return Err(format!("losses {kept:?}, with recompute {again:?}"));
        }
        // Vectors for retrieval are computed on more rows, which may change the last bits of products.
        let alone = executable.run(&store, &training, mode, Want::LOSSES).map_err(|d| message(&d))?;
        let whole = losses_of(&alone.losses);
        if bits(&whole) != bits(&kept) {
            return Err(format!("losses {whole:?}, in shards {kept:?}"));
        }
        let total = values::total(&found.losses, 1.0).map_err(|d| message(&d))?.ok_or("no loss")?;
        // A loss that no weight reaches has no gradient.
        if total.requires_grad() {
            store.backward(&total).map_err(|d| format!("backward: {}", message(&d)))?;
            step(&mut store, &mut optimizer, &settings)?;
        }
        finite &= is_finite(&total) && found.outputs.iter().all(|(_, o)| is_finite(o));
        let scoring = batch(&graph, &dims, vocabulary, turn == 0, false, &mut rng);
        let found = executable
            .run(&store, &scoring, Mode::Eval, Want::OUTPUTS)
            .map_err(|d| format!("scoring: {}", message(&d)))?;
        if !graph.nodes().any(|(_, n)| matches!(n.op, Op::Dense { to: MaxOver::Batch }))
            && let Some((operation, _)) = executable.differs_alone(&store, &scoring).map_err(|d| message(&d))?
        {
            return Err(format!("{operation} differs for a sample by itself"));
        }
        for (label, output) in &found.outputs {
            if output.size() != [scoring.anchors as i64] {
                return Err(format!("output for {label} has the shape {:?}", output.size()));
            }
            finite &= is_finite(output);
        }
    }
    Ok(Ran::Whole(graph.nodes().filter(|(_, n)| !matches!(n.op, Op::Param(_))).count(), finite))
}

fn losses_of(losses: &IndexMap<String, Tensor>) -> Vec<f64> {
    losses.values().map(|loss| loss.double_value(&[])).collect()
}

/// The losses of a step with all of its samples in one shard, forward and backward, some computed again as a recipe says.
fn in_shards(
    (executable, graph): (&mut Executable, &dsc_graph::Graph),
    store: &ParamStore,
    batch: &StepBatch,
    mode: Mode,
    recompute: Recompute,
) -> Result<Vec<f64>, Diagnostic> {
    executable.set_recompute(recompute.parts(graph));
    let companions = !batch.companions.is_empty();
    let shard = executable.shard(store, &Arc::new(batch.clone()), mode, companions, false)?;
    let joined = executable.join(store, batch, mode, std::slice::from_ref(&shard), false)?;
    let losses = losses_of(&joined.losses);
    if let Some(total) = values::total(&joined.losses, 1.0)?.filter(Tensor::requires_grad) {
        let (_, upstream, _) = joined.gradients(store, &total, std::slice::from_ref(&shard))?;
        if let Some(upstream) = upstream.into_iter().next() {
            shard.gradients(executable, store, companions, upstream)?;
        }
    }
    Ok(losses)
}

fn is_finite(x: &Tensor) -> bool {
    x.isfinite().all().int64_value(&[]) == 1
}

fn optimizer(store: &ParamStore, settings: &Settings) -> Optimizer {
    let given = &settings.optimizer;
    let [beta1, beta2] = given.betas.into();
    let constants =
        OptimizerSettings { algorithm: given.kind, beta1, beta2, eps: given.eps, weight_decay: given.weight_decay };
    Optimizer::new(store, constants, |_| Some(ParamGroup { rate: Rate::Factor(1.0), decay: true }))
}

/// A step of the optimiser. Finite gradients leave the weights finite.
fn step(store: &mut ParamStore, optimizer: &mut Optimizer, settings: &Settings) -> Result<(), String> {
    let message = |d: dsc_syntax::diag::Diagnostic| format!("the optimiser: {} {}", d.code, d.message);
    let paths: Vec<String> = store.iter().map(|(path, _)| path.to_owned()).collect();
    let before = paths.iter().all(|p| {
        store.tensor(p).is_none_or(is_finite)
            && store.gradient(p).is_none_or(|g| is_finite(g) && is_finite(&g.square()))
    });
    if let Some(clip) = settings.clip {
        optimizer.clip(store, clip).map_err(message)?;
    }
    let lr = settings.optimizer.lr;
    optimizer.step(store, lr, lr, None).map_err(message)?;
    let after = paths.iter().all(|p| store.tensor(p).is_none_or(is_finite));
    store.zero_grads();
    match before && !after {
        true => Err("finite gradients, and weights that are not finite after a step of the optimiser".into()),
        false => Ok(()),
    }
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
