//! Calls that make PyTorch tensors and parameters.

use super::global::Global;
use super::machine::Machine;
use super::reader::{Fault, Walked, damaged, form};
use super::unsupported::Unsupported;
use super::value::{Object, Slot, TensorParts};

impl Machine<'_> {
    /// `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks, metadata)`.
    pub(super) fn tensor(&mut self, args: &[Slot]) -> Walked<Slot> {
        let [storage, offset, shape, strides, rest @ ..] = args else {
            return form(format!("{} arguments", args.len()));
        };
        let storage = *storage;
        let offset = self.count_of(*offset)?;
        let (shape, strides) = (self.counts_of(*shape)?, self.counts_of(*strides)?);
        if shape.len() != strides.len() {
            return damaged("a tensor with different numbers of axes and strides");
        }
        let negated = match rest.get(2) {
            None | Some(Slot::None) => false,
            Some(metadata) => self.negated(*metadata)?,
        };
        let parts = TensorParts { storage, offset, shape, strides, parameter: false, negated };
        self.push_object(Object::Tensor(Box::new(parts)))
    }

    /// Whether the metadata of a tensor say that its elements are the negative of those in the storage
    /// (`torch.Tensor.is_neg`). A conjugate is that of complex numbers, which are not read.
    fn negated(&mut self, metadata: Slot) -> Walked<bool> {
        let mut negated = false;
        for (key, value) in self.entries_of(metadata)? {
            match (self.str_of(key)?.as_str(), value) {
                (_, Slot::Bool(false) | Slot::None) => {}
                ("neg", Slot::Bool(true)) => negated = true,
                ("conj", Slot::Bool(true)) => {
                    return Err(Unsupported::dtype("a conjugated tensor of complex numbers".to_owned()).into());
                }
                (key, _) => return form(format!("the tensor attribute `{key}`")),
            }
        }
        Ok(negated)
    }

    /// `_rebuild_tensor_v3`: the elements have a dtype for which there is no storage class, such as uint16 or float8.
    pub(super) fn tensor_of_dtype(&mut self, args: &[Slot]) -> Walked<Slot> {
        let dtype = args.get(6).and_then(|dtype| self.unsupported(*dtype));
        match dtype.as_deref() {
            Some(Unsupported::Object(name)) => Err(Unsupported::dtype(format!("a tensor of type `{name}`")).into()),
            _ => form(format!("{} arguments", args.len())),
        }
    }

    /// `_rebuild_from_type_v2(function, class, args, state)`: a tensor with attributes, which are not read.
    pub(super) fn tensor_of_class(&mut self, function: Slot, args: Slot) -> Walked<Slot> {
        let args = self.items_of(args)?;
        match (function, self.unsupported(function)) {
            (Slot::Global(Global::TorchTensor), _) => self.tensor(&args),
            (Slot::Global(Global::TorchTensorOfDtype), _) => self.tensor_of_dtype(&args),
            (Slot::Global(Global::TorchParameter), _) => match args.first() {
                Some(data) => self.parameter(*data),
                None => form("no data"),
            },
            (_, Some(why)) => Err(Fault::Unsupported(why)),
            _ => form("another function"),
        }
    }

    /// `_rebuild_parameter(data, requires_grad, backward_hooks)`, and the same with attributes behind.
    pub(super) fn parameter(&mut self, data: Slot) -> Walked<Slot> {
        match (self.object(data), self.unsupported(data)) {
            (Some(Object::Tensor(parts)), _) => {
                let parts = TensorParts { parameter: true, ..(**parts).clone() };
                self.push_object(Object::Tensor(Box::new(parts)))
            }
            (_, Some(why)) => Err(Fault::Unsupported(why)),
            _ => form("data that are not a tensor"),
        }
    }
}
