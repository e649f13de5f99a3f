//! Text encoders, `E08xx`.

codes! {}
