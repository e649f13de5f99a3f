//! `dsc bench FILE --data NAME|FILE`: the time and memory of training and evaluation steps, beside what the machine can do.

use std::path::PathBuf;

use dsc_experiment::report::profile::profile_tables;
use dsc_experiment::report::table::{Align, Table};
use dsc_graph::passes::{self, OptLevel};
use dsc_project::Engine;
use dsc_project::bench::{Bench, BenchRequest, Measured, Spread};

use super::progress::Progress;
use super::train;
use super::{Exit, Output};

/// What options say that have no place in a measurement.
const NOT_MEASURED: Result<&str, &str> = Err("steps are measured, nothing is trained or written: take the option away");

/// `dsc bench`.
#[derive(Clone, Debug, clap::Args)]
#[group(id = "bench")]
#[command(mut_arg("opt_level", |a| a.help("Passes over the graph before it runs: 0 none, 1 all")))]
#[command(mut_args(|a| match a.get_id().as_str() {
    "out" => a.hide(true).value_parser(|_: &str| NOT_MEASURED.map(PathBuf::from)),
    "seeds" | "epochs" => a.hide(true).value_parser(|_: &str| NOT_MEASURED.map(str::to_owned)),
    _ => a,
}))]
#[command(mut_arg("profile", |a| a.help("Show the time of the training steps by line of the model, forward and backward")))]
#[command(mut_arg("seed", |a| a.help("The seed of weights, batches and dropout")))]
#[command(after_help = "\
Examples:
  dsc bench dashfusion --data demo
  dsc bench mine.dsl --data sims --threads 1 --without row_demand
  dsc bench mine.dsl --data sims -O0 --format json
  dsc bench mine.dsl --data sims --profile

Nothing is written. Steps of whole batches are measured, behind two that are not; each is one step of the optimiser at the recipe's
learning rate, without schedule, with as many batches as the recipe accumulates. The share of the limit is the multiply-adds of a
step, padding excluded, per second, over those of float32 matrix products with the shapes of the model's linear maps, measured in the
same process.

Memory is resident memory on the CPU: before the model is made, beyond that and beyond weights, gradients and moments at most during the
steps, and of this what stays between two steps (code and caches of kernels, lists of companions). The rest is what a step takes,
shown beside what `dsc summary` predicts.")]
pub struct Args {
    #[command(flatten)]
    train: train::Args,
    /// Run these passes alone
    #[arg(long, value_name = "PASS", conflicts_with_all = ["without", "opt_level"], value_parser = pass_names())]
    only: Vec<String>,
    /// Run all passes but these
    #[arg(long, value_name = "PASS", value_parser = pass_names())]
    without: Vec<String>,
    /// Training steps that are measured
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    steps: u32,
}

fn pass_names() -> clap::builder::PossibleValuesParser {
    passes::PIPELINE.iter().map(|pass| pass.name).into()
}

/// Measures and shows.
pub(super) fn run(args: &Args, engine: &dyn Engine, out: &mut Output) -> Exit {
    let train = match train::request(&args.train, out) {
        Ok(train) => train,
        Err(exit) => return exit,
    };
    let level: OptLevel = args.train.opt_level;
    if let (OptLevel::None, Some(pass)) = (level, args.without.first()) {
        return out.usage(format_args!(
            "-O0 runs no pass, so there is none to leave out: take `-O0` or `--without {pass}` away"
        ));
    }
    let all = if args.only.is_empty() { level.passes() } else { passes::PIPELINE };
    let chosen = all.iter().map(|pass| pass.name.to_owned());
    let passes =
        chosen.filter(|name| (args.only.is_empty() || args.only.contains(name)) && !args.without.contains(name));
    let request = BenchRequest { train, passes: passes.collect(), steps: args.steps as usize };
    let measured = engine.bench(&request, &mut Progress::new(out));
    match measured {
        Ok(bench) if out.is_json() => {
            out.json(&bench);
            Exit::Done
        }
        Ok(bench) => {
            out.line(text(&bench));
            Exit::Done
        }
        Err(faults) => out.faults(&faults),
    }
}

fn text(bench: &Bench) -> String {
    let machine = &bench.machine;
    let recipe = bench.recipe.as_ref().map(|r| format!(", recipe {r}")).unwrap_or_default();
    let passes = if bench.passes.is_empty() { "none".to_owned() } else { bench.passes.join(", ") };
    let head = [
        format!("{} on {}{recipe}", bench.model, bench.data),
        format!("processor  {}, kernels for {}, libtorch {}", machine.processor, machine.kernels, machine.libtorch),
        format!(
            "threads    {} on {}; a batch of {} in {}{}",
            machine.threads,
            machine.device,
            bench.batch,
            parts(bench.parts),
            if bench.accumulate > 1 { format!(", {} batches a step", bench.accumulate) } else { String::new() }
        ),
        format!("passes     {passes}"),
    ];
    let profile = bench.profile.iter().flat_map(profile_tables);
    let tables = [limits(bench), times(bench), memory(bench)].into_iter().chain(profile);
    let tables: Vec<String> = tables.map(|table| table.text().trim_end().to_owned()).collect();
    format!("{}\n\n{}", head.join("\n"), tables.join("\n\n"))
}

fn parts(parts: usize) -> String {
    if parts == 1 { "1 part".to_owned() } else { format!("{parts} parts") }
}

/// What the machine can do.
fn limits(bench: &Bench) -> Table {
    let mut table = Table::new([("limits of the machine", Align::Left), ("per second", Align::Right)]);
    let giga = |rate: f64| format!("{:.1} G", rate / 1e9);
    for (what, rate) in [
        ("float32 products, multiply-adds", bench.machine.float32),
        ("bfloat16 products, multiply-adds", bench.machine.bfloat16),
        ("copies, bytes read and written", Some(bench.machine.bandwidth)),
    ] {
        if let Some(rate) = rate {
            table.row([what.to_owned(), giga(rate)]);
        }
    }
    table
}

fn times(bench: &Bench) -> Table {
    let columns = ["ms", "least", "most", "processor ms", "samples/s", "multiply-adds", "share"];
    let mut table =
        Table::new(std::iter::once(("step", Align::Left)).chain(columns.map(|title| (title, Align::Right))));
    let ms = |seconds: f64| format!("{:.1}", seconds * 1e3);
    let row = |table: &mut Table, name: &str, m: &Measured| {
        let Spread { median, least, most } = m.wall_s;
        let share = m.share_of_limit.map(|share| format!("{:.0}%", share * 100.0)).unwrap_or_default();
        table.row([
            name.to_owned(),
            ms(median),
            ms(least),
            ms(most),
            ms(m.cpu_s.median),
            format!("{:.1}", m.samples_per_s),
            format!("{:.2} G", m.multiply_adds / 1e9),
            share,
        ]);
    };
    row(&mut table, "training, a step", &bench.train);
    for (phase, seconds) in &bench.train.phases_s {
        table.row([format!("  {phase}"), ms(*seconds)]);
    }
    row(&mut table, "evaluation, the validation split", &bench.eval);
    if let Some(seconds) = bench.retrieval_s {
        table.row(["retrieval of companions, all training samples".to_owned(), ms(seconds)]);
    }
    table.note(format!(
        "medians of {} training steps and {} evaluations; phases: means, summed over threads",
        bench.train.steps, bench.eval.steps
    ));
    table
}

fn memory(bench: &Bench) -> Table {
    let mut table = Table::new([("memory of training", Align::Left), ("MB", Align::Right)]);
    let mb = |bytes: u64| format!("{:.1}", bytes as f64 / 1e6);
    table.row(["program, libtorch and data".to_owned(), mb(bench.memory.base)]);
    table.row(["weights, gradients, moments".to_owned(), mb(bench.memory.model)]);
    if let Some(above) = bench.memory.above {
        table.row(["beyond these, at most".to_owned(), mb(above)]);
        if let Some(between) = bench.memory.between {
            table.row(["  between steps: kernels, caches, lists".to_owned(), mb(between)]);
            table.row(["  of a step".to_owned(), mb(above.saturating_sub(between))]);
        }
    }
    if let Some(predicted) = bench.memory.predicted {
        table.row(["  of a step, as `dsc summary` predicts".to_owned(), mb(predicted)]);
    }
    table
}
