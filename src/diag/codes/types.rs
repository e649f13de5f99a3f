//! Types, dims and lengths, `E03xx`.

codes! {}
