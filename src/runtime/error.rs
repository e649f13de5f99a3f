//! Faults of libtorch as diagnostics.
