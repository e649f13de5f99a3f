//! `dsc-rt`: the part of `dsc` that is linked to libtorch. `dsc` starts it; see `dsc::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    dsc::cli::runtime_main()
}
