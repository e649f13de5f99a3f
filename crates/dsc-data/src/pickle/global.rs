//! The classes and functions of Python whose results are read. Nothing else is called by name, and none is ever executed.

use super::reader::{Fault, Walked, shorten};
use super::unsupported::Unsupported;

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
    ComplexFloat,
    ComplexDouble,
    QInt8,
    QUInt8,
    QInt32,
    Untyped,
}

impl StorageKind {
    /// Bytes per element.
    pub fn size(self) -> usize {
        match self {
            StorageKind::ComplexDouble => 16,
            StorageKind::Double | StorageKind::Long | StorageKind::ComplexFloat => 8,
            StorageKind::Float | StorageKind::Int | StorageKind::QInt32 => 4,
            StorageKind::Half | StorageKind::BFloat16 | StorageKind::Short => 2,
            StorageKind::Char
            | StorageKind::Byte
            | StorageKind::Bool
            | StorageKind::QInt8
            | StorageKind::QUInt8
            | StorageKind::Untyped => 1,
        }
    }
}

/// A name whose meaning is known: a class or function of a fixed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Global {
    NumpyArray,
    NumpyDtype,
    NumpyReconstruct,
    NumpyFromBuffer,
    NumpyScalar,
    Encode,
    Reconstructor,
    /// `dict` and the classes that are read as one: `OrderedDict`, `Counter`.
    Dict,
    DefaultDict,
    Deque,
    Bytes,
    ByteArray,
    List,
    /// `tuple`, and `torch.Size`.
    Tuple,
    Set,
    FrozenSet,
    TorchTensor,
    TorchTensorOfDtype,
    TorchTensorOfClass,
    TorchParameter,
    Storage(StorageKind),
}

const BUILTINS: &[&str] = &["__builtin__", "builtins"];
const MULTIARRAY: &[&str] = &["numpy.core.multiarray", "numpy._core.multiarray"];
const UTILS: &[&str] = &["torch._utils"];
const TORCH: &[&str] = &["torch"];

/// Each name with the modules in which some version of Python or of the library has it, the current one last.
const NAMES: &[(Global, &[&str], &str)] = &[
    (Global::NumpyArray, &["numpy"], "ndarray"),
    // Subclasses whose items are those of the array.
    (Global::NumpyArray, &["numpy.core.memmap", "numpy"], "memmap"),
    (Global::NumpyArray, &["numpy.matrixlib.defmatrix", "numpy"], "matrix"),
    (Global::NumpyDtype, &["numpy"], "dtype"),
    (Global::NumpyReconstruct, MULTIARRAY, "_reconstruct"),
    (Global::NumpyFromBuffer, &["numpy.core.numeric", "numpy._core.numeric"], "_frombuffer"),
    (Global::NumpyScalar, MULTIARRAY, "scalar"),
    (Global::Encode, &["_codecs"], "encode"),
    (Global::Reconstructor, &["copy_reg", "copyreg"], "_reconstructor"),
    (Global::Dict, BUILTINS, "dict"),
    (Global::Dict, &["collections"], "OrderedDict"),
    (Global::Dict, &["collections"], "Counter"),
    (Global::DefaultDict, &["collections"], "defaultdict"),
    (Global::Deque, &["collections"], "deque"),
    (Global::Bytes, BUILTINS, "bytes"),
    (Global::ByteArray, BUILTINS, "bytearray"),
    (Global::List, BUILTINS, "list"),
    (Global::Tuple, BUILTINS, "tuple"),
    (Global::Tuple, TORCH, "Size"),
    (Global::Set, BUILTINS, "set"),
    (Global::FrozenSet, BUILTINS, "frozenset"),
    (Global::TorchTensor, UTILS, "_rebuild_tensor_v2"),
    (Global::TorchTensor, UTILS, "_rebuild_tensor"),
    (Global::TorchTensorOfDtype, UTILS, "_rebuild_tensor_v3"),
    (Global::TorchTensorOfClass, &["torch._tensor"], "_rebuild_from_type_v2"),
    (Global::TorchParameter, UTILS, "_rebuild_parameter"),
    (Global::TorchParameter, UTILS, "_rebuild_parameter_with_state"),
    (Global::Storage(StorageKind::Double), TORCH, "DoubleStorage"),
    (Global::Storage(StorageKind::Float), TORCH, "FloatStorage"),
    (Global::Storage(StorageKind::Half), TORCH, "HalfStorage"),
    (Global::Storage(StorageKind::BFloat16), TORCH, "BFloat16Storage"),
    (Global::Storage(StorageKind::Long), TORCH, "LongStorage"),
    (Global::Storage(StorageKind::Int), TORCH, "IntStorage"),
    (Global::Storage(StorageKind::Short), TORCH, "ShortStorage"),
    (Global::Storage(StorageKind::Char), TORCH, "CharStorage"),
    (Global::Storage(StorageKind::Byte), TORCH, "ByteStorage"),
    (Global::Storage(StorageKind::Bool), TORCH, "BoolStorage"),
    (Global::Storage(StorageKind::ComplexFloat), TORCH, "ComplexFloatStorage"),
    (Global::Storage(StorageKind::ComplexDouble), TORCH, "ComplexDoubleStorage"),
    (Global::Storage(StorageKind::QInt8), TORCH, "QInt8Storage"),
    (Global::Storage(StorageKind::QUInt8), TORCH, "QUInt8Storage"),
    (Global::Storage(StorageKind::QInt32), TORCH, "QInt32Storage"),
    (Global::Storage(StorageKind::Untyped), &["torch.storage"], "UntypedStorage"),
];

/// Modules whose names no data file needs. A pickle that names one was made to run commands where Python loads it.
const COMMANDS: &[&str] = &[
    "os",
    "posix",
    "nt",
    "subprocess",
    "pty",
    "commands",
    "sys",
    "importlib",
    "runpy",
    "shutil",
    "socket",
    "ctypes",
    "webbrowser",
];
/// Built-in functions of the same use.
const EVALUATORS: &[&str] = &["eval", "exec", "execfile", "compile", "open", "__import__"];

impl Global {
    /// The entry for `module.name`.
    ///
    /// # Errors
    /// [`Fault::Commands`] for a name that runs commands, [`Fault::Joblib`] for one of joblib, whose arrays lie outside of the
    /// pickle's instructions; [`Fault::Unsupported`] with the full name for any other.
    pub(super) fn find(module: &str, name: &str) -> Walked<Global> {
        let known = NAMES.iter().find(|(_, modules, known)| *known == name && modules.contains(&module));
        if let Some((global, ..)) = known {
            return Ok(*global);
        }
        let full = format!("{}.{}", shorten(module), shorten(name));
        let package = module.split('.').next().unwrap_or_default();
        if COMMANDS.contains(&package) || (BUILTINS.contains(&module) && EVALUATORS.contains(&name)) {
            return Err(Fault::Commands(full));
        }
        if module == "joblib.numpy_pickle" {
            return Err(Fault::Joblib);
        }
        Err(Fault::Unsupported(Unsupported::object(full)))
    }

    /// The current full name, for messages.
    pub(super) fn path(self) -> String {
        NAMES.iter().find(|(global, ..)| *global == self).map_or_else(String::new, |(_, modules, name)| {
            format!("{}.{name}", modules.last().copied().unwrap_or_default())
        })
    }
}
