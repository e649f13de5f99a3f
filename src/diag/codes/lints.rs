//! Lints, `W01xx`.

codes! {}
