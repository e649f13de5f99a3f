//! Dispatch of the commands that need no libtorch, and compile without it.

use super::args::Command;
use super::{Exit, Output, doctor, explain, launch};

pub(super) fn run(command: &Command, out: &mut Output) -> Exit {
    match command {
        Command::Explain(args) => explain::run(args, out),
        Command::Doctor(args) => doctor::run(args, out),
        Command::Probe => out.fault(&launch::exec()),
    }
}
