//! The command line: two programs, one set of commands.
//!
//! `dsc` holds no libtorch (which takes 0.2 s to load) and starts in milliseconds. `dsc-rt` is the same program with an
//! [`Engine`] that trains and evaluates on libtorch; `dsc` replaces itself with it ([`launch`]) for the commands that need one,
//! with the environment that has to be set before the libraries load. Users only ever type `dsc`.
//!
//! A command is one file: its arguments, the request that it makes of them, and how events and results are shown. What carries
//! the request out is in `dsc-project` and behind [`Engine`].
//!
//! # Adding a command
//! 1. `src/cli/NAME.rs` with `pub struct Args` (derives `clap::Args`, each field documented: that is its `--help`) and
//!    `pub fn run(args: &Args, out: &mut Output) -> Exit`; a command that needs an engine has `engine: &dyn Engine` before `out`.
//!    Print through [`Output`] only.
//! 2. A variant in [`args::Command`] and its arm in `dispatch`; the compiler names what is missing.
//!
//! # Exit codes
//! 0 done; 1 diagnostics were reported; 2 wrong usage; 101 a bug in dsc; 130 interrupted. `dsc diff` ends as diff(1) does:
//! 0 equal, 1 different, 2 anything else.

pub mod ablate;
pub mod args;
pub mod bench;
mod check;
mod compare;
pub mod data;
pub mod demo;
pub mod diff;
pub mod doctor;
pub mod dump;
pub mod eval;
pub mod explain;
mod explain_search;
mod files;
pub mod fmt;
pub mod graph;
pub mod import;
mod interrupts;
pub mod launch;
pub mod model;
pub mod models;
mod output;
mod output_args;
pub mod predict;
mod process;
mod progress;
pub mod resume;
mod rpath;
mod run_args;
pub mod summary;
pub mod sweep;
pub mod test;
pub mod train;
mod types;
mod watch;
mod words;
mod worker;

pub use output::{Exit, Output};

use std::process::ExitCode;

use args::{Cli, Command};
use clap::Parser as _;
use dsc_project::Engine;

/// The hidden command that trains one run of a comparison: it reads its request from standard input.
pub const WORKER: &str = "worker";

/// The whole of a program. Without an engine the commands that need one are handed on to `dsc-rt`.
pub fn run(engine: Option<&dyn Engine>) -> ExitCode {
    process::report_panics();
    process::report_large_files();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => return process::answer(&answer),
    };
    let mut out = Output::stdio(&cli.output);
    let exit = dispatch(&cli.command, engine, &mut out);
    // A comparison that was not written is neither equal nor different.
    let failed = if matches!(cli.command, Command::Diff(_)) { Exit::Usage } else { Exit::Faults };
    out.finish(exit, failed).into()
}

fn dispatch(command: &Command, engine: Option<&dyn Engine>, out: &mut Output) -> Exit {
    match command {
        Command::Check(args) => alone(out, |out| check::run(args, out)),
        Command::Fmt(args) => alone(out, |out| fmt::run(args, out)),
        Command::Dump(args) => alone(out, |out| dump::run(args, out)),
        Command::Diff(args) => alone(out, |out| diff::run(args, out)),
        Command::Graph(args) => alone(out, |out| graph::run(args, out)),
        Command::Summary(args) => alone(out, |out| summary::run(args, out)),
        Command::Data(args) => alone(out, |out| data::run(args, out)),
        Command::Test(args) => alone(out, |out| test::run(args, out)),
        Command::Models(args) => alone(out, |out| models::run(args, out)),
        Command::Explain(args) => alone(out, |out| explain::run(args, out)),
        Command::Doctor(args) => alone(out, |out| doctor::run(args, out)),
        Command::Train(args) => with(engine, out, |engine, out| train::run(args, engine, out)),
        Command::Resume(args) => with(engine, out, |engine, out| resume::run(args, engine, out)),
        Command::Ablate(args) => with(engine, out, |engine, out| ablate::run(args, engine, out)),
        Command::Sweep(args) => with(engine, out, |engine, out| sweep::run(args, engine, out)),
        Command::Import(args) => with(engine, out, |engine, out| import::run(args, engine, out)),
        Command::Eval(args) => with(engine, out, |engine, out| eval::run(args, engine, out)),
        Command::Predict(args) => with(engine, out, |engine, out| predict::run(args, engine, out)),
        Command::Bench(args) => with(engine, out, |engine, out| bench::run(args, engine, out)),
        Command::Demo(args) => with(engine, out, |engine, out| demo::run(args, engine, out)),
        Command::Probe => with(engine, out, doctor::run_probe),
        Command::Worker => with(engine, out, worker::run),
    }
}

/// A command that needs no engine ends with its reader, as other programs do.
fn alone(out: &mut Output, run: impl FnOnce(&mut Output) -> Exit) -> Exit {
    process::die_quietly_on_closed_pipe();
    run(out)
}

/// A command that needs an engine; where there is none, this process becomes the program that has one.
fn with(engine: Option<&dyn Engine>, out: &mut Output, run: impl FnOnce(&dyn Engine, &mut Output) -> Exit) -> Exit {
    match engine {
        Some(engine) => run(engine, out),
        // Returns only when there is nothing to start.
        None => out.fault(&launch::exec()),
    }
}
