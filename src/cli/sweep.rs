//! `dsc sweep FILE --set p=4,8,16 --data D`: one model with several values of a hyper, in a table and a plot.

use dsc_project::{Assignment, Engine, SweepRequest};

use super::ablate::{at_least_one, show};
use super::interrupts::{self, Second};
use super::progress::Progress;
use super::{Exit, Output, train};

/// `dsc sweep`.
#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(mut_arg("out", |a| a.help("Folder of runs, tables and plot, made or gone on with; by default runs/sweep-MODEL-DATA")))]
#[command(mut_arg("profile", |a| a.help("Write profile.json, the time of the steps by line of the model, into the folder of each run")))]
#[command(mut_arg("threads", |a| a.help("Threads of each run; by default one on the CPU")))]
#[command(mut_arg("sets", |a| a.help("The hyper and its values, `--set p=4,8,16`; others with one value each")))]
#[command(after_help = "\
  dsc sweep dashfusion --set p=4,8,16,32,64 --data sims --seeds 5

Every value is a row, trained with every seed; differences are taken to the first value, seed by
seed. The last rows are the stock models of one modality, trained with the same settings, and the
constant prediction. The folder holds a run folder for each value and seed, the tables as table.txt,
.md, .csv and .tex, and plot.svg: each metric over the values, mean and spread. Called again with
the same folder, it trains what is missing or has changed. Ctrl-C ends it; what was finished is kept.")]
pub struct Args {
    #[command(flatten)]
    pub(super) train: train::Args,
    /// Without the rows of one modality
    #[arg(long)]
    no_unimodal: bool,
    /// Runs at a time; by default as many as cores and memory allow, on a GPU one
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    jobs: Option<usize>,
}

/// Trains what is missing, prints the table and writes the plot.
pub(super) fn run(args: &Args, engine: &dyn Engine, out: &mut Output) -> Exit {
    let (hyper, values) = match swept(&args.train.model.sets) {
        Ok(swept) => swept,
        Err(why) => {
            return out.usage(why);
        }
    };
    let mut train = match train::request(&args.train, out) {
        Ok(train) => train,
        Err(exit) => return exit,
    };
    train.model.sets.retain(|set| set.name != hyper);
    let request = SweepRequest { train, hyper, values, unimodal: !args.no_unimodal, jobs: args.jobs };
    let stop = interrupts::watch(Second::Counts);
    let compared = engine.sweep(&request, stop, &mut Progress::new(out));
    show(compared, out)
}

/// The hyper that has several values, and its values.
///
/// # Errors
/// The reason, where there is none or more than one.
fn swept(sets: &[Assignment]) -> Result<(String, Vec<String>), String> {
    let several = sets.iter().filter(|s| s.value.contains(','));
    match several.collect::<Vec<_>>().as_slice() {
        [Assignment { name, value: values }] => {
            let mut list: Vec<String> = Vec::new();
            for value in values.split(',').map(str::trim) {
                if value.is_empty() || list.iter().any(|v| v == value) {
                    return Err(format!("`--set {name}={values}`: every value once, separated by commas"));
                }
                list.push(value.to_owned());
            }
            Ok((name.clone(), list))
        }
        [] => Err("no hyper has several values: write `--set HYPER=VALUE,VALUE,..`".to_owned()),
        [one, other, ..] => {
            Err(format!("one hyper at a time: both `{}` and `{}` have several values", one.name, other.name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::model::parse_assignment;

    #[test]
    fn one_hyper_has_several_values() {
        let of = |texts: &[&str]| swept(&texts.iter().map(|t| parse_assignment(t).unwrap()).collect::<Vec<_>>());
        assert_eq!(of(&["d=64", "p=4, 8,16"]), Ok(("p".into(), vec!["4".into(), "8".into(), "16".into()])));
        for (wrong, part) in [
            (&["p=4"][..], "no hyper has several values"),
            (&["p=4,8", "d=1,2"], "both `p` and `d`"),
            (&["p=4,,8"], "every value once"),
            (&["p=4,8,4"], "every value once"),
        ] {
            let why = of(wrong).unwrap_err();
            assert!(why.contains(part), "{why}");
        }
    }
}
