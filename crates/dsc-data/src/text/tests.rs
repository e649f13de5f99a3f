//! Checkpoints and weight files as training programs leave them, made by hand.

use std::io::Write;
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use super::names::WORDS;
use super::{WeightFile, open_weights};
use crate::pickle::asm::{Asm, StoredTensor};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::E0602;
use dsc_syntax::diag::codes::encoder::E0805;

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// A folder for the files of one test.
struct Workspace(tempfile::TempDir);

impl Workspace {
    fn new() -> Workspace {
        Workspace(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// What `torch.save` writes for this pickle and a storage `0` of six floats, 0 to 5.
    fn checkpoint(&self, pickle: Asm) -> Result<WeightFile, Diagnostic> {
        let path = self.path("last.ckpt");
        let storage = floats(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        zip(&path, &[("a/data.pkl", &pickle.stop()), ("a/data/0", &storage)], CompressionMethod::Stored);
        WeightFile::open(&path)
    }

    fn safetensors(&self, name: &str, tensors: &[(&str, &[f32])]) -> PathBuf {
        let data: Vec<Vec<u8>> = tensors.iter().map(|(_, values)| floats(values)).collect();
        let views = tensors
            .iter()
            .zip(&data)
            .map(|((name, values), data)| (*name, TensorView::new(Dtype::F32, vec![values.len()], data).unwrap()));
        let path = self.path(name);
        safetensors::serialize_to_file(views, None, &path).unwrap();
        path
    }
}

fn zip(path: &Path, parts: &[(&str, &[u8])], method: CompressionMethod) {
    let mut writer = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    for (name, bytes) in parts {
        writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap();
}

/// Elements `from` and the one behind it.
fn pair(name: &'static str, from: i32) -> StoredTensor<'static> {
    StoredTensor { name, numel: 6, offset: from, shape: &[2], strides: &[1], ..Default::default() }
}

fn dict(key: &str, tensors: &[StoredTensor<'_>]) -> Asm {
    tensors.iter().fold(Asm::default().text(key).op(b"}("), |asm, t| asm.tensor(t)).op(b"u")
}

#[test]
fn a_tensor_beside_the_weights_does_not_hide_them() {
    let files = Workspace::new();
    for key in ["state_dict", "model_state_dict", "model", "net"] {
        let inner = dict(key, &[pair("w", 4)]).0;
        let asm = Asm::proto(2).op(b"}(").tensor(&pair("rng", 0)).text("epoch").op(b"K\x03").op(&inner).op(b"u");
        let w = files.checkpoint(asm).unwrap();
        assert_eq!((w.names().collect::<Vec<_>>(), w.f32("w").unwrap()), (vec!["w"], vec![4.0, 5.0]), "{key}");
    }
    // One in another: `{"model": {"state_dict": ..}}`.
    let inner = dict("state_dict", &[pair("w", 2)]).0;
    let w = files.checkpoint(Asm::proto(2).op(b"}(").text("model").op(b"}(").op(&inner).op(b"uu")).unwrap();
    assert_eq!(w.f32("w").unwrap(), [2.0, 3.0]);
    // A key of no usual name is found where it is the only one; the state of an optimiser is keyed by numbers.
    let optimizer =
        Asm::default().text("optimizer").op(b"}").text("state").op(b"}K\x00}").tensor(&pair("m", 0)).op(b"sss");
    let inner = dict("my_fusion", &[pair("w", 1)]).0;
    let w = files.checkpoint(Asm::proto(2).op(b"}(").op(&optimizer.0).op(&inner).op(b"u")).unwrap();
    assert_eq!(w.f32("w").unwrap(), [1.0, 2.0]);
    // Two of them are named, and neither is guessed.
    let (one, two) = (dict("student", &[pair("w", 1)]).0, dict("teacher", &[pair("w", 2)]).0);
    let e = files.checkpoint(Asm::proto(2).op(b"}(").op(&one).op(&two).op(b"u")).unwrap_err();
    assert!(e.message.contains("several state dicts: `student`, `teacher`"), "{e}");
    assert!(e.help.unwrap().contains("[\"student\"]"));
}

#[test]
fn values_that_no_weight_needs_are_passed_over() {
    let files = Workspace::new();
    let asm = Asm::proto(2)
        .op(b"}(")
        .text("args")
        .global("argparse", "Namespace")
        .op(b")\x81}")
        .text("lr")
        .op(b"K\x01sb")
        .text("device")
        .global("torch", "device")
        .text("cpu")
        .op(b"\x85R")
        .text("path")
        .global("pathlib", "PosixPath")
        .text("a")
        .op(b"\x85R")
        .op(&dict("state_dict", &[pair("w", 0)]).0[..])
        .op(b"u");
    assert_eq!(files.checkpoint(asm).unwrap().f32("w").unwrap(), [0.0, 1.0]);
    // In the state dict itself: a tensor of a type that is not read, and a dtype.
    let float8 = Asm::default()
        .text("scale")
        .global("torch._utils", "_rebuild_tensor_v3")
        .op(b"(NK\x00))\x89N")
        .global("torch", "float8_e4m3fn")
        .op(b"tR")
        .text("dtype")
        .global("torch", "bfloat16");
    let complex = StoredTensor { class: "ComplexFloatStorage", ..pair("z", 0) };
    let negated = StoredTensor { metadata: Some("neg"), ..pair("n", 1) };
    let asm = Asm::proto(2).op(b"}(").op(&float8.0).tensor(&complex).tensor(&negated).tensor(&pair("w", 3)).op(b"u");
    let w = files.checkpoint(asm).unwrap();
    assert_eq!(w.names().collect::<Vec<_>>(), ["n", "w"]);
    assert_eq!((w.f32("w").unwrap(), w.f32("n").unwrap()), (vec![3.0, 4.0], vec![-1.0, -2.0]));
    assert_eq!(w.lacks("scale"), "`scale` is a tensor of type `torch.float8_e4m3fn`, which is not read");
    assert_eq!(w.lacks("z"), "`z` is a tensor of type ComplexFloat, which is not read");
    assert_eq!(w.lacks("other"), "`other` is missing");
}

#[test]
fn a_whole_pickled_model_is_named_with_its_remedy() {
    let files = Workspace::new();
    let module = |asm: Asm| asm.global("fusion.models", "Net").op(b")\x81}").text("training").op(b"\x89sb");
    let e = files.checkpoint(module(Asm::proto(2))).unwrap_err();
    assert!(e.code == E0805 && e.message.contains("a whole pickled object, `fusion.models.Net`"), "{e}");
    assert!(e.help.unwrap().contains("model.state_dict()"));
    let e =
        files.checkpoint(module(Asm::proto(2).op(b"}(").text("epoch").op(b"K\x03").text("best")).op(b"u")).unwrap_err();
    assert!(e.message.contains("its keys are `epoch`, `best`"), "{e}");
    assert!(e.help.unwrap().contains("checkpoint[\"best\"].state_dict()"));
}

#[test]
fn names_behind_a_wrapper_are_those_of_the_encoder() {
    let files = Workspace::new();
    for prefix in ["", "bert.", "module.bert.", "_orig_mod.bert.", "text_encoder."] {
        let names = [format!("{prefix}{WORDS}"), format!("{prefix}embeddings.LayerNorm.gamma")];
        let mut tensors: Vec<(&str, &[f32])> = names.iter().map(|name| (name.as_str(), &[1.0f32][..])).collect();
        tensors.push(("cls.bias", &[2.0]));
        files.safetensors("model.safetensors", &tensors);
        let w = open_weights(files.0.path()).unwrap();
        let mut found: Vec<&str> = w.names().collect();
        found.sort_unstable();
        assert_eq!(found, ["cls.bias", "embeddings.LayerNorm.weight", WORDS], "{prefix}");
    }
    let two = [format!("a.{WORDS}"), format!("b.{WORDS}")];
    files.safetensors("model.safetensors", &[(&two[0], &[1.0]), (&two[1], &[1.0])]);
    assert!(open_weights(files.0.path()).unwrap_err().message.contains("several encoders"));
}

/// A header of 128 bytes modulo 256: its length begins with the byte that begins a pickle.
#[test]
fn a_header_length_that_begins_as_a_pickle_does() {
    let files = Workspace::new();
    let path = files.path("model.safetensors");
    let mut lengths = Vec::new();
    for filler in 0..300 {
        let metadata = [("note".to_owned(), "x".repeat(filler))].into_iter().collect();
        let data = floats(&[1.5, -2.0]);
        let view = TensorView::new(Dtype::F32, vec![2], &data).unwrap();
        safetensors::serialize_to_file([("w", view)], Some(metadata), &path).unwrap();
        lengths.push(std::fs::read(&path).unwrap()[0]);
        assert_eq!(WeightFile::open(&path).unwrap().f32("w").unwrap(), [1.5, -2.0], "{filler}");
    }
    assert!(lengths.contains(&0x80));
}

#[test]
fn weights_split_over_several_files() {
    let files = Workspace::new();
    let index = |map: &str| {
        std::fs::write(
            files.path("model.safetensors.index.json"),
            format!("{{\"metadata\": {{\"total_size\": 12}}, \"weight_map\": {map}}}"),
        )
        .unwrap();
        open_weights(files.0.path())
    };
    files.safetensors("model-00001-of-00002.safetensors", &[(WORDS, &[1.0, 2.0]), ("a", &[3.0])]);
    files.safetensors("model-00002-of-00002.safetensors", &[("b", &[4.0])]);
    let one = "model-00001-of-00002.safetensors";
    let two = "model-00002-of-00002.safetensors";
    let w = index(&format!("{{\"{WORDS}\": \"{one}\", \"b\": \"{two}\", \"a\": \"{one}\"}}")).unwrap();
    assert_eq!(
        (w.f32(WORDS).unwrap(), w.f32("a").unwrap(), w.f32("b").unwrap()),
        (vec![1.0, 2.0], vec![3.0], vec![4.0])
    );
    assert_eq!(w.files().len(), 3);
    let refused = |map: &str, words: &str| {
        let e = index(map).unwrap_err();
        assert!(e.code == E0805 && e.message.contains(words), "{e}");
    };
    refused(&format!("{{\"c\": \"{one}\"}}"), "it lacks `c`");
    refused("{\"a\": \"../secret.safetensors\"}", "not the name of a file");
    refused("{\"a\": \"/etc/passwd\"}", "not the name of a file");
    refused("{\"a\": \"gone.safetensors\"}", "gone.safetensors");
    refused("{}", "names no file");
    // The file as a whole comes first.
    files.safetensors("model.safetensors", &[("whole", &[1.0])]);
    assert!(open_weights(files.0.path()).unwrap().get("whole").is_some());
}

/// A few kilobytes that unpack to more than a hundred times the room there is.
#[test]
fn compressed_entries_have_a_limit() {
    let files = Workspace::new();
    let path = files.path("pytorch_model.bin");
    let tensor = StoredTensor { numel: 1 << 25, shape: &[1 << 25], strides: &[1], ..Default::default() };
    let pickle = Asm::proto(2).op(b"}(").tensor(&tensor).op(b"u").stop();
    let zeros = vec![0; 4 << 25];
    zip(&path, &[("a/data.pkl", &pickle), ("a/data/0", &zeros)], CompressionMethod::Deflated);
    let e = WeightFile::open(&path).unwrap_err();
    assert!(e.code == E0805 && e.message.contains("entry `a/data/0`") && e.message.contains("unpacked"), "{e}");
}

#[test]
fn dictionaries_that_are_shared_over_and_over_are_refused() {
    let mut asm = Asm::proto(2).op(b"}").text("x").op(b"Nsq\x00");
    for level in 1..6u8 {
        asm = asm.op(b"}(");
        for key in 0..100 {
            asm = asm.int(key).op(&[b'h', level - 1]);
        }
        asm = asm.op(&[b'u', b'q', level]);
    }
    assert_eq!(Workspace::new().checkpoint(asm).unwrap_err().code, E0602);
}
