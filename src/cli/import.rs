//! `dsc import FILE --weights CKPT --data D`: a run folder of weights that were trained elsewhere.

use std::path::PathBuf;

use dsc_project::{Engine, ImportRequest, TrainRequest};
use dsc_recipe::KeyValue;

use super::model::ModelArgs;
use super::process::command_line;
use super::train::{carry_out, with_keys};
use super::{Exit, Output};

/// `dsc import`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
  dsc import dashfusion_released --weights best.ckpt --data sims --text-encoder DIR

The checkpoint is a PyTorch state dict (.ckpt, .pt, .bin) or a safetensors file; nothing in it is
executed. Its names are mapped by MODEL.names beside the model's file; a checkpoint of
dsc needs none. Every weight of the model has to be in it, and nothing that the map does not name.
The weights are scored on the validation and the test split; `dsc eval` and `dsc predict` then take
the folder as that of any run.")]
pub struct Args {
    #[command(flatten)]
    pub(super) model: ModelArgs,
    /// The checkpoint
    #[arg(long, value_name = "CKPT")]
    weights: PathBuf,
    /// The weight map; by default MODEL.names beside the model's file, or that of the stock model
    #[arg(long, value_name = "FILE")]
    names: Option<PathBuf>,
    /// A known data set (sims, simsv2, mosi, mosi_aligned, mosei, mosei_aligned, demo), a feature file, or a file per split:
    /// train=FILE,valid=FILE,test=FILE
    #[arg(long, value_name = "NAME|FILE")]
    data: String,
    /// Folder below which the known data sets lie
    #[arg(long, value_name = "DIR", env = "DSC_DATA")]
    data_root: Option<PathBuf>,
    /// The recipe, for metrics, standardisation and the text encoder; by default the one named like the data set
    #[arg(long, value_name = "NAME")]
    recipe: Option<String>,
    /// Set a key of the recipe: `--with family=sims`
    #[arg(long = "with", value_name = "KEY=VALUE")]
    with: Vec<String>,
    /// Folder of the text encoder: configuration and vocabulary; its weights are not read
    #[arg(long, value_name = "DIR")]
    text_encoder: Option<PathBuf>,
    /// cpu, cuda or cuda:N
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    device: String,
    /// Threads; by default one for each core. Results do not depend on it
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// The run's folder, which must not exist; by default runs/MODEL-DATA-TIME
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Reads the weights, scores them and writes the folder.
pub(super) fn run(args: &Args, engine: &dyn Engine, out: &mut Output) -> Exit {
    match request(args, out) {
        Ok(request) => carry_out(&request, engine, out),
        Err(exit) => exit,
    }
}

fn request(args: &Args, out: &mut Output) -> Result<TrainRequest, Exit> {
    let mut keys = with_keys(&args.with).map_err(|fault| out.fault(&fault))?;
    // Given weights do not depend on a seed.
    keys.push(KeyValue { option: "dsc import".to_owned(), key: "seeds".to_owned(), value: "1".to_owned() });
    Ok(TrainRequest {
        model: args.model.request(out)?,
        data_root: args.data_root.clone(),
        recipe: args.recipe.clone(),
        keys,
        text_encoder: args.text_encoder.clone(),
        device: args.device.clone(),
        threads: args.threads,
        out: args.out.clone(),
        import: Some(ImportRequest { weights: args.weights.clone(), names: args.names.clone() }),
        command: command_line(),
        ..TrainRequest::new("", args.data.clone())
    })
}
