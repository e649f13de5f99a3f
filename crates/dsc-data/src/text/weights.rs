//! Weight files, mapped and read without libtorch.

use std::fs::File;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use memmap2::Mmap;
use safetensors::SafeTensors;

use super::entry::{Entry, TensorBytes, unreadable};
use super::{EncoderConfig, Weight};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::encoder::{E0802, E0807};

/// Names of weight files, the preferred one first.
const FILES: [&str; 2] = ["model.safetensors", "pytorch_model.bin"];

/// Most parameters that one message names.
const MAX_NAMED: usize = 4;

/// The tensors of a weight file, by name, in the order of the file. The file is mapped, not read; it must not be
/// changed while this lives.
#[derive(Debug)]
pub struct WeightFile {
    path: PathBuf,
    map: Mmap,
    entries: IndexMap<String, Entry>,
}

/// Maps the weights of an encoder's folder (`model.safetensors`, else `pytorch_model.bin`) under canonical names: without
/// the prefix `bert.`, and `LayerNorm.weight`, `LayerNorm.bias` for the old `LayerNorm.gamma`, `LayerNorm.beta`.
///
/// # Errors
/// `E0802` when the folder has neither file, otherwise as [`WeightFile::open`] and [`WeightFile::with_encoder_names`].
pub fn open_weights(folder: &Path) -> Result<WeightFile, Diagnostic> {
    WeightFile::open(&weights_path(folder)?)?.with_encoder_names()
}

/// The weight file in the folder of an encoder.
pub(super) fn weights_path(folder: &Path) -> Result<PathBuf, Diagnostic> {
    FILES.iter().map(|file| folder.join(file)).find(|path| path.is_file()).ok_or_else(|| {
        let sharded = FILES.iter().any(|file| folder.join(format!("{file}.index.json")).is_file());
        let why = if sharded { ": the weights are split over several files, which is not supported" } else { "" };
        Diagnostic::error(
            E0802,
            format!(
                "the encoder folder `{}` has neither `model.safetensors` nor `pytorch_model.bin`{why}",
                folder.display()
            ),
        )
        .help("download the folder with its weights in one file")
    })
}

impl WeightFile {
    /// Maps any safetensors file or PyTorch state dict (`.bin`, `.pt`, `.ckpt`, as `torch.save` writes them since
    /// PyTorch 1.6) under the names in the file. The format is detected from the content, not from the file name.
    ///
    /// # Errors
    /// `E0805` when the file cannot be read, is damaged or of another format, `E0602` when the pickle inside is
    /// damaged, `E0603` when it refers to a class or function that is not supported.
    pub fn open(path: &Path) -> Result<Self, Diagnostic> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|e| unreadable(&name, e))?;
        // SAFETY: the map is only read. A file that shrinks meanwhile would end the process (SIGBUS), as with every
        // mapped file; that is stated in the documentation of the type.
        let map = unsafe { Mmap::map(&file) }.map_err(|e| unreadable(&name, e))?;
        let entries = match map.get(..9).unwrap_or(&map) {
            [b'P', b'K', 3, 4, ..] => super::torch_zip::entries(&map, &name)?,
            // A bare pickle: protocol 2, then the magic number, is how PyTorch saved before 1.6.
            [0x80, ..] => {
                return Err(unreadable(&name, "it was saved by PyTorch before 1.6 (a bare pickle, not a zip)").help(
                    "load it in Python and save it again: `torch.save(torch.load(old, weights_only=True), new)`",
                ));
            }
            [_, _, _, _, _, _, _, _, b'{'] => safetensors(&map, &name)?,
            _ => return Err(unreadable(&name, "it is neither a safetensors file nor a PyTorch state dict")),
        };
        Ok(Self { path: path.to_owned(), map, entries })
    }

    /// The same file with its tensors under the canonical names of an encoder's parameters, see [`open_weights`].
    ///
    /// # Errors
    /// `E0805` when two tensors get the same name.
    pub fn with_encoder_names(self) -> Result<Self, Diagnostic> {
        let mut entries = IndexMap::with_capacity(self.entries.len());
        for (name, entry) in self.entries {
            let canonical = canonical(&name);
            if entries.contains_key(&canonical) {
                return Err(unreadable(
                    &self.path.display().to_string(),
                    format!("two tensors get the name `{canonical}`, one of them `{name}`"),
                ));
            }
            entries.insert(canonical, entry);
        }
        Ok(Self { entries, ..self })
    }

    /// Path of the file, as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Number of tensors.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether the file has no tensors.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The names in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// The tensor of that name.
    pub fn get(&self, name: &str) -> Option<Weight<'_>> {
        self.entries.get_key_value(name).map(|(name, entry)| self.weight(name, entry))
    }

    /// All tensors in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = Weight<'_>> {
        self.entries.iter().map(|(name, entry)| self.weight(name, entry))
    }

    /// Checks that the file has all [parameters](EncoderConfig::parameters) of that encoder in their shapes, under canonical
    /// names. Other tensors (the pooler, heads of the pre-training) are ignored.
    ///
    /// # Errors
    /// `E0807` with the first few that are missing or have another shape.
    pub fn check(&self, config: &EncoderConfig) -> Result<(), Diagnostic> {
        let faults: Vec<String> = config
            .parameters()
            .into_iter()
            .filter_map(|(name, shape)| match self.get(&name) {
                None => Some(format!("`{name}` is missing")),
                Some(w) if w.shape() != shape => Some(format!("`{name}` is {:?}, not {shape:?}", w.shape())),
                Some(_) => None,
            })
            .collect();
        if faults.is_empty() {
            return Ok(());
        }
        let named: Vec<&str> = faults.iter().take(MAX_NAMED).map(String::as_str).collect();
        let more = faults.len() - named.len();
        let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
        Err(Diagnostic::error(
            E0807,
            format!("`{}` does not fit its config.json: {}{rest}", self.path.display(), named.join("; ")),
        )
        .help("use the weights and config.json of the same encoder"))
    }

    /// The elements of the tensor of that name, as [`Weight::to_f32`].
    ///
    /// # Errors
    /// `E0807` when there is none, `E0806` when its elements are not floating-point numbers.
    pub fn f32(&self, name: &str) -> Result<Vec<f32>, Diagnostic> {
        let weight = self.get(name).ok_or_else(|| {
            Diagnostic::error(E0807, format!("`{}` has no weight `{name}`", self.path.display()))
                .did_you_mean(name, self.names())
        })?;
        weight.to_f32()
    }

    fn weight<'a>(&'a self, name: &'a str, entry: &'a Entry) -> Weight<'a> {
        Weight::new(name, entry.dtype, &entry.shape, entry.strides.as_deref(), entry.bytes.bytes(&self.map))
    }
}

/// The name of a parameter in current BERT models.
fn canonical(name: &str) -> String {
    let name = name.strip_prefix("bert.").unwrap_or(name);
    for (old, new) in [("gamma", "weight"), ("beta", "bias")] {
        if let Some(stem) = name.strip_suffix(old).filter(|stem| stem.ends_with("LayerNorm.")) {
            return format!("{stem}{new}");
        }
    }
    name.to_owned()
}

/// The tensors of a safetensors file (<https://github.com/huggingface/safetensors#format>).
fn safetensors(map: &[u8], file: &str) -> Result<IndexMap<String, Entry>, Diagnostic> {
    let (header, metadata) = SafeTensors::read_metadata(map).map_err(|e| unreadable(file, e))?;
    let start = header + size_of::<u64>();
    let mut entries = IndexMap::new();
    for name in metadata.offset_keys() {
        let Some(info) = metadata.info(&name) else { continue };
        let (from, to) = info.data_offsets;
        let bytes = TensorBytes::Mapped(start + from..start + to);
        entries.insert(name, Entry { dtype: info.dtype, shape: info.shape.clone(), strides: None, bytes });
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dsc_syntax::diag::codes::encoder::E0805;
    use safetensors::Dtype;
    use safetensors::tensor::TensorView;

    fn save(path: &Path, tensors: &[(&str, &[usize], &[f32])]) {
        let data: Vec<Vec<u8>> = tensors.iter().map(|t| t.2.iter().flat_map(|v| v.to_le_bytes()).collect()).collect();
        let views = tensors
            .iter()
            .zip(&data)
            .map(|((name, shape, _), data)| (*name, TensorView::new(Dtype::F32, shape.to_vec(), data).unwrap()));
        safetensors::serialize_to_file(views, None, path).unwrap();
    }

    #[test]
    fn a_folder_of_safetensors_with_old_names() {
        let tmp = tempfile::tempdir().unwrap();
        save(
            &tmp.path().join("model.safetensors"),
            &[
                ("bert.embeddings.LayerNorm.gamma", &[2], &[1.0, 2.0]),
                ("bert.embeddings.LayerNorm.beta", &[2], &[3.0, 4.0]),
                ("bert.embeddings.word_embeddings.weight", &[3, 2], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]),
                ("cls.gamma", &[1], &[9.0]),
            ],
        );
        let weights = open_weights(tmp.path()).unwrap();
        assert_eq!(weights.f32("embeddings.LayerNorm.weight").unwrap(), [1.0, 2.0]);
        assert_eq!(weights.f32("embeddings.LayerNorm.bias").unwrap(), [3.0, 4.0]);
        assert_eq!(weights.get("embeddings.word_embeddings.weight").unwrap().shape(), [3, 2]);
        assert!(weights.get("cls.gamma").is_some(), "only layer norms are renamed");
        let e = weights.f32("embeddings.LayerNorm.wieght").unwrap_err();
        assert_eq!(e.code, E0807);
        assert!(e.help.unwrap().contains("embeddings.LayerNorm.weight"));
        let raw = WeightFile::open(weights.path()).unwrap();
        assert!(raw.names().any(|n| n == "bert.embeddings.LayerNorm.gamma"));
        assert_eq!((raw.len(), raw.is_empty()), (4, false));
    }

    #[test]
    fn one_name_for_two_tensors_is_refused() {
        let tmp = tempfile::tempdir().unwrap();
        save(&tmp.path().join("model.safetensors"), &[("bert.a", &[1], &[1.0]), ("a", &[1], &[2.0])]);
        assert_eq!(open_weights(tmp.path()).unwrap_err().code, E0805);
    }

    #[test]
    fn weights_that_do_not_fit_are_reported() {
        let tmp = tempfile::tempdir().unwrap();
        let config = EncoderConfig::from_json(
            r#"{"hidden_size": 2, "num_hidden_layers": 0, "num_attention_heads": 1, "intermediate_size": 4,
                "vocab_size": 3, "max_position_embeddings": 2, "type_vocab_size": 1}"#,
            "config.json",
        )
        .unwrap();
        let path = tmp.path().join("model.safetensors");
        let word: (&str, &[usize], &[f32]) = ("embeddings.word_embeddings.weight", &[2, 3], &[0.0; 6]);
        let rest: [(&str, &[usize], &[f32]); 3] = [
            ("embeddings.position_embeddings.weight", &[2, 2], &[0.0; 4]),
            ("embeddings.token_type_embeddings.weight", &[1, 2], &[0.0; 2]),
            ("embeddings.LayerNorm.weight", &[2], &[0.0; 2]),
        ];
        save(&path, &[&[word][..], &rest].concat());
        let e = open_weights(tmp.path()).unwrap().check(&config).unwrap_err();
        assert_eq!(e.code, E0807);
        assert!(e.message.contains("`embeddings.word_embeddings.weight` is [2, 3], not [3, 2]"), "{}", e.message);
        assert!(e.message.contains("`embeddings.LayerNorm.bias` is missing"), "{}", e.message);
        let whole = [
            ("embeddings.word_embeddings.weight", &[3, 2][..], &[0.0; 6][..]),
            ("embeddings.LayerNorm.bias", &[2], &[0.0; 2]),
        ];
        save(&path, &[&whole[..], &rest].concat());
        open_weights(tmp.path()).unwrap().check(&config).unwrap();
    }

    #[test]
    fn other_formats_and_damage_are_one_clear_line() {
        let tmp = tempfile::tempdir().unwrap();
        let path = tmp.path().join("w.bin");
        let refused = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            let e = WeightFile::open(&path).unwrap_err();
            assert_eq!(e.code, E0805);
            e.message
        };
        assert!(refused(b"").contains("neither"));
        assert!(refused(b"version https://git-lfs").contains("neither"));
        assert!(refused(b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.").contains("before 1.6"));
        assert!(refused(b"\xff\xff\xff\xff\xff\xff\xff\x7f{").contains("w.bin"));
        save(&path, &[("a", &[4], &[0.0; 4])]);
        let whole = std::fs::read(&path).unwrap();
        assert!(WeightFile::open(&path).is_ok());
        refused(&whole[..whole.len() - 1]);
    }
}
