//! Calls of the known classes and functions.

use super::array::{Dtype, Kind, NdArray, Order};
use super::global::Global;
use super::machine::Machine;
use super::reader::{Fault, Walked, damaged, form, shorten};
use super::unsupported::Unsupported;
use super::value::{Object, Slot};

impl Machine<'_> {
    /// The result of `target(*args)`; a placeholder for a result that is not read.
    pub(super) fn call_slot(&mut self, target: Slot, args: &[Slot]) -> Walked<Slot> {
        let result = match (target, self.unsupported(target)) {
            (_, Some(why)) => Err(Fault::Unsupported(why)),
            (Slot::Global(global), _) => named(global, self.call(global, args)),
            _ => damaged("a call of a value that is not a function"),
        };
        self.or_unsupported(result)
    }

    /// As [`call_slot`](Self::call_slot), with the arguments in a tuple.
    pub(super) fn call_with(&mut self, target: Slot, args: Slot) -> Walked<Slot> {
        match self.items_of(args) {
            Ok(args) => self.call_slot(target, &args),
            Err(fault) => self.or_unsupported(Err(fault)),
        }
    }

    fn call(&mut self, target: Global, args: &[Slot]) -> Walked<Slot> {
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
            (Global::NumpyFromBuffer, [buffer, dtype, shape, order, axes @ ..]) => {
                let data = self.bytes_of(*buffer)?;
                let dtype = self.number_dtype(*dtype)?;
                let shape = self.counts_of(*shape)?;
                let order = match (self.str_of(*order)?.as_str(), axes) {
                    ("C", [] | [Slot::None]) => Order::C,
                    ("F", [] | [Slot::None]) => Order::Fortran,
                    // Since numpy 2.3: the block as it lies in memory, and the axes that turn it into the array.
                    ("K", [axes]) => Order::Axes(self.counts_of(*axes)?),
                    (order, axes) => return form(format!("order `{}`, {} more", shorten(order), axes.len())),
                };
                self.push_object(Object::Array(Box::new(NdArray::new(dtype, shape, &order, data)?)))
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
            (Global::List | Global::Tuple | Global::Set | Global::FrozenSet, [] | [_]) => {
                let items = args.first().map(|items| self.items_of(*items)).transpose()?.unwrap_or_default();
                self.push_object(match target {
                    Global::List => Object::List(items),
                    Global::Tuple => Object::Tuple(items),
                    _ => Object::Set(items),
                })
            }
            // The second argument is its greatest length.
            (Global::Deque, [] | [_] | [_, _]) => {
                let items = args.first().map(|items| self.items_of(*items)).transpose()?.unwrap_or_default();
                self.push_object(Object::List(items))
            }
            // The factory of default values is never called.
            (Global::DefaultDict, [] | [_]) | (Global::Dict, []) => self.push_object(Object::Dict(Vec::new())),
            (Global::DefaultDict, [_, entries]) | (Global::Dict, [entries]) => {
                let entries = match self.object(*entries) {
                    Some(Object::Dict(_)) => self.entries_of(*entries)?,
                    _ => self.pairs_of(*entries)?,
                };
                self.push_object(Object::Dict(entries))
            }
            (Global::Reconstructor, [class, ..]) => match self.unsupported(*class) {
                Some(why) => Err(Fault::Unsupported(why)),
                None => form("a class without a constructor of its own"),
            },
            (Global::TorchTensor, args) => self.tensor(args),
            (Global::TorchTensorOfDtype, args) => self.tensor_of_dtype(args),
            (Global::TorchTensorOfClass, [function, _, args, ..]) => self.tensor_of_class(*function, *args),
            (Global::TorchParameter, [data, ..]) => self.parameter(*data),
            (_, args) => form(format!("{} arguments", args.len())),
        }
    }

    /// The entries of a dictionary from a list of pairs.
    fn pairs_of(&mut self, pairs: Slot) -> Walked<Vec<(Slot, Slot)>> {
        let mut entries = Vec::new();
        for pair in self.items_of(pairs)? {
            match self.items_of(pair)?.as_slice() {
                [key, value] => entries.push((*key, *value)),
                _ => return form("items that are not pairs"),
            }
        }
        Ok(entries)
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
        let Some(encoding) = encoding else { return form("no encoding") };
        let encoding = self.str_of(encoding)?.to_ascii_lowercase().replace(['-', '_'], "");
        let Some(Object::Str(payload)) = self.object(text) else { return form("a value that is not text") };
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
            other => return form(format!("the encoding `{}`", shorten(other))),
        };
        let bytes = self.owned(bytes)?;
        self.push_object(Object::Bytes(bytes))
    }
}

/// A form that a known function does not have in the versions that are known is a value that is not read, not damage.
pub(super) fn named<T>(function: Global, result: Walked<T>) -> Walked<T> {
    match result {
        Err(Fault::Form(why)) => Err(Unsupported::object(format!("{} with {why}", function.path())).into()),
        other => other,
    }
}
