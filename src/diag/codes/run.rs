//! Runs and the command line, `E09xx`.

codes! {}
