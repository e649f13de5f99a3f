//! Dispatch of the commands that need no libtorch, and compile without it.

use super::args::Command;
use super::{Exit, Output, check, data, diff, doctor, dump, explain, fmt, graph, launch, models, summary, test};

pub(super) fn run(command: &Command, out: &mut Output) -> Exit {
    match command {
        Command::Check(args) => check::run(args, out),
        Command::Fmt(args) => fmt::run(args, out),
        Command::Dump(args) => dump::run(args, out),
        Command::Diff(args) => diff::run(args, out),
        Command::Graph(args) => graph::run(args, out),
        Command::Summary(args) => summary::run(args, out),
        Command::Data(args) => data::run(args, out),
        Command::Test(args) => test::run(args, out),
        Command::Models(args) => models::run(args, out),
        Command::Explain(args) => explain::run(args, out),
        Command::Doctor(args) => doctor::run(args, out),
        Command::Train(_)
        | Command::Ablate(_)
        | Command::Sweep(_)
        | Command::Import(_)
        | Command::Eval(_)
        | Command::Predict(_)
        | Command::Demo(_)
        | Command::Probe => out.fault(&launch::exec()),
    }
}
