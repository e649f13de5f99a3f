//! Fixtures: made by `make_fixtures.py` in the private Python environment, read back as plain numbers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use safetensors::{Dtype, SafeTensors};
use serde_json::Value;
use sha2::{Digest, Sha256};

use dsc_testing::skip::{Lacks, skip};

/// A tensor of a fixture. Integers are exact in f64 here.
#[derive(Clone, Debug)]
pub struct Array {
    pub shape: Vec<usize>,
    pub values: Vec<f64>,
}

impl Array {
    pub fn f32(&self) -> Vec<f32> {
        self.values.iter().map(|v| *v as f32).collect()
    }

    pub fn u32(&self) -> Vec<u32> {
        self.values.iter().map(|v| *v as u32).collect()
    }

    /// The rows of a matrix.
    pub fn rows_u32(&self) -> Vec<Vec<u32>> {
        self.u32().chunks(self.shape[1].max(1)).map(<[u32]>::to_vec).collect()
    }

    pub fn largest(&self) -> f64 {
        self.values.iter().fold(0.0, |m, v| m.max(v.abs()))
    }

    /// The first `rows` entries of the first axis.
    pub fn head(&self, rows: usize) -> Array {
        let per_row = self.values.len() / self.shape[0];
        let mut shape = self.shape.clone();
        shape[0] = rows;
        Array { shape, values: self.values[..rows * per_row].to_vec() }
    }
}

/// One case: the content of NAME.json, and the tensors of NAME.safetensors.
pub struct Fixture {
    pub name: String,
    pub about: Value,
    pub tensors: BTreeMap<String, Array>,
}

impl Fixture {
    pub fn read(json: &Path) -> Fixture {
        let about: Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
        let bytes = std::fs::read(json.with_extension("safetensors")).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let tensors = file
            .tensors()
            .into_iter()
            .map(|(name, view)| {
                let data = view.data();
                let values = match view.dtype() {
                    Dtype::F32 => chunks::<4>(data).map(|b| f64::from(f32::from_le_bytes(b))).collect(),
                    Dtype::F64 => chunks::<8>(data).map(f64::from_le_bytes).collect(),
                    Dtype::I64 => chunks::<8>(data).map(|b| i64::from_le_bytes(b) as f64).collect(),
                    other => panic!("{name}: {other:?}"),
                };
                (name, Array { shape: view.shape().to_vec(), values })
            })
            .collect();
        Fixture { name: about["name"].as_str().unwrap().to_owned(), about, tensors }
    }

    pub fn get(&self, name: &str) -> &Array {
        self.tensors.get(name).unwrap_or_else(|| panic!("fixture {} has no {name}", self.name))
    }

    /// Tensors whose names start with `prefix`, by the rest of their names.
    pub fn group(&self, prefix: &str) -> BTreeMap<String, &Array> {
        self.tensors.iter().filter_map(|(k, v)| Some((k.strip_prefix(prefix)?.to_owned(), v))).collect()
    }

    pub fn number(&self, key: &str) -> usize {
        usize::try_from(self.about[key].as_u64().unwrap()).unwrap()
    }
}

fn chunks<const N: usize>(data: &[u8]) -> impl Iterator<Item = [u8; N]> + '_ {
    data.chunks_exact(N).map(|c| c.try_into().unwrap())
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The fixtures whose names start with `part`, in the order of their names. None where the Python environment is
/// missing; with `CI=true` that is a failure.
///
/// They are kept in the target folder under the hash of the scripts that make them.
pub fn fixtures(part: &str) -> Option<Vec<Fixture>> {
    let python = root().join(".venv-parity/bin/python");
    if !python.exists() {
        skip(Lacks::Other("no .venv-parity: `make parity-env` makes it"));
        return None;
    }
    let folder = made(&python, part);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no fixture of `{part}` in {}", folder.display());
    Some(files.iter().map(|path| Fixture::read(path)).collect())
}

fn made(python: &Path, part: &str) -> PathBuf {
    let scripts = root().join("tests/parity");
    let mut sources: Vec<PathBuf> = std::fs::read_dir(&scripts)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "py" || e == "txt"))
        .collect();
    sources.sort();
    let mut hash = Sha256::new();
    sources.iter().for_each(|path| hash.update(std::fs::read(path).unwrap()));
    let digest: String = hash.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("parity-{digest}-{part}"));
    if target.exists() {
        return target;
    }
    // Written aside and renamed, so that an interrupted run leaves nothing half made behind.
    let aside = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("parity-{digest}-{part}-{}", std::process::id()));
    let output = Command::new(python)
        .arg(scripts.join("make_fixtures.py"))
        .args([aside.as_os_str(), part.as_ref()])
        .env_remove("LD_LIBRARY_PATH")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "make_fixtures.py failed:\n{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    match std::fs::rename(&aside, &target) {
        Ok(()) => {}
        Err(_) if target.exists() => std::fs::remove_dir_all(&aside).unwrap(),
        Err(error) => panic!("{}: {error}", target.display()),
    }
    target
}
