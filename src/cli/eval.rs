//! `dsc eval RUN`: scores the selected weights of a run again.

use std::path::PathBuf;

/// `dsc eval`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The folder of a run
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
pub(super) use with_torch::{Opened, run};

#[cfg(feature = "torch")]
mod with_torch {
    use std::path::Path;

    use super::Args;
    use crate::cli::session::{Session, parse_split};
    use crate::cli::{Exit, Output};
    use crate::data::{Binding, Split, Standardizer, file_sha256};
    use crate::diag::Diagnostic;
    use crate::diag::codes::data::E0614;
    use crate::diag::codes::run::{E0911, E0923};
    use crate::report::results::scores_table;
    use crate::runtime::device::{Device, threads};
    use crate::runtime::{ParamStore, Program};
    use crate::train::checkpoint::Checkpoint;
    use crate::train::evaluate::{predict, primary, score};
    use crate::train::feed::Feed;
    use crate::train::results::{Results, Scores};
    use crate::train::run_folder::{Manifest, RunFolder};
    use crate::train::trainer::load_weights;

    /// A run with its selected weights, ready to predict.
    pub(in crate::cli) struct Opened {
        pub folder: RunFolder,
        pub manifest: Manifest,
        pub session: Session,
        program: Program,
        store: ParamStore,
        standardizer: Option<Standardizer>,
    }

    impl Opened {
        pub(in crate::cli) fn new(
            run: &Path,
            data: Option<&str>,
            data_root: Option<&Path>,
            device: &str,
            count: Option<usize>,
        ) -> Result<Opened, Vec<Diagnostic>> {
            let one = |d: Diagnostic| vec![d];
            let (folder, manifest) = RunFolder::open(run).map_err(one)?;
            let device = Device::parse(device).map_err(one)?;
            device.open().map_err(one)?;
            // Sums depend on the number of threads: the run's own gives the run's own numbers.
            threads(count.or(Some(manifest.machine.threads))).map_err(one)?;
            let session = Session::reopen(&folder, &manifest, data, data_root)?;
            same_widths(&session, &manifest).map_err(one)?;
            let checkpoint = Checkpoint::open(&folder.file("best.safetensors")).map_err(one)?;
            let store = load_weights(&session.graph, &session.dims, &checkpoint, device).map_err(one)?;
            let program = Program::new(&session.graph, &session.dims).map_err(one)?;
            let standardizer = match folder.file("standardizer.json").is_file() {
                true => Some(folder.read_json("standardizer.json").map_err(one)?),
                false => None,
            };
            Ok(Opened { folder, manifest, session, program, store, standardizer })
        }

        fn feed(&self) -> Result<Feed<'_>, Diagnostic> {
            let s = &self.session;
            let saved = Some(self.standardizer.clone().unwrap_or_default());
            Feed::new(&s.graph, &s.dataset, s.texts.as_ref(), &s.resolved.settings, saved)
        }

        /// Ids and predictions of a split, and its labels where the data have them.
        #[allow(clippy::type_complexity)]
        pub(in crate::cli) fn predict(
            &self,
            split: Split,
        ) -> Result<(Vec<String>, Vec<f32>, Result<Vec<f32>, Diagnostic>), Diagnostic> {
            let feed = self.feed()?;
            feed.check(split)?;
            let label = primary(&self.session.graph)?;
            let mut all = predict(&self.program, &self.store, &feed, split)?;
            let labels = feed.label(split, label).map(<[f32]>::to_vec);
            Ok((feed.ids(split)?.to_vec(), all.swap_remove(label).unwrap_or_default(), labels))
        }

        fn scores(&self, split: Split) -> Result<Scores, Diagnostic> {
            let (ids, predictions, labels) = self.predict(split)?;
            Ok(Scores::of(&score(self.manifest.settings.family, &predictions, &labels?, &ids)?))
        }
    }

    /// The data have to be as wide as those the run was trained on.
    fn same_widths(session: &Session, manifest: &Manifest) -> Result<(), Diagnostic> {
        let encoder = session.encoder.as_ref().map(|e| e.binding.clone());
        let binding = Binding::from_dataset(&session.dataset, encoder, None)?;
        let dims = binding.dims(&session.graph).map_err(|faults| {
            faults.into_iter().next().unwrap_or_else(|| Diagnostic::error(E0614, "the data do not fit the run"))
        })?;
        match dims.widths.iter().find(|(name, n)| manifest.dims.widths.get(*name) != Some(*n)) {
            None => Ok(()),
            Some((name, n)) => {
                let trained = manifest.dims.widths.get(name).map_or_else(|| "another".to_owned(), ToString::to_string);
                Err(Diagnostic::error(
                    E0614,
                    format!("{name} is {n} in {}, the run was trained with {trained}", binding.name),
                )
                .help("give data with the features that the run was trained on"))
            }
        }
    }

    /// Whether the file is still the one the run was trained on; `None` where that is not known.
    fn same_file(manifest: &Manifest) -> Option<bool> {
        let (path, sha) = (manifest.data.path.as_ref()?, manifest.data.sha256.as_ref()?);
        Some(file_sha256(path, None).ok()? == *sha)
    }

    /// Scores a split and prints it beside what the run says.
    pub(in crate::cli) fn run(args: &Args, out: &mut Output) -> Exit {
        let asked = match args.split.as_deref().map(|text| (text, parse_split(text))) {
            None => None,
            Some((_, Ok(split))) => Some(split),
            Some((text, Err(wanted))) => {
                let _ = out.fault(&Diagnostic::error(E0911, format!("`{text}` is no split")).help(wanted));
                return Exit::Usage;
            }
        };
        let (data, root) = (args.data.as_deref(), args.data_root.as_deref());
        let opened = match Opened::new(&args.run, data, root, &args.device, args.threads) {
            Ok(opened) => opened,
            Err(faults) => return out.diagnostics(&faults, &Default::default()),
        };
        let finished = opened.folder.is_finished();
        let split = asked.unwrap_or(if finished { Split::Test } else { Split::Valid });
        if !finished && split == Split::Test {
            return out.fault(&Diagnostic::error(E0923, format!("`{}` is not finished", args.run.display())).help(
                "score the validation split, `--split valid`; the test split is read once, at the end of a run",
            ));
        }
        if !finished {
            out.note("the run is not finished: these are the weights of its best epoch so far");
        }
        let scores = match opened.scores(split) {
            Ok(scores) => scores,
            Err(d) => return out.diagnostics(&[d], &opened.session.sources),
        };
        if out.is_json() {
            out.json(&scores);
            return Exit::Done;
        }
        let m = &opened.manifest;
        let title = format!("{}, seed {}", m.model, m.seed);
        let mut rows = vec![(split.name().to_owned(), vec![&scores])];
        let results: Option<Results> = opened.folder.read_json("results.json").ok();
        let saved = results.as_ref().filter(|_| args.data.is_none()).and_then(|r| match split {
            Split::Valid => Some(&r.valid),
            Split::Test => Some(&r.test),
            Split::Train => None,
        });
        if let Some(saved) = saved {
            rows.push((format!("{split}, as the run says"), vec![saved]));
        }
        out.line(scores_table(m.settings.family, &title, &rows).text().trim_end());
        if let Some(saved) = saved {
            out.line(match (*saved == scores, same_file(m)) {
                (true, _) => "equal to results.json",
                (false, Some(false)) => "results.json holds other scores: the data file has changed since the run",
                (false, _) => "results.json holds other scores (another processor, thread count or version gives other last digits)",
            });
        }
        Exit::Done
    }
}
