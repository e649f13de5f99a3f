//! What `torch.save` wrote before PyTorch 1.6, and still does with `_use_new_zipfile_serialization=False`.
//!
//! Five pickles in a row: a magic number, the version 1001 of the format, properties of the machine, the object, and the list of
//! its storages; then each storage in the order of the list, as its number of elements in 8 bytes and the elements
//! (`_legacy_save` in [torch/serialization.py](https://github.com/pytorch/pytorch/blob/v2.11.0/torch/serialization.py)). The
//! pickles are walked, never executed; storages stay in the mapped file.

use std::collections::BTreeMap;
use std::ops::Range;

use super::entry::{TensorBytes, Tensors, unreadable};
use super::state_dict;
use crate::pickle::{Pickle, Value};
use dsc_syntax::diag::Diagnostic;

/// Version of the format; there has never been another.
const VERSION: i64 = 1001;

/// The tensors of the state dict in the file `map`; `file` is its name for errors.
///
/// # Errors
/// `E0805` for another version or byte order, a file that ends early, or a pickle without a state dict; as [`Pickle::parse`].
pub(super) fn tensors(map: &[u8], file: &str) -> Result<Tensors, Diagnostic> {
    let mut at = 0;
    // The magic number is what the format was recognised by.
    next(map, &mut at, file)?;
    match next(map, &mut at, file)?.root().as_int() {
        Some(VERSION) => {}
        other => {
            let version = other.map_or("of an unknown kind".to_owned(), |n| n.to_string());
            return Err(unreadable(file, format!("the version of its format is {version}, not {VERSION}")));
        }
    }
    let machine = next(map, &mut at, file)?;
    if let Some(Value::Bool(false)) = machine.root().as_dict().and_then(|d| d.get("little_endian")) {
        return Err(unreadable(file, "its tensors were saved on a big-endian machine")
            .help("load it in Python and save it again on a little-endian one"));
    }
    let object = next(map, &mut at, file)?;
    object.check_size(file)?;
    let keys = next(map, &mut at, file)?;
    keys.check_size(file)?;
    let keys = keys.root().as_items().ok_or_else(|| unreadable(file, "the list of its storages is missing"))?;
    // The list has the keys only; how long an element is stands in the object.
    let sizes: BTreeMap<&str, usize> = object.storages().map(|id| (id.key, id.kind.size())).collect();
    let mut storages: BTreeMap<&str, Range<usize>> = BTreeMap::new();
    for key in keys.iter() {
        let known = key.as_str().and_then(|key| Some((key, *sizes.get(key)?)));
        let (key, size) = known.ok_or_else(|| unreadable(file, "it lists a storage that no tensor has"))?;
        let early = || unreadable(file, format!("it ends early: the storage `{key}` is not complete"));
        let length = map.get(at..).and_then(|rest| rest.first_chunk::<8>()).ok_or_else(early)?;
        let start = at + length.len();
        let end = usize::try_from(i64::from_le_bytes(*length))
            .ok()
            .and_then(|elements| elements.checked_mul(size)?.checked_add(start))
            .filter(|end| *end <= map.len())
            .ok_or_else(early)?;
        storages.insert(key, start..end);
        at = end;
    }
    state_dict::tensors(object.root(), file, map.len(), |id| {
        let range = storages.get(id.key).cloned();
        range.map(TensorBytes::Mapped).ok_or_else(|| unreadable(file, format!("it has no storage `{}`", id.key)))
    })
}

/// The next pickle; `at` moves behind it.
fn next<'m>(map: &'m [u8], at: &mut usize, file: &str) -> Result<Pickle<'m>, Diagnostic> {
    let pickle = Pickle::parse(map.get(*at..).unwrap_or_default(), file)?;
    *at += pickle.end();
    Ok(pickle)
}

#[cfg(test)]
mod tests {
    use super::super::WeightFile;
    use crate::pickle::asm::{Asm, StoredTensor};
    use dsc_syntax::diag::codes::data::E0603;
    use dsc_syntax::diag::codes::encoder::E0805;

    /// The five pickles and the storages, as PyTorch writes them.
    fn file(little_endian: bool, object: &[u8], keys: &[&str], storages: &[&[u8]]) -> Vec<u8> {
        let magic = Asm::proto(2).op(b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19").stop();
        let version = Asm::proto(2).op(b"M\xe9\x03").stop();
        let little = if little_endian { b"\x88" } else { b"\x89" };
        let machine =
            Asm::proto(2).op(b"}(").text("protocol_version").op(b"M\xe9\x03").text("little_endian").op(little);
        let mut all = [magic, version, machine.op(b"u").stop(), object.to_vec()].concat();
        all.extend(Asm::proto(2).texts(keys).stop());
        for storage in storages {
            all.extend((storage.len() as i64 / 4).to_le_bytes());
            all.extend(*storage);
        }
        all
    }

    fn floats(values: &[f32]) -> Vec<u8> {
        values.iter().flat_map(|v| v.to_le_bytes()).collect()
    }

    fn open(bytes: &[u8]) -> Result<WeightFile, dsc_syntax::diag::Diagnostic> {
        let tmp = tempfile::tempdir().unwrap();
        let path = tmp.path().join("pytorch_model.bin");
        std::fs::write(&path, bytes).unwrap();
        WeightFile::open(&path)
    }

    fn two() -> Vec<u8> {
        Asm::proto(2)
            .op(b"}(")
            .text("epoch")
            .op(b"K\x07")
            .text("state_dict")
            .op(b"}(")
            .tensor(&StoredTensor {
                name: "a",
                numel: 6,
                offset: 2,
                shape: &[2, 2],
                strides: &[2, 1],
                ..Default::default()
            })
            .tensor(&StoredTensor { name: "b", key: "9", numel: 2, shape: &[2], strides: &[1], ..Default::default() })
            .op(b"uu")
            .stop()
    }

    #[test]
    fn storages_follow_the_list() {
        let (first, second) = (floats(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]), floats(&[-1.5, 8.0]));
        // The order of the list is that of the keys, not that of the tensors.
        let w = open(&file(true, &two(), &["9", "0"], &[&second, &first])).unwrap();
        assert_eq!(w.names().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!((w.f32("a").unwrap(), w.f32("b").unwrap()), (vec![2.0, 3.0, 4.0, 5.0], vec![-1.5, 8.0]));
    }

    /// A whole model: its classes are persistent objects, with their source text.
    #[test]
    fn a_whole_pickled_model_is_named() {
        let class =
            Asm::proto(2).op(b"(").text("module").global("fusion.models", "Net").text("net.py").text("class Net: ..");
        let model = class.op(b"tQ)\x81}").text("training").op(b"\x88sb").stop();
        let e = open(&file(true, &model, &[], &[])).unwrap_err();
        assert!(e.code == E0805 && e.message.contains("a whole pickled object, `fusion.models.Net`"), "{e}");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let (first, second) = (floats(&[0.0; 6]), floats(&[0.0; 2]));
        let refused = |bytes: &[u8], words: &str| {
            let e = open(bytes).unwrap_err();
            assert!(e.code == E0805 && e.message.contains(words), "{e}");
        };
        let whole = file(true, &two(), &["0", "9"], &[&first, &second]);
        refused(&whole[..whole.len() - 1], "ends early: the storage `9`");
        refused(&file(true, &two(), &["0", "9"], &[&first]), "ends early");
        refused(&file(true, &two(), &["0", "8"], &[&first, &second]), "a storage that no tensor has");
        refused(&file(true, &two(), &["0"], &[&first]), "no storage `9`");
        refused(&file(true, &two(), &["0", "9"], &[&second, &first]), "`a` is larger than its storage");
        refused(&file(false, &two(), &["0", "9"], &[&first, &second]), "big-endian");
        // A length that is negative, or beyond any memory.
        for length in [-1i64, i64::MAX] {
            let mut bad = file(true, &two(), &["0", "9"], &[]);
            bad.extend(length.to_le_bytes());
            refused(&bad, "ends early");
        }
        let hostile = Asm::proto(2).global("os", "system").text("true").op(b"\x85R").stop();
        assert_eq!(open(&file(true, &hostile, &[], &[])).unwrap_err().code, E0603);
        // Every truncation ends in a diagnostic.
        (20..whole.len()).for_each(|n| assert!(open(&whole[..n]).is_err(), "{n}"));
    }
}
