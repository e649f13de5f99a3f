//! Dispatch of the commands that run on libtorch.

use super::args::Command;
use super::{Exit, Output, ablate, demo, eval, front, import, predict, probe, sweep, train};

pub(super) fn run(command: &Command, out: &mut Output) -> Exit {
    match command {
        Command::Train(args) => train::run(args, out),
        Command::Ablate(args) => ablate::run(args, out),
        Command::Sweep(args) => sweep::run(args, out),
        Command::Import(args) => import::run(args, out),
        Command::Eval(args) => eval::run(args, out),
        Command::Predict(args) => predict::run(args, out),
        Command::Demo(args) => demo::run(args, out),
        Command::Probe => probe::run(out),
        _ => front::run(command, out),
    }
}
