//! `dsc check FILE`.

use super::model::{BindArgs, ModelArgs, cached_encoder, load, options};
use super::watch::Watched;
use super::{Exit, Output, types};
use crate::check;
use std::path::PathBuf;
use std::time::SystemTime;

/// `dsc check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    bind: BindArgs,
    /// Print the type of every `let`, parameter and loop variable of the file as well
    #[arg(long)]
    types: bool,
    /// Check again whenever the file, or one that it imports, changes; Ctrl-C ends it
    #[arg(long)]
    watch: bool,
}

/// Reports everything wrong with a file: the base, every variant, recipes, lints.
pub fn run(args: &Args, out: &mut Output) -> Exit {
    loop {
        let read = SystemTime::now();
        let (exit, files) = once(args, out);
        if !args.watch {
            return exit;
        }
        let changed = Watched::new(files, read).wait();
        out.note(format_args!("\n{} has changed", changed.display()));
    }
}

/// Checks once; the files on the disk that were read, that of the command line first.
fn once(args: &Args, out: &mut Output) -> (Exit, Vec<PathBuf>) {
    let mut loaded = load(&args.model.file);
    let mut typed = None;
    if let Some(program) = &loaded.program {
        match options(program, &args.model, &args.bind) {
            Ok(options) => {
                let recipe = args.bind.recipe_name(program);
                let request = check::Request { options: &options, bound: recipe.as_deref(), encoder: &cached_encoder };
                loaded.diagnostics.extend(check::check(program, &request).into_sorted());
                typed = Some(options).filter(|_| args.types);
            }
            Err(faults) => loaded.diagnostics.extend(faults),
        }
    }
    let found = loaded.diagnostics.into_sorted();
    let errors = found.iter().filter(|d| d.is_error()).count();
    let warnings = found.len() - errors;
    let shown: Vec<_> = found.into_iter().take(crate::diag::MAX_ERRORS).collect();
    let exit = match (&loaded.program, typed) {
        (Some(program), Some(options)) => types::print(&shown, program, &options, &loaded.sources, out),
        _ => out.diagnostics(&shown, &loaded.sources),
    };
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
    let named = PathBuf::from(&args.model.file);
    let imported = loaded.sources.files().map(|(_, f)| PathBuf::from(&f.name));
    let imported = imported.filter(|f| *f != named && f.is_file());
    (exit, std::iter::once(named.clone()).chain(imported).collect())
}
