//! `dsc-rt`: all commands, linked to libtorch. `dsc` starts it; see `dsc::cli`.

use std::process::ExitCode;

use dsc_train::Libtorch;
use dsc_train::comparison::Worker;

fn main() -> ExitCode {
    let program = std::env::current_exe().unwrap_or_else(|_| "dsc-rt".into());
    let worker = Worker { program, arguments: vec![dsc::cli::WORKER.to_owned()] };
    dsc::cli::run(Some(&Libtorch { worker }))
}
