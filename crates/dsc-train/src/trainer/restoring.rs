//! Weights of a checkpoint, back into the parameters of a graph.

use dsc_experiment::checkpoint::Checkpoint;
use dsc_graph::Graph;
use dsc_graph::dims::DimTable;
use dsc_runtime::ParamStore;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::E0915;

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
