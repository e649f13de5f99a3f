//! `dsc dump FILE`: the compiled graph as text, after any passes, or the types of the file's bindings.

use std::path::Path;

use super::files::unified;
use super::model::{self, BindArgs, ModelArgs};
use super::{Exit, Output, types};
use clap::builder::{PossibleValue, PossibleValuesParser};
use dsc_graph::dims::{Dim, DimTable};
use dsc_graph::passes::{self, OptLevel, PIPELINE, Pass};
use dsc_graph::{Graph, bind_text, diagnose, parse};
use dsc_project::{load, options};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::source::{FsWorld, SourceMap, World as _};
use serde_json::json;

/// `dsc dump`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
  dsc dump dashfusion --variant no_scl           the canonical graph, which the hash is taken of
  dsc dump mine.dsl --types                      the type of every binding, line by line
  dsc dump mine.dsl -O1                          the graph that training runs
  dsc dump mine.dsl -O1 --print-changed          what each pass changes
  dsc dump mine.dsl --pass dead_code             one pass alone
  dsc dump runs/DashFusion-demo/graph.txt        a graph that was printed before, read again and verified

FILE may also be `FILE#VARIANT`, the folder of a run or a checkpoint in one, whose saved sources are compiled, or a graph as
text.

Passes run on the canonical graph in the order in which they are named; each result is verified. Their numbers of nodes in a
comparison are those before the pass; nodes that are new count on from there.")]
pub struct Args {
    #[command(flatten)]
    pub(super) model: ModelArgs,
    #[command(flatten)]
    bind: BindArgs,
    /// Print the graph; the default
    #[arg(long, conflicts_with = "types")]
    ir: bool,
    /// Print the type of every `let`, parameter and loop variable of the file
    #[arg(long, conflicts_with_all = ["level", "pass", "stop_after", "print_changed"])]
    types: bool,
    /// Run the passes of a level first: 0 none, 1 all
    #[arg(short = 'O', long = "opt-level", value_name = "LEVEL", id = "level")]
    level: Option<OptLevel>,
    /// Run this pass alone; may be repeated
    #[arg(long, value_name = "NAME", value_parser = pass_names(), conflicts_with = "level")]
    pass: Vec<String>,
    /// Run the first N passes of the pipeline
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=PIPELINE.len() as u64),
          conflicts_with_all = ["level", "pass"])]
    stop_after: Option<u64>,
    /// Print what each pass changes instead of the graph; without another option, of all passes
    #[arg(long)]
    print_changed: bool,
}

fn pass_names() -> PossibleValuesParser {
    PossibleValuesParser::new(PIPELINE.iter().map(|pass| PossibleValue::new(pass.name).help(pass.about)))
}

/// What is dumped.
struct Dumped {
    graph: Graph,
    dims: Option<DimTable>,
    /// Whether it was read as it is, not compiled.
    read: bool,
}

/// Prints the graph of a model, or the types in it.
pub fn run(args: &Args, out: &mut Output) -> Exit {
    if args.types {
        return show_types(args, out);
    }
    let dumped = match open(args, out) {
        Ok(dumped) => dumped,
        Err(exit) => return exit,
    };
    let passes = chosen(args);
    match args.print_changed {
        true => show_changes(&dumped, &passes, out),
        false => show_graph(dumped, &passes, out),
    }
}

/// The passes that the arguments select, in order.
fn chosen(args: &Args) -> Vec<&'static Pass> {
    let all = PIPELINE.iter();
    match (args.level, args.stop_after) {
        (Some(level), _) => level.passes().iter().collect(),
        (None, Some(n)) => all.take(usize::try_from(n).unwrap_or(usize::MAX)).collect(),
        (None, None) if args.pass.is_empty() && args.print_changed => all.collect(),
        (None, None) => args.pass.iter().filter_map(|name| passes::find(name)).collect(),
    }
}

/// A model is compiled, a text form read and verified. Faults are reported here.
fn open(args: &Args, out: &mut Output) -> Result<Dumped, Exit> {
    let file = args.model.file.as_str();
    match FsWorld.read(file) {
        Ok(text) if is_graph(&text) => {
            if args.model.variant.is_some() || !args.model.sets.is_empty() || args.bind.request().any() {
                return Err(out.usage(format_args!(
                    "`{file}` is a graph already: variant, hypers, data and encoder are what they were"
                )));
            }
            let (graph, dims) = read_graph(file, &text, out)?;
            Ok(Dumped { graph, dims, read: true })
        }
        _ => {
            let model = model::open(&args.model.request(out)?, &args.bind.request(), out)?;
            Ok(Dumped { graph: model.graph, dims: model.options.dims, read: false })
        }
    }
}

/// Whether a text is that of a graph: no item of the language begins with that word.
fn is_graph(text: &str) -> bool {
    text.trim_start().strip_prefix("graph").is_some_and(|rest| rest.starts_with(char::is_whitespace))
}

fn read_graph(name: &str, text: &str, out: &mut Output) -> Result<(Graph, Option<DimTable>), Exit> {
    let mut sources = SourceMap::new();
    sources.add(name, text);
    let tell = |faults: Vec<Diagnostic>, out: &mut Output| Err(out.diagnostics(&faults, &sources));
    let parsed = match parse(text) {
        Ok(parsed) => parsed,
        Err(faults) => return tell(faults, out),
    };
    let same = |a: &Dim, b: &Dim| a == b || parsed.dims.as_ref().is_some_and(|table| table.same(a, b));
    let unsound = diagnose(&parsed.graph, &same);
    match unsound.is_empty() {
        true => Ok((parsed.graph, parsed.dims)),
        false => tell(unsound, out),
    }
}

fn show_graph(dumped: Dumped, passes: &[&Pass], out: &mut Output) -> Exit {
    let Dumped { graph: canonical, dims, read } = dumped;
    let hash = canonical.hash();
    let bound = dims.as_ref().map(|dims| canonical.bound_hash(dims));
    let mut graph = canonical;
    for pass in passes {
        graph = match passes::step(&graph, pass, dims.as_ref()) {
            Ok(rewritten) => rewritten.graph,
            Err(fault) => return out.fault(&fault),
        };
    }
    let text = graph.to_whole_text();
    if out.is_json() {
        let names: Vec<&str> = passes.iter().map(|p| p.name).collect();
        out.json(&json!({
            "name": graph.name, "hash": hash, "bound_hash": bound, "dims": dims, "passes": names, "text": text,
        }));
        return Exit::Done;
    }
    out.verbatim(text.trim_end());
    out.note(format_args!("graph hash {hash}"));
    if let (Some(dims), Some(bound)) = (&dims, bound) {
        out.verbatim(bind_text(dims).trim_end());
        out.note(format_args!("bound hash {bound}"));
    }
    if read {
        out.note(format_args!("sound: {} nodes have the types that their rules give", graph.len()));
    }
    Exit::Done
}

fn show_changes(dumped: &Dumped, passes: &[&Pass], out: &mut Output) -> Exit {
    let mut graph = dumped.graph.clone();
    let mut steps = Vec::new();
    for pass in passes {
        let rewritten = match passes::step(&graph, pass, dumped.dims.as_ref()) {
            Ok(rewritten) => rewritten,
            Err(fault) => return out.fault(&fault),
        };
        let changed = rewritten.graph != graph;
        let after = rewritten.graph.to_text_as(&rewritten.numbers(&graph));
        let diff = match changed {
            true => {
                let names = (format!("before {}", pass.name), format!("after {}", pass.name));
                unified((&names.0, &graph.to_whole_text()), (&names.1, &after), false)
            }
            false => String::new(),
        };
        let (before, after) = (graph.len(), rewritten.graph.len());
        match (out.is_json(), changed) {
            (true, _) => steps.push(json!({
                "pass": pass.name, "changed": changed, "nodes_before": before, "nodes_after": after, "diff": diff,
            })),
            (false, true) => {
                out.line(diff.trim_end());
                out.note(format_args!("{}: {before} nodes before, {after} after", pass.name));
            }
            (false, false) => out.note(format_args!("{}: no change", pass.name)),
        }
        graph = rewritten.graph;
    }
    if out.is_json() {
        out.json(&steps);
    }
    Exit::Done
}

/// The types of a file's bindings, also of a file with errors.
fn show_types(args: &Args, out: &mut Output) -> Exit {
    let file = args.model.file.as_str();
    if Path::new(file).is_dir() {
        return out
            .usage(format_args!("`{file}` is a folder: --types expects a .dsl file, such as one of its sources"));
    }
    let model = match args.model.request(out) {
        Ok(model) => model,
        Err(exit) => return exit,
    };
    let mut loaded = load(&model.file);
    let options = match loaded.program.as_ref().map(|program| options(program, &model, &args.bind.request())) {
        None => return out.diagnostics(&loaded.diagnostics.into_sorted(), &loaded.sources),
        Some(Ok(options)) => options,
        Some(Err(faults)) => {
            loaded.diagnostics.extend(faults);
            return out.diagnostics(&loaded.diagnostics.into_sorted(), &loaded.sources);
        }
    };
    let Some(program) = &loaded.program else { return Exit::Faults };
    loaded.diagnostics.extend(dsc_language::lower::compile(program, &options).diagnostics.into_sorted());
    let found = loaded.diagnostics.into_sorted();
    types::print(&found, program, &options, &loaded.sources, out)
}
