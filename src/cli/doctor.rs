//! `dsc doctor`: what was found on this machine, and what that means.
//!
//! Runs without libtorch, so that it can say why libtorch does not load; how it loads is what `dsc-rt` itself reports.

use super::{Exit, Output, launch};
use dsc_project::Engine;
use dsc_project::engine::Probe;
use dsc_project::host::meminfo;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::runtime::E0708;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::{env, fs};

/// `dsc doctor`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// All that was found.
#[derive(Debug, Serialize)]
struct Report {
    dsc: &'static str,
    /// Whether training on the CPU works here.
    ready: bool,
    libtorch: Found<Libtorch>,
    /// What `dsc-rt probe` printed.
    runtime: Found<Probe>,
    gpu: Gpu,
    processor: Processor,
    data: Vec<DataRoot>,
    encoders: Vec<EncoderCache>,
    /// Free bytes where runs would be written.
    disk_free: Option<u64>,
}

/// Something, or why not.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Found<T> {
    Yes(T),
    No { code: &'static str, why: String, help: Option<String> },
}

impl<T> From<Result<T, Diagnostic>> for Found<T> {
    fn from(result: Result<T, Diagnostic>) -> Self {
        match result {
            Ok(value) => Found::Yes(value),
            Err(d) => Found::No { code: d.code.0, why: d.message, help: d.help },
        }
    }
}

#[derive(Debug, Serialize)]
struct Libtorch {
    folder: PathBuf,
    version: Option<String>,
    /// Whether the path in the program leads there; otherwise it was searched for.
    baked: bool,
}

#[derive(Debug, Serialize)]
struct Gpu {
    /// The NVIDIA kernel driver's version.
    driver: Option<String>,
    /// Names as the driver gives them.
    names: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Processor {
    model: Option<String>,
    /// Logical processors this process may use.
    cores: usize,
    avx512_bf16: bool,
    amx_bf16: bool,
    memory_total: Option<u64>,
    memory_available: Option<u64>,
}

#[derive(Debug, Serialize)]
struct DataRoot {
    folder: PathBuf,
    exists: bool,
    /// Feature files of the MMSA layout, relative to the folder.
    files: Vec<String>,
}

#[derive(Debug, Serialize)]
struct EncoderCache {
    folder: PathBuf,
    exists: bool,
    models: Vec<String>,
}

/// Prints how libtorch loads in this process.
pub(super) fn run_probe(engine: &dyn Engine, out: &mut Output) -> Exit {
    out.json(&engine.probe());
    Exit::Done
}

/// Prints the report; `Faults` when training on the CPU would not work.
pub fn run(_: &Args, out: &mut Output) -> Exit {
    let report = Report::collect();
    if out.is_json() {
        out.json(&report);
    } else {
        report.print(out);
    }
    if report.ready { Exit::Done } else { Exit::Faults }
}

impl Report {
    fn collect() -> Report {
        let runtime = probe();
        Report {
            dsc: env!("CARGO_PKG_VERSION"),
            ready: runtime.is_ok(),
            libtorch: libtorch().into(),
            runtime: runtime.into(),
            gpu: gpu(Path::new("/proc/driver/nvidia")),
            processor: processor(),
            data: env::var_os("DSC_DATA").map(|root| data_root(Path::new(&root))).into_iter().collect(),
            encoders: hub_caches().iter().map(|folder| encoder_cache(folder)).collect(),
            disk_free: disk_free(Path::new(".")),
        }
    }

    fn print(&self, out: &mut Output) {
        let mut line = |mark: bool, what: &str, text: String| {
            out.line(format_args!("{} {what:<10} {text}", if mark { "ok" } else { "--" }));
        };
        line(true, "dsc", self.dsc.to_owned());
        match &self.libtorch {
            Found::Yes(l) => {
                let version = l.version.as_deref().unwrap_or("of unknown version");
                let how = if l.baked { "" } else { ", found by searching" };
                line(true, "libtorch", format!("{version} in {}{how}", l.folder.display()));
            }
            Found::No { code, why, help } => line(false, "libtorch", fault(code, why, help.as_deref())),
        }
        match &self.runtime {
            Found::Yes(facts) => {
                line(true, "runtime", format!("starts, {} threads", facts.threads));
                match (facts.gpus, &facts.no_gpu_because) {
                    (0, Some(no)) => line(false, "GPU", fault(&no.code, &no.message, no.help.as_deref())),
                    (0, None) => line(false, "GPU", "none".to_owned()),
                    (n, _) => line(true, "GPU", format!("{n} usable: {}", self.gpu.names.join(", "))),
                }
            }
            Found::No { code, why, help } => line(false, "runtime", fault(code, why, help.as_deref())),
        }
        line(
            self.gpu.driver.is_some(),
            "driver",
            match &self.gpu.driver {
                Some(version) => format!("NVIDIA {version}; {}", self.gpu.names.join(", ")),
                None => "no NVIDIA driver".to_owned(),
            },
        );
        let p = &self.processor;
        let memory = match (p.memory_available, p.memory_total) {
            (Some(free), Some(all)) => format!(", {} of {} GiB memory available", gib(free), gib(all)),
            _ => String::new(),
        };
        let model = p.model.as_deref().unwrap_or("processor of unknown model");
        line(true, "processor", format!("{} cores, {model}{memory}", p.cores));
        let units = match (p.amx_bf16, p.avx512_bf16) {
            (true, _) => "matrix units (AMX)",
            (false, true) => "vector instructions (AVX-512), no matrix units",
            (false, false) => "none: use fp32 on this processor",
        };
        line(p.amx_bf16 || p.avx512_bf16, "bf16", units.to_owned());
        if self.data.is_empty() {
            line(false, "data", "DSC_DATA is not set; `--data-root` and `--data FILE` work without it".to_owned());
        }
        for root in &self.data {
            let what = match (root.exists, root.files.is_empty()) {
                (false, _) => "there is no such folder".to_owned(),
                (true, true) => "no SET/Processed/*.pkl in it".to_owned(),
                (true, false) => root.files.join(", "),
            };
            line(!root.files.is_empty(), "data", format!("{}: {what}", root.folder.display()));
        }
        for cache in &self.encoders {
            let what = match (cache.exists, cache.models.is_empty()) {
                (false, _) => "no such folder".to_owned(),
                (true, true) => "no models".to_owned(),
                (true, false) => cache.models.join(", "),
            };
            line(!cache.models.is_empty(), "encoders", format!("{}: {what}", cache.folder.display()));
        }
        if let Some(free) = self.disk_free {
            line(free > 1 << 30, "disk", format!("{} GiB free here", gib(free)));
        }
    }
}

fn fault(code: &str, why: &str, help: Option<&str>) -> String {
    let help = help.map(|h| format!("; {h}")).unwrap_or_default();
    format!("[{code}] {why}{help}")
}

fn gib(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / (1u64 << 30) as f64)
}

fn libtorch() -> Result<Libtorch, Diagnostic> {
    let library = launch::library(&launch::program()?)?;
    let folder = library.folder().to_path_buf();
    let version = launch::torch_version(&folder);
    Ok(Libtorch { version, baked: matches!(library, launch::Library::Baked(_)), folder })
}

/// Starts the runtime and lets it tell.
fn probe() -> Result<Probe, Diagnostic> {
    let mut command = launch::command()?;
    let program = PathBuf::from(command.get_program());
    let bad = |why: String| {
        Diagnostic::error(E0708, format!("{} does not start: {why}", program.display()))
            .help("the libtorch it was built with changed or is incomplete: build again with `make build`")
    };
    let output = command.arg("probe").stdin(Stdio::null()).output().map_err(|e| bad(e.to_string()))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(bad(text.lines().next().unwrap_or("it says nothing").to_owned()));
    }
    serde_json::from_slice(&output.stdout).map_err(|e| bad(format!("it answers in another form: {e}")))
}

fn gpu(proc: &Path) -> Gpu {
    let first = |path: PathBuf, key: &str| {
        let text = fs::read_to_string(path).ok()?;
        text.lines().find_map(|l| l.strip_prefix(key)).map(|v| v.trim().to_owned())
    };
    let driver = first(proc.join("version"), "NVRM version:").map(|line| {
        let version = line.split_whitespace().find(|w| w.starts_with(|c: char| c.is_ascii_digit()));
        version.unwrap_or(&line).to_owned()
    });
    let names = children(&proc.join("gpus")).into_iter().filter_map(|g| first(g.join("information"), "Model:"));
    Gpu { driver, names: names.collect() }
}

fn processor() -> Processor {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |key: &str| {
        info.lines().find(|l| l.starts_with(key)).and_then(|l| l.split_once(':')).map(|(_, v)| v.trim().to_owned())
    };
    let flags = field("flags").unwrap_or_default();
    let has = |flag: &str| flags.split_whitespace().any(|f| f == flag);
    Processor {
        model: field("model name"),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        avx512_bf16: has("avx512_bf16"),
        amx_bf16: has("amx_bf16"),
        memory_total: meminfo("MemTotal:"),
        memory_available: meminfo("MemAvailable:"),
    }
}

/// `SET/Processed/*.pkl` below a data root.
fn data_root(folder: &Path) -> DataRoot {
    let mut files = Vec::new();
    for file in children(folder).iter().flat_map(|set| children(&set.join("Processed"))) {
        if file.extension().is_some_and(|e| e == "pkl") {
            files.push(file.strip_prefix(folder).unwrap_or(&file).display().to_string());
        }
    }
    DataRoot { folder: folder.to_path_buf(), exists: folder.is_dir(), files }
}

/// Where the Hugging Face libraries keep models: `HF_HUB_CACHE`, `HF_HOME/hub`, else the home folder's cache.
fn hub_caches() -> BTreeSet<PathBuf> {
    let named = env::var_os("HF_HUB_CACHE").map(PathBuf::from);
    let home = env::var_os("HF_HOME").map(|h| PathBuf::from(h).join("hub"));
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| env::home_dir().map(|h| h.join(".cache")));
    named.or(home).or_else(|| cache.map(|c| c.join("huggingface/hub"))).into_iter().collect()
}

/// The models of a hub cache, `models--ORG--NAME`, written `ORG/NAME`.
fn encoder_cache(folder: &Path) -> EncoderCache {
    let name = |path: &PathBuf| {
        let name = path.file_name()?.to_str()?.strip_prefix("models--")?;
        Some(name.replace("--", "/"))
    };
    let models = children(folder).iter().filter_map(name).collect();
    EncoderCache { folder: folder.to_path_buf(), exists: folder.is_dir(), models }
}

/// The entries of a folder in the order of their names; none when it cannot be read.
fn children(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    paths.sort();
    paths
}

/// Free bytes of the file system that holds `path`.
#[cfg(target_os = "linux")]
fn disk_free(path: &Path) -> Option<u64> {
    use std::os::unix::ffi::OsStrExt as _;
    let path = std::ffi::CString::new(path.as_os_str().as_bytes()).ok()?;
    // SAFETY: a plain C struct of numbers, for which zeros are valid.
    let mut stats: libc::statvfs = unsafe { std::mem::zeroed() };
    // SAFETY: NUL-terminated path, live local for the result.
    (unsafe { libc::statvfs(path.as_ptr(), &mut stats) } == 0).then(|| stats.f_bavail.saturating_mul(stats.f_frsize))
}

#[cfg(not(target_os = "linux"))]
fn disk_free(_: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn the_driver_is_read_from_its_files() {
        let root = tempfile::tempdir().unwrap();
        assert!(gpu(root.path()).driver.is_none());
        let version = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  570.133.20  Sun Mar 30 2025\nGCC version: 12\n";
        write(root.path(), "version", version);
        write(root.path(), "gpus/0000:01:00.0/information", "Model: \t\t NVIDIA H200\nIRQ: 1\n");
        let found = gpu(root.path());
        assert_eq!(found.driver.as_deref(), Some("570.133.20"));
        assert_eq!(found.names, ["NVIDIA H200"]);
    }

    #[test]
    fn data_sets_and_encoders_are_listed_in_order() {
        let root = tempfile::tempdir().unwrap();
        for file in ["SIMS/Processed/unaligned_39.pkl", "MOSI/Processed/unaligned_50.pkl", "MOSI/Processed/notes.txt"] {
            write(root.path(), file, "");
        }
        let found = data_root(root.path());
        assert_eq!(found.files, ["MOSI/Processed/unaligned_50.pkl", "SIMS/Processed/unaligned_39.pkl"]);
        assert!(!data_root(&root.path().join("none")).exists);
        write(root.path(), "hub/models--google-bert--bert-base-chinese/refs/main", "");
        write(root.path(), "hub/version.txt", "1");
        assert_eq!(encoder_cache(&root.path().join("hub")).models, ["google-bert/bert-base-chinese"]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_machine_has_a_processor_and_a_disk() {
        let p = processor();
        assert!(p.cores > 0 && p.memory_total.unwrap() >= p.memory_available.unwrap());
        assert!(disk_free(Path::new(".")).unwrap() > 0);
        assert!(disk_free(Path::new("/no/such/place")).is_none());
    }
}
