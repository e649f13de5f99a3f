//! Weight files, mapped and read without libtorch.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use safetensors::SafeTensors;

use super::entry::{Entry, TensorBytes, Tensors, unreadable};
use super::names::{canonical, encoder_prefix};
use super::{EncoderConfig, Weight, shards, torch_legacy, torch_zip};
use crate::file::{FileKind, MappedFile};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::encoder::{E0802, E0807};

/// Names of weight files, the preferred one first. Each may be split, with an index in its place.
const FILES: [&str; 2] = ["model.safetensors", "pytorch_model.bin"];

/// Weight files of other programs, and how to turn them into one that is read.
const FOREIGN: [(&str, &str); 5] = [
    (
        "tf_model.h5",
        "convert the TensorFlow weights in Python with transformers 4: `BertModel.from_pretrained(\"DIR\", from_tf=True).save_pretrained(\"DIR\")`",
    ),
    (
        "bert_model.ckpt.index",
        "convert the TensorFlow checkpoint in Python with transformers 4: `load_tf_weights_in_bert`, then `save_pretrained(\"DIR\")`",
    ),
    (
        "model.ckpt.index",
        "convert the TensorFlow checkpoint in Python with transformers 4: `load_tf_weights_in_bert`, then `save_pretrained(\"DIR\")`",
    ),
    (
        "flax_model.msgpack",
        "convert the Flax weights in Python with transformers 4: `BertModel.from_pretrained(\"DIR\", from_flax=True).save_pretrained(\"DIR\")`",
    ),
    ("model.onnx", "an ONNX program has no names of weights: download `model.safetensors` of the same model"),
];

/// Most parameters that one message names.
const MAX_NAMED: usize = 4;

/// The tensors of a weight file, by name, in the order of the file. The file is mapped, not read; it must not be
/// changed while this lives.
#[derive(Debug)]
pub struct WeightFile {
    path: PathBuf,
    maps: Vec<MappedFile>,
    tensors: Tensors,
}

/// Maps the weights of an encoder's folder (`model.safetensors`, else `pytorch_model.bin`; one file, or several with their
/// index) under canonical names: without the text that all of them have in front, such as `bert.` or `module.bert.`, and
/// `LayerNorm.weight`, `LayerNorm.bias` for the old `LayerNorm.gamma`, `LayerNorm.beta`.
///
/// # Errors
/// `E0802` when the folder has no such file, otherwise as [`WeightFile::open`] and [`WeightFile::with_encoder_names`].
pub fn open_weights(folder: &Path) -> Result<WeightFile, Diagnostic> {
    WeightFile::open(&weights_path(folder)?)?.with_encoder_names()
}

/// The weight file in the folder of an encoder, or the index of several.
pub(super) fn weights_path(folder: &Path) -> Result<PathBuf, Diagnostic> {
    let names = FILES.iter().flat_map(|file| [(*file).to_owned(), format!("{file}{}", shards::INDEX)]);
    if let Some(path) = names.map(|file| folder.join(file)).find(|path| path.is_file()) {
        return Ok(path);
    }
    let place = folder.display();
    let fault = |why: String| {
        let message =
            format!("the encoder folder `{place}` has neither `model.safetensors` nor `pytorch_model.bin`{why}");
        Diagnostic::error(E0802, message)
    };
    // The cache of the Hugging Face tools has links.
    if let Some(file) = FILES.iter().find(|file| folder.join(file).symlink_metadata().is_ok()) {
        return Err(fault(format!(": `{file}` is a link to a file that does not exist"))
            .help("download the encoder again, or copy the files that the links lead to"));
    }
    match FOREIGN.iter().find(|(file, _)| folder.join(file).is_file()) {
        Some((file, remedy)) => Err(fault(format!("; it has `{file}`, which is not read")).help(*remedy)),
        None => Err(fault(String::new()).help("download the folder with its weights")),
    }
}

impl WeightFile {
    /// Maps any safetensors file or PyTorch state dict (`.bin`, `.pt`, `.ckpt`, as `torch.save` writes them, before and since
    /// PyTorch 1.6) under the names in the file, or all files that an index (`.. .index.json`) names. The format is detected from
    /// the content, not from the file name.
    ///
    /// # Errors
    /// `E0805` when a file cannot be read, is damaged or of another format, `E0602` when the pickle inside is
    /// damaged, `E0603` when it refers to functions that run commands.
    pub fn open(path: &Path) -> Result<Self, Diagnostic> {
        if !shards::is_index(path) {
            let (map, tensors) = open_one(path)?;
            return Ok(Self { path: path.to_owned(), maps: vec![map], tensors });
        }
        let mut all = Self { path: path.to_owned(), maps: Vec::new(), tensors: Tensors::default() };
        for (shard, names) in shards::files(path)? {
            let (map, tensors) = open_one(&shard)?;
            let place = shard.display().to_string();
            let has = |name: &String| tensors.entries.contains_key(name) || tensors.skipped.contains_key(name);
            if let Some(name) = names.iter().find(|name| !has(name)) {
                return Err(unreadable(&place, format!("it lacks `{name}`, which `{}` says it has", path.display()))
                    .help("download the index and all files that it names from one place"));
            }
            let file = all.maps.len();
            // Files of one checkpoint have different tensors; what the index does not name is not a part of it.
            let named = tensors.entries.into_iter().filter(|(name, _)| names.contains(name));
            all.tensors.entries.extend(named.map(|(name, entry)| (name, Entry { file, ..entry })));
            all.tensors.skipped.extend(tensors.skipped);
            all.maps.push(map);
        }
        Ok(all)
    }

    /// The same file with its tensors under the canonical names of an encoder's parameters, see [`open_weights`].
    ///
    /// # Errors
    /// `E0805` when two tensors get the same name, or the file has several encoders.
    pub fn with_encoder_names(self) -> Result<Self, Diagnostic> {
        let place = self.path.display().to_string();
        let prefix = encoder_prefix(self.names()).map_err(|why| unreadable(&place, why))?;
        let mut entries = IndexMap::with_capacity(self.tensors.entries.len());
        for (name, entry) in self.tensors.entries {
            let canonical = canonical(&name, &prefix);
            if entries.contains_key(&canonical) {
                return Err(unreadable(
                    &place,
                    format!("two tensors get the name `{canonical}`, one of them `{name}`"),
                ));
            }
            entries.insert(canonical, entry);
        }
        let skipped = self.tensors.skipped.into_iter().map(|(name, what)| (canonical(&name, &prefix), what)).collect();
        Ok(Self { tensors: Tensors { entries, skipped }, ..self })
    }

    /// The files that are mapped: one, or an index and all that it names.
    pub fn files(&self) -> Vec<&Path> {
        let index = shards::is_index(&self.path).then_some(self.path.as_path());
        index.into_iter().chain(self.maps.iter().map(MappedFile::path)).collect()
    }

    /// Path of the file, as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Number of tensors.
    pub fn len(&self) -> usize {
        self.tensors.entries.len()
    }

    /// Whether the file has no tensors.
    pub fn is_empty(&self) -> bool {
        self.tensors.entries.is_empty()
    }

    /// The names in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.entries.keys().map(String::as_str)
    }

    /// The tensor of that name.
    pub fn get(&self, name: &str) -> Option<Weight<'_>> {
        self.tensors.entries.get_key_value(name).map(|(name, entry)| self.weight(name, entry))
    }

    /// What a value of that name is, if the file has one that is not read: "a tensor of type `torch.float8_e4m3fn`".
    pub fn skipped(&self, name: &str) -> Option<&str> {
        self.tensors.skipped.get(name).map(String::as_str)
    }

    /// Why there is no tensor of that name, for messages: "`w` is missing".
    pub fn lacks(&self, name: &str) -> String {
        match self.skipped(name) {
            Some(what) => format!("`{name}` is {what}, which is not read"),
            None => format!("`{name}` is missing"),
        }
    }

    /// All tensors in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = Weight<'_>> {
        self.tensors.entries.iter().map(|(name, entry)| self.weight(name, entry))
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
                None => Some(self.lacks(&name)),
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
        .help(match self.names().next() {
            Some(first) if self.names().all(|name| !name.ends_with(super::names::WORDS)) => {
                format!("use the weights of a BERT encoder: names such as `{first}` are not those of one")
            }
            _ => "use the weights and config.json of the same encoder".to_owned(),
        }))
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
        let numbers = weight.to_f32()?;
        self.maps.iter().try_for_each(MappedFile::intact)?;
        Ok(numbers)
    }

    fn weight<'a>(&'a self, name: &'a str, entry: &'a Entry) -> Weight<'a> {
        let map = self.maps.get(entry.file).map_or(&[][..], |map| map);
        let bytes = entry.bytes.bytes(map);
        Weight::new(name, entry.dtype, &entry.shape, entry.strides.as_deref(), bytes).negated(entry.negated)
    }
}

/// Maps one file and reads its directory.
fn open_one(path: &Path) -> Result<(MappedFile, Tensors), Diagnostic> {
    let name = path.display().to_string();
    let map = MappedFile::open(path).map_err(|e| unreadable(&name, e))?;
    let tensors = match FileKind::of(&map) {
        FileKind::Safetensors => safetensors(&map, &name),
        FileKind::Torch | FileKind::Zip => torch_zip::tensors(&map, &name),
        FileKind::TorchLegacy => torch_legacy::tensors(&map, &name),
        other => Err(not_weights(other, &name)),
    };
    map.intact()?;
    Ok((map, tensors?))
}

/// The error for a file of another format.
fn not_weights(kind: FileKind, name: &str) -> Diagnostic {
    let what = format!("it is {}, and neither a safetensors file nor a PyTorch state dict", kind.title());
    let help = match (kind.recovery(), kind) {
        (Some(recovery), _) => recovery,
        (_, FileKind::Pickle | FileKind::Joblib) => {
            "save the weights in Python with `torch.save(model.state_dict(), \"weights.pt\")`"
        }
        (_, FileKind::Hdf5) => {
            "weights of Keras or TensorFlow: convert them in Python with transformers 4, `from_pretrained(\"DIR\", from_tf=True)`"
        }
        (_, FileKind::Npz | FileKind::Npy) => {
            "save the arrays in Python with `safetensors.numpy.save_file(arrays, \"weights.safetensors\")`"
        }
        _ => "use `model.safetensors` or `pytorch_model.bin`, or a checkpoint that `torch.save` wrote",
    };
    unreadable(name, what).help(help)
}

/// The tensors of a safetensors file (<https://github.com/huggingface/safetensors#format>).
fn safetensors(map: &[u8], file: &str) -> Result<Tensors, Diagnostic> {
    let (header, metadata) = SafeTensors::read_metadata(map).map_err(|e| unreadable(file, e))?;
    let start = header + size_of::<u64>();
    let mut entries = IndexMap::new();
    for name in metadata.offset_keys() {
        let Some(info) = metadata.info(&name) else { continue };
        let (from, to) = info.data_offsets;
        let bytes = TensorBytes::Mapped(start + from..start + to);
        let (dtype, shape) = (info.dtype, info.shape.clone());
        entries.insert(name, Entry { file: 0, dtype, shape, strides: None, negated: false, bytes });
    }
    Ok(Tensors { entries, skipped: IndexMap::new() })
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
        assert!(refused(b"version https://git-lfs").contains("it is a Git LFS pointer"));
        assert!(refused(b"\x80\x04\x95\x03\0\0\0\0\0\0\0}\x94.").contains("it is a pickle"));
        assert!(refused(b"\x89HDF\r\n\x1a\n\0\0").contains("it is an HDF5 file"));
        assert!(refused(b"\xff\xff\xff\xff\xff\xff\xff\x7f{").contains("w.bin"));
        save(&path, &[("a", &[4], &[0.0; 4])]);
        let whole = std::fs::read(&path).unwrap();
        assert!(WeightFile::open(&path).is_ok());
        refused(&whole[..whole.len() - 1]);
    }
}
