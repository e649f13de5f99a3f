//! `dsc graph FILE`: a picture of a model.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::model::{BindArgs, named, open, parse_assignment};
use super::output_args::{OutputFormat, Picture as Kind};
use super::{Exit, Output};
use clap::builder::{EnumValueParser, TypedValueParser};
use dsc_analysis::Costs;
use dsc_analysis::draw::{Options, Picture};
use dsc_experiment::write::replace;
use dsc_project::Assignment;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::E0913;

/// The arguments of `dsc graph`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
  dsc graph dashfusion --format html --out dashfusion.html
  dsc graph mine.dsl --variant narrow --data sims > narrow.svg
  dsc graph mine.dsl --format dot | dot -Tpdf > mine.pdf

FILE may also be `FILE#VARIANT`, a run folder or a checkpoint in one.

Blocks are boxes. Two levels of the file's own are open and the library's are closed, unless
--depth says how many levels are open. A loop whose turns are equal is drawn once with its count,
and so are equal expressions of one box. Tensors carry their names and types; dashed ones are
those of companions. Boxes are shaded by their multiply-adds for one sample. What no output and
no loss reaches is marked dead.")]
pub struct Args {
    /// A .dsl file, or the name of a stock model (`dsc models` lists them)
    #[arg(value_name = "FILE")]
    file: String,
    /// A variant of the file instead of its base
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    /// Set a hyper: `--set p=4`, checked against its declared range
    #[arg(long = "set", value_name = "HYPER=VALUE", value_parser = parse_assignment)]
    sets: Vec<Assignment>,
    #[command(flatten)]
    bind: BindArgs,
    /// Format of the picture: svg, dot or html; by default that of --out's ending, else svg
    // Replaces the global option of the same id.
    #[arg(id = "format", long, value_parser = picture(), value_name = "FORMAT", help_heading = "Output")]
    format: Option<OutputFormat>,
    /// The file to write; standard output if left out
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    out: Option<PathBuf>,
    /// Levels of boxes that are open, from 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    depth: Option<u16>,
}

fn picture() -> impl TypedValueParser<Value = OutputFormat> {
    EnumValueParser::<Kind>::new().map(OutputFormat::Picture)
}

/// Draws a model and writes the picture to `--out` or standard output.
pub fn run(args: &Args, out: &mut Output) -> Exit {
    if let Some(path) = &args.out
        && !matches!(args.format, Some(OutputFormat::Picture(_)))
        && by_ending(path).is_none()
    {
        return out.usage(format_args!(
            "`{}`: unknown file type; use the ending .svg, .html or .dot, or give `--format`",
            path.display()
        ));
    }
    if let Some(Err(fault)) = args.out.as_deref().map(check_place) {
        return out.fault(&fault);
    }
    let named = named(&args.file, args.variant.as_deref(), &args.sets, out);
    let model = match named.and_then(|model| open(&model, &args.bind.request(), out)) {
        Ok(model) => model,
        Err(exit) => return exit,
    };
    let graph = model.graph.without_dead_nodes();
    let macs = Costs::of(&graph).multiply_adds();
    let options = Options {
        depth: args.depth.map(usize::from),
        sources: Some(&model.sources),
        dims: model.dims(),
        macs: Some(&macs),
    };
    let picture = Picture::new(&graph, &options);
    let kind = match args.format {
        Some(OutputFormat::Picture(kind)) => Some(kind),
        _ => args.out.as_deref().and_then(by_ending),
    };
    let text = match kind.unwrap_or(Kind::Svg) {
        Kind::Svg => picture.svg(),
        Kind::Dot => picture.dot(),
        Kind::Html => picture.html(),
    };
    match &args.out {
        None => out.verbatim(text.trim_end()),
        Some(path) => {
            if let Err(why) = write(path, text.as_bytes()) {
                return out.fault(&unwritten(path, &why));
            }
            out.note(format_args!("wrote {}", path.display()));
        }
    }
    Exit::Done
}

/// Only a picture that this command drew is replaced.
fn check_place(path: &Path) -> Result<(), Diagnostic> {
    match std::fs::metadata(path) {
        Ok(there) if there.is_file() && there.len() > 0 && !is_picture(path) => {
            let message =
                format!("`{}` exists and is not a picture of `dsc graph`: it is not replaced", path.display());
            Err(Diagnostic::error(E0913, message).help("give another file with `--out`, or remove this one"))
        }
        Ok(there) if there.is_dir() => Err(unwritten(path, &"it is a folder")),
        _ => Ok(()),
    }
}

/// Whether a file begins as the pictures of this command do.
fn is_picture(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(4096).read_to_end(&mut head));
    let head = String::from_utf8_lossy(&head);
    let begins = |first: &str, own: &str| head.starts_with(first) && head.contains(own);
    read.is_ok()
        && (begins("<svg ", ".paper")
            || begins("digraph ", "\n  graph [rankdir=TB, fontname=\"monospace\"")
            || begins("<!DOCTYPE html>", "--paper:"))
}

/// Replaces a file as a whole; a device or a pipe is written to.
fn write(path: &Path, text: &[u8]) -> std::io::Result<()> {
    match std::fs::metadata(path) {
        Ok(there) if !there.is_file() => std::fs::write(path, text),
        // A link goes on leading to the picture.
        Ok(_) => replace(&std::fs::canonicalize(path)?, text),
        Err(_) => replace(path, text),
    }
}

fn unwritten(path: &Path, why: &dyn std::fmt::Display) -> Diagnostic {
    let message = format!("cannot write `{}`: {why}", path.display());
    Diagnostic::error(E0913, message).help("give another file with `--out`")
}

fn by_ending(path: &Path) -> Option<Kind> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "svg" => Some(Kind::Svg),
        "dot" | "gv" => Some(Kind::Dot),
        "html" | "htm" => Some(Kind::Html),
        _ => None,
    }
}
