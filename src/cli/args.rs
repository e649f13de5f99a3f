//! What can be typed.

use super::output_args::OutputArgs;
use super::{
    ablate, bench, check, data, demo, diff, doctor, dump, eval, explain, fmt, graph, import, models, predict, resume,
    summary, sweep, test, train,
};
use clap::{Parser, Subcommand};

/// A declarative model-graph compiler and runtime for multimodal fusion models.
#[derive(Debug, Parser)]
#[command(name = "dsc", version, max_term_width = 100, propagate_version = true)]
pub struct Cli {
    /// How results are written.
    #[command(flatten)]
    pub output: OutputArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Report everything wrong with a model file: syntax, names, dims, lengths, variants, recipes
    Check(check::Args),
    /// Lay out .dsl files in the one style
    Fmt(fmt::Args),
    /// Print the compiled graph as text
    Dump(dump::Args),
    /// Show what differs between two models
    Diff(diff::Args),
    /// Draw a model
    Graph(graph::Args),
    /// Count parameters, multiply-adds and memory, by block or by line
    Summary(summary::Args),
    /// Compare the compiled models of a folder with the golden files beside them
    Test(test::Args),
    /// List the stock models, or show one
    Models(models::Args),
    /// Train a model and leave a run folder
    Train(train::Args),
    /// Resume a training that was stopped
    Resume(resume::Args),
    /// Train a model, its variants and the unimodal models with the same seeds, and compare them
    Ablate(ablate::Args),
    /// Train a model with several values of a hyper, and plot its metrics over them
    Sweep(sweep::Args),
    /// Make a run of weights that another program trained
    Import(import::Args),
    /// Score the selected weights of a run
    Eval(eval::Args),
    /// Predict with the selected weights of a run
    Predict(predict::Args),
    /// Measure training and evaluation steps: time, memory, share of what the machine can do
    Bench(bench::Args),
    /// Train the stock model and the unimodal ones on generated data
    Demo(demo::Args),
    /// Look at feature files
    Data(data::Args),
    /// Explain a diagnostic code, a primitive, a block of the standard library or a word of the language
    Explain(explain::Args),
    /// Show what dsc found on this machine: libtorch, GPU, processor, data, encoders, disk
    Doctor(doctor::Args),
    /// Report how libtorch loads, as JSON; used by `dsc doctor`
    #[command(hide = true)]
    Probe,
    /// Train one run of a comparison: its request comes as JSON on standard input
    #[command(hide = true)]
    Worker,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_declaration_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_option_of_every_command_is_documented() {
        for command in Cli::command().get_subcommands() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
            }
        }
    }
}
