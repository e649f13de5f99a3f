//! `dsc check FILE`.

use super::model::{BindArgs, ModelArgs, load, options};
use super::{Exit, Output};
use crate::lower;
use crate::train::recipe::check_recipes;

/// `dsc check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    bind: BindArgs,
}

/// Reports everything wrong with a file: the base, every variant, recipes, lints.
pub fn run(args: &Args, out: &mut Output) -> Exit {
    let mut loaded = load(&args.model.file);
    if let Some(program) = &loaded.program {
        match options(program, &args.model, &args.bind) {
            Ok(options) => loaded.diagnostics.extend(lower::check(program, &options).into_sorted()),
            Err(faults) => loaded.diagnostics.extend(faults),
        }
        let recipes: Vec<_> = program.recipes.values().cloned().collect();
        loaded.diagnostics.extend(check_recipes(&recipes));
    }
    let found = loaded.diagnostics.into_sorted();
    let errors = found.iter().filter(|d| d.is_error()).count();
    let warnings = found.len() - errors;
    let shown: Vec<_> = found.into_iter().take(crate::diag::MAX_ERRORS).collect();
    let exit = out.diagnostics(&shown, &loaded.sources);
    if !out.is_json() {
        let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        match (errors, warnings) {
            (0, 0) => out.note(format_args!("{}: no errors", args.model.file)),
            _ => out.note(format_args!(
                "{}: {}, {}",
                args.model.file,
                count(errors, "error"),
                count(warnings, "warning")
            )),
        }
    }
    exit
}
