//! `dsc data info NAME|FILE`.

use super::{Exit, Output};
use dsc_data::card::card;
use dsc_data::{Dataset, LABELS, info, label_finding};
use dsc_project::{open_data, tokens};
use dsc_recipe::Padding;
use dsc_syntax::diag::Diagnostic;
use std::path::PathBuf;

/// `dsc data`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

/// What to do with the data.
#[derive(Debug, clap::Subcommand)]
enum What {
    /// Show counts, shapes, histograms of lengths and labels, NaN and infinite values
    Info {
        /// A feature file, a file per split (train=FILE,valid=FILE,test=FILE), or the name of a known data set: sims, simsv2, mosi,
        /// mosi_aligned, mosei, mosei_aligned, demo
        #[arg(value_name = "NAME|FILE")]
        data: String,
        /// Folder with the known data sets in MMSA's layout
        #[arg(long, value_name = "DIR", env = "DSC_DATA")]
        data_root: Option<PathBuf>,
        /// The side on which sequences are padded: auto, end or front, as the recipe key `padding`
        #[arg(long, value_name = "SIDE", default_value = "auto", value_parser = side)]
        padding: Padding,
        /// Folder of a text encoder, to show how much of the transcripts its vocabulary knows
        #[arg(long, value_name = "DIR")]
        text_encoder: Option<PathBuf>,
    },
}

fn side(word: &str) -> Result<Padding, String> {
    Padding::parse(word).ok_or_else(|| format!("expected {}", Padding::WORDS.join(", ")))
}

/// All that was found in the data; of a known data set also labels that do not go with its metrics.
fn warnings(dataset: &Dataset, name: &str) -> Vec<Diagnostic> {
    let labels = card(name).and_then(|card| label_finding(dataset, LABELS, card.family));
    dataset.warnings().into_iter().chain(labels.map(|finding| finding.warning)).collect()
}

/// Shows what a data set holds.
pub fn run(args: &Args, out: &mut Output) -> Exit {
    let What::Info { data, data_root, padding, text_encoder } = &args.what;
    match open_data(data, data_root.as_deref(), *padding) {
        Ok(dataset) => {
            out.remarks(&warnings(&dataset, data), &dsc_syntax::source::SourceMap::new());
            let mut info = match info(&dataset) {
                Ok(info) => info,
                Err(fault) => return out.fault(&fault),
            };
            match tokens(&dataset, data, text_encoder.as_deref()) {
                Ok(None) => {}
                Ok(Some((found, finding))) => {
                    out.remarks(
                        &finding.map(|f| f.warning).into_iter().collect::<Vec<_>>(),
                        &dsc_syntax::source::SourceMap::new(),
                    );
                    info.tokens = Some(found);
                }
                Err(fault) => return out.fault(&fault),
            }
            if out.is_json() {
                out.json(&info);
            } else {
                out.line(info.to_string().trim_end());
            }
            Exit::Done
        }
        Err(fault) => out.fault(&fault),
    }
}
