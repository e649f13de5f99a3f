//! Dispatch of the commands that run on libtorch.

use super::args::Command;
use super::{Exit, Output, front, probe};

pub(super) fn run(command: &Command, out: &mut Output) -> Exit {
    match command {
        Command::Probe => probe::run(out),
        _ => front::run(command, out),
    }
}
