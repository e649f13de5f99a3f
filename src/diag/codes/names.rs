//! Names and modules, `E02xx`.

codes! {}
