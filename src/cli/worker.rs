//! `dsc-rt worker`: one run of a comparison, in a process of its own.

use std::io;

use dsc_project::{Engine, TrainRequest};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::E0901;

use super::{Exit, Output, train};

/// Trains what the request on standard input says.
pub(super) fn run(engine: &dyn Engine, out: &mut Output) -> Exit {
    match serde_json::from_reader::<_, TrainRequest>(io::stdin().lock()) {
        Ok(request) => train::carry_out(&request, engine, out),
        Err(why) => out.fault(
            &Diagnostic::error(E0901, format!("standard input holds no request: {why}"))
                .help("this command is started by `dsc ablate` and `dsc sweep`; train with `dsc train`"),
        ),
    }
}
