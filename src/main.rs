//! `dsc`: the front end. It has no libtorch in it, so that it starts at once; see `dsc::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    dsc::cli::front_main()
}
