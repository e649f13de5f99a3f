//! States that fill the results of calls, as Python's `__setstate__` does.

use super::array::{Dtype, Kind, NdArray, Order, items_of_shape};
use super::calls::named;
use super::global::Global;
use super::machine::Machine;
use super::reader::{Fault, Walked, damaged, form};
use super::unsupported::Unsupported;
use super::value::{Object, Slot};

impl Machine<'_> {
    /// Fills `target` with `state`.
    pub(super) fn build(&mut self, target: Slot, state: Slot) -> Walked<()> {
        let filled = match self.object(target) {
            Some(Object::EmptyArray | Object::Array(_) | Object::Objects { .. }) => {
                named(Global::NumpyArray, self.array_state(state))
            }
            Some(Object::Dtype(dtype)) => {
                let dtype = *dtype;
                named(Global::NumpyDtype, self.dtype_state(dtype, state).map(Object::Dtype))
            }
            // Attributes of containers (`_metadata` of a state dict) and of tensors: nothing here reads them.
            Some(Object::Dict(_) | Object::List(_) | Object::Set(_) | Object::Tensor(_) | Object::Unsupported(_)) => {
                return Ok(());
            }
            _ => return damaged("a state for a value that has no state"),
        };
        let filled = match filled {
            Err(Fault::Unsupported(why)) => Object::Unsupported(why),
            other => other?,
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
        let [shape, dtype, fortran, data] = fields else { return form("a state of another length") };
        let shape = self.counts_of(*shape)?;
        let fortran = matches!(fortran, Slot::Bool(true)) || matches!(fortran, Slot::Int(n) if *n != 0);
        let dtype = self.dtype_of(*dtype)?;
        if dtype.kind != Kind::Object {
            let data = self.bytes_of(*data)?;
            let order = if fortran { Order::Fortran } else { Order::C };
            return Ok(Object::Array(Box::new(NdArray::new(dtype, shape, &order, data)?)));
        }
        // numpy lists objects in C order, also where the flag says that the array was in Fortran order.
        let items = self.items_of(*data)?;
        if items_of_shape(&shape)? != items.len() {
            return damaged(format!("an object array of shape {shape:?} with {} objects", items.len()));
        }
        Ok(Object::Objects { shape, items })
    }

    /// (version, byte order, subdtype, names, fields, size, alignment, flags)
    fn dtype_state(&mut self, dtype: Dtype, state: Slot) -> Walked<Dtype> {
        let state = self.items_of(state)?;
        let structured = state.get(2..5).is_some_and(|f| f.iter().any(|s| !matches!(s, Slot::None)));
        if structured {
            return Err(Unsupported::dtype("a structured array".to_owned()).into());
        }
        let Some(order) = state.get(1) else { return form("a state of another length") };
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
}
