//! What a pickle holds, as plain data.

use std::sync::Arc;

use super::array::{Dtype, NdArray};
use super::calls::Global;

/// Where bytes lie: in the input, or, where the format escapes them (protocols 0 to 2), decoded beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extent {
    /// A range of the input.
    Input {
        /// First byte.
        start: usize,
        /// Number of bytes.
        len: usize,
    },
    /// Decoded bytes.
    Owned(Arc<[u8]>),
}

impl Extent {
    /// The bytes, given the input that was parsed. Empty if that is another, shorter one.
    pub fn bytes<'x>(&'x self, input: &'x [u8]) -> &'x [u8] {
        match self {
            Extent::Input { start, len } => {
                start.checked_add(*len).and_then(|end| input.get(*start..end)).unwrap_or_default()
            }
            Extent::Owned(bytes) => bytes,
        }
    }

    /// Number of bytes.
    pub fn len(&self) -> usize {
        match self {
            Extent::Input { len, .. } => *len,
            Extent::Owned(bytes) => bytes.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A value as it lies on the stack and in containers: 16 bytes, so that long lists of numbers stay small.
#[derive(Clone, Copy, Debug)]
pub(super) enum Slot {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Global(Global),
    Object(u32),
}

/// What a [`Slot::Object`] refers to.
#[derive(Debug)]
pub(super) enum Object {
    /// Little-endian two's complement, more than 8 bytes.
    BigInt(Extent),
    /// Known to be UTF-8.
    Str(Extent),
    Bytes(Extent),
    List(Vec<Slot>),
    Tuple(Vec<Slot>),
    Set(Vec<Slot>),
    Dict(Vec<(Slot, Slot)>),
    Dtype(Dtype),
    /// Made by numpy's `_reconstruct`, not yet filled by its state.
    EmptyArray,
    Array(Box<NdArray>),
    Objects {
        shape: Vec<usize>,
        items: Vec<Slot>,
    },
    Persistent(Slot),
    Tensor(Box<TensorParts>),
}

/// The arguments of PyTorch's `_rebuild_tensor_v2`.
#[derive(Clone, Debug)]
pub(super) struct TensorParts {
    pub storage: Slot,
    pub offset: usize,
    pub shape: Vec<usize>,
    pub strides: Vec<usize>,
    pub parameter: bool,
}

/// A parsed pickle. It borrows the input; what is taken from it lives as long as the `Pickle`.
#[derive(Debug)]
pub struct Pickle<'a> {
    pub(super) input: &'a [u8],
    pub(super) objects: Vec<Object>,
    pub(super) root: Slot,
    pub(super) end: usize,
}

impl<'a> Pickle<'a> {
    /// The value the pickle stands for.
    pub fn root(&self) -> Value<'_> {
        self.value(self.root)
    }

    /// The input it was parsed from.
    pub fn input(&self) -> &'a [u8] {
        self.input
    }

    /// Number of bytes up to and including the STOP instruction (files may hold several pickles in a row).
    pub fn end(&self) -> usize {
        self.end
    }

    pub(super) fn value(&self, slot: Slot) -> Value<'_> {
        let id = match slot {
            Slot::None => return Value::None,
            Slot::Bool(b) => return Value::Bool(b),
            Slot::Int(i) => return Value::Int(i),
            Slot::Float(f) => return Value::Float(f),
            Slot::Global(g) => return Value::Global(g),
            Slot::Object(id) => id,
        };
        let Some(object) = usize::try_from(id).ok().and_then(|id| self.objects.get(id)) else { return Value::None };
        let items = |slots| Items { pickle: self, slots };
        match object {
            Object::BigInt(e) => Value::BigInt(e.bytes(self.input)),
            Object::Str(e) => Value::Str(std::str::from_utf8(e.bytes(self.input)).unwrap_or_default()),
            Object::Bytes(e) => Value::Bytes(e.bytes(self.input)),
            Object::List(s) => Value::List(items(s)),
            Object::Tuple(s) => Value::Tuple(items(s)),
            Object::Set(s) => Value::Set(items(s)),
            Object::Dict(entries) => Value::Dict(Dict { pickle: self, entries }),
            Object::Dtype(d) => Value::Dtype(d),
            Object::EmptyArray => Value::Objects(ObjectArray { shape: &[0], items: items(&[]) }),
            Object::Array(a) => Value::Array(a),
            Object::Objects { shape, items: s } => Value::Objects(ObjectArray { shape, items: items(s) }),
            Object::Persistent(slot) => Value::Persistent(Handle { pickle: self, slot: *slot }),
            Object::Tensor(parts) => Value::Tensor(Tensor { pickle: self, parts }),
        }
    }
}

/// One value. Containers are views; walking nested ones needs a depth limit of the caller's, since a hostile pickle may be
/// cyclic.
#[derive(Clone, Copy, Debug)]
pub enum Value<'p> {
    /// Python's `None`.
    None,
    /// A truth value (numpy's too).
    Bool(bool),
    /// An integer that fits 64 bits (numpy's too).
    Int(i64),
    /// A float (numpy's too).
    Float(f64),
    /// A larger integer: little-endian two's complement.
    BigInt(&'p [u8]),
    /// Text. Lone surrogates have become U+FFFD.
    Str(&'p str),
    /// Bytes, and the byte strings of Python 2.
    Bytes(&'p [u8]),
    /// A list.
    List(Items<'p>),
    /// A tuple.
    Tuple(Items<'p>),
    /// A set or frozen set, in the order of the file.
    Set(Items<'p>),
    /// A dictionary, ordered or not.
    Dict(Dict<'p>),
    /// A numpy dtype on its own.
    Dtype(&'p Dtype),
    /// A numpy array of numbers or text.
    Array(&'p NdArray),
    /// A numpy array of Python objects.
    Objects(ObjectArray<'p>),
    /// A name from the list that was stored, not called: a class such as PyTorch's `FloatStorage`.
    Global(Global),
    /// An object kept elsewhere under this identifier: in PyTorch files the tuple
    /// `("storage", FloatStorage, key, device, number of elements)`.
    Persistent(Handle<'p>),
    /// A PyTorch tensor or parameter over a storage.
    Tensor(Tensor<'p>),
}

impl<'p> Value<'p> {
    /// Text; byte strings count where they are UTF-8 (Python 2 wrote text so).
    pub fn as_str(self) -> Option<&'p str> {
        match self {
            Value::Str(s) => Some(s),
            Value::Bytes(b) => std::str::from_utf8(b).ok(),
            _ => None,
        }
    }

    /// An integer (a truth value counts as 0 or 1).
    pub fn as_int(self) -> Option<i64> {
        match self {
            Value::Int(i) => Some(i),
            Value::Bool(b) => Some(i64::from(b)),
            _ => None,
        }
    }

    /// A number as a double.
    pub fn as_f64(self) -> Option<f64> {
        match self {
            Value::Float(f) => Some(f),
            // Integers beyond 2^53 round, as Python's float() does.
            other => other.as_int().map(|i| i as f64),
        }
    }

    /// A dictionary.
    pub fn as_dict(self) -> Option<Dict<'p>> {
        match self {
            Value::Dict(d) => Some(d),
            _ => None,
        }
    }

    /// The items of a list or tuple.
    pub fn as_items(self) -> Option<Items<'p>> {
        match self {
            Value::List(items) | Value::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// A numeric or text array.
    pub fn as_array(self) -> Option<&'p NdArray> {
        match self {
            Value::Array(a) => Some(a),
            _ => None,
        }
    }

    /// What it is, in Python's words, for messages.
    pub fn kind(self) -> &'static str {
        match self {
            Value::None => "None",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::BigInt(_) => "int",
            Value::Float(_) => "float",
            Value::Str(_) => "str",
            Value::Bytes(_) => "bytes",
            Value::List(_) => "list",
            Value::Tuple(_) => "tuple",
            Value::Set(_) => "set",
            Value::Dict(_) => "dict",
            Value::Dtype(_) => "numpy dtype",
            Value::Array(_) => "numpy array",
            Value::Objects(_) => "numpy array of objects",
            Value::Global(_) => "class",
            Value::Persistent(_) => "persistent object",
            Value::Tensor(_) => "PyTorch tensor",
        }
    }
}

/// The items of a list, tuple or set.
#[derive(Clone, Copy)]
pub struct Items<'p> {
    pickle: &'p Pickle<'p>,
    slots: &'p [Slot],
}

impl std::fmt::Debug for Items<'_> {
    // Contents may be cyclic, so only their number is shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} items", self.slots.len())
    }
}

impl<'p> Items<'p> {
    /// Number of items.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The item at `index`.
    pub fn get(&self, index: usize) -> Option<Value<'p>> {
        self.slots.get(index).map(|s| self.pickle.value(*s))
    }

    /// All items in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Value<'p>> + use<'p> {
        let pickle = self.pickle;
        self.slots.iter().map(move |s| pickle.value(*s))
    }
}

/// The entries of a dictionary.
#[derive(Clone, Copy)]
pub struct Dict<'p> {
    pickle: &'p Pickle<'p>,
    entries: &'p [(Slot, Slot)],
}

impl std::fmt::Debug for Dict<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} entries", self.entries.len())
    }
}

impl<'p> Dict<'p> {
    /// Number of entries as written (a key set twice counts twice).
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value under a text key; the last one written, as in Python.
    pub fn get(&self, key: &str) -> Option<Value<'p>> {
        let hit = self.entries.iter().rev().find(|(k, _)| self.pickle.value(*k).as_str() == Some(key));
        hit.map(|(_, v)| self.pickle.value(*v))
    }

    /// All entries in the order of the file.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Value<'p>, Value<'p>)> + use<'p> {
        let pickle = self.pickle;
        self.entries.iter().map(move |(k, v)| (pickle.value(*k), pickle.value(*v)))
    }

    /// The text keys in the order of the file.
    pub fn keys(&self) -> impl Iterator<Item = &'p str> + use<'p> {
        self.iter().filter_map(|(k, _)| k.as_str())
    }
}

/// A numpy array of Python objects, in C order.
#[derive(Clone, Copy, Debug)]
pub struct ObjectArray<'p> {
    /// Lengths of the axes.
    pub shape: &'p [usize],
    /// The objects.
    pub items: Items<'p>,
}

/// A value behind one more step.
#[derive(Clone, Copy)]
pub struct Handle<'p> {
    pickle: &'p Pickle<'p>,
    slot: Slot,
}

impl std::fmt::Debug for Handle<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.value().kind())
    }
}

impl<'p> Handle<'p> {
    /// The value.
    pub fn value(&self) -> Value<'p> {
        self.pickle.value(self.slot)
    }
}

/// A PyTorch tensor: a strided window of a storage that the file keeps elsewhere.
#[derive(Clone, Copy)]
pub struct Tensor<'p> {
    pickle: &'p Pickle<'p>,
    parts: &'p TensorParts,
}

impl std::fmt::Debug for Tensor<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "tensor {:?}", self.parts.shape)
    }
}

impl<'p> Tensor<'p> {
    /// The storage: [`Value::Persistent`] in files written by `torch.save`.
    pub fn storage(&self) -> Value<'p> {
        self.pickle.value(self.parts.storage)
    }

    /// The fields of the storage's persistent identifier as `torch.save` writes it.
    pub fn storage_id(&self) -> Option<(super::StorageKind, &'p str, usize)> {
        let Value::Persistent(id) = self.storage() else { return None };
        let fields = id.value().as_items()?;
        match (fields.get(0)?.as_str()?, fields.get(1)?, fields.get(2)?, fields.get(4)?) {
            ("storage", Value::Global(Global::Storage(kind)), key, numel) => {
                Some((kind, key.as_str()?, usize::try_from(numel.as_int()?).ok()?))
            }
            _ => None,
        }
    }

    /// First element, counted in elements of the storage.
    pub fn offset(&self) -> usize {
        self.parts.offset
    }

    /// Lengths of the axes.
    pub fn shape(&self) -> &'p [usize] {
        &self.parts.shape
    }

    /// Strides of the axes, counted in elements.
    pub fn strides(&self) -> &'p [usize] {
        &self.parts.strides
    }

    /// Whether it was saved as a parameter.
    pub fn is_parameter(&self) -> bool {
        self.parts.parameter
    }
}
