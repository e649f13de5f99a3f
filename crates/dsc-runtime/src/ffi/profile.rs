//! When the nodes of a backward pass begin.

use std::time::Duration;

use super::raw;

/// The number of the next node of a backward pass that the forward pass on this thread makes.
pub(crate) fn sequence_number() -> u64 {
    // SAFETY: reads a counter of this thread.
    unsafe { raw::dsc_sequence_number() }
}

/// The nodes of a backward pass, in the order in which they ran.
#[derive(Debug, Default)]
pub(crate) struct BackwardNodes {
    /// For each node, its [`sequence_number`] and when it began, from the beginning of the pass.
    pub(crate) begun: Vec<(u64, Duration)>,
    /// How long the pass took.
    pub(crate) lasted: Duration,
}

/// Runs `pass` on this thread and records the nodes of the backward pass in it. On a GPU nodes run on threads of libtorch, and nothing
/// is recorded.
///
/// # Errors
/// The message of libtorch, for a recording within another one.
pub(crate) fn recorded<T>(pass: impl FnOnce() -> T) -> Result<(T, BackwardNodes), String> {
    let mut recording = Recording(std::ptr::null_mut());
    // SAFETY: the result goes to a live local, which frees it.
    unsafe { raw::check(raw::dsc_record_begin(&mut recording.0))? };
    let result = pass();
    let (mut nodes, mut count, mut lasted) = (std::ptr::null(), 0, 0);
    // SAFETY: the recording was begun on this thread, and all results go to live locals.
    unsafe { raw::check(raw::dsc_record_end(recording.0, &mut nodes, &mut count, &mut lasted))? };
    let nanoseconds = |n: i64| Duration::from_nanos(n.unsigned_abs());
    let count = if nodes.is_null() { 0 } else { usize::try_from(count).unwrap_or(0) };
    let mut found = BackwardNodes { begun: Vec::with_capacity(count), lasted: nanoseconds(lasted) };
    if count > 0 {
        // SAFETY: the shim has that many nodes there until the recording is freed, which is behind the last use of them.
        let nodes = unsafe { std::slice::from_raw_parts(nodes, count) };
        found.begun.extend(nodes.iter().map(|node| (node.sequence, nanoseconds(node.after))));
    }
    Ok((result, found))
}

/// A recording, which is ended and freed when it is dropped.
struct Recording(*mut raw::Recording);

impl Drop for Recording {
    fn drop(&mut self) {
        // SAFETY: it is null or comes from `dsc_record_begin` on this thread, and has no other owner.
        unsafe { raw::dsc_record_free(self.0) };
    }
}
