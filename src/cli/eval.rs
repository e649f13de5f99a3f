//! `dsc eval RUN`: scores the selected weights of a run again, or those of all finished seeds below a folder.

use std::path::PathBuf;

/// `dsc eval`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The folder of a run, or of the runs of several seeds
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// train, valid or test; without it test for a finished run, valid for an unfinished one
    #[arg(long, value_name = "SPLIT")]
    split: Option<String>,
    /// Other data than the run was made with
    #[arg(long, value_name = "NAME|FILE")]
    data: Option<String>,
    /// Folder below which the known data sets lie
    #[arg(long, value_name = "DIR", env = "DSC_DATA")]
    data_root: Option<PathBuf>,
    /// cpu, cuda or cuda:N
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    device: String,
    /// Threads for operators
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

#[cfg(feature = "torch")]
pub(super) use with_torch::run;

#[cfg(feature = "torch")]
mod with_torch {
    use std::path::{Path, PathBuf};

    use serde_json::json;

    use super::Args;
    use crate::cli::reopened::{Faults, Opened, Place};
    use crate::cli::session::parse_split;
    use crate::cli::{Exit, Output};
    use crate::data::{Split, file_sha256};
    use crate::diag::Diagnostic;
    use crate::diag::codes::run::{E0911, E0923, E0925};
    use crate::report::results::{metrics_of, scores_table};
    use crate::train::checkpoint::Checkpoint;
    use crate::train::metrics::aggregate;
    use crate::train::results::{Results, Scores};
    use crate::train::run_folder::{Manifest, RunFolder, Seeds};

    /// Scores a run, or the finished ones of several seeds.
    pub(in crate::cli) fn run(args: &Args, out: &mut Output) -> Exit {
        let asked = match args.split.as_deref().map(|text| (text, parse_split(text))) {
            None => None,
            Some((_, Ok(split))) => Some(split),
            Some((text, Err(wanted))) => {
                let _ = out.fault(&Diagnostic::error(E0911, format!("`{text}` is no split")).help(wanted));
                return Exit::Usage;
            }
        };
        let scored = match Seeds::open(&args.run) {
            Ok(None) => one(args, asked, out),
            Ok(Some(seeds)) => several(args, &seeds, asked.unwrap_or(Split::Test), out),
            Err(fault) => Err(fault.into()),
        };
        match scored {
            Ok(()) => Exit::Done,
            Err(faults) => faults.show(out),
        }
    }

    fn place(args: &Args, split: Split) -> Place<'_> {
        let (data, data_root) = (args.data.as_deref(), args.data_root.as_deref());
        Place { data, data_root, split: Some(split), device: &args.device, threads: args.threads }
    }

    /// What `dsc train` wrote of the split, where the data are the same.
    fn saved(args: &Args, opened: &Opened<'_>, split: Split) -> Option<Scores> {
        let results: Results = opened.folder.read_json("results.json").ok().filter(|_| args.data.is_none())?;
        match split {
            Split::Valid => Some(results.valid),
            Split::Test => Some(results.test),
            Split::Train => None,
        }
    }

    fn one(args: &Args, asked: Option<Split>, out: &mut Output) -> Result<(), Faults> {
        let (folder, manifest) = RunFolder::open(&args.run)?;
        let finished = folder.is_finished();
        let split = asked.unwrap_or(if finished { Split::Test } else { Split::Valid });
        if !finished {
            if split == Split::Test {
                let fault = Diagnostic::error(E0923, format!("`{}` is not finished", args.run.display()));
                return Err(fault
                    .help(
                        "score the validation split, `--split valid`; the test split is read once, at the end of a run",
                    )
                    .into());
            }
            out.note(progress(&folder, &manifest));
        }
        let opened = Opened::new(&args.run, place(args, split))?;
        opened.remarks(out);
        let scores = opened.scores(split, out).map_err(|d| opened.fault(d))?;
        let saved = saved(args, &opened, split);
        let m = &opened.manifest;
        if out.is_json() {
            out.json(&json!({
                "model": m.model, "seed": m.seed, "split": split, "finished": finished,
                "samples": scores.samples, "metrics": scores.metrics,
                "equal_to_results": saved.map(|s| s == scores),
            }));
            return Ok(());
        }
        let mut rows = vec![(split.name().to_owned(), vec![&scores])];
        rows.extend(saved.iter().map(|s| (format!("{split}, as the run says"), vec![s])));
        let title = format!("{}, seed {}", m.model, m.seed);
        out.line(scores_table(m.settings.family, &title, &rows).text().trim_end());
        if let Some(saved) = saved {
            out.line(verdict(saved == scores, m, "results.json"));
        }
        Ok(())
    }

    /// The table of all finished seeds below a folder, with mean and spread.
    fn several(args: &Args, seeds: &Seeds, split: Split, out: &mut Output) -> Result<(), Faults> {
        let folders: Vec<PathBuf> = seeds.finished().map(|r| args.run.join(&r.folder)).collect();
        let Some((first, rest)) = folders.split_first() else { return Err(none_finished(&args.run, seeds).into()) };
        if folders.len() < seeds.seeds {
            out.note(format_args!("{} of {} seeds are finished", folders.len(), seeds.seeds));
        }
        let mut opened = Opened::new(first, place(args, split))?;
        opened.remarks(out);
        let mut scored: Vec<(u64, Scores)> = Vec::new();
        let mut all_saved: Vec<Scores> = Vec::new();
        for folder in std::iter::once(None).chain(rest.iter().map(Some)) {
            if let Some(folder) = folder {
                opened = opened.other_seed(folder)?;
            }
            let scores = opened.scores(split, out).map_err(|d| opened.fault(d))?;
            scored.push((opened.manifest.seed, scores));
            all_saved.extend(saved(args, &opened, split));
        }
        let m = &opened.manifest;
        let family = m.settings.family;
        let equal = (all_saved.len() == scored.len()).then(|| scored.iter().zip(&all_saved).all(|((_, a), b)| a == b));
        if out.is_json() {
            let metrics: Vec<_> = scored.iter().map(|(_, s)| metrics_of(family, s)).collect();
            let each = scored.iter().map(|(seed, s)| json!({"seed": seed, "samples": s.samples, "metrics": s.metrics}));
            out.json(&json!({
                "model": m.model, "split": split, "seeds": seeds.seeds, "finished": scored.len(),
                "runs": each.collect::<Vec<_>>(), "summary": aggregate(family, &metrics), "equal_to_results": equal,
            }));
            return Ok(());
        }
        let mut rows: Vec<(String, Vec<&Scores>)> =
            scored.iter().map(|(seed, s)| (format!("{split}, seed {seed}"), vec![s])).collect();
        rows.push((format!("{split}, {} seeds", scored.len()), scored.iter().map(|(_, s)| s).collect()));
        let mut table = scores_table(family, &m.model, &rows);
        table.note("mean ± population standard deviation");
        out.line(table.text().trim_end());
        if let Some(equal) = equal {
            out.line(verdict(equal, m, "the results.json of each seed"));
        }
        Ok(())
    }

    fn none_finished(top: &Path, seeds: &Seeds) -> Diagnostic {
        let message = format!("none of the {} seeds of `{}` is finished", seeds.seeds, top.display());
        let fault = Diagnostic::error(E0925, message);
        match seeds.runs.last() {
            Some(run) => {
                let folder = top.join(&run.folder);
                fault.help(format!("`dsc eval {} --split valid` scores the best epoch so far", folder.display()))
            }
            None => fault.help("train again: no seed was begun"),
        }
    }

    /// How an unfinished run stands.
    fn progress(folder: &RunFolder, manifest: &Manifest) -> String {
        let last = Checkpoint::open(&folder.file("last.safetensors")).ok().map(|c| c.state);
        let state = match &last {
            Some(s) => format!(" after {} of {} epochs ({} steps)", s.epoch, manifest.settings.epochs, s.step),
            None => String::new(),
        };
        let best = last.and_then(|s| s.best).map_or(String::new(), |b| format!(", epoch {}", b.epoch + 1));
        format!("the run is not finished, it stands{state}: these are the weights of its best epoch so far{best}")
    }

    fn verdict(equal: bool, manifest: &Manifest, what: &str) -> String {
        let same_file = || {
            let (path, sha) = (manifest.data.path.as_ref()?, manifest.data.sha256.as_ref()?);
            Some(file_sha256(path, None).ok()? == *sha)
        };
        let why = match equal {
            true => return format!("equal to {what}"),
            false if same_file() == Some(false) => "the data file has changed since the run",
            false => "another processor, thread count or version gives other last digits",
        };
        format!("{what}: other scores ({why})")
    }
}
