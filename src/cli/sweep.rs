//! `dsc sweep FILE --set p=4,8,16 --data D`: one model with several values of a hyper, in a table and a plot.

use super::train;
#[cfg(any(feature = "torch", test))]
use crate::sema::statics::Static;

/// `dsc sweep`.
#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(mut_arg("out", |a| a.help("Folder of runs, tables and plot, made or gone on with; by default runs/sweep-MODEL-DATA")))]
#[command(mut_arg("threads", |a| a.help("Threads of each run; by default one on the CPU")))]
#[command(mut_arg("sets", |a| a.help("The hyper and its values, `--set p=4,8,16`; others with one value each")))]
#[command(after_help = "\
  dsc sweep dashfusion --set p=4,8,16,32,64 --data sims --seeds 5

Every value is a row, trained with every seed; differences are taken to the first value, seed by
seed. Below them stand the stock models of one modality, trained with the same settings, and the
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
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    jobs: Option<u64>,
}

/// Trains what is missing, prints the table and writes the plot.
#[cfg(feature = "torch")]
pub(super) fn run(args: &Args, out: &mut super::Output) -> super::Exit {
    use super::Exit;
    use super::ablate::{compare, rows};
    use crate::report::ablation::Group;
    use crate::report::plot::plot;

    let (hyper, values) = match swept(&args.train.model.sets) {
        Ok(swept) => swept,
        Err(why) => {
            out.note(why);
            return Exit::Usage;
        }
    };
    let mut all = Vec::new();
    let mut modalities = std::collections::BTreeSet::new();
    for (i, value) in values.iter().enumerate() {
        let mut train = args.train.clone();
        for set in train.model.sets.iter_mut().filter(|s| s.name == hyper) {
            set.value = super::model::parse_value(value);
        }
        let group = if i == 0 { Group::Base } else { Group::Variant };
        match rows::row(format!("{hyper}={value}"), group, train, out) {
            Ok((row, streams)) => {
                all.push(row);
                modalities = streams;
            }
            Err(exit) => return exit,
        }
    }
    if !args.no_unimodal
        && let Err(exit) = rows::add_unimodal(&mut all, &args.train, &modalities, out)
    {
        return exit;
    }
    let drawn = |comparison: &crate::report::ablation::Comparison| {
        let scores: Vec<_> = comparison.scores_of_rows().into_iter().take(values.len()).collect();
        vec![("plot.svg", plot(&hyper, &values, comparison.family(), &scores))]
    };
    compare(&all, "sweep", &args.train, args.jobs, &drawn, out)
}

/// The hyper that has several values, and they.
///
/// # Errors
/// What to tell the user.
#[cfg(any(feature = "torch", test))]
fn swept(sets: &[crate::lower::Setting]) -> Result<(String, Vec<String>), String> {
    let several = sets.iter().filter_map(|s| match &s.value {
        Static::Str(values) if values.contains(',') => Some((s, values.as_str())),
        _ => None,
    });
    match several.collect::<Vec<_>>().as_slice() {
        [(set, values)] => {
            let mut list: Vec<String> = Vec::new();
            for value in values.split(',').map(str::trim) {
                if value.is_empty() || list.iter().any(|v| v == value) {
                    return Err(format!("`--set {}={values}`: every value once, separated by commas", set.name));
                }
                list.push(value.to_owned());
            }
            Ok((set.name.clone(), list))
        }
        [] => Err("no hyper has several values: write `--set HYPER=VALUE,VALUE,..`".to_owned()),
        [(one, _), (other, _), ..] => {
            Err(format!("one hyper at a time: both `{}` and `{}` have several values", one.name, other.name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::model::parse_setting;

    #[test]
    fn one_hyper_has_several_values() {
        let of = |texts: &[&str]| swept(&texts.iter().map(|t| parse_setting(t).unwrap()).collect::<Vec<_>>());
        assert_eq!(of(&["d=64", "p=4, 8,16"]), Ok(("p".into(), vec!["4".into(), "8".into(), "16".into()])));
        for (wrong, told) in [
            (&["p=4"][..], "no hyper has several values"),
            (&["p=4,8", "d=1,2"], "both `p` and `d`"),
            (&["p=4,,8"], "every value once"),
            (&["p=4,8,4"], "every value once"),
        ] {
            let why = of(wrong).unwrap_err();
            assert!(why.contains(told), "{why}");
        }
    }
}
