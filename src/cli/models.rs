//! `dsc models`, `dsc models show NAME`.

use super::{Exit, Output};
use dsc_language::EmbeddedWorld;
use dsc_project::split_variant;
use dsc_syntax::ast::{Item, ItemKind};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::names::E0202;
use dsc_syntax::parse;
use dsc_syntax::source::SourceMap;

/// `dsc models`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

/// What to do with the stock models; without it they are listed.
#[derive(Debug, clap::Subcommand)]
enum What {
    /// List the stock models and their variants
    List,
    /// Print the source of a stock model
    Show {
        /// Its name, as listed
        name: String,
    },
}

/// Lists the stock models, or prints one.
pub fn run(args: &Args, out: &mut Output) -> Exit {
    let list: Vec<Stock> = EmbeddedWorld::models().iter().map(|(name, text)| Stock::of(name, text)).collect();
    match &args.what {
        Some(What::Show { name }) => match EmbeddedWorld::model(split_variant(name).0) {
            Some(text) => {
                out.verbatim(text.trim_end());
                Exit::Done
            }
            None => out.fault(
                &Diagnostic::error(E0202, format!("no stock model `{name}`"))
                    .help("`dsc models` lists them")
                    .did_you_mean(name, EmbeddedWorld::models().iter().map(|(n, _)| *n)),
            ),
        },
        Some(What::List) | None => {
            if out.is_json() {
                out.json(&list);
            } else {
                let names =
                    list.iter().flat_map(|s| std::iter::once(&s.name).chain(s.variants.iter().map(|v| &v.name)));
                let width = names.map(String::len).max().unwrap_or_default();
                for Stock { name, title, variants } in &list {
                    out.line(format_args!("{name:<width$}  {title}"));
                    for Variant { name, title } in variants {
                        out.line(format_args!("{name:<width$}  {title}").to_string().trim_end());
                    }
                }
            }
            Exit::Done
        }
    }
}

/// A stock model.
#[derive(serde::Serialize)]
struct Stock {
    name: String,
    /// The first line of its documentation.
    title: String,
    variants: Vec<Variant>,
}

/// A variant of a stock model, which is one of its own name.
#[derive(serde::Serialize)]
struct Variant {
    /// `dashfusion/no_scl`.
    name: String,
    title: String,
}

impl Stock {
    fn of(name: &str, text: &str) -> Stock {
        let mut sources = SourceMap::new();
        let file = sources.add(name, text);
        let (module, _) = parse(&sources, file);
        let first = |docs: &[String]| docs.first().map(|d| d.trim().to_owned()).unwrap_or_default();
        let variant = |item: &Item| match &item.kind {
            ItemKind::Variant(v) => {
                Some(Variant { name: format!("{name}/{}", v.name.value), title: first(&item.docs) })
            }
            _ => None,
        };
        Stock {
            name: name.to_owned(),
            title: first(&module.docs),
            variants: module.items.iter().filter_map(variant).collect(),
        }
    }
}
