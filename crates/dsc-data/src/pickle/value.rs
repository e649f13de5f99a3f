//! The content of a pickle as plain data.

use std::sync::Arc;

use super::array::{Dtype, NdArray};
use super::global::{Global, StorageKind};
use super::reader::Payload;
use super::unsupported::Unsupported;

/// A value on the stack or in a container: 16 bytes, so that long lists of numbers stay small.
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
    BigInt(Payload),
    /// Known to be UTF-8.
    Str(Payload),
    Bytes(Payload),
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
    /// A value that is not read.
    Unsupported(Arc<Unsupported>),
}

/// The arguments of PyTorch's `_rebuild_tensor_v2`.
#[derive(Clone, Debug)]
pub(super) struct TensorParts {
    pub storage: Slot,
    pub offset: usize,
    pub shape: Vec<usize>,
    pub strides: Vec<usize>,
    pub parameter: bool,
    pub negated: bool,
}

/// A parsed pickle. It borrows the input; the values of a pickle borrow from the `Pickle`.
#[derive(Debug)]
pub struct Pickle<'a> {
    pub(super) input: &'a [u8],
    pub(super) objects: Vec<Object>,
    pub(super) root: Slot,
    pub(super) end: usize,
}

impl<'a> Pickle<'a> {
    /// The value of the pickle.
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
            Object::Unsupported(why) => Value::Unsupported(why),
        }
    }
}

/// One value. Containers are views. A caller that walks nested containers must limit the depth, since a hostile pickle may be
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
    /// A list, as a view.
    List(Items<'p>),
    /// A tuple, as a view.
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
    /// An allowed class or function that is stored and not called, such as PyTorch's `FloatStorage`.
    Global(Global),
    /// The identifier of an object that is stored outside the pickle: in PyTorch files the tuple
    /// `("storage", FloatStorage, key, device, number of elements)`.
    Persistent(Handle<'p>),
    /// A PyTorch tensor or parameter over a storage.
    Tensor(Tensor<'p>),
    /// A value that is not read: an object of another class, an array of another dtype.
    Unsupported(&'p Unsupported),
}

impl<'p> Value<'p> {
    /// A text, or a byte string that is UTF-8 (as Python 2 wrote texts).
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

    /// An integer or float as f64.
    pub fn as_f64(self) -> Option<f64> {
        match self {
            Value::Float(f) => Some(f),
            // Integers beyond 2^53 round, as Python's float() does.
            other => other.as_int().map(|i| i as f64),
        }
    }

    /// The entries of a dictionary.
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

    /// Why the value is not read: itself, or what is in it, at most two containers deep.
    pub fn unsupported(self) -> Option<&'p Unsupported> {
        fn within(value: Value<'_>, depth: usize) -> Option<&Unsupported> {
            let items = match value {
                Value::Unsupported(why) => return Some(why),
                Value::List(items) | Value::Tuple(items) => items,
                Value::Objects(array) => array.items,
                _ => return None,
            };
            let inner = depth.checked_sub(1)?;
            items.iter().find_map(|item| within(item, inner))
        }
        within(self, 2)
    }

    /// The name of its type in Python, for messages.
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
            Value::Unsupported(_) => "unsupported object",
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
    /// Number of items in the container.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The item at `index`.
    pub fn get(&self, index: usize) -> Option<Value<'p>> {
        self.slots.get(index).map(|s| self.pickle.value(*s))
    }

    /// All items, in the order of the file.
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

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value of a text key; the last one if it was set more than once, as in Python.
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
    /// The objects, as many as `shape` has elements.
    pub items: Items<'p>,
}

/// A reference to a value, followed with [`value`](Self::value).
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
    /// The value that the handle refers to.
    pub fn value(&self) -> Value<'p> {
        self.pickle.value(self.slot)
    }
}

/// A PyTorch tensor: a strided view of a storage outside the pickle.
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

    /// The storage as `torch.save` names it.
    pub fn storage_id(&self) -> Option<StorageId<'p>> {
        match self.storage() {
            Value::Persistent(id) => StorageId::of(id),
            _ => None,
        }
    }

    /// Whether the elements are the negative of those in the storage.
    pub fn is_negated(&self) -> bool {
        self.parts.negated
    }

    /// Index of the first element in the storage.
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

/// The name of a storage outside of the pickle: the fields of the persistent identifier that `torch.save` writes,
/// `("storage", FloatStorage, key, device, number of elements)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageId<'p> {
    /// Type of its elements.
    pub kind: StorageKind,
    /// Its key, unique in the file.
    pub key: &'p str,
    /// Number of elements of the whole storage.
    pub len: usize,
    /// Index of the first element that belongs to it, where it is a view of a storage: before PyTorch 0.4 a sixth field
    /// `(key, offset, length)` says so.
    pub start: usize,
}

impl<'p> StorageId<'p> {
    fn of(id: Handle<'p>) -> Option<StorageId<'p>> {
        let fields = id.value().as_items()?;
        let ("storage", Value::Global(Global::Storage(kind))) = (fields.get(0)?.as_str()?, fields.get(1)?) else {
            return None;
        };
        let len = usize::try_from(fields.get(4)?.as_int()?).ok()?;
        let start = match fields.get(5) {
            Some(Value::Tuple(view)) => usize::try_from(view.get(1)?.as_int()?).ok()?,
            _ => 0,
        };
        Some(StorageId { kind, key: fields.get(2)?.as_str()?, len, start })
    }
}

impl Pickle<'_> {
    /// All storages that the pickle names, in the order of the file; one that it names twice comes twice.
    pub fn storages(&self) -> impl Iterator<Item = StorageId<'_>> {
        self.objects.iter().filter_map(|object| match object {
            Object::Persistent(slot) => StorageId::of(Handle { pickle: self, slot: *slot }),
            _ => None,
        })
    }
}
