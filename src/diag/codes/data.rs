//! Data files, `E06xx`.

codes! {}
