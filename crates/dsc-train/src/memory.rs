//! Whether a model fits into the memory, before anything is allocated. The kernel lets a process allocate more than there is and
//! kills it later, so a failed allocation alone would not tell.

use dsc_analysis::{Memory, Summary};
use dsc_graph::Graph;
use dsc_graph::dims::DimTable;
use dsc_graph::passes::Pass;
use dsc_project::check::memory_plan;
use dsc_project::host::memory_limit;
use dsc_project::{Session, StepModel};
use dsc_recipe::{Recompute, Settings};
use dsc_runtime::device::{Device, memory_of};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::runtime::E0706;

use super::batch_pass::target;
use super::trainer::count_parameters;

/// Bytes of a float32.
const FLOAT: u64 = 4;

/// Checks that weights, gradients and moments fit into the memory of the device. What is kept for the backward pass depends on the
/// lengths of the samples, of which the estimate takes the longest, so that a batch that may not fit is tried.
///
/// # Errors
/// `E0706`, which says what fits.
pub(crate) fn check_training(
    graph: &Graph,
    dims: &DimTable,
    settings: &Settings,
    device: Device,
) -> Result<(), Diagnostic> {
    let summary = Summary::of(graph);
    let plan = memory_plan(settings);
    let needed = Memory::of(&summary, dims, plan);
    let (Some(memory), Some(needed)) = (limit(device), needed) else { return Ok(()) };
    if needed.fixed() <= memory {
        return Ok(());
    }
    let largest = largest_parameter(graph, dims);
    let fault = Diagnostic::error(
        E0706,
        format!(
            "`{}` does not fit: weights, gradients and moments of its {} parameters take {}, and {device} has {}",
            graph.name,
            count_parameters(graph, dims).0,
            size(needed.fixed()),
            size(memory)
        ),
    );
    Err(with_largest(fault, largest).help(format!(
        "about {} parameters fit with this optimiser: reduce the widths of the model; `dsc summary` shows which blocks have most",
        memory / (FLOAT * (2 + plan.moments))
    )))
}

/// Checks that the weights fit into the memory of the device, for evaluation.
///
/// # Errors
/// `E0706`, which says what fits.
pub(crate) fn check_weights(graph: &Graph, dims: &DimTable, device: Device) -> Result<(), Diagnostic> {
    let (parameters, _) = count_parameters(graph, dims);
    let needed = parameters.saturating_mul(FLOAT);
    match limit(device) {
        Some(memory) if needed > memory => {
            let fault = Diagnostic::error(
                E0706,
                format!(
                    "`{}` does not fit: its {parameters} parameters take {}, and {device} has {}",
                    graph.name,
                    size(needed),
                    size(memory)
                ),
            );
            Err(with_largest(fault, largest_parameter(graph, dims))
                .help(format!("about {} parameters fit: use a device with more memory", memory / FLOAT)))
        }
        _ => Ok(()),
    }
}

/// Adds to an error for memory that could not be allocated during the training which batch the estimate says to fit.
pub(crate) fn with_batch(fault: Diagnostic, session: &Session, passes: &[Pass], device: Device) -> Diagnostic {
    if fault.code != E0706 {
        return fault;
    }
    let Ok(model) = StepModel::of_session(session, passes, target(device)) else { return fault };
    let (Some(needed), Some(memory)) = (model.estimate(None), limit(device)) else { return fault };
    let estimate = format!(
        "with `batch = {}` the training takes about {} beside program and data, and {device} has {}",
        needed.batch,
        size(needed.total()),
        size(memory)
    );
    let again = session.resolved.settings.recompute == Recompute::Blocks;
    let more = if again { "" } else { "; `recompute = blocks` takes less memory and more time" };
    fault.help(match model.largest_batch(memory) {
        Some(0) | None if again => format!("{estimate}: not even one sample fits; reduce the widths of the model"),
        Some(0) | None => {
            format!("{estimate}: not even one sample fits; try `recompute = blocks`, or reduce the widths of the model")
        }
        Some(batch) if batch < needed.batch as u64 => {
            format!("{estimate}: at most `batch = {batch}` fits (with `accumulate` the step stays the same{more})")
        }
        Some(_) => format!("{estimate}: other programs use the rest; use a smaller batch, or stop them"),
    })
}

fn limit(device: Device) -> Option<u64> {
    match device {
        Device::Cpu => memory_limit(),
        Device::Cuda(_) => memory_of(device),
    }
}

/// The parameter with most entries, and their number.
fn largest_parameter<'a>(graph: &'a Graph, dims: &DimTable) -> Option<(&'a dsc_graph::Param, u64)> {
    let entries = |p: &dsc_graph::Param| {
        let numbers = p.shape.iter().map(|d| d.eval(dims).and_then(|n| u64::try_from(n).ok()).unwrap_or(0));
        numbers.fold(1, u64::saturating_mul)
    };
    graph.params.iter().map(|p| (p, entries(p))).max_by_key(|(_, n)| *n)
}

fn with_largest(fault: Diagnostic, largest: Option<(&dsc_graph::Param, u64)>) -> Diagnostic {
    match largest {
        Some((param, entries)) => {
            let text =
                format!("`{}`, the largest, takes {} for its weights", param.path, size(entries.saturating_mul(FLOAT)));
            fault.at(param.span, text)
        }
        None => fault,
    }
}

/// `1.5 GB`, `20 MB`.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
