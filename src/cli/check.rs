//! `dsc check FILE`.

use super::model::{BindArgs, ModelArgs};
use super::watch::Watched;
use super::{Exit, Output, types};
use dsc_language::sema::program::Loaded;
use dsc_project::{BindRequest, ModelRequest, bound, cached_encoder, check, load_from};
use dsc_syntax::ast::ItemKind;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::structure::E0507;
use dsc_syntax::parse;
use dsc_syntax::source::World;

/// `dsc check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub(super) model: ModelArgs,
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
    let model = match args.model.request(out) {
        Ok(model) => model,
        Err(exit) => return exit,
    };
    let bind = args.bind.request();
    loop {
        let read = Watched::default();
        let exit = once(&model, &bind, args.types, &read, out);
        if !args.watch {
            return exit;
        }
        if read.is_empty() {
            return out.usage(format_args!("`{}` is a stock model: there is no file to watch", model.file));
        }
        out.note(format_args!("\n{} has changed", read.wait().display()));
    }
}

/// Checks once.
fn once(model: &ModelRequest, bind: &BindRequest, show_types: bool, files: &dyn World, out: &mut Output) -> Exit {
    let mut loaded = load_from(files, &model.file);
    if let Some(note) = blocks_alone(&loaded) {
        out.note(format_args!("{}: {note}", model.file));
        return Exit::Done;
    }
    let mut typed = None;
    if let Some(program) = &loaded.program {
        match bound(program, model, bind) {
            Ok((options, in_data)) => {
                loaded.diagnostics.extend(in_data);
                let recipe = bind.recipe_name(program);
                let request = check::Request { options: &options, bound: recipe.as_deref(), encoder: &cached_encoder };
                loaded.diagnostics.extend(check::check(program, &request).into_sorted());
                typed = Some(options).filter(|_| show_types);
            }
            Err(faults) => loaded.diagnostics.extend(faults),
        }
    }
    let found = loaded.diagnostics.into_sorted();
    let errors = found.iter().filter(|d| d.is_error()).count();
    let warnings = found.len() - errors;
    // Warnings take no place from errors.
    let most = dsc_syntax::diag::MAX_ERRORS;
    let (mut shown_errors, mut shown_warnings) = (0, 0);
    let mut is_shown = |d: &Diagnostic| {
        let shown = if d.is_error() { &mut shown_errors } else { &mut shown_warnings };
        *shown += 1;
        *shown <= most
    };
    let shown: Vec<_> = found.into_iter().filter(|d| is_shown(d)).collect();
    let exit = match (&loaded.program, typed) {
        (Some(program), Some(options)) => types::print(&shown, program, &options, &loaded.sources, out),
        _ => out.diagnostics(&shown, &loaded.sources),
    };
    if !out.is_json() {
        let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        match (errors, warnings) {
            (0, 0) => out.note(format_args!("{}: no errors", model.file)),
            _ => out.note(format_args!("{}: {}, {}", model.file, count(errors, "error"), count(warnings, "warning"))),
        }
    }
    exit
}

/// What to say of a file of blocks and hypers that others import: that it has no model is no fault.
fn blocks_alone(loaded: &Loaded) -> Option<String> {
    let mut found = loaded.diagnostics.iter();
    let (Some(only), None) = (found.next(), found.next()) else { return None };
    let (id, _) = loaded.sources.files().next()?;
    let (module, _) = parse(&loaded.sources, id);
    let shared = |kind: &ItemKind| matches!(kind, ItemKind::Block(_) | ItemKind::Hyper(_) | ItemKind::Use(_));
    let blocks = module.items.iter().filter(|i| matches!(i.kind, ItemKind::Block(_))).count();
    let alone = only.code == E0507 && blocks > 0 && module.items.iter().all(|i| shared(&i.kind));
    alone.then(|| "no errors; it holds no model, and blocks have their types checked where they are called".to_owned())
}
