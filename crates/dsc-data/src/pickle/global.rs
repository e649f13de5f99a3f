//! The classes and functions that a pickle may name. Everything else is refused.

use super::reader::{Fault, Walked, shorten};

/// Element type of a PyTorch storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum StorageKind {
    Double,
    Float,
    Half,
    BFloat16,
    Long,
    Int,
    Short,
    Char,
    Byte,
    Bool,
    Untyped,
}

impl StorageKind {
    /// Bytes per element.
    pub fn size(self) -> usize {
        match self {
            StorageKind::Double | StorageKind::Long => 8,
            StorageKind::Float | StorageKind::Int => 4,
            StorageKind::Half | StorageKind::BFloat16 | StorageKind::Short => 2,
            StorageKind::Char | StorageKind::Byte | StorageKind::Bool | StorageKind::Untyped => 1,
        }
    }
}

/// A name that a pickle may use: a class or function of a fixed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Global {
    NumpyArray,
    NumpyDtype,
    NumpyReconstruct,
    NumpyFromBuffer,
    NumpyScalar,
    Encode,
    OrderedDict,
    Bytes,
    ByteArray,
    List,
    Tuple,
    Dict,
    Set,
    FrozenSet,
    TorchTensor,
    TorchParameter,
    Storage(StorageKind),
}

impl Global {
    /// The entry for `module.name`; [`Fault::Refused`] with the full name for anything else.
    pub(super) fn find(module: &str, name: &str) -> Walked<Global> {
        use StorageKind as S;
        Ok(match (module, name) {
            ("numpy", "ndarray") => Global::NumpyArray,
            ("numpy", "dtype") => Global::NumpyDtype,
            ("numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct") => Global::NumpyReconstruct,
            ("numpy.core.numeric" | "numpy._core.numeric", "_frombuffer") => Global::NumpyFromBuffer,
            ("numpy.core.multiarray" | "numpy._core.multiarray", "scalar") => Global::NumpyScalar,
            ("_codecs", "encode") => Global::Encode,
            ("collections", "OrderedDict") => Global::OrderedDict,
            ("builtins" | "__builtin__", "bytes") => Global::Bytes,
            ("builtins" | "__builtin__", "bytearray") => Global::ByteArray,
            ("builtins" | "__builtin__", "list") => Global::List,
            ("builtins" | "__builtin__", "tuple") => Global::Tuple,
            ("builtins" | "__builtin__", "dict") => Global::Dict,
            ("builtins" | "__builtin__", "set") => Global::Set,
            ("builtins" | "__builtin__", "frozenset") => Global::FrozenSet,
            ("torch._utils", "_rebuild_tensor_v2") => Global::TorchTensor,
            ("torch._utils", "_rebuild_parameter") => Global::TorchParameter,
            ("torch", "DoubleStorage") => Global::Storage(S::Double),
            ("torch", "FloatStorage") => Global::Storage(S::Float),
            ("torch", "HalfStorage") => Global::Storage(S::Half),
            ("torch", "BFloat16Storage") => Global::Storage(S::BFloat16),
            ("torch", "LongStorage") => Global::Storage(S::Long),
            ("torch", "IntStorage") => Global::Storage(S::Int),
            ("torch", "ShortStorage") => Global::Storage(S::Short),
            ("torch", "CharStorage") => Global::Storage(S::Char),
            ("torch", "ByteStorage") => Global::Storage(S::Byte),
            ("torch", "BoolStorage") => Global::Storage(S::Bool),
            ("torch.storage", "UntypedStorage") => Global::Storage(S::Untyped),
            _ => return Err(Fault::Refused(format!("{}.{}", shorten(module), shorten(name)))),
        })
    }
}
