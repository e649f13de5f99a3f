//! `dsc dump FILE`: the compiled graph as text.

use super::model::{BindArgs, ModelArgs, load, options};
use super::{Exit, Output};
use crate::lower;

/// `dsc dump`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    bind: BindArgs,
}

/// Prints the graph of a model.
pub fn run(args: &Args, out: &mut Output) -> Exit {
    let mut loaded = load(&args.model.file);
    let Some(program) = &loaded.program else {
        return out.diagnostics(&loaded.diagnostics.into_sorted(), &loaded.sources);
    };
    let options = match options(program, &args.model, &args.bind) {
        Ok(options) => options,
        Err(faults) => {
            loaded.diagnostics.extend(faults);
            return out.diagnostics(&loaded.diagnostics.into_sorted(), &loaded.sources);
        }
    };
    let compiled = lower::compile(program, &options);
    loaded.diagnostics.extend(compiled.diagnostics.into_sorted());
    match compiled.graph {
        Some(graph) if !loaded.diagnostics.has_errors() => {
            if out.is_json() {
                let bound = options.dims.as_ref().map(|dims| graph.bound_hash(dims));
                out.json(&serde_json::json!({
                    "name": graph.name, "hash": graph.hash(), "bound_hash": bound, "dims": options.dims, "text": graph.to_text(),
                }));
                return Exit::Done;
            }
            out.line(graph.to_text().trim_end());
            out.note(format_args!("graph hash {}", graph.hash()));
            if let Some(dims) = &options.dims {
                for (name, n) in &dims.max_lengths {
                    out.line(format_args!("bind {name} <= {n}"));
                }
                for (name, n) in &dims.widths {
                    out.line(format_args!("bind {name} = {n}"));
                }
                out.note(format_args!("bound hash {}", graph.bound_hash(dims)));
            }
            Exit::Done
        }
        _ => out.diagnostics(&loaded.diagnostics.into_sorted(), &loaded.sources),
    }
}
