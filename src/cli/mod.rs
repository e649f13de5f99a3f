//! The command line: two programs, one set of commands.
//!
//! `dsc` holds the commands of the front end and starts in milliseconds, because libtorch (0.2 s to load) is not linked
//! into it. `dsc-rt` is linked to libtorch and runs training, evaluation and the like; `dsc` replaces itself with it
//! ([`launch`]), with the environment that has to be set before the libraries load. Users only ever type `dsc`.
//!
//! `make build` compiles `dsc` with `--no-default-features`, so that nothing of libtorch can get into it. A plain `cargo
//! build` links both programs to libtorch (codegen units of the library mix the two halves, which defeats
//! `--as-needed`); all works the same then, only each start costs those 0.2 s. So commands of the front end must not
//! need the feature `torch`, and the arguments of all commands have to compile without it.
//!
//! # Adding a command
//! 1. `src/cli/NAME.rs` with `pub struct Args` (derives `clap::Args`, each field documented: that is its `--help`) and
//!    `pub fn run(args: &Args, out: &mut Output) -> Exit`. Print through [`Output`] only.
//! 2. A variant in [`args::Command`] and, if it needs libtorch, an arm in [`args::Command::needs_runtime`].
//! 3. An arm in `front::run` for a command without libtorch, else in `runtime::run` (then `run` is behind the feature
//!    `torch`, `Args` is not).
//!
//! # Exit codes
//! 0 done; 1 diagnostics were reported; 2 wrong usage; 101 a bug in dsc; 130 interrupted. `dsc diff` ends as diff(1) does:
//! 0 equal, 1 different, 2 anything else.

pub mod ablate;
pub mod args;
mod beside;
mod check;
pub mod data;
pub mod demo;
pub mod diff;
pub mod doctor;
pub mod dump;
#[cfg(feature = "torch")]
mod encoder;
pub mod eval;
pub mod explain;
mod files;
pub mod fmt;
mod front;
pub mod graph;
pub mod import;
pub mod launch;
#[cfg(feature = "torch")]
mod manifest;
pub mod model;
pub mod models;
mod opened;
mod output;
pub mod predict;
#[cfg(feature = "torch")]
pub mod probe;
mod process;
#[cfg(feature = "torch")]
mod progress;
#[cfg(feature = "torch")]
mod reopened;
mod rpath;
#[cfg(feature = "torch")]
mod runtime;
mod saved;
#[cfg(feature = "torch")]
mod session;
pub mod summary;
pub mod sweep;
pub mod test;
pub mod train;
mod types;
mod watch;
mod words;

pub use output::{Exit, Output};

use args::Cli;
use clap::Parser as _;
use std::process::ExitCode;

/// The whole of the program `dsc`.
pub fn front_main() -> ExitCode {
    process::report_panics();
    let (cli, mut out) = match read() {
        Ok(read) => read,
        Err(exit) => return exit.into(),
    };
    if cli.command.needs_runtime() {
        // Returns only when there is nothing to start.
        let fault = launch::exec();
        return out.fault(&fault).into();
    }
    process::die_quietly_on_closed_pipe();
    front::run(&cli.command, &mut out).into()
}

/// The command line, and where its results go.
fn read() -> Result<(Cli, Output), Exit> {
    let mut cli = Cli::parse();
    let mut out = Output::stdio(&cli.output);
    match cli.command.take_variant() {
        Ok(()) => Ok((cli, out)),
        Err(why) => {
            out.note(why);
            Err(Exit::Usage)
        }
    }
}

/// The whole of the program `dsc-rt`. It can run the front end's commands too.
#[cfg(feature = "torch")]
pub fn runtime_main() -> ExitCode {
    process::report_panics();
    let (cli, mut out) = match read() {
        Ok(read) => read,
        Err(exit) => return exit.into(),
    };
    match cli.command.needs_runtime() {
        true => runtime::run(&cli.command, &mut out).into(),
        false => {
            process::die_quietly_on_closed_pipe();
            front::run(&cli.command, &mut out).into()
        }
    }
}
