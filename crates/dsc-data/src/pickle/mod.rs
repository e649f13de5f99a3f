//! Reading Python pickles without Python and without executing anything.
//!
//! A pickle is a program for a small stack machine whose instructions may name any function of any module to be called.
//! [`Pickle::parse`] walks that program over a byte slice (a memory-mapped file) and builds plain data: numbers, text,
//! containers, numpy arrays, references to PyTorch storages. The result of a name outside of a short list is
//! [`Value::Unsupported`], which is an error (`E0603`) for whatever needs it; only a file that names functions that run commands
//! is refused as a whole. Array data and text are not copied: an [`NdArray`] refers to its bytes in the input.
//!
//! Protocols 0 to 5 (<https://docs.python.org/3/library/pickletools.html>; out-of-band buffers excepted). All objects are
//! kept in one arena and refer to each other by number, so shared and cyclic structures are as cheap as in Python, and nothing
//! here recurses: neither depth nor cycles nor false lengths of hostile input can overflow the stack. Memory is linear in the
//! size of the input.
//!
//! Objects may be shared: a few bytes can stand for gigabytes to whoever copies values out. [`Pickle::copied_size`] says how much
//! that is, before anything is copied.
//!
//! Files, each using only those before it: `unsupported` values that are not read, `reader` bytes and lines, `array` numpy arrays,
//! `global` the known names, `value` the result, `size` how much its values take, `machine` stack and memo, `tensors`, `calls`
//! and `states` the known constructors, `walker` the instructions.

mod array;
mod calls;
mod global;
mod machine;
mod reader;
mod size;
mod states;
mod tensors;
mod unsupported;
mod value;
mod walker;

#[cfg(test)]
pub(crate) mod asm;
#[cfg(test)]
mod tests;

pub use array::{ArrayView, Dtype, Kind, NdArray};
pub use global::{Global, StorageKind};
pub use reader::Payload;
pub use unsupported::Unsupported;
pub use value::{Dict, Handle, Items, ObjectArray, Pickle, StorageId, Tensor, Value};
