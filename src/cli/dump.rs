//! `dsc dump FILE`: the compiled graph as text.

use super::model::{ModelArgs, load, options};
use super::{Exit, Output};
use crate::lower;

/// `dsc dump`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
}

/// Prints the graph of a model.
pub fn run(args: &Args, out: &mut Output) -> Exit {
    let mut loaded = load(&args.model.file);
    let Some(program) = &loaded.program else {
        return out.diagnostics(&loaded.diagnostics.into_sorted(), &loaded.sources);
    };
    let compiled = lower::compile(program, &options(&args.model, &super::model::default_encoder()));
    loaded.diagnostics.extend(compiled.diagnostics.into_sorted());
    match compiled.graph {
        Some(graph) if !loaded.diagnostics.has_errors() => {
            out.line(graph.to_text().trim_end());
            out.note(format_args!("graph hash {}", graph.hash()));
            Exit::Done
        }
        _ => out.diagnostics(&loaded.diagnostics.into_sorted(), &loaded.sources),
    }
}
