//! The folder of a run: everything that shows what was trained, on what, and with which result.
//!
//! | file | what it is |
//! |---|---|
//! | `run.json` | a [`Manifest`]: settings, hypers, hashes, data, machine |
//! | `source/` | the files of the model as they were compiled |
//! | `graph.txt` | the compiled graph |
//! | `encoder/` | configuration and vocabulary of the text encoder, if there is one |
//! | `standardizer.json` | statistics of the features, if they are standardised |
//! | `metrics.jsonl` | one line per epoch, only ever added to |
//! | `best.safetensors` | weights of the selected epoch |
//! | `last.safetensors` | the state to go on from; without moments once the run is finished |
//! | `valid.csv`, `test.csv` | predictions of the selected epoch |
//! | `results.json` | scores; marks a finished run. After it only the moments of `last.safetensors` are dropped |
//!
//! A folder that holds anything is never written into by a new run.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::checkpoint::settle;
use super::recipe::{Origin, Settings};
use crate::diag::Diagnostic;
use crate::diag::codes::run::{E0910, E0911, E0913};
use crate::sema::dims::DimTable;
use crate::source::SourceMap;

/// Version of the layout; a folder with a higher one is refused.
pub const SCHEMA: u32 = 1;

/// What a run is, fixed before its first step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the folder's layout.
    pub schema: u32,
    /// Version of dsc.
    pub dsc: String,
    /// Version of libtorch.
    pub libtorch: String,
    /// When it began, RFC 3339.
    pub started: String,
    /// The command line.
    pub command: Vec<String>,
    /// Name of the compiled model, variant included.
    pub model: String,
    /// The model's file as given.
    pub file: String,
    /// The variant.
    pub variant: Option<String>,
    /// The recipe.
    pub recipe: Option<String>,
    /// All training settings.
    pub settings: Settings,
    /// Where settings came from that are no defaults.
    pub origins: IndexMap<String, Origin>,
    /// Hypers that were set, by recipe or command line, as written.
    pub hypers: IndexMap<String, String>,
    /// The seed of this run.
    pub seed: u64,
    /// Hash of the graph without data.
    pub graph: String,
    /// Hash of the graph with the data's dims.
    pub bound: String,
    /// The data's dims.
    pub dims: DimTable,
    /// The data.
    pub data: DataInfo,
    /// The text encoder.
    pub encoder: Option<EncoderInfo>,
    /// Where it ran.
    pub machine: Machine,
    /// The sources in `source/`: name as compiled, file in the folder.
    pub sources: Vec<(String, String)>,
}

/// The data of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataInfo {
    /// Name as given: a data set or a file.
    pub name: String,
    /// The file; none for the generated default.
    pub path: Option<PathBuf>,
    /// SHA-256 of the file; none for the generated default.
    pub sha256: Option<String>,
    /// Seed of the generated default.
    pub seed: Option<u64>,
    /// Samples by split.
    pub samples: IndexMap<String, usize>,
}

/// The text encoder of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncoderInfo {
    /// Name or folder as given.
    pub name: String,
    /// Whether its weights were pretrained.
    pub pretrained: bool,
    /// The weight file.
    pub weights: Option<PathBuf>,
    /// SHA-256 of the weight file.
    pub sha256: Option<String>,
}

/// The machine of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Host name.
    pub host: String,
    /// Operating system and processor kind.
    pub system: String,
    /// Processor model.
    pub processor: String,
    /// `cpu`, `cuda:0`.
    pub device: String,
    /// Threads for operators: CPU results depend on it.
    pub threads: usize,
}

impl Machine {
    /// This machine.
    pub fn here(device: String, threads: usize) -> Machine {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let cpuinfo = read("/proc/cpuinfo");
        let model = cpuinfo.lines().find_map(|l| l.strip_prefix("model name")?.split_once(':').map(|(_, m)| m.trim()));
        Machine {
            host: read("/proc/sys/kernel/hostname").trim().to_owned(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            processor: model.unwrap_or_default().to_owned(),
            device,
            threads,
        }
    }
}

/// A run folder on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// Makes the folder of a new run: `out`, or else `root/NAME-TIME`.
    ///
    /// # Errors
    /// `E0910` when it exists and is not empty, `E0913` when it cannot be made.
    pub fn create(out: Option<&Path>, root: &Path, name: &str) -> Result<RunFolder, Diagnostic> {
        if let Some(path) = out {
            return Self::claim(path);
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

    /// Whether a run may be written to `path`: there is nothing yet, or an empty folder. Makes nothing.
    ///
    /// # Errors
    /// `E0910`.
    pub fn check_free(path: &Path) -> Result<(), Diagnostic> {
        let free = match fs::read_dir(path) {
            Ok(mut entries) => entries.next().is_none(),
            Err(e) => e.kind() == ErrorKind::NotFound,
        };
        if free { Ok(()) } else { Err(exists(path)) }
    }

    fn claim(path: &Path) -> Result<RunFolder, Diagnostic> {
        match fs::create_dir(path) {
            Ok(()) => {}
            Err(e) if e.kind() == ErrorKind::NotFound => fs::create_dir_all(path).map_err(|e| unwritable(path, &e))?,
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {
                let empty = fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
                if !empty {
                    return Err(exists(path));
                }
            }
            Err(e) => return Err(unwritable(path, &e)),
        }
        Ok(RunFolder { path: path.to_owned() })
    }

    /// A folder below this one, for one of several seeds.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn below(&self, name: &str) -> Result<RunFolder, Diagnostic> {
        Self::claim(&self.path.join(name))
    }

    /// Opens the folder of an earlier run.
    ///
    /// # Errors
    /// `E0911` when it is none, or one of a newer version.
    pub fn open(path: &Path) -> Result<(RunFolder, Manifest), Diagnostic> {
        let folder = RunFolder { path: path.to_owned() };
        let no_run = |why: String| Diagnostic::error(E0911, format!("`{}` is not a run: {why}", path.display()));
        if !path.is_dir() {
            return Err(no_run("there is no such folder".into()).help("give the folder that `dsc train` printed"));
        }
        let text = fs::read_to_string(folder.file("run.json")).map_err(|e| {
            let seeds = path.join("seeds.json").is_file();
            no_run(format!("`run.json`: {e}")).help(if seeds {
                "this folder holds several seeds: give one of its `seed-..` folders"
            } else {
                "give the folder that `dsc train` printed"
            })
        })?;
        let value: serde_json::Value = serde_json::from_str(&text).map_err(|e| no_run(format!("`run.json`: {e}")))?;
        let schema = value.get("schema").and_then(serde_json::Value::as_u64);
        if schema.is_some_and(|s| s > u64::from(SCHEMA)) {
            return Err(no_run(format!("its schema is {}, this dsc knows up to {SCHEMA}", schema.unwrap_or_default()))
                .help("use the dsc version that wrote it, or a later one"));
        }
        let manifest = serde_json::from_value(value).map_err(|e| no_run(format!("`run.json`: {e}")))?;
        Ok((folder, manifest))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Whether the run came to its end.
    pub fn is_finished(&self) -> bool {
        self.file("results.json").is_file()
    }

    /// Writes a file, whole or not at all.
    ///
    /// # Errors
    /// `E0913`.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Diagnostic> {
        let path = self.file(name);
        let partial = self.file(&format!("{name}.partial"));
        let write = || -> std::io::Result<()> {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(&partial, bytes)?;
            settle(&partial, &path).map(|_| ())
        };
        write().map_err(|e| unwritable(&path, &e))
    }

    /// Writes a value as indented JSON.
    ///
    /// # Errors
    /// `E0913`.
    pub fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), Diagnostic> {
        let mut text = serde_json::to_vec_pretty(value).map_err(|e| unwritable(&self.file(name), &e))?;
        text.push(b'\n');
        self.write(name, &text)
    }

    /// Reads a value from JSON.
    ///
    /// # Errors
    /// `E0911` when the file is missing or holds something else.
    pub fn read_json<T: DeserializeOwned>(&self, name: &str) -> Result<T, Diagnostic> {
        let path = self.file(name);
        let fault = |e: &dyn std::fmt::Display| {
            Diagnostic::error(E0911, format!("cannot read `{}`: {e}", path.display()))
                .help("the run may have been interrupted before it was written")
        };
        let text = fs::read_to_string(&path).map_err(|e| fault(&e))?;
        serde_json::from_str(&text).map_err(|e| fault(&e))
    }

    /// Copies the compiled sources to `source/` and says which file holds which.
    ///
    /// # Errors
    /// `E0913`.
    pub fn write_sources(&self, sources: &SourceMap) -> Result<Vec<(String, String)>, Diagnostic> {
        let mut list = Vec::new();
        for (id, source) in sources.files() {
            let base =
                Path::new(&source.name).file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let file = if source.name.starts_with("std/") {
                format!("source/std/{base}")
            } else {
                // Files of one name may come from different folders.
                let taken = list.iter().any(|(_, f): &(String, String)| *f == format!("source/{base}"));
                if taken { format!("source/{}-{base}", id.0) } else { format!("source/{base}") }
            };
            self.write(&file, source.text.as_bytes())?;
            list.push((source.name.clone(), file));
        }
        Ok(list)
    }

    /// Copies the files of a text encoder that evaluation needs: everything but its weights.
    ///
    /// # Errors
    /// `E0913`.
    pub fn copy_encoder(&self, folder: &Path) -> Result<(), Diagnostic> {
        for name in ["config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt"] {
            let from = folder.join(name);
            if from.is_file() {
                let bytes = fs::read(&from).map_err(|e| unwritable(&from, &e))?;
                self.write(&format!("encoder/{name}"), &bytes)?;
            }
        }
        Ok(())
    }

    /// Opens a log that is only ever added to.
    ///
    /// # Errors
    /// `E0913`.
    pub fn log(&self, name: &str) -> Result<Log, Diagnostic> {
        let path = self.file(name);
        let open = || -> std::io::Result<Log> {
            let file = OpenOptions::new().create(true).append(true).open(&path)?;
            let bytes = file.metadata()?.len();
            Ok(Log { file, path: path.clone(), bytes })
        };
        open().map_err(|e| unwritable(&path, &e))
    }

    /// Writes predictions: one line per sample with its id, its label and the prediction.
    ///
    /// # Errors
    /// `E0913`.
    pub fn write_predictions(
        &self,
        name: &str,
        ids: &[String],
        labels: &[f32],
        predictions: &[f32],
    ) -> Result<(), Diagnostic> {
        self.write(
            name,
            &predictions_csv(ids, Some(labels), predictions).map_err(|e| unwritable(&self.file(name), &e))?,
        )
    }
}

/// Predictions as CSV: `id,label,prediction`, without labels `id,prediction`. Numbers are written so that they read back to
/// the bit.
///
/// # Errors
/// What the `csv` crate reports; writing to memory does not fail.
pub fn predictions_csv(ids: &[String], labels: Option<&[f32]>, predictions: &[f32]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    match labels {
        Some(labels) => {
            writer.write_record(["id", "label", "prediction"])?;
            for ((id, label), prediction) in ids.iter().zip(labels).zip(predictions) {
                writer.write_record([id.as_str(), &label.to_string(), &prediction.to_string()])?;
            }
        }
        None => {
            writer.write_record(["id", "prediction"])?;
            for (id, prediction) in ids.iter().zip(predictions) {
                writer.write_record([id.as_str(), &prediction.to_string()])?;
            }
        }
    }
    writer.into_inner().map_err(|e| e.into_error().into())
}

/// A file that is only added to, one JSON value a line.
#[derive(Debug)]
pub struct Log {
    file: File,
    path: PathBuf,
    bytes: u64,
}

impl Log {
    /// Adds a line.
    ///
    /// # Errors
    /// `E0913`.
    pub fn add(&mut self, value: &impl Serialize) -> Result<(), Diagnostic> {
        let mut line = serde_json::to_vec(value).map_err(|e| unwritable(&self.path, &e))?;
        line.push(b'\n');
        self.file.write_all(&line).map_err(|e| unwritable(&self.path, &e))?;
        self.bytes += line.len() as u64;
        Ok(())
    }

    /// Its length: part of a checkpoint, so that what was written after it can be cut off.
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
        // Still empty: as good as new.
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
    fn folders_that_are_no_runs_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(RunFolder::open(&dir.path().join("gone")).unwrap_err().code, E0911);
        assert!(RunFolder::open(dir.path()).unwrap_err().message.contains("run.json"));
        fs::write(dir.path().join("run.json"), format!("{{\"schema\": {}}}", SCHEMA + 1)).unwrap();
        assert!(RunFolder::open(dir.path()).unwrap_err().message.contains("schema is 2"));
        fs::write(dir.path().join("run.json"), "{\"schema\": 1}").unwrap();
        assert!(RunFolder::open(dir.path()).unwrap_err().message.contains("missing field"));
    }

    #[test]
    fn logs_grow_and_sources_keep_their_names() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunFolder::create(Some(dir.path()), dir.path(), "x").unwrap();
        let mut log = run.log("metrics.jsonl").unwrap();
        log.add(&serde_json::json!({"epoch": 0})).unwrap();
        drop(log);
        let mut log = run.log("metrics.jsonl").unwrap();
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

    #[test]
    fn predictions_read_back_to_the_bit() {
        let ids = ["a,b".to_owned(), "c\"d".to_owned()];
        let numbers = [0.1f32 + 0.2, -1.0e-30];
        let bytes = predictions_csv(&ids, Some(&numbers), &numbers).unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        for (record, (id, number)) in reader.records().zip(ids.iter().zip(numbers)) {
            let record = record.unwrap();
            assert_eq!((&record[0], record[2].parse::<f32>().unwrap().to_bits()), (id.as_str(), number.to_bits()));
        }
    }
}
