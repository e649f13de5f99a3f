//! The runs of a comparison: finds the finished ones and starts processes for the others, a limited number at a time.

use dsc_experiment::run_folder::files;
use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
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
use dsc_syntax::diag::codes::runtime::E0708;

use super::folder::{of_row, unwritable};
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

/// Reads the finished runs in `folder`, which exists and is locked, and trains the others.
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
            // Its results are the last thing that a run writes. That its log could not be written does not undo them.
            let result = status.and_then(|_| results_of(&run.folder));
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

/// The results of a run; `None` if it was stopped before its last epoch.
fn results_of(folder: &Path) -> Option<Results> {
    let results: Results = RunFolder::open(folder).ok()?.0.read_json(files::RESULTS).ok()?;
    results.stopped_of.is_none().then_some(results)
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

/// Asks a run to end, as Ctrl-C does. Not by SIGINT, which may be ignored: a shell script starts this process so with `&`.
fn interrupt(child: &Child) {
    #[cfg(unix)]
    if let Ok(id) = i32::try_from(child.id()) {
        // SAFETY: a plain call; the child has not been waited for, so its id has not been reused.
        unsafe { libc::kill(id, libc::SIGTERM) };
    }
}

/// A run is asked to end when this process ends, however that happens; it saves its state and goes.
#[cfg(target_os = "linux")]
fn end_with_parent(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    let parent = libc::pid_t::try_from(std::process::id()).unwrap_or(-1);
    let setup = move || {
        // SAFETY: these calls are allowed between fork and exec.
        unsafe {
            libc::signal(libc::SIGTERM, libc::SIG_DFL);
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM) != 0 {
                return Err(io::Error::last_os_error());
            }
            // It may have ended before that call.
            if libc::getppid() != parent {
                return Err(io::Error::from_raw_os_error(libc::ESRCH));
            }
        }
        Ok(())
    };
    // SAFETY: `setup` neither allocates nor locks.
    unsafe { command.pre_exec(setup) };
}

#[cfg(not(target_os = "linux"))]
fn end_with_parent(_: &mut Command) {}

/// Starts a run in a process of its own, with its request on standard input.
fn start(row: &Row, task: Task, folder: &Path, worker: &Worker) -> Result<Running, Diagnostic> {
    let place = of_row(folder, &row.folder)?;
    let (name, run) = new_folder(&place, task.seed)?;
    let log = place.join(format!("{name}.log"));
    let request = serde_json::to_vec(&request(row, task.seed, &run)).map_err(|why| {
        Diagnostic::error(E0933, format!("the request of `{}` cannot be handed to a process: {why}", run.display()))
            .help("`--out`, `--data-root` and `--text-encoder` of a comparison have to be UTF-8")
    })?;
    // A new file: one that is there could be a link to another.
    let _ = fs::remove_file(&log);
    let file = File::create_new(&log).map_err(|why| unwritable(&log, &why))?;
    let child = spawn(&request, file, worker).map_err(|why| {
        Diagnostic::error(E0708, format!("{} does not start: {why}", worker.program.display()))
            .help("build it again, or point DSC_RT at a working one")
    })?;
    Ok(Running { task, child, folder: run, log })
}

/// Makes the folder of a run, `seed-1`. Existing ones are kept, that of an interrupted run or of another graph, and the new one is
/// `seed-1-2`.
fn new_folder(place: &Path, seed: u64) -> Result<(String, PathBuf), Diagnostic> {
    let mut n = 1;
    loop {
        let name = if n == 1 { format!("seed-{seed}") } else { format!("seed-{seed}-{n}") };
        let run = place.join(&name);
        match fs::create_dir(&run) {
            Ok(()) => return Ok((name, run)),
            Err(why) if why.kind() == ErrorKind::AlreadyExists => n += 1,
            Err(why) => return Err(unwritable(&run, &why)),
        }
    }
}

fn request(row: &Row, seed: u64, run: &Path) -> TrainRequest {
    let request = TrainRequest { threads: Some(row.threads), out: Some(run.to_owned()), ..row.request.clone() };
    let request = request.with("seed", &seed.to_string()).with("seeds", "1");
    // The run can be repeated by itself.
    TrainRequest { command: request.command_line(), ..request }
}

fn spawn(request: &[u8], log: File, worker: &Worker) -> io::Result<Child> {
    let mut command = Command::new(&worker.program);
    command.args(&worker.arguments).stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    end_with_parent(&mut command);
    let mut child = command.spawn()?;
    // A process that ends before it reads its request is detected by its exit status.
    if let Some(mut input) = child.stdin.take() {
        let _ = input.write_all(request);
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
