//! `dsc`: the front end. See `dsc::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    dsc::cli::front_main()
}
