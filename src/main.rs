//! `dsc`: all commands. Those that need libtorch are handed on to `dsc-rt`; see `dsc::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    dsc::cli::run(None)
}
