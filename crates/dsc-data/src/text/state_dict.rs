//! State dicts: which dictionary of a pickle has the weights, and the tensors in it.

use std::collections::BTreeMap;

use safetensors::Dtype;

use super::entry::{Entry, TensorBytes, Tensors, unreadable};
use crate::dataset::list;
use crate::pickle::{Dict, StorageId, StorageKind, Tensor, Value};
use dsc_syntax::diag::Diagnostic;

/// Keys under which training programs put the state dict when they save more than it, the clearest first.
const NESTED: [&str; 8] =
    ["state_dict", "model_state_dict", "model_state", "model", "net", "network", "module", "weights"];

/// Most dictionaries around the state dict.
const MAX_NESTING: usize = 3;

/// The tensors of the state dict in the pickle with this root, in the order of its dictionary; `file` is its name for errors,
/// `limit` the size of the file in bytes. `storage` finds the bytes of a storage.
///
/// Values that are not tensors (counters, versions) are left out; tensors of types that are not read are listed as skipped.
/// Tensors may share a storage.
///
/// # Errors
/// `E0805` when there is no state dict, or a tensor lies beyond its storage.
pub(super) fn tensors(
    root: Value<'_>,
    file: &str,
    limit: usize,
    mut storage: impl FnMut(StorageId<'_>) -> Result<TensorBytes, Diagnostic>,
) -> Result<Tensors, Diagnostic> {
    let dict = find(root, file)?;
    let mut storages: BTreeMap<String, TensorBytes> = BTreeMap::new();
    let mut found = Tensors::default();
    for (name, value) in dict.iter() {
        let Some(name) = name.as_str() else { continue };
        let tensor = match value {
            Value::Tensor(tensor) => tensor,
            Value::Unsupported(why) => {
                found.skipped.insert(name.to_owned(), why.to_string());
                continue;
            }
            _ => continue,
        };
        let (id, dtype) = match tensor.storage_id().map(|id| (id, dtype(id.kind))) {
            Some((id, Some(dtype))) if !tensor.is_negated() || is_float(dtype) => (id, dtype),
            Some((id, _)) => {
                let negated = if tensor.is_negated() { "negated " } else { "" };
                found.skipped.insert(name.to_owned(), format!("a {negated}tensor of type {:?}", id.kind));
                continue;
            }
            None => {
                found.skipped.insert(name.to_owned(), "a tensor whose storage is of no known class".to_owned());
                continue;
            }
        };
        let bytes = match storages.get(id.key) {
            Some(bytes) => bytes.clone(),
            None => {
                let bytes = storage(id)?;
                storages.insert(id.key.to_owned(), bytes.clone());
                bytes
            }
        };
        let entry = window(&tensor, id.start, dtype, bytes, limit)
            .ok_or_else(|| unreadable(file, format!("the tensor `{name}` is larger than its storage `{}`", id.key)))?;
        found.entries.insert(name.to_owned(), entry);
    }
    Ok(found)
}

/// The dictionary with the weights.
fn find<'p>(root: Value<'p>, file: &str) -> Result<Dict<'p>, Diagnostic> {
    let dict = match root {
        Value::Dict(dict) => dict,
        Value::Unsupported(why) => {
            let what = format!("it is a whole pickled object, {why}, not a state dict");
            return Err(unreadable(file, what).help(
                "in Python, with the program that wrote it: `torch.save(model.state_dict(), \"weights.pt\")`, and use that file",
            ));
        }
        other => return Err(unreadable(file, format!("expected a state dict, found {}", other.kind()))),
    };
    match select(dict, MAX_NESTING) {
        Selected::One(dict) => Ok(dict),
        Selected::Several(keys) => {
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            Err(unreadable(file, format!("it has several state dicts: {}", list(&keys))).help(format!(
                "save the one that is needed in Python: `torch.save(torch.load(\"{file}\")[\"{}\"], \"weights.pt\")`",
                keys.first().copied().unwrap_or_default()
            )))
        }
        Selected::None => {
            let keys: Vec<&str> = dict.keys().take(12).collect();
            let whole = dict.iter().find_map(|(key, value)| Some((key.as_str()?, value.unsupported()?)));
            let fault = unreadable(file, format!("it has no dictionary of tensors; its keys are {}", list(&keys)));
            Err(match whole {
                Some((key, why)) => fault.help(format!(
                    "`{key}` is a whole pickled object, {why}: in Python, with the program that wrote it, \
                     `torch.save(checkpoint[\"{key}\"].state_dict(), \"weights.pt\")`"
                )),
                None => fault.help("a checkpoint is a state dict, or has it under a key such as `state_dict`"),
            })
        }
    }
}

/// The result of [`select`].
enum Selected<'p> {
    None,
    One(Dict<'p>),
    /// The keys under which state dicts are.
    Several(Vec<String>),
}

/// The state dict: under one of the [usual keys](NESTED), which tensors beside it (a random state, the best loss) do not hide;
/// else the dictionary itself if it has tensors; else under the only key that leads to one.
fn select<'p>(dict: Dict<'p>, depth: usize) -> Selected<'p> {
    let inner = |value: Value<'p>| value.as_dict().filter(|_| depth > 0);
    for key in NESTED {
        if let Some(Selected::One(found)) = dict.get(key).and_then(&inner).map(|d| select(d, depth - 1)) {
            return Selected::One(found);
        }
    }
    if dict.iter().any(|(key, value)| key.as_str().is_some() && matches!(value, Value::Tensor(_))) {
        return Selected::One(dict);
    }
    let mut found: Vec<(String, Dict<'_>)> = Vec::new();
    for (key, value) in dict.iter() {
        // The state of an optimiser is keyed by numbers.
        let (Some(key), Some(inner)) = (key.as_str(), inner(value)) else { continue };
        match select(inner, depth - 1) {
            Selected::One(one) => found.push((key.to_owned(), one)),
            Selected::Several(keys) => return Selected::Several(keys),
            Selected::None => {}
        }
    }
    match found.as_slice() {
        [] => Selected::None,
        [(_, one)] => Selected::One(*one),
        several => Selected::Several(several.iter().map(|(key, _)| key.clone()).collect()),
    }
}

/// The part of a storage that a tensor covers; `None` if the storage is too short. `None` also for a strided tensor whose
/// elements would take more bytes than both `limit` and its storage: an axis of stride 0 may claim any length.
fn window(tensor: &Tensor<'_>, start: usize, dtype: Dtype, storage: TensorBytes, limit: usize) -> Option<Entry> {
    let (shape, strides) = (tensor.shape(), tensor.strides());
    let size = dtype.bitsize() / 8;
    let count = shape.iter().try_fold(1usize, |n, axis| n.checked_mul(*axis))?;
    let mut reach = 0usize;
    let mut dense = 1usize;
    let mut row_major = true;
    for (length, stride) in shape.iter().zip(strides).rev() {
        if count == 0 || *length == 1 {
            continue;
        }
        row_major &= *stride == dense;
        dense = dense.checked_mul(*length)?;
        reach = reach.checked_add(length.checked_sub(1)?.checked_mul(*stride)?)?;
    }
    let elements = if count == 0 { 0 } else { reach.checked_add(1)? };
    let first = tensor.offset().checked_add(start)?;
    let (from, length) = (first.checked_mul(size)?, elements.checked_mul(size)?);
    if !row_major && count.checked_mul(size)? > limit.max(storage.len()) {
        return None;
    }
    let bytes = storage.slice(from, length)?;
    let strides = (!row_major).then(|| strides.to_vec());
    Some(Entry { file: 0, dtype, shape: shape.to_vec(), strides, negated: tensor.is_negated(), bytes })
}

fn dtype(kind: StorageKind) -> Option<Dtype> {
    Some(match kind {
        StorageKind::Double => Dtype::F64,
        StorageKind::Float => Dtype::F32,
        StorageKind::Half => Dtype::F16,
        StorageKind::BFloat16 => Dtype::BF16,
        StorageKind::Long => Dtype::I64,
        StorageKind::Int => Dtype::I32,
        StorageKind::Short => Dtype::I16,
        StorageKind::Char => Dtype::I8,
        StorageKind::Byte => Dtype::U8,
        StorageKind::Bool => Dtype::BOOL,
        StorageKind::ComplexFloat
        | StorageKind::ComplexDouble
        | StorageKind::QInt8
        | StorageKind::QUInt8
        | StorageKind::QInt32
        | StorageKind::Untyped => return None,
    })
}

fn is_float(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::F16 | Dtype::BF16 | Dtype::F32 | Dtype::F64)
}
