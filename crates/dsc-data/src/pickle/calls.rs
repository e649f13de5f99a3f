//! Calls of the allowed classes and functions, and the states that fill their results.

use super::array::{Dtype, Kind, NdArray};
use super::global::Global;
use super::machine::Machine;
use super::reader::{Fault, Payload, Walked, damaged, shorten};
use super::value::{Object, Slot, TensorParts};

impl Machine<'_> {
    /// The result of `target(*args)`.
    pub(super) fn call(&mut self, target: Global, args: &[Slot]) -> Walked<Slot> {
        match (target, args) {
            (Global::NumpyReconstruct, _) => self.push_object(Object::EmptyArray),
            (Global::NumpyDtype, [name, ..]) => {
                let name = self.str_of(*name)?;
                let dtype = Dtype::parse(&name)?;
                self.push_object(Object::Dtype(dtype))
            }
            (Global::NumpyScalar, [dtype, data]) => {
                let dtype = self.dtype_of(*dtype)?;
                self.scalar(dtype, *data)
            }
            (Global::NumpyFromBuffer, [buffer, dtype, shape, order]) => {
                let data = self.bytes_of(*buffer)?;
                let dtype = self.number_dtype(*dtype)?;
                let shape = self.shape_of(*shape)?;
                let fortran = self.str_of(*order)?.starts_with(['F', 'f']);
                self.push_object(Object::Array(Box::new(NdArray::new(dtype, shape, fortran, data)?)))
            }
            (Global::Encode, [text, ..]) => self.encode(*text, args.get(1).copied()),
            (Global::Bytes | Global::ByteArray, []) => {
                let empty = self.owned(Vec::new())?;
                self.push_object(Object::Bytes(empty))
            }
            (Global::ByteArray | Global::Bytes, [text, rest @ ..]) => match (self.object(*text), rest) {
                (Some(Object::Bytes(_)), []) => {
                    let data = self.bytes_of(*text)?;
                    self.push_object(Object::Bytes(data))
                }
                // Protocols 0 to 2 write bytearray(text, "latin-1").
                _ => self.encode(*text, rest.first().copied()),
            },
            (Global::List | Global::Tuple | Global::Set | Global::FrozenSet, args) => {
                let items = match args {
                    [] => Vec::new(),
                    [items] => self.items_of(*items)?,
                    _ => return damaged("a container with too many arguments"),
                };
                self.push_object(match target {
                    Global::List => Object::List(items),
                    Global::Tuple => Object::Tuple(items),
                    _ => Object::Set(items),
                })
            }
            (Global::OrderedDict | Global::Dict, []) => self.push_object(Object::Dict(Vec::new())),
            (Global::OrderedDict | Global::Dict, [pairs]) => {
                let mut entries = Vec::new();
                for pair in self.items_of(*pairs)? {
                    match self.items_of(pair)?.as_slice() {
                        [key, value] => entries.push((*key, *value)),
                        _ => return damaged("an ordered dictionary whose items are not pairs"),
                    }
                }
                self.push_object(Object::Dict(entries))
            }
            (Global::TorchTensor, [storage, offset, shape, strides, ..]) => {
                let offset = self.count_of(*offset)?;
                let (shape, strides) = (self.shape_of(*shape)?, self.shape_of(*strides)?);
                if shape.len() != strides.len() {
                    return damaged("a tensor with different numbers of axes and strides");
                }
                let storage = *storage;
                self.push_object(Object::Tensor(Box::new(TensorParts {
                    storage,
                    offset,
                    shape,
                    strides,
                    parameter: false,
                })))
            }
            (Global::TorchParameter, [data, ..]) => match self.object(*data) {
                Some(Object::Tensor(parts)) => {
                    let parts = TensorParts { parameter: true, ..(**parts).clone() };
                    self.push_object(Object::Tensor(Box::new(parts)))
                }
                _ => damaged("a parameter that is not a tensor"),
            },
            (other, args) => damaged(format!("a call of {other:?} with {} arguments", args.len())),
        }
    }

    /// Fills `target` with `state`, as Python's `__setstate__` does.
    pub(super) fn build(&mut self, target: Slot, state: Slot) -> Walked<()> {
        let filled = match self.object(target) {
            Some(Object::EmptyArray | Object::Array(_) | Object::Objects { .. }) => self.array_state(state)?,
            Some(Object::Dtype(dtype)) => {
                let dtype = *dtype;
                Object::Dtype(self.dtype_state(dtype, state)?)
            }
            // Attributes of a state dictionary (`_metadata`): nothing here reads them.
            Some(Object::Dict(_) | Object::Tensor(_)) => return Ok(()),
            _ => return damaged("a state for a value that has no state"),
        };
        self.replace(target, filled)
    }

    fn array_state(&mut self, state: Slot) -> Walked<Object> {
        let state = self.items_of(state)?;
        // (version, shape, dtype, is_fortran, data); very old ones lack the version.
        let fields = match state.as_slice() {
            [_, fields @ ..] if fields.len() == 4 => fields,
            fields => fields,
        };
        let [shape, dtype, fortran, data] = fields else { return damaged("an array state of the wrong length") };
        let shape = self.shape_of(*shape)?;
        let fortran = matches!(fortran, Slot::Bool(true)) || matches!(fortran, Slot::Int(n) if *n != 0);
        let dtype = self.dtype_of(*dtype)?;
        if dtype.kind != Kind::Object {
            let data = self.bytes_of(*data)?;
            return Ok(Object::Array(Box::new(NdArray::new(dtype, shape, fortran, data)?)));
        }
        let items = self.items_of(*data)?;
        match shape.iter().try_fold(1usize, |n, axis| n.checked_mul(*axis)) {
            // numpy lists the objects in C order unless it says otherwise.
            Some(n) if n == items.len() && !(fortran && shape.len() > 1) => Ok(Object::Objects { shape, items }),
            Some(n) if n == items.len() => Err(Fault::Dtype("an object array in Fortran order".to_owned())),
            _ => damaged(format!("an object array of shape {shape:?} with {} objects", items.len())),
        }
    }

    /// (version, byte order, subdtype, names, fields, size, alignment, flags)
    fn dtype_state(&mut self, dtype: Dtype, state: Slot) -> Walked<Dtype> {
        let state = self.items_of(state)?;
        let structured = state.get(2..5).is_some_and(|f| f.iter().any(|s| !matches!(s, Slot::None)));
        if structured {
            return Err(Fault::Dtype("a structured array".to_owned()));
        }
        let Some(order) = state.get(1) else { return damaged("a dtype state of the wrong length") };
        let mut dtype = Dtype { big_endian: self.str_of(*order)? == ">", ..dtype };
        if let (Kind::Unicode | Kind::Bytes, Some(Slot::Int(size))) = (dtype.kind, state.get(5)) {
            // The name alone may be `U` without a number.
            dtype.size = match usize::try_from(*size) {
                Ok(size) if dtype.kind == Kind::Bytes || size.is_multiple_of(4) => size,
                Err(_) if *size == -1 => dtype.size,
                _ => return damaged("a dtype of impossible size"),
            };
        }
        Ok(dtype)
    }

    fn number_dtype(&self, slot: Slot) -> Walked<Dtype> {
        match self.dtype_of(slot)? {
            Dtype { kind: Kind::Object, .. } => damaged("a buffer of objects"),
            dtype => Ok(dtype),
        }
    }

    fn scalar(&mut self, dtype: Dtype, data: Slot) -> Walked<Slot> {
        if dtype.kind == Kind::Object {
            return Ok(data);
        }
        let data = self.bytes_of(data)?;
        let bytes = data.bytes(self.reader.input);
        if bytes.len() != dtype.size {
            return damaged(format!("a scalar of type {dtype} with {} bytes", bytes.len()));
        }
        if let Some(text) = dtype.text(bytes) {
            let text = self.owned(text.into_bytes())?;
            return self.push_object(Object::Str(text));
        }
        if dtype.kind == Kind::Bytes {
            return self.push_object(Object::Bytes(data));
        }
        let Some(number) = dtype.number(bytes) else { return damaged("a scalar that is not a number") };
        Ok(match dtype.kind {
            Kind::Bool => Slot::Bool(number != 0.0),
            Kind::Int | Kind::Uint if number.abs() < 9e15 => Slot::Int(number as i64),
            _ => Slot::Float(number),
        })
    }

    /// `text.encode("latin1")`: how protocols 0 to 2 carry bytes.
    fn encode(&mut self, text: Slot, encoding: Option<Slot>) -> Walked<Slot> {
        let Some(encoding) = encoding else { return damaged("an encoding without a name") };
        let encoding = self.str_of(encoding)?.to_ascii_lowercase().replace(['-', '_'], "");
        let Some(Object::Str(payload)) = self.object(text) else {
            return damaged("an encoding of a value that is not text");
        };
        let payload = payload.clone();
        let text = std::str::from_utf8(payload.bytes(self.reader.input)).unwrap_or_default();
        let bytes = match encoding.as_str() {
            "latin1" | "iso88591" => {
                let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
                match bytes {
                    Some(bytes) => bytes,
                    None => return damaged("a character beyond Latin-1 in encoded bytes"),
                }
            }
            "utf8" | "ascii" => text.as_bytes().to_vec(),
            other => return Err(Fault::Refused(format!("_codecs.encode with `{}`", shorten(other)))),
        };
        let bytes: Payload = self.owned(bytes)?;
        self.push_object(Object::Bytes(bytes))
    }
}
