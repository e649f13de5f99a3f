//! Hypers and static evaluation, `E04xx`.

codes! {}
