//! `dsc summary FILE`: what a model costs.

use super::compare::Comparison;
use super::model::{BindArgs, ModelArgs, named, open};
use super::train::with_keys;
use super::{Exit, Output};
use dsc_analysis::step::Target;
use dsc_analysis::{Costs, MemoryPlan, Summary, by_line};
use dsc_data::card::{Location, card, locate};
use dsc_experiment::events::Silent;
use dsc_experiment::report::summary::{self, Shown, Step};
use dsc_graph::passes::{self, OptLevel};
use dsc_project::check::memory_plan;
use dsc_project::{BindRequest, CompiledModel, ModelRequest, Session, StepModel, TrainRequest, training_settings};
use dsc_recipe::{KeyValue, Settings};
use dsc_syntax::diag::Diagnostic;

/// `dsc summary`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Parameters, multiply-adds and memory of a model, by call of its blocks or by line of its file. Without --data they are
formulas in the names of the data; with it they are numbers, every sequence as long as the longest.

  dsc summary dashfusion                         formulas
  dsc summary dashfusion --data sims             numbers for CH-SIMS, no file needed
  dsc summary dashfusion --data sims --by line   by equation
  dsc summary dashfusion --data sims -O1         of the rows and values that are computed once the passes have run
  dsc summary mine.dsl --data mosi --batch 64 --memory 80GB
  dsc summary fusion/hbf --data sims --block Fuse --compare fusion/bf fusion/ca dashfusion/no_hbf

Multiply-adds are those of one sample's forward pass: products of linear maps, attention scores and weighted sums,
convolutions and recurrent cells. Element-wise work, softmax, norms and embeddings count 0. A training step runs the forward
pass for anchors and for what losses read of companions, and a backward pass that takes about twice as many.

Memory is that of training in 32-bit floats: weights, gradients, moments, and what a step takes beyond them, found by simulation:
every tensor from when it is made until its last reader, in the forward and the backward pass, on one thread. With a feature file
or `demo` lengths are those of the samples, companions those that random vectors find; with the name of another data set, of
which only the card is read, every sequence is as long as the longest. The program, libtorch (some hundred MB, on a GPU with its
context) and the data come on top: `dsc bench` measures them. `kept` shows by part what stays for the backward pass, at most:
every sequence as long as the longest and every companion a sample of its own.

`*` is the index of a loop: `bert_layer.* x 12` are twelve equal layers and their sum.")]
pub struct Args {
    #[command(flatten)]
    pub(super) model: ModelArgs,
    #[command(flatten)]
    bind: BindArgs,
    /// Set a key of the recipe, such as one that the memory of a step depends on: `--with recompute=blocks`
    #[arg(long = "with", value_name = "KEY=VALUE")]
    with: Vec<String>,
    /// Samples per batch (anchors, where losses read companions too); short for `--with batch=N`
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    batch: Option<u64>,
    /// Show calls of blocks to this depth
    #[arg(long, value_name = "N", default_value_t = 2)]
    depth: usize,
    /// Group by block or by line of the source
    #[arg(long, value_enum, default_value_t = By::Block)]
    by: By,
    /// Count the graph after the passes of this level: 0 none, as the model says it, 1 all, as a training runs it
    #[arg(short = 'O', long, value_name = "LEVEL", default_value_t = OptLevel::None)]
    opt_level: OptLevel,
    /// Show formulas beside the numbers of --data
    #[arg(long)]
    symbolic: bool,
    /// Compare with other models: one row each
    #[arg(long, alias = "beside", value_name = "FILE", num_args = 1..,
          conflicts_with_all = ["with", "batch", "depth", "by", "opt_level", "symbolic", "memory", "device"])]
    compare: Vec<String>,
    /// With --compare: a column for the multiply-adds of all calls of this block
    #[arg(long = "block", alias = "of", value_name = "BLOCK", requires = "compare")]
    blocks: Vec<String>,
    /// Memory that training may take, in GB (10^9 bytes), GiB, MB or MiB
    #[arg(long, value_name = "SIZE", default_value = "24GB", value_parser = parse_size)]
    memory: u64,
    /// Device whose memory a training takes: cpu, or cuda, where attention is padded and no part of a batch waits for another
    #[arg(long, value_name = "DEVICE", default_value = "cpu", value_parser = parse_target)]
    device: Target,
}

/// What a device is for a simulation; a number of a GPU makes no difference.
fn parse_target(text: &str) -> Result<Target, String> {
    match text.split_once(':').map_or(text, |(kind, _)| kind) {
        "cpu" => Ok(Target::Cpu),
        "cuda" => Ok(Target::Gpu),
        _ => Err("write cpu or cuda".to_owned()),
    }
}

/// `--by`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum By {
    /// Calls of blocks
    Block,
    /// Lines of the model's file
    Line,
}

/// Bytes of `24GB`, `80 GiB`.
fn parse_size(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 4] = [("GIB", 1 << 30), ("MIB", 1 << 20), ("GB", 1_000_000_000), ("MB", 1_000_000)];
    let upper = text.trim().to_ascii_uppercase();
    let found = UNITS.iter().find_map(|(unit, size)| Some((upper.strip_suffix(unit)?.trim(), size)));
    let (number, unit) = found.ok_or_else(|| "write a number with its unit, such as 24GB or 80GiB".to_owned())?;
    match number.parse::<f64>() {
        Ok(n) if n > 0.0 && n < 1e9 => Ok((n * *unit as f64) as u64),
        _ => Err(format!(
            "`{number}` is no number of {}",
            if unit.is_power_of_two() { "GiB or MiB" } else { "GB or MB" }
        )),
    }
}

/// Compares what models cost.
fn compare(args: &Args, out: &mut Output) -> Exit {
    let first = args.model.request(out);
    let others = args.compare.iter().map(|name| named(name, None, &args.model.sets, out));
    match first.and_then(|first| Ok([vec![first], others.collect::<Result<_, _>>()?].concat())) {
        Ok(models) => Comparison { models: &models, bind: &args.bind.request(), blocks: &args.blocks }.run(out),
        Err(exit) => exit,
    }
}

/// Counts a model.
pub fn run(args: &Args, out: &mut Output) -> Exit {
    if !args.compare.is_empty() {
        return compare(args, out);
    }
    let model = match args.model.request(out).map(|model| open(&model, &args.bind.request(), out)) {
        Ok(Ok(model)) => model,
        Ok(Err(exit)) | Err(exit) => return exit,
    };
    let settings = match settings(args, &model) {
        Ok(settings) => settings,
        Err(faults) => return out.diagnostics(&faults, &model.sources),
    };
    let plan = settings.as_ref().map_or_else(MemoryPlan::default, memory_plan);
    let graph = match passes::run(&model.graph, args.opt_level.passes(), model.dims()) {
        Ok(graph) => graph,
        Err(fault) => return out.fault(&fault),
    };
    let graph = &graph;
    let steps = settings.as_ref().and_then(|settings| step(args, &model, settings));
    let costs = Costs::of(graph);
    let counted = Summary::counted(graph, &costs);
    let shown =
        Shown { dims: model.dims(), depth: args.depth, symbolic: args.symbolic, plan, step: steps, limit: args.memory };
    let lines = (args.by == By::Line).then(|| by_line(graph, &costs, &model.sources));
    if out.is_json() {
        out.json(&summary::to_json(&counted, lines.as_deref(), &shown));
        return Exit::Done;
    }
    match lines {
        Some(lines) => out.line(summary::by_line(&lines, &counted, &shown)),
        None => out.line(summary::by_block(&counted, &shown)),
    }
    Exit::Done
}

/// What options say about keys of the recipe, `--batch` last.
fn keys(args: &Args) -> Result<Vec<KeyValue>, Diagnostic> {
    let batch = args.batch.map(|n| KeyValue::parse("--batch", &format!("batch={n}")));
    with_keys(&args.with)?.into_iter().map(Ok).chain(batch).collect()
}

/// The settings of a training, as `dsc train` finds them; none without a recipe and data.
fn settings(args: &Args, model: &CompiledModel) -> Result<Option<Settings>, Vec<Diagnostic>> {
    let keys = keys(args).map_err(|fault| vec![fault])?;
    let (data, recipe) = (args.bind.data.as_deref(), model.recipe.as_deref());
    if data.is_none() && recipe.is_none() && keys.is_empty() {
        return Ok(None);
    }
    Ok(Some(training_settings(&model.program, recipe, data.unwrap_or_default(), &keys)?.settings))
}

/// The memory of a training's steps: with the samples of a file, where it can be opened as a training opens it, else with the dims of
/// its card.
fn step(args: &Args, model: &CompiledModel, settings: &Settings) -> Option<Step> {
    let data = args.bind.data.as_deref()?;
    let passes = OptLevel::default().passes();
    let shown = |steps: &StepModel<'_>| {
        Some(Step {
            estimate: steps.estimate(Some(settings.batch as u64))?,
            largest_batch: steps.largest_batch(args.memory)?,
            samples: steps.samples() as u64,
            recompute: settings.recompute,
        })
    };
    let known = card(data);
    if known.is_none() || matches!(locate(data, None), Ok(Location::Demo)) {
        let BindRequest { recipe, text_encoder, .. } = args.bind.request();
        let named = ModelRequest::named(&args.model.file, args.model.variant.as_deref(), args.model.sets.clone());
        let request = TrainRequest {
            model: named.ok()?,
            recipe: recipe.or_else(|| model.recipe.clone()),
            text_encoder,
            keys: keys(args).ok()?,
            ..TrainRequest::new(&args.model.file, data)
        };
        if let Ok(session) = Session::open(&request, &mut Silent) {
            return shown(&StepModel::of_session(&session, passes, args.device).ok()?);
        }
    }
    let samples = known.map_or(1 << 14, |card| card.splits[0]);
    shown(&StepModel::of(&model.graph, model.dims()?, settings, passes, args.device, samples).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(parse_size("24GB"), Ok(24_000_000_000));
        assert_eq!(parse_size("1.5 gib"), Ok(1_610_612_736));
        assert_eq!(parse_size("512MiB"), Ok(536_870_912));
        for wrong in ["24", "GB", "-1GB", "24TB", "NaNGB", ""] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
    }
}
