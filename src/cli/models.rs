//! `dsc models`, `dsc models show NAME`.

use super::{Exit, Output};
use crate::diag::Diagnostic;
use crate::diag::codes::names::E0202;
use crate::source::{EmbeddedWorld, SourceMap};
use crate::syntax::parse;

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
    match &args.what {
        Some(What::Show { name }) => match EmbeddedWorld::model(name) {
            Some(text) => {
                out.line(text.trim_end());
                Exit::Done
            }
            None => out.fault(
                &Diagnostic::error(E0202, format!("no stock model `{name}`"))
                    .help("`dsc models` lists them")
                    .did_you_mean(name, EmbeddedWorld::models().iter().map(|(n, _)| *n)),
            ),
        },
        Some(What::List) | None => {
            let list: Vec<_> = EmbeddedWorld::models().iter().map(|(name, text)| describe(name, text)).collect();
            if out.is_json() {
                out.json(&list);
            } else {
                for model in &list {
                    let variants = model["variants"]
                        .as_array()
                        .map(|v| v.iter().filter_map(|x| x.as_str()).collect::<Vec<_>>().join(", "))
                        .unwrap_or_default();
                    out.line(format_args!(
                        "{:<20} {}",
                        model["name"].as_str().unwrap_or_default(),
                        model["title"].as_str().unwrap_or_default()
                    ));
                    if !variants.is_empty() {
                        out.line(format_args!("{:<20} variants: {variants}", ""));
                    }
                }
            }
            Exit::Done
        }
    }
}

fn describe(name: &str, text: &str) -> serde_json::Value {
    let mut sources = SourceMap::new();
    let file = sources.add(name, text);
    let (module, _) = parse(&sources, file);
    let variants: Vec<&str> = module
        .items
        .iter()
        .filter_map(|i| match &i.kind {
            crate::syntax::ast::ItemKind::Variant(v) => Some(v.name.value.as_str()),
            _ => None,
        })
        .collect();
    let title = module.docs.first().map(|d| d.trim()).unwrap_or_default();
    serde_json::json!({ "name": name, "title": title, "variants": variants })
}
