//! Reading Python pickles without Python and without executing anything.
//!
//! A pickle is a program for a small stack machine whose instructions may name any function of any module to be called.
//! [`Pickle::parse`] walks that program over a byte slice (a memory-mapped file) and builds plain data: numbers, text,
//! containers, numpy arrays, references to PyTorch storages. Names outside a short list are refused (`E0603`).
//! Array data and text are not copied: an [`NdArray`] holds the place of its bytes in the input.
//!
//! Protocols 0 to 5 (<https://docs.python.org/3/library/pickletools.html>; out-of-band buffers excepted). All objects lie
//! in one arena and refer to each other by number, so shared and cyclic structures are as cheap as in Python, and nothing
//! here recurses: neither depth nor cycles nor false lengths of hostile input can overflow the stack. Memory is linear in the
//! size of the input.
//!
//! Files: `walker` the stack machine, `reader` bytes and lines, `calls` the allowed constructors, `value` what comes out,
//! `array` numpy arrays.

mod array;
mod calls;
mod reader;
mod value;
mod walker;

#[cfg(test)]
pub(crate) mod asm;
#[cfg(test)]
mod tests;

pub use array::{ArrayView, Dtype, Kind, NdArray};
pub use calls::{Global, StorageKind};
pub use value::{Dict, Extent, Handle, Items, ObjectArray, Pickle, Tensor, Value};
