//! Weights of a checkpoint, back into the parameters of a graph, and the state of a training that is resumed.

use dsc_data::Split;
use dsc_experiment::checkpoint::{Checkpoint, State, first_moment, second_moment};
use dsc_graph::Graph;
use dsc_graph::dims::DimTable;
use dsc_runtime::{Moments, Optimizer, ParamStore};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::{E0914, E0915};

use super::Job;
use crate::companions::Listed;

/// Loads the weights of a checkpoint into the parameters of a graph.
///
/// # Errors
/// `E0915` when the checkpoint belongs to another graph.
pub fn load_weights(
    graph: &Graph,
    dims: &DimTable,
    checkpoint: &Checkpoint,
    device: dsc_runtime::device::Device,
) -> Result<ParamStore, Diagnostic> {
    if checkpoint.state.graph != graph.hash() {
        return Err(Diagnostic::error(E0915, format!("the checkpoint belongs to another graph than `{}`", graph.name))
            .help("use the model file, variant and hypers of the run"));
    }
    let mut store = ParamStore::init(graph, dims, checkpoint.state.seed, device.open()?)?;
    restore(&mut store, checkpoint)?;
    Ok(store)
}

pub(super) fn restore(store: &mut ParamStore, checkpoint: &Checkpoint) -> Result<(), Diagnostic> {
    let saved: Vec<&str> = checkpoint.weights().map(|(name, _)| name).collect();
    let missing = store.iter().map(|(path, _)| path).find(|path| !saved.contains(path));
    let superfluous = saved.iter().find(|name| store.tensor(name).is_none());
    let fault = |what: String| {
        Err(Diagnostic::error(E0915, format!("the checkpoint belongs to another graph: {what}"))
            .help("use the model file, variant and hypers of the run"))
    };
    if let Some(path) = missing {
        return fault(format!("it has no weights for `{path}`"));
    }
    if let Some(name) = superfluous {
        return fault(format!("the model has no parameter `{name}`"));
    }
    for name in saved {
        let (shape, numbers) = checkpoint.f32(name)?;
        let shape: Vec<i64> = shape.iter().map(|n| *n as i64).collect();
        store.set(name, &shape, &numbers)?;
    }
    Ok(())
}

/// Takes weights, moments and companion lists of a checkpoint over. Gives the state that the training is resumed from; `begun` is that of a
/// training from the start with the same graph, data and settings.
///
/// # Errors
/// `E0915` for a checkpoint of another graph, seed or number of steps, `E0914` for one that is damaged or whose training was finished,
/// `E0968` for lists of other data.
pub(super) fn resumed(
    job: &Job<'_>,
    checkpoint: &Checkpoint,
    begun: State,
    (store, optimizer, lists): (&mut ParamStore, &mut Optimizer, &mut [Option<Listed>]),
) -> Result<State, Diagnostic> {
    let state = &checkpoint.state;
    let same = |what: &str, same: bool| match same {
        true => Ok(()),
        false => Err(Diagnostic::error(E0915, format!("the checkpoint belongs to another {what} than the run"))
            .help("its files were changed, or this version of dsc compiles the model to another graph: train again")),
    };
    same("graph", (&state.graph, &state.bound) == (&begun.graph, &begun.bound))?;
    same("seed", state.seed == begun.seed)?;
    same("schedule", (state.schedule, state.total_steps) == (begun.schedule, begun.total_steps))?;
    if state.step > 0 && state.epoch < job.settings.epochs && state.moment_steps.is_empty() {
        return Err(Diagnostic::error(
            E0914,
            "the checkpoint has no moments of the optimiser: its training was finished",
        )
        .help("train again; `dsc eval` scores what was trained"));
    }
    restore(store, checkpoint)?;
    for (path, step) in &state.moment_steps {
        let (shape, mean) = checkpoint.f32(&first_moment(path))?;
        let (_, square) = checkpoint.f32(&second_moment(path))?;
        let shape = shape.iter().map(|n| *n as i64).collect();
        optimizer.set_moments(store, path, &Moments { shape, mean, square, step: *step })?;
    }
    let samples = job.data.len(Split::Train)?;
    for (declaration, listed) in job.graph.companions.iter().zip(lists) {
        let Some(saved) = state.pools.get(&declaration.name) else { continue };
        let pools = checkpoint.pools(&declaration.name)?;
        pools.check(samples)?;
        *listed = Some(Listed { pools, epoch: saved.epoch });
    }
    Ok(state.clone())
}
