//! Syntax, `E01xx`.

codes! {}
