//! The runs of an ablation: those that are there already, and processes for the others, some at a time.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::Duration;

use super::rows::Row;
use crate::cli::Output;
use crate::cli::doctor::meminfo;
use crate::diag::Diagnostic;
use crate::diag::codes::run::E0932;
use crate::train::results::Results;
use crate::train::run_folder::{Manifest, RunFolder};

/// How often the processes are looked at.
const EVERY: Duration = Duration::from_millis(50);
/// What a process takes beside its model: libtorch, and the data.
const BESIDE: u64 = 400 << 20;

static INTERRUPTS: AtomicUsize = AtomicUsize::new(0);

fn stopping() -> bool {
    INTERRUPTS.load(Ordering::Relaxed) > 0
}

/// What came of the runs.
pub(super) struct Ended {
    /// For every row its finished runs, in the order of the seeds; a run that failed or was not begun is missing.
    pub results: Vec<Vec<Option<Results>>>,
    /// How many failed.
    pub failed: usize,
    /// Whether Ctrl-C ended it.
    pub interrupted: bool,
}

/// A run to be done.
struct Task {
    row: usize,
    seed: u64,
}

struct Running {
    task: Task,
    child: Child,
    folder: PathBuf,
    log: PathBuf,
}

/// Takes the runs that `folder` has and trains the others.
///
/// # Errors
/// `E0932` when the folder cannot be written. What happens to one run is told and takes no other with it.
pub(super) fn train_all(rows: &[Row], folder: &Path, jobs: Option<u64>, out: &mut Output) -> Result<Ended, Diagnostic> {
    let unwritable =
        |path: &Path, why: &io::Error| Diagnostic::error(E0932, format!("cannot write `{}`: {why}", path.display()));
    fs::create_dir_all(folder).map_err(|why| unwritable(folder, &why))?;
    let there = finished_runs(folder);
    let mut results: Vec<Vec<Option<Results>>> = rows.iter().map(|r| r.seeds().map(|_| None).collect()).collect();
    let mut tasks = VecDeque::new();
    // Seed by seed, so that what is broken off early has all rows.
    let seeds = rows.first().map_or(0..0, Row::seeds);
    for (i, seed) in seeds.clone().enumerate() {
        for (row, slots) in results.iter_mut().enumerate() {
            let Some(wanted) = rows.get(row) else { continue };
            let found = there.iter().find(|(manifest, _)| manifest.seed == seed && wanted.is_run_by(manifest));
            match (found, slots.get_mut(i)) {
                (Some((_, results)), Some(slot)) => *slot = Some(results.clone()),
                _ => tasks.push_back(Task { row, seed }),
            }
        }
    }
    let all = tasks.len();
    let kept = rows.len() * seeds.clone().count() - all;
    let jobs = jobs.map_or_else(|| at_a_time(rows), |n| n as usize).min(all.max(1));
    out.note(format_args!("{all} runs to train, {jobs} at a time; {kept} are there already"));
    // Those that train have process groups of their own: however this process is asked to end, each of them gets as many
    // signals as it did, the first of which lets them save where they are.
    let _ = ctrlc::set_handler(|| {
        INTERRUPTS.fetch_add(1, Ordering::Relaxed);
    });
    let mut passed_on = 0;
    let (mut running, mut done, mut failed): (Vec<Running>, usize, usize) = (Vec::new(), 0, 0);
    loop {
        while running.len() < jobs
            && !stopping()
            && let Some(task) = tasks.pop_front()
            && let Some(row) = rows.get(task.row)
        {
            running.push(start(row, task, folder).map_err(|(path, why)| unwritable(&path, &why))?);
        }
        if running.is_empty() {
            break;
        }
        sleep(EVERY);
        while passed_on < INTERRUPTS.load(Ordering::Relaxed) {
            passed_on += 1;
            running.iter().for_each(|run| interrupt(&run.child));
        }
        let mut i = 0;
        while let Some(run) = running.get_mut(i) {
            let Ok(Some(status)) = run.child.try_wait() else {
                i += 1;
                continue;
            };
            let run = running.swap_remove(i);
            let name = rows.get(run.task.row).map_or("", |r| r.name.as_str());
            let finished = status.success().then(|| RunFolder::open(&run.folder).ok()).flatten();
            let read = finished.and_then(|(folder, _)| folder.read_json::<Results>("results.json").ok());
            done += 1;
            match read {
                Some(r) => {
                    let mae = r.test.metrics.get("mae").copied().flatten();
                    let mae = mae.map(|m| format!(", test MAE {m:.3}")).unwrap_or_default();
                    out.note(format_args!("[{done}/{all}] {name}, seed {}: {:.1} s{mae}", run.task.seed, r.seconds));
                    let slot = results
                        .get_mut(run.task.row)
                        .and_then(|slots| slots.get_mut((run.task.seed - seeds.start) as usize));
                    if let Some(slot) = slot {
                        *slot = Some(r);
                    }
                }
                None if stopping() => {
                    out.note(format_args!("[{done}/{all}] {name}, seed {}: interrupted", run.task.seed));
                }
                None => {
                    failed += 1;
                    out.note(format_args!(
                        "[{done}/{all}] {name}, seed {}: failed; see {}",
                        run.task.seed,
                        run.log.display()
                    ));
                    for line in last_lines(&run.log, 3) {
                        out.note(format_args!("    {line}"));
                    }
                }
            }
        }
    }
    Ok(Ended { results, failed, interrupted: stopping() })
}

/// The finished runs two folders below.
fn finished_runs(folder: &Path) -> Vec<(Manifest, Results)> {
    let below = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut folders: Vec<PathBuf> = entries.map(|e| e.path()).filter(|p| p.is_dir()).collect();
        folders.sort();
        folders
    };
    // Rows of stock models have a folder for the first part of their name as well.
    let rows: Vec<PathBuf> =
        below(folder).into_iter().flat_map(|row| [vec![row.clone()], below(&row)].concat()).collect();
    let runs = rows.iter().flat_map(|row| below(row));
    runs.filter_map(|run| {
        let (folder, manifest) = RunFolder::open(&run).ok()?;
        Some((manifest, folder.read_json::<Results>("results.json").ok()?))
    })
    .collect()
}

/// Sends what Ctrl-C sends.
fn interrupt(child: &Child) {
    #[cfg(unix)]
    if let Ok(id) = i32::try_from(child.id()) {
        // SAFETY: a plain call; the child has not been waited for, so that its id is its own.
        unsafe { libc::kill(id, libc::SIGINT) };
    }
}

fn start(row: &Row, task: Task, folder: &Path) -> Result<Running, (PathBuf, io::Error)> {
    let place = folder.join(&row.name);
    fs::create_dir_all(&place).map_err(|why| (place.clone(), why))?;
    // What another run left there stays: an interrupted one, or one of another graph.
    let taken = |n: u32| if n == 1 { format!("seed-{}", task.seed) } else { format!("seed-{}-{n}", task.seed) };
    let name = (1..).map(taken).find(|name| !place.join(name).exists()).unwrap_or_default();
    let (run, log) = (place.join(&name), place.join(format!("{name}.log")));
    let shown = File::create(&log).and_then(|file| Ok((file.try_clone()?, file)));
    let (err, out) = shown.map_err(|why| (log.clone(), why))?;
    let mut command = command(row, task.seed, &run);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn();
    let child = child.map_err(|why| (log.clone(), why))?;
    Ok(Running { task, child, folder: run, log })
}

/// `dsc train` with one seed.
fn command(row: &Row, seed: u64, run: &Path) -> Command {
    let args = &row.args;
    // Environment and libraries are those of this process.
    let mut command = Command::new(std::env::current_exe().unwrap_or_else(|_| "dsc-rt".into()));
    command.arg("train").arg(&args.model.file).arg("--data").arg(&args.data);
    let mut option = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            command.arg(name).arg(value);
        }
    };
    let text = |path: &PathBuf| path.to_string_lossy().into_owned();
    option("--variant", args.model.variant.clone());
    for set in &args.model.sets {
        option("--set", Some(format!("{}={}", set.name, set.value)));
    }
    option("--data-root", args.data_root.as_ref().map(text));
    option("--recipe", args.recipe.clone());
    for with in &args.with {
        option("--with", Some(with.clone()));
    }
    option("--epochs", args.epochs.clone());
    option("--batch", args.batch.clone());
    option("--text-encoder", args.text_encoder.as_ref().map(text));
    option("--device", Some(args.device.clone()));
    option("--threads", Some(row.threads.to_string()));
    option("--opt-level", Some(args.opt_level.to_string()));
    option("--seed", Some(seed.to_string()));
    option("--seeds", Some("1".to_owned()));
    option("--out", Some(run.to_string_lossy().into_owned()));
    command
}

/// As many as cores and memory allow; one on a GPU, which they would share.
fn at_a_time(rows: &[Row]) -> usize {
    let Some(first) = rows.first() else { return 1 };
    if first.args.device != "cpu" {
        return 1;
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let by_cores = cores / first.threads.max(1);
    let largest = rows.iter().filter_map(|r| r.memory).max().unwrap_or(0).saturating_add(BESIDE);
    let by_memory = meminfo("MemAvailable:").map_or(usize::MAX, |free| (free / largest) as usize);
    by_cores.min(by_memory).max(1)
}

fn last_lines(file: &Path, n: usize) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    lines.iter().skip(lines.len().saturating_sub(n)).map(|l| (*l).to_owned()).collect()
}
