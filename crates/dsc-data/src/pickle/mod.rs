//! Reading Python pickles without Python and without executing anything.
//!
//! A pickle is a program for a small stack machine whose instructions may name any function of any module to be called.
//! [`Pickle::parse`] walks that program over a byte slice (a memory-mapped file) and builds plain data: numbers, text,
//! containers, numpy arrays, references to PyTorch storages. Names outside a short list are refused (`E0603`).
//! Array data and text are not copied: an [`NdArray`] refers to its bytes in the input.
//!
//! Protocols 0 to 5 (<https://docs.python.org/3/library/pickletools.html>; out-of-band buffers excepted). All objects are
//! kept in one arena and refer to each other by number, so shared and cyclic structures are as cheap as in Python, and nothing
//! here recurses: neither depth nor cycles nor false lengths of hostile input can overflow the stack. Memory is linear in the
//! size of the input.
//!
//! Files, each using only those before it: `reader` bytes and lines, `array` numpy arrays, `global` the allowed names, `value`
//! the result, `machine` stack and memo, `calls` the allowed constructors, `walker` the instructions.

mod array;
mod calls;
mod global;
mod machine;
mod reader;
mod value;
mod walker;

#[cfg(test)]
pub(crate) mod asm;
#[cfg(test)]
mod tests;

pub use array::{ArrayView, Dtype, Kind, NdArray};
pub use global::{Global, StorageKind};
pub use reader::Payload;
pub use value::{Dict, Handle, Items, ObjectArray, Pickle, Tensor, Value};
