//! libtorch and devices, `E07xx`.

codes! {}
