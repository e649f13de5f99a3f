//! The runs of a comparison: finds the finished ones and starts processes for the others, a limited number at a time.

use dsc_experiment::run_folder::files;
use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use dsc_experiment::events::{Notice, Reporter, Stop};
use dsc_experiment::notice::RunEnd;
use dsc_experiment::results::Results;
use dsc_experiment::run_folder::{Manifest, RunFolder};
use dsc_project::TrainRequest;
use dsc_project::host::meminfo;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::E0933;

use super::rows::Row;

/// Interval between two checks of the processes.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// Memory of a process besides its model, in bytes: libtorch and the data.
const PROCESS_OVERHEAD: u64 = 400 << 20;

/// The program that trains one run in a process of its own. It reads a [`TrainRequest`] as JSON from standard input and inherits
/// environment and libraries.
#[derive(Clone, Debug)]
pub struct Worker {
    /// Path of the executable.
    pub program: PathBuf,
    /// Command line arguments.
    pub arguments: Vec<String>,
}

/// The outcome of all runs.
pub(super) struct Outcome {
    /// For every row the results of its runs, in the order of the seeds; `None` for a run that failed or was not started.
    pub results: Vec<Vec<Option<Results>>>,
    /// Number of failed runs.
    pub failed: usize,
}

/// A run that has to be trained.
#[derive(Clone, Copy)]
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

/// Reads the finished runs in `folder` and trains the others.
///
/// # Errors
/// `E0933` when the folder cannot be written. A failing run is reported and does not affect the others.
pub(super) fn train_all(
    rows: &[Row],
    folder: &Path,
    jobs: Option<usize>,
    worker: &Worker,
    stop: &Stop,
    reporter: &mut dyn Reporter,
) -> Result<Outcome, Diagnostic> {
    fs::create_dir_all(folder).map_err(|why| unwritable(folder, &why))?;
    let found = finished_runs(folder);
    let mut results: Vec<Vec<Option<Results>>> = rows.iter().map(|r| r.seeds().map(|_| None).collect()).collect();
    let mut tasks = VecDeque::new();
    // Seed by seed, so that an interrupted comparison has all rows.
    let seeds = rows.first().map_or(0..0, Row::seeds);
    for (i, seed) in seeds.clone().enumerate() {
        for (row, slots) in results.iter_mut().enumerate() {
            let Some(wanted) = rows.get(row) else { continue };
            let found = found.iter().find(|(manifest, _)| manifest.seed == seed && wanted.is_run_by(manifest));
            match (found, slots.get_mut(i)) {
                (Some((_, results)), Some(slot)) => *slot = Some(results.clone()),
                _ => tasks.push_back(Task { row, seed }),
            }
        }
    }
    let all = tasks.len();
    let finished = rows.len() * seeds.clone().count() - all;
    let jobs = jobs.unwrap_or_else(|| at_a_time(rows)).min(all.max(1));
    reporter.notice(&Notice::Queue { to_train: all, jobs, finished });
    stop.listen();
    // The workers have process groups of their own. They get as many signals as this process got; on the first one they save
    // their state.
    let mut passed_on = 0;
    let (mut running, mut done, mut failed): (Vec<Running>, usize, usize) = (Vec::new(), 0, 0);
    loop {
        while running.len() < jobs
            && !stop.is_requested()
            && let Some(task) = tasks.pop_front()
            && let Some(row) = rows.get(task.row)
        {
            running.push(start(row, task, folder, worker)?);
        }
        if running.is_empty() {
            break;
        }
        sleep(POLL_INTERVAL);
        while passed_on < stop.requests() {
            passed_on += 1;
            running.iter().for_each(|run| interrupt(&run.child));
        }
        let (ended, still): (Vec<_>, Vec<_>) = running
            .into_iter()
            .map(|mut run| (run.child.try_wait().ok().flatten(), run))
            .partition(|(s, _)| s.is_some());
        running = still.into_iter().map(|(_, run)| run).collect();
        for (status, run) in ended {
            done += 1;
            let result = status.filter(|s| s.success()).and_then(|_| results_of(&run.folder));
            let how = match &result {
                Some(r) => RunEnd::Finished { seconds: r.seconds, mae: r.test.metrics.get("mae").copied().flatten() },
                None if stop.is_requested() => RunEnd::Interrupted,
                None => {
                    failed += 1;
                    RunEnd::Failed { log: run.log.clone(), last: last_lines(&run.log, 3) }
                }
            };
            let Task { row, seed } = run.task;
            let name = rows.get(row).map_or_else(String::new, |r| r.name.clone());
            reporter.notice(&Notice::RunEnded { done, all, row: name, seed, how });
            let slot = results.get_mut(row).and_then(|slots| slots.get_mut((seed - seeds.start) as usize));
            if let (Some(slot), Some(result)) = (slot, result) {
                *slot = Some(result);
            }
        }
    }
    Ok(Outcome { results, failed })
}

fn unwritable(path: &Path, why: &io::Error) -> Diagnostic {
    Diagnostic::error(E0933, format!("cannot write `{}`: {why}", path.display()))
}

fn results_of(folder: &Path) -> Option<Results> {
    RunFolder::open(folder).ok()?.0.read_json(files::RESULTS).ok()
}

/// The finished runs in `folder/ROW/RUN`.
fn finished_runs(folder: &Path) -> Vec<(Manifest, Results)> {
    let below = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut folders: Vec<PathBuf> = entries.map(|e| e.path()).filter(|p| p.is_dir()).collect();
        folders.sort();
        folders
    };
    // Rows of stock models such as `unimodal/text` are one level deeper.
    let rows: Vec<PathBuf> =
        below(folder).into_iter().flat_map(|row| [vec![row.clone()], below(&row)].concat()).collect();
    let runs = rows.iter().flat_map(|row| below(row));
    runs.filter_map(|run| {
        let (_, manifest) = RunFolder::open(&run).ok()?;
        Some((manifest, results_of(&run)?))
    })
    .collect()
}

/// Sends SIGINT, as Ctrl-C does.
fn interrupt(child: &Child) {
    #[cfg(unix)]
    if let Ok(id) = i32::try_from(child.id()) {
        // SAFETY: a plain call; the child has not been waited for, so its id has not been reused.
        unsafe { libc::kill(id, libc::SIGINT) };
    }
}

/// Starts a run in a process of its own, with its request on standard input.
fn start(row: &Row, task: Task, folder: &Path, worker: &Worker) -> Result<Running, Diagnostic> {
    let place = folder.join(&row.name);
    fs::create_dir_all(&place).map_err(|why| unwritable(&place, &why))?;
    // Existing runs are kept: an interrupted one, or one of another graph.
    let taken = |n: u32| if n == 1 { format!("seed-{}", task.seed) } else { format!("seed-{}-{n}", task.seed) };
    let name = (1..).map(taken).find(|name| !place.join(name).exists()).unwrap_or_default();
    let (run, log) = (place.join(&name), place.join(format!("{name}.log")));
    let child = spawn(&request(row, task.seed, &run), &log, worker).map_err(|why| unwritable(&log, &why))?;
    Ok(Running { task, child, folder: run, log })
}

fn request(row: &Row, seed: u64, run: &Path) -> TrainRequest {
    let request = TrainRequest { threads: Some(row.threads), out: Some(run.to_owned()), ..row.request.clone() };
    let request = request.with("seed", &seed.to_string()).with("seeds", "1");
    // The run can be repeated by itself.
    TrainRequest { command: request.command_line(), ..request }
}

fn spawn(request: &TrainRequest, log: &Path, worker: &Worker) -> io::Result<Child> {
    let (err, out) = File::create(log).and_then(|file| Ok((file.try_clone()?, file)))?;
    let mut command = Command::new(&worker.program);
    command.args(&worker.arguments).stdin(Stdio::piped()).stdout(out).stderr(err);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn()?;
    // A process that ends before it reads its request is detected by its exit status.
    if let Some(mut input) = child.stdin.take() {
        let _ = input.write_all(&serde_json::to_vec(request)?);
    }
    Ok(child)
}

/// Number of parallel runs: as many as cores and memory allow; one on a GPU, which they would share.
fn at_a_time(rows: &[Row]) -> usize {
    let Some(first) = rows.first() else { return 1 };
    if first.request.device != "cpu" {
        return 1;
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let by_cores = cores / first.threads.max(1);
    let largest = rows.iter().filter_map(|r| r.memory).max().unwrap_or(0).saturating_add(PROCESS_OVERHEAD);
    let by_memory = meminfo("MemAvailable:").map_or(usize::MAX, |free| (free / largest) as usize);
    by_cores.min(by_memory).max(1)
}

fn last_lines(file: &Path, n: usize) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    lines.iter().skip(lines.len().saturating_sub(n)).map(|l| (*l).to_owned()).collect()
}
