//! The run folder: what was trained, on which data, and with which result.
//!
//! | file | content |
//! |---|---|
//! | `run.json` | a [`Manifest`]: settings, hypers, hashes, data, machine |
//! | `source/` | the files of the model as they were compiled |
//! | `graph.txt` | the compiled graph before any pass, with the dims of the data |
//! | `encoder/` | configuration and vocabulary of the text encoder, if there is one |
//! | `standardizer.json` | statistics of the features, if they are standardised |
//! | `metrics.jsonl` | one line per epoch, append-only |
//! | `best.safetensors` | weights of the selected epoch |
//! | `last.safetensors` | the state to resume from; without moments once the run is finished |
//! | `valid.csv`, `test.csv` | predictions of the selected epoch |
//! | `profile.json` | with `--profile`, a [`StepProfile`](crate::profile::StepProfile): time of the steps by line of the model |
//! | `results.json` | scores, and the SHA-256 of the files that they are computed from. It marks a finished run: afterwards only the moments in `last.safetensors` are dropped |
//!
//! With several seeds, each has a run folder `seed-1`, `seed-2`, .. in a common folder with two files, which are updated after
//! every seed:
//!
//! | file | content |
//! |---|---|
//! | `seeds.json` | [`Seeds`]: how many seeds were requested, and which are finished |
//! | `results.json` | mean and standard deviation over the finished seeds |
//!
//! A new run never writes into a folder that is not empty. While it runs, the folder is locked ([`FolderLock`]).

pub mod files;
mod lock;
mod manifest;
mod predictions;
mod relative;
mod seeds;

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::write::replace;
use dsc_data::text::EncoderFolder;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::{E0910, E0911, E0913, E0914, E0935};
use dsc_syntax::source::SourceMap;

pub use lock::FolderLock;
pub use manifest::{DataInfo, EncoderInfo, HyperValue, Imported, Machine, Manifest};
pub use predictions::{Columns, PredictedOutput, Prediction, Predictions, predictions_csv};
pub use seeds::{SeedRun, SeedState, Seeds};

/// Version of the layout; a folder with another version cannot be opened.
pub const SCHEMA: u32 = 2;

/// A run folder on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// Creates the folder of a new run: `out`, or else `root/NAME-TIME`.
    ///
    /// # Errors
    /// `E0910` when it exists and is not empty, `E0913` when it cannot be created.
    pub fn create(out: Option<&Path>, root: &Path, name: &str) -> Result<RunFolder, Diagnostic> {
        if let Some(path) = out {
            return Self::create_empty(path);
        }
        let clean: String =
            name.chars().map(|c| if c.is_alphanumeric() || c == '-' || c == '_' { c } else { '-' }).collect();
        let stamp = jiff::Zoned::now().strftime("%Y%m%d-%H%M%S").to_string();
        // Two runs may begin within a second.
        for n in 1..=99 {
            let suffix = if n == 1 { String::new() } else { format!("-{n}") };
            let path = root.join(format!("{clean}-{stamp}{suffix}"));
            match fs::create_dir_all(root).and_then(|()| fs::create_dir(&path)) {
                Ok(()) => return Ok(RunFolder { path }),
                Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
                Err(e) => return Err(unwritable(&path, &e)),
            }
        }
        Err(exists(&root.join(clean)))
    }

    /// As [`create`](Self::create), and locks the folder, so that a second process that was given the same one does not write into
    /// it too.
    ///
    /// # Errors
    /// As [`create`](Self::create) and [`FolderLock::take`].
    pub fn begin(out: Option<&Path>, root: &Path, name: &str) -> Result<(RunFolder, FolderLock), Diagnostic> {
        let folder = Self::create(out, root, name)?;
        let lock = FolderLock::take(&folder.path)?;
        // Another process may have used the folder, and ended, between both.
        Self::check_free(&folder.path)?;
        Ok((folder, lock))
    }

    /// Checks that a run can be written to `path`: it does not exist, or it is an empty folder. Creates nothing.
    ///
    /// # Errors
    /// `E0910` for a folder with files and for a file, `E0913` for a path that leads through a file.
    pub fn check_free(path: &Path) -> Result<(), Diagnostic> {
        match fs::read_dir(path) {
            Ok(entries) => {
                if is_empty(entries) {
                    Ok(())
                } else {
                    Err(exists(path))
                }
            }
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
            Err(e) if e.kind() == ErrorKind::NotADirectory => Err(no_folder(path)),
            Err(e) => Err(unwritable(path, &e)),
        }
    }

    /// Removes the files of a run that was refused before anything was trained, so that the corrected run can have the same folder:
    /// the files that describe it and, if nothing else is in it, the folder. A run with a checkpoint or a finished epoch stays as it
    /// is, and so does a folder of several seeds of which one has them.
    pub fn discard(&self) {
        if self.has_progress() {
            return;
        }
        self.seeds().for_each(|seed| seed.discard());
        for file in [files::MANIFEST, files::GRAPH, files::STANDARDIZER, files::METRICS, files::SEEDS, files::LOCK] {
            let _ = fs::remove_file(self.file(file));
        }
        for folder in [files::SOURCES, files::ENCODER] {
            let _ = fs::remove_dir_all(self.file(folder));
        }
        // Fails, as it should, if there is anything else.
        let _ = fs::remove_dir(&self.path);
    }

    /// Whether the folder, or that of one of its seeds, holds more than the description of a run.
    fn has_progress(&self) -> bool {
        let is_there = |name: &&str| fs::metadata(self.file(name)).is_ok_and(|file| file.len() > 0);
        [files::BEST, files::LAST, files::RESULTS, files::METRICS].iter().any(is_there)
            || self.seeds().any(|seed| seed.has_progress())
    }

    /// The folders of the seeds in this one.
    fn seeds(&self) -> impl Iterator<Item = RunFolder> {
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        let seeds = entries.filter(|e| e.file_name().to_string_lossy().starts_with("seed-"));
        let folders = seeds.filter(|e| e.file_type().is_ok_and(|kind| kind.is_dir()));
        folders.map(|e| RunFolder { path: e.path() })
    }

    /// Creates the folder `path`; an existing empty folder is used.
    fn create_empty(path: &Path) -> Result<RunFolder, Diagnostic> {
        match fs::create_dir(path) {
            Ok(()) => {}
            Err(e) if e.kind() == ErrorKind::NotFound => fs::create_dir_all(path).map_err(|e| unwritable(path, &e))?,
            Err(e) if e.kind() == ErrorKind::AlreadyExists => Self::check_free(path)?,
            Err(e) if e.kind() == ErrorKind::NotADirectory => return Err(no_folder(path)),
            Err(e) => return Err(unwritable(path, &e)),
        }
        Ok(RunFolder { path: path.to_owned() })
    }

    /// Creates a run folder in this one, for one of several seeds.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn below(&self, name: &str) -> Result<RunFolder, Diagnostic> {
        Self::create_empty(&self.path.join(name))
    }

    /// Opens the folder of an earlier run.
    ///
    /// # Errors
    /// `E0911` when it is not a run folder, or has another version.
    pub fn open(path: &Path) -> Result<(RunFolder, Manifest), Diagnostic> {
        let folder = RunFolder { path: path.to_owned() };
        let text = match fs::read_to_string(folder.file(files::MANIFEST)) {
            Ok(text) => text,
            Err(e) if e.kind() == ErrorKind::NotFound || !path.is_dir() => return Err(no_run_there(path)),
            Err(e) => return Err(no_run(path, &format!("`run.json`: {e}"))),
        };
        let value: serde_json::Value =
            serde_json::from_str(&text).map_err(|e| no_run(path, &format!("`run.json`: {e}")))?;
        check_schema(path, &value)?;
        let mut manifest: Manifest =
            serde_json::from_value(value).map_err(|e| no_run(path, &format!("`run.json`: {e}")))?;
        manifest.data.path = manifest.data.path.map(|data| relative::from_folder(path, &data));
        if let Some(encoder) = &mut manifest.encoder {
            encoder.weights = encoder.weights.take().map(|weights| relative::from_folder(path, &weights));
        }
        Ok((folder, manifest))
    }

    /// Writes `run.json`, in which all paths are relative.
    ///
    /// # Errors
    /// `E0913` when it cannot be written.
    pub fn write_manifest(&self, manifest: Manifest) -> Result<(), Diagnostic> {
        self.write_json(files::MANIFEST, &manifest.portable(&self.path))
    }

    /// A folder that exists, whatever is in it.
    pub fn at(path: &Path) -> RunFolder {
        RunFolder { path: path.to_owned() }
    }

    /// Path of the folder, as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Path of the file `name` in the folder, whether it exists or not.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Whether the run is finished: it has results.
    pub fn is_finished(&self) -> bool {
        self.file(files::RESULTS).is_file()
    }

    /// Whether another process is training this run: it holds its log. False where the file system has no locks.
    pub fn is_in_progress(&self) -> bool {
        let Ok(log) = File::open(self.file(files::METRICS)) else { return false };
        matches!(log.try_lock_shared(), Err(fs::TryLockError::WouldBlock))
    }

    /// Writes a file atomically.
    ///
    /// # Errors
    /// `E0913` when it cannot be written.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Diagnostic> {
        let path = self.file(name);
        let write = || -> std::io::Result<()> {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            replace(&path, bytes)
        };
        write().map_err(|e| unwritable(&path, &e))
    }

    /// Writes a value as indented JSON, atomically.
    ///
    /// # Errors
    /// `E0913` when it cannot be written.
    pub fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), Diagnostic> {
        let mut text = serde_json::to_vec_pretty(value).map_err(|e| unwritable(&self.file(name), &e))?;
        text.push(b'\n');
        self.write(name, &text)
    }

    /// Reads a value from a JSON file.
    ///
    /// # Errors
    /// `E0911` when the file is missing or is not such a value.
    pub fn read_json<T: DeserializeOwned>(&self, name: &str) -> Result<T, Diagnostic> {
        let path = self.file(name);
        let fault = |e: &dyn std::fmt::Display| {
            Diagnostic::error(E0911, format!("cannot read `{}`: {e}", path.display()))
                .help("the run may have been interrupted before it was written")
        };
        let text = fs::read_to_string(&path).map_err(|e| fault(&e))?;
        serde_json::from_str(&text).map_err(|e| fault(&e))
    }

    /// Copies the compiled sources to `source/`. Returns for each its name as compiled and its file in the folder.
    ///
    /// # Errors
    /// `E0913` when a file cannot be written.
    pub fn write_sources(&self, sources: &SourceMap) -> Result<Vec<(String, String)>, Diagnostic> {
        let mut list = Vec::new();
        for (id, source) in sources.files() {
            let base =
                Path::new(&source.name).file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let file = if source.name.starts_with("std/") {
                format!("source/std/{base}")
            } else {
                // Files of the same name may come from different folders.
                let taken = list.iter().any(|(_, f): &(String, String)| *f == format!("source/{base}"));
                if taken { format!("source/{}-{base}", id.0) } else { format!("source/{base}") }
            };
            self.write(&file, source.text.as_bytes())?;
            list.push((source.name.clone(), file));
        }
        Ok(list)
    }

    /// Copies the files of a text encoder that evaluation needs: everything except its weights.
    ///
    /// # Errors
    /// `E0913` when a file cannot be read or written.
    pub fn copy_encoder(&self, encoder: &EncoderFolder) -> Result<(), Diagnostic> {
        for (name, from) in encoder.small_files() {
            let bytes = fs::read(&from).map_err(|e| unwritable(&from, &e))?;
            self.write(&format!("encoder/{name}"), &bytes)?;
        }
        Ok(())
    }

    /// Opens an append-only log; creates it if needed. What a run wrote behind its last checkpoint, `bytes` long then, is cut off: it is
    /// written again. Until the log is closed or the process ends, however it ends, the run is [in progress](Self::is_in_progress); without
    /// locks in the file system it is not marked.
    ///
    /// # Errors
    /// `E0913` when it cannot be opened, `E0914` when it is shorter than at the checkpoint, `E0935` while another process trains the run.
    pub fn log(&self, name: &str, bytes: u64) -> Result<Log, Diagnostic> {
        let path = self.file(name);
        let found = fs::metadata(&path).map_or(0, |file| file.len());
        if found < bytes {
            let why = format!("`{}` has {found} bytes, its checkpoint knows {bytes}", path.display());
            return Err(Diagnostic::error(E0914, why).help("the file was changed: put it back, or train again"));
        }
        let unwritable = |e: std::io::Error| unwritable(&path, &e);
        let file = OpenOptions::new().create(true).append(true).open(&path).map_err(unwritable)?;
        if matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)) {
            return Err(Diagnostic::error(
                E0935,
                format!("`{}` is being trained by another process", self.path.display()),
            )
            .help("wait for its end, or stop it first"));
        }
        file.set_len(bytes).map_err(unwritable)?;
        Ok(Log { file, path, bytes })
    }
}

/// An append-only file with one JSON value per line.
#[derive(Debug)]
pub struct Log {
    file: File,
    path: PathBuf,
    bytes: u64,
}

impl Log {
    /// Appends a value as one line.
    ///
    /// # Errors
    /// `E0913` when it cannot be written.
    pub fn add(&mut self, value: &impl Serialize) -> Result<(), Diagnostic> {
        let mut line = serde_json::to_vec(value).map_err(|e| unwritable(&self.path, &e))?;
        line.push(b'\n');
        self.file.write_all(&line).map_err(|e| unwritable(&self.path, &e))?;
        self.bytes += line.len() as u64;
        Ok(())
    }

    /// Length of the file in bytes. A checkpoint stores it, so that later lines can be truncated on resume.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Flushes it to the disk.
    ///
    /// # Errors
    /// `E0913`.
    pub fn sync(&self) -> Result<(), Diagnostic> {
        self.file.sync_data().map_err(|e| unwritable(&self.path, &e))
    }
}

fn no_run(path: &Path, why: &str) -> Diagnostic {
    Diagnostic::error(E0911, format!("`{}` is not a run: {why}", path.display()))
        .help("give the folder that `dsc train` printed")
}

/// A folder without `run.json`: perhaps that of several runs.
fn no_run_there(path: &Path) -> Diagnostic {
    if !path.exists() {
        return no_run(path, "the folder does not exist");
    }
    if !path.is_dir() {
        return no_run(path, "it is a file");
    }
    if path.join(files::COMPARISON).is_file() {
        return no_run(path, "it is the folder of a comparison").help(
            "give one of its rows; `dsc ablate` or `dsc sweep` with the same `--out` trains what is missing of all of them",
        );
    }
    let is_run = |p: &PathBuf| p.join(files::MANIFEST).is_file() || p.join(files::SEEDS).is_file();
    let entries = fs::read_dir(path).into_iter().flatten().flatten().map(|e| e.path());
    let mut runs: Vec<String> = entries.filter(is_run).map(|p| format!("`{}`", p.display())).collect();
    runs.sort_unstable();
    match runs.as_slice() {
        [] => no_run(path, "it has no `run.json`"),
        [one] => no_run(path, "it contains one run").help(format!("give {one}")),
        several => no_run(path, &format!("it contains {} runs", several.len()))
            .help(format!("give one of {}", runs.join(", "))),
    }
}

/// An error for a layout of another version.
fn check_schema(path: &Path, value: &serde_json::Value) -> Result<(), Diagnostic> {
    match value.get("schema").and_then(serde_json::Value::as_u64) {
        Some(schema) if schema == u64::from(SCHEMA) => Ok(()),
        Some(schema) if schema > u64::from(SCHEMA) => {
            Err(no_run(path, &format!("its schema is {schema}, this version of dsc reads up to {SCHEMA}"))
                .help("use the dsc version that wrote it, or a later one"))
        }
        _ => Err(no_run(path, "it was written by an earlier version of dsc, in a layout that is no longer supported")
            .help("use the dsc version that wrote it, or train again")),
    }
}

/// Whether a folder has no files. That of its lock is none: a process that was killed leaves it.
fn is_empty(mut entries: fs::ReadDir) -> bool {
    entries.all(|entry| entry.is_ok_and(|e| e.file_name() == files::LOCK))
}

/// A file where a folder is meant: the path itself, or a part of it.
fn no_folder(path: &Path) -> Diagnostic {
    let help = "choose another folder with `--out`";
    match path.ancestors().find(|part| part.is_file()) {
        Some(file) if file != path => {
            unwritable(path, &format!("`{}` is a file, not a folder", file.display())).help(help)
        }
        _ => Diagnostic::error(E0910, format!("`{}` is a file, not a folder", path.display())).help(help),
    }
}

fn exists(path: &Path) -> Diagnostic {
    Diagnostic::error(E0910, format!("`{}` exists and is not empty", path.display()))
        .help("choose another folder with `--out`; a run is never overwritten")
}

fn unwritable(path: &Path, why: &dyn std::fmt::Display) -> Diagnostic {
    Diagnostic::error(E0913, format!("cannot write `{}`: {why}", path.display()))
        .help("make the folder writable, or choose another one with `--out`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("a/b");
        let run = RunFolder::create(Some(&out), dir.path(), "x").unwrap();
        assert_eq!(run.path(), out);
        // Still empty, so it can be used.
        RunFolder::create(Some(&out), dir.path(), "x").unwrap();
        RunFolder::check_free(&out).unwrap();
        RunFolder::check_free(&dir.path().join("absent")).unwrap();
        run.write_json("run.json", &1).unwrap();
        assert_eq!(RunFolder::check_free(&out).unwrap_err().code, E0910);
        assert_eq!(RunFolder::check_free(&out.join("run.json")).unwrap_err().code, E0910);
        let fault = RunFolder::create(Some(&out), dir.path(), "x").unwrap_err();
        assert_eq!(fault.code, E0910);
        assert!(fault.help.unwrap().contains("--out"));
        let root = dir.path().join("runs");
        let paths: Vec<PathBuf> =
            (0..3).map(|_| RunFolder::create(None, &root, "unimodal/text-demo").unwrap().path().to_owned()).collect();
        assert!(paths[0].file_name().unwrap().to_string_lossy().starts_with("unimodal-text-demo-20"));
        assert_ne!(paths[0], paths[1]);
        assert_ne!(paths[1], paths[2]);
        assert_eq!(run.below("seed-1").unwrap().path(), out.join("seed-1"));
    }

    #[test]
    fn a_path_through_a_file_says_which_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("small.dsl");
        fs::write(&file, "").unwrap();
        let inside = file.join("runs/x");
        for fault in [
            RunFolder::check_free(&inside).unwrap_err(),
            RunFolder::create(Some(&inside), dir.path(), "x").unwrap_err(),
        ] {
            assert!(fault.code == E0913 && fault.message.ends_with("small.dsl` is a file, not a folder"), "{fault}");
        }
        let fault = RunFolder::create(Some(&file), dir.path(), "x").unwrap_err();
        assert!(fault.code == E0910 && fault.message.ends_with("small.dsl` is a file, not a folder"), "{fault}");
    }

    #[test]
    fn two_processes_do_not_get_one_folder() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("run");
        // An empty folder is used, but by one.
        fs::create_dir(&out).unwrap();
        let (run, lock) = RunFolder::begin(Some(&out), dir.path(), "x").unwrap();
        let fault = RunFolder::begin(Some(&out), dir.path(), "x").unwrap_err();
        assert_eq!(fault.code.0, "E0935");
        run.write_json(files::MANIFEST, &1).unwrap();
        drop(lock);
        assert_eq!(RunFolder::begin(Some(&out), dir.path(), "x").unwrap_err().code, E0910);
    }

    #[test]
    fn what_a_refused_run_wrote_is_removed_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let top = RunFolder::create(Some(&dir.path().join("run")), dir.path(), "x").unwrap();
        let describe = |run: &RunFolder| {
            for file in ["run.json", "graph.txt", "standardizer.json", "source/std/a.dsl", "encoder/vocab.txt"] {
                run.write(file, b"x").unwrap();
            }
            drop(run.log(files::METRICS, 0).unwrap());
        };
        describe(&top);
        top.discard();
        assert!(!top.path().exists());
        // Several seeds, the second one has learned something.
        let top = RunFolder::create(Some(&dir.path().join("run")), dir.path(), "x").unwrap();
        let [one, two] = ["seed-1", "seed-2"].map(|seed| top.below(seed).unwrap());
        [&one, &two].into_iter().for_each(describe);
        two.log(files::METRICS, 0).unwrap().add(&1).unwrap();
        top.write(files::SEEDS, b"{}").unwrap();
        top.discard();
        assert!(one.file(files::MANIFEST).is_file() && top.file(files::SEEDS).is_file());
        one.discard();
        assert!(!one.path().exists() && two.file(files::MANIFEST).is_file());
        fs::write(two.file(files::METRICS), "").unwrap();
        fs::write(two.file("notes.txt"), "mine").unwrap();
        top.discard();
        assert_eq!(fs::read_dir(two.path()).unwrap().count(), 1);
        assert_eq!(fs::read_to_string(two.file("notes.txt")).unwrap(), "mine");
        for file in [files::BEST, files::LAST, files::RESULTS] {
            let run = RunFolder::create(Some(&dir.path().join(file)), dir.path(), "x").unwrap();
            describe(&run);
            run.write(file, b"x").unwrap();
            run.discard();
            assert!(run.file(files::MANIFEST).is_file(), "{file}");
        }
    }

    #[test]
    fn folders_that_are_not_runs_are_errors() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(RunFolder::open(&dir.path().join("gone")).unwrap_err().code, E0911);
        assert!(RunFolder::open(dir.path()).unwrap_err().message.contains("run.json"));
        fs::write(dir.path().join("run.json"), format!("{{\"schema\": {}}}", SCHEMA + 1)).unwrap();
        assert!(RunFolder::open(dir.path()).unwrap_err().message.contains("schema is 3"));
        fs::write(dir.path().join("run.json"), "{\"schema\": 1}").unwrap();
        assert!(RunFolder::open(dir.path()).unwrap_err().message.contains("an earlier version of dsc"));
        fs::write(dir.path().join("run.json"), format!("{{\"schema\": {SCHEMA}}}")).unwrap();
        assert!(RunFolder::open(dir.path()).unwrap_err().message.contains("missing field"));
    }

    #[test]
    fn folders_of_several_runs_name_them() {
        let dir = tempfile::tempdir().unwrap();
        let comparison = tempfile::tempdir().unwrap();
        fs::write(comparison.path().join(files::COMPARISON), "{}").unwrap();
        assert!(RunFolder::open(comparison.path()).unwrap_err().help.unwrap().contains("with the same `--out`"));
        let make = |name: &str, file: &str| {
            fs::create_dir_all(dir.path().join(name)).unwrap();
            fs::write(dir.path().join(name).join(file), "{}").unwrap();
        };
        make("notes", "x.txt");
        assert_eq!(RunFolder::open(dir.path()).unwrap_err().help.unwrap(), "give the folder that `dsc train` printed");
        make("text", "run.json");
        assert!(RunFolder::open(dir.path()).unwrap_err().help.unwrap().ends_with("/text`"));
        make("audio", files::SEEDS);
        let fault = RunFolder::open(dir.path()).unwrap_err();
        let help = fault.help.unwrap();
        assert!(fault.message.ends_with("is not a run: it contains 2 runs"), "{}", fault.message);
        assert!(help.find("/audio`").unwrap() < help.find("/text`").unwrap(), "{help}");
        let file = dir.path().join("text/run.json");
        assert!(RunFolder::open(&file).unwrap_err().message.ends_with("it is a file"));
    }

    #[test]
    fn logs_grow_and_sources_keep_their_names() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunFolder::create(Some(dir.path()), dir.path(), "x").unwrap();
        let mut log = run.log("metrics.jsonl", 0).unwrap();
        log.add(&serde_json::json!({"epoch": 0})).unwrap();
        let bytes = log.bytes();
        // Behind the last checkpoint.
        log.add(&serde_json::json!({"epoch": 7})).unwrap();
        drop(log);
        assert_eq!(run.log("metrics.jsonl", 1000).unwrap_err().code, E0914);
        let mut log = run.log("metrics.jsonl", bytes).unwrap();
        log.add(&serde_json::json!({"epoch": 1})).unwrap();
        let text = fs::read_to_string(run.file("metrics.jsonl")).unwrap();
        assert_eq!(text, "{\"epoch\":0}\n{\"epoch\":1}\n");
        assert_eq!(log.bytes(), text.len() as u64);
        let mut sources = SourceMap::new();
        sources.add("/home/x/m.dsl", "main");
        sources.add("std/layers.dsl", "lib");
        sources.add("../other/m.dsl", "other");
        let list = run.write_sources(&sources).unwrap();
        assert_eq!(list[2], ("../other/m.dsl".to_owned(), "source/2-m.dsl".to_owned()));
        let texts: Vec<String> = list.iter().map(|(_, f)| fs::read_to_string(run.file(f)).unwrap()).collect();
        assert_eq!(texts, ["main", "lib", "other"]);
    }
}
