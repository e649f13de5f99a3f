//! What the programs do beside others: signals, locks, full disks, files that are not theirs, folders that are shared.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use dsc_testing::feature_file::Py;
use serde_json::Value;

/// Audio and vision alone; `kind` is a text.
const MODEL: &str = "
use std::{Linear, MLP, mse}
hyper d    = 4
hyper kind = \"a\"
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y      : Real
model Small {
  let a = audio  |> Linear(out: d)
  let v = vision |> Linear(out: when kind == \"a\" { d } else { 2 * d })
  let score = concat(mean(a), mean(v)) |> MLP(widths: [1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
variant wide { set d = 6 }
recipe demo { epochs = 1  batch = 64  optimizer = adam(lr: 1e-2)  select = min mae }
";

struct Place(tempfile::TempDir);

struct Ended {
    code: Option<i32>,
    out: String,
    /// Standard error in one line, without the frames around messages.
    err: String,
}

impl Place {
    fn new() -> Place {
        let place = Place(tempfile::tempdir().unwrap());
        fs::write(place.file("small.dsl"), MODEL).unwrap();
        place
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, args: &str) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("dsc"));
        for name in ["DSC_RT", "DSC_LIBTORCH", "DSC_DATA", "HF_HUB_CACHE", "DSC_EPOCHS", "DSC_SEEDS"] {
            command.env_remove(name);
        }
        // No text encoder of this machine.
        command.env("HF_HOME", self.file("no-cache")).env("XDG_CACHE_HOME", self.file("no-cache"));
        command.current_dir(self.0.path()).args(args.split_whitespace());
        command
    }

    fn run(&self, mut command: Command, code: i32) -> Ended {
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{command:?}\n{out}\n{err}");
        let words = err.split(|c: char| c.is_whitespace() || "│╭╰╮·─×".contains(c)).filter(|w| !w.is_empty());
        Ended { code: output.status.code(), err: words.collect::<Vec<_>>().join(" "), out }
    }

    fn dsc(&self, args: &str, code: i32) -> Ended {
        self.run(self.command(args), code)
    }

    /// Starts `dsc ARGS` with these signals ignored, as a shell does, and waits until `file` is not empty.
    fn started(&self, args: &str, ignored: &'static [libc::c_int], file: &str) -> Running {
        let mut command = self.command(args);
        let set = move || {
            for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGTERM] {
                let how = if ignored.contains(&signal) { libc::SIG_IGN } else { libc::SIG_DFL };
                // SAFETY: allowed between fork and exec.
                unsafe { libc::signal(signal, how) };
            }
            Ok(())
        };
        // SAFETY: the closure calls `signal` alone.
        unsafe { command.pre_exec(set) };
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let running = Running(child);
        self.grows(file, 0);
        running
    }

    /// Waits until a file is longer than `than` bytes.
    fn grows(&self, file: &str, than: u64) {
        wait(file, || fs::metadata(self.file(file)).is_ok_and(|m| m.len() > than));
    }

    /// Names of the files in a folder, sorted.
    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.file(folder)).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_str(&fs::read_to_string(self.file(name)).unwrap()).unwrap()
    }

    /// A feature file of all splits.
    fn data(&self, name: &str, id: &dyn Fn(usize) -> String, more: Vec<(&'static str, Py)>) {
        let split = |n: usize| {
            let ids: Vec<String> = (0..n).map(id).collect();
            let mut entries = vec![
                ("id", Py::texts(&ids.iter().map(String::as_str).collect::<Vec<_>>())),
                ("raw_text", Py::texts(&vec!["a good film"; n])),
                ("regression_labels", Py::floats(&(0..n).map(|i| i as f64 / 4.0 - 0.5).collect::<Vec<_>>())),
                ("audio", Py::sequences(&vec![5; n], 6)),
                ("vision", Py::sequences(&vec![4; n], 8)),
            ];
            entries.extend(more.iter().cloned());
            Py::Dict(entries)
        };
        Py::Dict(vec![("train", split(8)), ("valid", split(4)), ("test", split(4))]).dump(&self.file(name));
    }
}

/// Killed when the test is over.
struct Running(Child);

impl Running {
    fn send(&self, signal: libc::c_int) {
        // SAFETY: the child has not been waited for, so its id is its own.
        unsafe { libc::kill(self.0.id() as i32, signal) };
    }

    fn code(mut self) -> Option<i32> {
        self.0.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn wait(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(120), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_signal_that_was_ignored_at_the_start_stays_ignored() {
    let place = Place::new();
    let args = "train small.dsl --data demo --epochs 5000 --out run";
    let running = place.started(args, &[libc::SIGHUP, libc::SIGINT], "run/metrics.jsonl");
    running.send(libc::SIGHUP);
    running.send(libc::SIGINT);
    // It goes on for some epochs, and ends when it is asked to.
    let lines = || fs::read_to_string(place.file("run/metrics.jsonl")).unwrap().lines().count();
    let now = lines();
    wait("the training goes on", || lines() > now + 5);
    running.send(libc::SIGTERM);
    assert_eq!(running.code(), Some(130));
    assert!(place.file("run/last.safetensors").is_file());
}

#[test]
fn a_lost_connection_saves_the_state() {
    let place = Place::new();
    let running = place.started("train small.dsl --data demo --epochs 5000 --out run", &[], "run/metrics.jsonl");
    running.send(libc::SIGHUP);
    assert_eq!(running.code(), Some(130));
    assert!(place.file("run/last.safetensors").is_file() && !place.file("run/.lock").exists());
}

/// The processes that `id` has started.
fn children(id: u32) -> Vec<u32> {
    let text = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    text.split_whitespace().map(|id| id.parse().unwrap()).collect()
}

/// Whether a process runs: it is there, and it is more than an exit status that nobody has asked for.
fn runs(id: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}

#[test]
fn the_runs_of_a_killed_comparison_end_with_it() {
    let place = Place::new();
    let args = "ablate small.dsl --data demo --out all --no-unimodal --epochs 5000 --jobs 2";
    let running = place.started(args, &[], "all/Small/seed-1/metrics.jsonl");
    place.grows("all/wide/seed-1/metrics.jsonl", 0);
    let trained = children(running.0.id());
    assert_eq!(trained.len(), 2);
    // While it runs, no other comparison uses the folder.
    let refused = place.dsc("ablate small.dsl --data demo --out all --no-unimodal", 1);
    assert!(refused.err.contains("E0935") && refused.err.contains(&running.0.id().to_string()), "{}", refused.err);
    running.send(libc::SIGKILL);
    wait("the runs end", || trained.iter().all(|id| !runs(*id)));
    // They have saved their states, and the folder can be gone on with.
    assert!(place.file("all/Small/seed-1/last.safetensors").is_file());
    drop(running);
    let done = place.dsc("ablate small.dsl --data demo --out all --no-unimodal", 0);
    assert!(done.err.contains("2 runs to train"), "{}", done.err);
    assert!(place.file("all/wide/seed-1-2/results.json").is_file());
}

#[test]
fn a_refused_training_leaves_no_folder() {
    let place = Place::new();
    let refused = place.dsc("train small.dsl --data demo --with optimizer.lr=1e30 --with clip=none --out run", 1);
    assert!(refused.err.contains("E0920"), "{}", refused.err);
    assert!(!place.file("run").exists());
    fs::create_dir(place.file("run")).unwrap();
    place.dsc("train small.dsl --data demo --out run -q", 0);
    assert!(!place.names("run").contains(&".lock".to_owned()));
    // Of several seeds, and of the models of the demonstration.
    place.dsc("train small.dsl --data demo --with optimizer.lr=1e30 --seeds 2 --out seeds", 1);
    place.dsc("demo --epochs 0 --out demo", 1);
    assert!(!place.file("seeds").exists() && !place.file("demo").exists());
}

#[test]
fn a_full_disk_is_an_error() {
    let place = Place::new();
    place.dsc("train small.dsl --data demo --out run -q", 0);
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    for args in [
        "predict run",
        "eval run --format json",
        "eval run",
        "dump small.dsl",
        "summary small.dsl",
        "models",
        "models show dashfusion",
        "graph small.dsl",
        "explain E0302",
        "data info demo",
        "check small.dsl --format json",
        "--help",
        "train --help",
        "--version",
    ] {
        let mut command = place.command(args);
        let output = command.stdout(full()).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{args}");
    }
    // A comparison of models that was not written is neither equal nor different.
    let output = place.command("diff small.dsl small.dsl#wide").stdout(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("E0934"));
    // What is read no more is no error.
    let mut command = place.command("eval run");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));

    // A file of predictions is there whole or not at all, and the next try may have its name.
    let mut command = place.command("predict run --out all.csv");
    let limit = || {
        let limit = libc::rlimit { rlim_cur: 4096, rlim_max: libc::RLIM_INFINITY };
        // SAFETY: a plain call on a local value, allowed between fork and exec.
        match unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) } {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        }
    };
    let before = place.names(".");
    // SAFETY: the closure makes one call.
    unsafe { command.pre_exec(limit) };
    let refused = place.run(command, 1);
    assert!(refused.err.contains("E0913"), "{}", refused.err);
    assert_eq!(place.names("."), before);
    place.dsc("predict run --out all.csv", 0);
    assert_eq!(fs::read_to_string(place.file("all.csv")).unwrap().lines().count(), 1051);
    // A link is not written through.
    std::os::unix::fs::symlink(place.file("nowhere.csv"), place.file("link.csv")).unwrap();
    assert!(place.dsc("predict run --out link.csv", 1).err.contains("`link.csv` exists"));
    assert!(place.dsc("predict run --out small.dsl/x.csv", 1).err.contains("`small.dsl` is a file"));
    assert!(!place.file("nowhere.csv").exists());
}

#[test]
fn files_of_others_are_not_replaced() {
    let place = Place::new();
    // A picture may be drawn again, a model is none.
    let refused = place.dsc("graph small.dsl --out small.dsl --format svg", 1);
    assert!(refused.err.contains("is not a picture of `dsc graph`"), "{}", refused.err);
    assert_eq!(fs::read_to_string(place.file("small.dsl")).unwrap(), MODEL);
    for name in ["a.svg", "a.dot", "a.html"] {
        for _ in 0..2 {
            place.dsc(&format!("graph small.dsl --out {name}"), 0);
        }
    }
    fs::write(place.file("mine.svg"), "<svg>mine</svg>").unwrap();
    place.dsc("graph small.dsl --out mine.svg", 1);

    // Tables of the user's own.
    fs::write(place.file("table.csv"), "mine").unwrap();
    let refused = place.dsc("ablate small.dsl --data demo --out .", 1);
    assert!(refused.err.contains("E0910") && refused.err.contains("not the folder of a comparison"), "{}", refused.err);
    assert_eq!(fs::read_to_string(place.file("table.csv")).unwrap(), "mine");

    // Values that are paths, and links in the folder.
    let sweep = "sweep small.dsl --set kind=a,../../x --data demo --out deep/all --no-unimodal -q";
    place.dsc(sweep, 0);
    assert_eq!(place.names("deep"), ["all"]);
    assert!(place.file("deep/all/kind=..%2F..%2Fx/seed-1/results.json").is_file());
    for name in ["table.txt", "plot.svg", "kind=a/seed-2.log"] {
        let (link, target) =
            (place.file("deep/all").join(name), place.file(&format!("target-{}", name.replace('/', "-"))));
        let _ = fs::remove_file(&link);
        fs::write(&target, "mine").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
    }
    place.dsc(&format!("{sweep} --seeds 2"), 0);
    for name in ["target-table.txt", "target-plot.svg", "target-kind=a-seed-2.log"] {
        assert_eq!(fs::read_to_string(place.file(name)).unwrap(), "mine", "{name}");
    }
    assert!(fs::read_to_string(place.file("deep/all/table.txt")).unwrap().contains("kind=../../x"));
}

#[test]
fn a_torch_in_the_current_folder_is_not_trusted() {
    let place = Place::new();
    fs::create_dir_all(place.file("torch/lib")).unwrap();
    for (file, text) in [("__init__.py", ""), ("version.py", "__version__ = '2.11.0'\n"), ("lib/libtorch_cpu.so", "")] {
        fs::write(place.file("torch").join(file), text).unwrap();
    }
    // A program without a path to libtorch.
    fs::write(place.file("other-rt"), "").unwrap();
    let mut command = place.command("doctor --format json");
    command.env("DSC_RT", place.file("other-rt")).env_remove("LIBTORCH").env_remove("VIRTUAL_ENV");
    let report: Value = serde_json::from_str(&place.run(command, 1).out).unwrap();
    let found = report["libtorch"]["folder"].as_str().unwrap_or_default();
    assert!(!Path::new(found).starts_with(place.0.path()) && !found.starts_with("torch"), "{report}");
}

#[test]
fn a_run_names_neither_the_host_nor_an_absolute_path() {
    let place = Place::new();
    let root = place.0.path().canonicalize().unwrap();
    fs::create_dir_all(place.file("project/data")).unwrap();
    place.data("project/data/own.pkl", &|i| format!("s{i}"), Vec::new());
    fs::rename(place.file("small.dsl"), place.file("project/small.dsl")).unwrap();
    let full = |name: &str| root.join(name).display().to_string();
    let mut command = place.command("train -q");
    command.arg(full("project/small.dsl")).arg("--data").arg(full("project/data/own.pkl"));
    command.arg(format!("--out={}", full("project/runs/one")));
    place.run(command, 0);
    let text = fs::read_to_string(place.file("project/runs/one/run.json")).unwrap();
    assert!(!text.contains(&root.display().to_string()) && !text.contains(": \"/"), "{text}");
    let run = place.json("project/runs/one/run.json");
    assert_eq!(run["data"]["path"], "../../data/own.pkl");
    assert_eq!((&run["command"][0], &run["command"][1]), (&"dsc".into(), &"train".into()));
    assert!(run["machine"].get("host").is_none(), "{run}");
    // It is found again, also from another folder and after the project has moved.
    place.dsc("eval project/runs/one -q", 0);
    fs::rename(place.file("project"), place.file("moved")).unwrap();
    let mut command = place.command("eval runs/one --format json");
    command.current_dir(place.file("moved"));
    let scored: Value = serde_json::from_str(&place.run(command, 0).out).unwrap();
    assert_eq!(scored["equal_to_results"], true);
}

#[test]
fn terminal_escapes_in_data_are_shown() {
    let place = Place::new();
    place.data("own.pkl", &|i| format!("\u{1b}]0;x\u{7}s{i}"), vec![("au\u{1b}[2J\u{9b}", Py::ints(&[1]))]);
    let is_clean = |text: &str| !text.chars().any(|c| c.is_control() && c != '\n');
    for args in
        ["data info own.pkl", "train small.dsl --data own.pkl --out run", "eval run", "check small.dsl --data own.pkl"]
    {
        let mut command = place.command(args);
        let output = command.output().unwrap();
        for text in [output.stdout, output.stderr] {
            let text = String::from_utf8(text).unwrap();
            assert!(is_clean(&text), "{args}: {text:?}");
        }
    }
    fs::write(place.file("bad.dsl"), MODEL.replace("mean(a)", "meen(a) \u{1b}[31m")).unwrap();
    let shown = place.dsc("check bad.dsl", 1);
    assert!(is_clean(&shown.err), "{:?}", shown.err);
}

#[test]
fn a_comparison_does_without_a_row_that_lacks_its_encoder() {
    let place = Place::new();
    place.data("own.pkl", &|i| format!("s{i}"), Vec::new());
    let done = place.dsc("ablate small.dsl --data own.pkl --out all --epochs 1", 0);
    assert!(done.err.contains("no row `unimodal/text`:"), "{}", done.err);
    let rows: Vec<&str> = done.out.lines().filter_map(|l| l.split_whitespace().next()).collect();
    for row in ["Small", "wide", "unimodal/audio", "unimodal/vision"] {
        assert!(rows.contains(&row), "{row}: {}", done.out);
    }
    assert!(!rows.contains(&"unimodal/text"));
    // What is true of all rows is said once.
    assert_eq!(done.err.matches("errors and correlation only").count(), 1, "{}", done.err);
    // An encoder that was named has to be there.
    let refused = place.dsc("ablate small.dsl --data own.pkl --out all --epochs 1 --text-encoder nowhere", 1);
    assert!(refused.err.contains("nowhere"), "{}", refused.err);
}

#[test]
fn unusual_arguments_are_clear_faults() {
    let place = Place::new();
    let refused = |args: &str| place.dsc(&format!("train small.dsl --data demo {args}"), 1).err;
    let err = refused("--out small.dsl/x");
    assert!(err.contains("E0913") && err.contains("`small.dsl` is a file, not a folder"), "{err}");
    let err = refused("--epochs 9223372036854775807");
    assert!(err.contains("from 1 to 1048576"), "{err}");
    let err = refused("--threads 100000");
    assert!(err.contains("E0707") && err.contains("from 1 to 1024"), "{err}");
    // A name that is not UTF-8 is a name.
    let name = std::ffi::OsStr::from_bytes(b"r\xffn");
    let mut command = place.command("train small.dsl --data demo -q --out");
    command.arg(name).env("OTHER", name);
    place.run(command, 0);
    assert!(place.0.path().join(name).join("results.json").is_file());
    let mut command = place.command("ablate small.dsl --data demo --no-unimodal --out");
    command.arg(std::ffi::OsStr::from_bytes(b"a\xffl"));
    let refused = place.run(command, 1);
    assert!(
        refused.err.contains("E0933") && refused.err.contains("UTF-8") && refused.code == Some(1),
        "{}",
        refused.err
    );
}

#[test]
fn a_damaged_saved_source_is_named() {
    let place = Place::new();
    place.dsc("train small.dsl --data demo --out run -q", 0);
    for (damage, place_of_fault) in [("modle M {}\n", "run/source/small.dsl:1"), ("", "run/source/small.dsl")] {
        let text = if damage.is_empty() { MODEL.replace("mean(a)", "meen(a)") } else { damage.to_owned() };
        fs::write(place.file("run/source/small.dsl"), text).unwrap();
        for command in ["eval run", "predict run", "dump run"] {
            let refused = place.dsc(command, 1);
            assert!(refused.err.contains("saved sources of `run` were changed"), "{command}: {}", refused.err);
            assert!(refused.err.contains(place_of_fault), "{command}: {}", refused.err);
        }
    }
}
