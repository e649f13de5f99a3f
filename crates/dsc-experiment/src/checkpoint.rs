//! Checkpoints: safetensors files whose metadata contain the state of the training.
//!
//! | name in the file | content |
//! |---|---|
//! | a parameter's path | its weights, float32 |
//! | `adam.m/PATH`, `adam.v/PATH` | first and second moments (`last` only) |
//! | `pools/NAME/{pos,near,far}/{offsets,items}` | companion lists, uint32 (`last` only) |
//!
//! The metadata key `dsc` is a [`State`] as JSON. A checkpoint is written to a temporary file, flushed to disk and then renamed,
//! so it is either complete or absent.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use safetensors::tensor::View;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};

use dsc_data::file::MappedFile;

use super::retrieval::{Lists, Pools, Settings as PoolSettings};
use dsc_recipe::Schedule;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::{E0912, E0913, E0914};

/// Version of the layout; a file with a higher version is an error.
pub const SCHEMA: u32 = 1;
/// The metadata key of the state.
const KEY: &str = "dsc";

/// The state of a training: enough to resume it together with the tensors of the checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Version of the layout.
    pub schema: u32,
    /// Hash of the graph without the dims of the data.
    pub graph: String,
    /// Hash of the graph with the dims of the data.
    pub bound: String,
    /// Seed of the run.
    pub seed: u64,
    /// Number of finished epochs.
    pub epoch: u64,
    /// Number of optimiser steps so far.
    pub step: u64,
    /// Schedule of the learning rate.
    pub schedule: Schedule,
    /// Optimiser steps of the whole training.
    pub total_steps: u64,
    /// Progress within the current epoch; `None` between epochs.
    pub within: Option<EpochProgress>,
    /// Duration of the training so far, in seconds.
    pub seconds: f64,
    /// The epoch that is selected so far; `None` before the end of the first one.
    pub best: Option<Best>,
    /// Length in bytes of each append-only log at this state; anything after that is truncated on resume.
    pub logs: IndexMap<String, u64>,
    /// Step count of the moments of each parameter, by path.
    pub moment_steps: IndexMap<String, u64>,
    /// The companion lists in the file, by the name of the `companions` declaration.
    pub pools: IndexMap<String, PoolState>,
}

/// Progress within an epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EpochProgress {
    /// Number of finished batches.
    pub batches: u64,
    /// Number of anchors in these batches.
    pub samples: u64,
    /// Sum of each loss term over these anchors.
    pub sums: IndexMap<String, f64>,
    /// Largest gradient norm before clipping; `None` without clipping.
    pub gradient_norm: Option<f64>,
}

/// The selected epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Number of the epoch, from 0.
    pub epoch: u64,
    /// Value of the metric on the validation split, if it is defined.
    pub value: Option<f64>,
}

/// Settings and age of saved companion lists.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PoolState {
    /// The settings of the search.
    pub settings: PoolSettings,
    /// The epoch before which the search ran, from 0.
    pub epoch: u64,
}

/// The elements of one tensor of a checkpoint.
pub enum TensorData<'a> {
    /// float32 elements in memory.
    F32(Cow<'a, [f32]>),
    /// uint32 elements in memory.
    U32(Cow<'a, [u32]>),
    /// float32 elements that are fetched when they are written, so that the weights of a device are not all on the host at once.
    Fetch(Box<dyn Fn() -> Result<Vec<f32>, Diagnostic> + 'a>),
}

/// A tensor to be written to a checkpoint.
pub struct TensorEntry<'a> {
    /// Name in the file, see the [module](self).
    pub name: String,
    /// Lengths of the axes.
    pub shape: Vec<usize>,
    /// The elements, row-major.
    pub numbers: TensorData<'a>,
}

/// Name of the first moment of the parameter `path`.
pub fn first_moment(path: &str) -> String {
    format!("adam.m/{path}")
}

/// Name of the second moment of the parameter `path`.
pub fn second_moment(path: &str) -> String {
    format!("adam.v/{path}")
}

/// The tensors of companion lists. `name` is the name of the `companions` declaration.
pub fn pool_tensors<'a>(name: &str, pools: &'a Pools) -> Vec<TensorEntry<'a>> {
    let lists = [("pos", &pools.pos), ("near", &pools.near), ("far", &pools.far)];
    let tensor = |kind: &str, what: &str, numbers: &'a [u32]| TensorEntry {
        name: format!("pools/{name}/{kind}/{what}"),
        shape: vec![numbers.len()],
        numbers: TensorData::U32(Cow::Borrowed(numbers)),
    };
    lists
        .into_iter()
        .flat_map(|(kind, l)| [tensor(kind, "offsets", &l.offsets), tensor(kind, "items", &l.items)])
        .collect()
}

/// A tensor as the writer of safetensors reads it.
struct EntryView<'a, 'b> {
    entry: &'a TensorEntry<'b>,
    fault: &'a RefCell<Option<Diagnostic>>,
}

impl View for EntryView<'_, '_> {
    fn dtype(&self) -> Dtype {
        match self.entry.numbers {
            TensorData::U32(_) => Dtype::U32,
            _ => Dtype::F32,
        }
    }

    fn shape(&self) -> &[usize] {
        &self.entry.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let bytes: Vec<u8> = match &self.entry.numbers {
            TensorData::F32(numbers) => numbers.iter().flat_map(|x| x.to_le_bytes()).collect(),
            TensorData::U32(numbers) => numbers.iter().flat_map(|x| x.to_le_bytes()).collect(),
            TensorData::Fetch(fetch) => match fetch() {
                Ok(numbers) => numbers.iter().flat_map(|x| x.to_le_bytes()).collect(),
                Err(d) => {
                    self.fault.borrow_mut().get_or_insert(d);
                    vec![0; self.data_len()]
                }
            },
        };
        if bytes.len() != self.data_len() {
            let message =
                format!("`{}` has {} bytes for the shape {:?}", self.entry.name, bytes.len(), self.entry.shape);
            self.fault.borrow_mut().get_or_insert(Diagnostic::error(E0914, message).help("this is a bug in dsc"));
        }
        Cow::Owned(bytes)
    }

    fn data_len(&self) -> usize {
        4 * self.entry.shape.iter().product::<usize>()
    }
}

/// Free space of the file system of `folder` for this user, in bytes; `None` if it cannot be determined.
pub fn free_space(folder: &Path) -> Option<u64> {
    use std::os::unix::ffi::OsStrExt as _;
    let path = std::ffi::CString::new(folder.as_os_str().as_bytes()).ok()?;
    let mut stat = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: the path is NUL-terminated, and `stat` is read only where the call filled it.
    let stat = unsafe {
        if libc::statvfs(path.as_ptr(), stat.as_mut_ptr()) != 0 {
            return None;
        }
        stat.assume_init()
    };
    Some(stat.f_bavail as u64 * stat.f_frsize as u64)
}

/// Writes a checkpoint atomically. Returns its size in bytes.
///
/// # Errors
/// `E0912` when there is not enough disk space, `E0913` when it cannot be written. An existing file is then unchanged.
pub fn write(path: &Path, state: &State, tensors: &[TensorEntry<'_>]) -> Result<u64, Diagnostic> {
    let fail = |e: &dyn std::fmt::Display| {
        Diagnostic::error(E0913, format!("cannot write the checkpoint `{}`: {e}", path.display()))
            .help("make the folder writable, or choose another one with `--out`")
    };
    let fault = RefCell::new(None);
    let views: Vec<(&str, EntryView<'_, '_>)> =
        tensors.iter().map(|entry| (entry.name.as_str(), EntryView { entry, fault: &fault })).collect();
    let state = serde_json::to_string(state).map_err(|e| fail(&e))?;
    let names: usize = tensors.iter().map(|p| p.name.len() + 128).sum();
    let size = views.iter().map(|(_, v)| v.data_len()).sum::<usize>() + names + state.len();
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    check_space(folder, size as u64)?;

    let partial = path.with_extension("partial");
    let metadata = HashMap::from([(KEY.to_owned(), state)]);
    // safetensors writes a file that only its owner can read; this one is as readable as the others of the run.
    let permissions = File::create(&partial).and_then(|file| file.metadata()).map_err(|e| fail(&e))?.permissions();
    let written = safetensors::serialize_to_file(views, Some(metadata), &partial)
        .map_err(|e| fail(&e))
        .and_then(|()| fs::set_permissions(&partial, permissions).map_err(|e| fail(&e)))
        .and_then(|()| fault.into_inner().map_or(Ok(()), Err))
        .and_then(|()| settle(&partial, path).map_err(|e| fail(&e)));
    if written.is_err() {
        // A leftover partial file does no harm.
        let _ = fs::remove_file(&partial);
    }
    written
}

/// Checks that `folder` has free space for `size` bytes, and a little more for logs.
///
/// # Errors
/// `E0912`.
pub fn check_space(folder: &Path, size: u64) -> Result<(), Diagnostic> {
    free_space(folder).map_or(Ok(()), |free| check_free_space(folder, free, size))
}

fn check_free_space(folder: &Path, free: u64, size: u64) -> Result<(), Diagnostic> {
    const SPARE: u64 = 64 << 10;
    let needed = size.saturating_add(SPARE);
    if free >= needed {
        return Ok(());
    }
    let message =
        format!("not enough disk space in `{}`: {} free, {} needed", folder.display(), bytes(free), bytes(needed));
    Err(Diagnostic::error(E0912, message).help("free some space, or choose a folder on another disk with `--out`"))
}

/// `70 kB`, `1.5 GB`.
fn bytes(n: u64) -> String {
    match n {
        0..1_000_000 => format!("{} kB", n.div_ceil(1000)),
        1_000_000..1_000_000_000 => format!("{:.1} MB", n as f64 / 1e6),
        _ => format!("{:.1} GB", n as f64 / 1e9),
    }
}

/// Flushes the file `partial` to disk and renames it to `path`. Returns its size in bytes.
pub fn settle(partial: &Path, path: &Path) -> std::io::Result<u64> {
    let file = File::open(partial)?;
    file.sync_all()?;
    let size = file.metadata()?.len();
    fs::rename(partial, path)?;
    // The rename is durable once the folder is flushed.
    if let Some(folder) = path.parent() {
        File::open(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })?.sync_all()?;
    }
    Ok(size)
}

/// An open checkpoint; its tensors are mapped and read on demand.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    map: MappedFile,
    /// The state of the training at the checkpoint.
    pub state: State,
    tensors: IndexMap<String, (Dtype, Vec<usize>)>,
}

impl Checkpoint {
    /// Maps a checkpoint and reads its state.
    ///
    /// # Errors
    /// `E0913` when it cannot be read, `E0914` when it is damaged or has a newer schema, `E0601` when it is cut meanwhile.
    pub fn open(path: &Path) -> Result<Checkpoint, Diagnostic> {
        let unreadable = |e: std::io::Error| {
            Diagnostic::error(E0913, format!("cannot read the checkpoint `{}`: {e}", path.display()))
        };
        let map = MappedFile::open(path).map_err(unreadable)?;
        let (tensors, state) = {
            let (_, header) = SafeTensors::read_metadata(&map).map_err(|e| damaged(path, &e))?;
            let json = header.metadata().as_ref().and_then(|m| m.get(KEY));
            let json = json.ok_or_else(|| damaged(path, &"it was not written by dsc"))?;
            let schema = serde_json::from_str::<serde_json::Value>(json).ok();
            let schema = schema.and_then(|v| v.get("schema").and_then(serde_json::Value::as_u64));
            if schema.is_some_and(|s| s > u64::from(SCHEMA)) {
                let message = format!(
                    "the checkpoint `{}` has schema {}, this version of dsc reads up to {SCHEMA}",
                    path.display(),
                    schema.unwrap_or_default()
                );
                return Err(Diagnostic::error(E0914, message).help("use the dsc version that wrote it, or a later one"));
            }
            let state: State = serde_json::from_str(json).map_err(|e| damaged(path, &e))?;
            let all = SafeTensors::deserialize(&map).map_err(|e| damaged(path, &e))?;
            let mut tensors: Vec<(String, (Dtype, Vec<usize>))> =
                all.iter().map(|(name, view)| (name.to_owned(), (view.dtype(), view.shape().to_vec()))).collect();
            tensors.sort();
            (tensors.into_iter().collect(), state)
        };
        map.intact()?;
        Ok(Checkpoint { path: path.to_owned(), map, state, tensors })
    }

    /// Names and shapes of all tensors, sorted by name.
    pub fn tensors(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.tensors.iter().map(|(name, (_, shape))| (name.as_str(), shape.as_slice()))
    }

    /// Names and shapes of the weights: tensors that are neither moments nor companion lists.
    pub fn weights(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.tensors().filter(|(name, _)| !name.contains('/'))
    }

    /// Shape and elements of a float32 tensor.
    ///
    /// # Errors
    /// `E0914` when there is no such float32 tensor.
    pub fn f32(&self, name: &str) -> Result<(Vec<usize>, Vec<f32>), Diagnostic> {
        let (shape, bytes) = self.bytes(name, Dtype::F32)?;
        let numbers = bytes.chunks_exact(4).filter_map(|b| b.try_into().ok().map(f32::from_le_bytes)).collect();
        Ok((shape, numbers))
    }

    /// The companion lists of the declaration `name`. The caller must check them against the data ([`Pools::check`]).
    ///
    /// # Errors
    /// `E0914` when the file has no such lists.
    pub fn pools(&self, name: &str) -> Result<Pools, Diagnostic> {
        let state = self.state.pools.get(name).ok_or_else(|| damaged(&self.path, &format!("no lists `{name}`")))?;
        let u32s = |kind: &str, what: &str| -> Result<Vec<u32>, Diagnostic> {
            let (_, bytes) = self.bytes(&format!("pools/{name}/{kind}/{what}"), Dtype::U32)?;
            Ok(bytes.chunks_exact(4).filter_map(|b| b.try_into().ok().map(u32::from_le_bytes)).collect())
        };
        let lists = |kind: &str| Ok(Lists { offsets: u32s(kind, "offsets")?, items: u32s(kind, "items")? });
        Ok(Pools { settings: state.settings, pos: lists("pos")?, near: lists("near")?, far: lists("far")? })
    }

    fn bytes(&self, name: &str, dtype: Dtype) -> Result<(Vec<usize>, Vec<u8>), Diagnostic> {
        let all = SafeTensors::deserialize(&self.map).map_err(|e| damaged(&self.path, &e))?;
        let view = all.tensor(name).map_err(|e| damaged(&self.path, &e))?;
        if view.dtype() != dtype {
            return Err(damaged(&self.path, &format!("`{name}` is {:?}, not {dtype:?}", view.dtype())));
        }
        let bytes = view.data().to_vec();
        self.map.intact()?;
        Ok((view.shape().to_vec(), bytes))
    }
}

fn damaged(path: &Path, why: &dyn std::fmt::Display) -> Diagnostic {
    Diagnostic::error(E0914, format!("the checkpoint `{}` is damaged: {why}", path.display()))
        .help("train again, or use another checkpoint of the run")
}

#[cfg(test)]
mod tests {
    use super::*;
    use dsc_recipe::{Decay, Warmup};

    fn state() -> State {
        State {
            schema: SCHEMA,
            graph: "g".into(),
            bound: "b".into(),
            seed: 7,
            epoch: 3,
            step: 41,
            schedule: Schedule { warmup: Warmup::Fraction(0.1), decay: Decay::Linear },
            total_steps: 123,
            within: Some(EpochProgress {
                batches: 2,
                samples: 32,
                sums: IndexMap::from([("mse".to_owned(), 0.7)]),
                gradient_norm: Some(1.5),
            }),
            seconds: 12.25,
            best: Some(Best { epoch: 2, value: Some(0.1 + 0.2) }),
            logs: IndexMap::from([("metrics.jsonl".to_owned(), 512)]),
            moment_steps: IndexMap::from([("enc.0.weight".to_owned(), 41)]),
            pools: IndexMap::from([("c".to_owned(), PoolState { settings: PoolSettings::default(), epoch: 2 })]),
        }
    }

    fn pools() -> Pools {
        let lists = |items: &[u32]| Lists { offsets: vec![0, 1, items.len() as u32], items: items.to_vec() };
        Pools {
            settings: PoolSettings::default(),
            pos: lists(&[1, 0]),
            near: lists(&[0, 1, 1]),
            far: lists(&[1, 0, 0]),
        }
    }

    fn tensor<'a>(name: &str, shape: &[usize], numbers: &'a [f32]) -> TensorEntry<'a> {
        TensorEntry { name: name.into(), shape: shape.into(), numbers: TensorData::F32(Cow::Borrowed(numbers)) }
    }

    #[test]
    fn every_field_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("last.safetensors");
        let (w, m, v) = ([1.5f32, -2.0, f32::MIN_POSITIVE, 4.0, 5.0, 0.1], [0.25f32; 6], [1e-20f32; 6]);
        let pools = pools();
        let mut tensors = vec![
            tensor("enc.0.weight", &[2, 3], &w),
            tensor(&first_moment("enc.0.weight"), &[2, 3], &m),
            tensor(&second_moment("enc.0.weight"), &[2, 3], &v),
            TensorEntry { name: "bias".into(), shape: vec![1], numbers: TensorData::Fetch(Box::new(|| Ok(vec![9.0]))) },
        ];
        tensors.extend(pool_tensors("c", &pools));
        let size = write(&path, &state(), &tensors).unwrap();
        assert_eq!(size, fs::metadata(&path).unwrap().len());
        let back = Checkpoint::open(&path).unwrap();
        assert_eq!(back.state, state());
        assert_eq!(back.weights().collect::<Vec<_>>(), [("bias", [1usize].as_slice()), ("enc.0.weight", &[2, 3])]);
        assert_eq!(back.f32("enc.0.weight").unwrap(), (vec![2, 3], w.to_vec()));
        assert_eq!(back.f32("adam.m/enc.0.weight").unwrap().1, m);
        assert_eq!(back.f32("adam.v/enc.0.weight").unwrap().1, v);
        assert_eq!(back.f32("bias").unwrap().1, [9.0]);
        assert_eq!(back.pools("c").unwrap(), pools);
        assert_eq!(back.f32("gone").unwrap_err().code, E0914);
        assert_eq!(back.pools("d").unwrap_err().code, E0914);
        // The same state gives the same file.
        let again = dir.path().join("again.safetensors");
        write(&again, &state(), &tensors).unwrap();
        assert_eq!(fs::read(&path).unwrap(), fs::read(&again).unwrap());
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_rest() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("best.safetensors");
        write(&path, &state(), &[tensor("w", &[1], &[1.0])]).unwrap();
        let before = fs::read(&path).unwrap();
        let gone = || Err(Diagnostic::error(E0913, "the device is gone"));
        let tensors = [TensorEntry { name: "w".into(), shape: vec![1], numbers: TensorData::Fetch(Box::new(gone)) }];
        assert_eq!(write(&path, &state(), &tensors).unwrap_err().message, "the device is gone");
        assert_eq!(write(&path, &state(), &[tensor("w", &[2], &[1.0])]).unwrap_err().code, E0914);
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert_eq!(check_space(dir.path(), u64::MAX).unwrap_err().code, E0912);
    }

    #[test]
    fn a_small_checkpoint_needs_little_space() {
        let check = |free: u64, size: u64| check_free_space(Path::new("runs"), free, size);
        check(100_000, 6_000).unwrap();
        let fault = check(70_000, 6_000).unwrap_err();
        assert_eq!(fault.message, "not enough disk space in `runs`: 70 kB free, 72 kB needed");
        let fault = check(1_500_000_000, 6_400_000_000).unwrap_err();
        assert!(fault.message.ends_with("1.5 GB free, 6.4 GB needed"), "{fault}");
    }

    #[test]
    fn foreign_newer_and_cut_files_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.safetensors");
        let newer = State { schema: SCHEMA + 1, ..state() };
        write(&path, &newer, &[tensor("w", &[1], &[1.0])]).unwrap();
        let fault = Checkpoint::open(&path).unwrap_err();
        assert!(fault.message.contains("schema 2"), "{fault}");
        write(&path, &state(), &[tensor("w", &[1], &[1.0])]).unwrap();
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert_eq!(Checkpoint::open(&path).unwrap_err().code, E0914);
        safetensors::serialize_to_file(Vec::<(String, EntryView<'_, '_>)>::new(), None, &path).unwrap();
        assert!(Checkpoint::open(&path).unwrap_err().message.contains("not written by dsc"));
    }
}
