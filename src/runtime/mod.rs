//! Execution on libtorch. Only this part knows `tch`, and of it only the fallible `f_` calls.
//!
//! * [`ffi`]: what `tch` lacks, through the C++ shim,
//! * [`device`]: where a run happens, threads, memory,
//! * [`error`]: libtorch's failures as diagnostics.

pub mod device;
pub mod error;
pub mod ffi;
