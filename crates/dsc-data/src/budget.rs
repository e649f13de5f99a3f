//! How much may be read of a file, whose lists and texts may be referred to again and again.

use std::cell::Cell;

/// How many values and items may still be read from a file. In a pickle a list or text is stored once and may be referred to any
/// number of times, so that what is read of a small file can be larger than the memory.
#[derive(Debug)]
pub(super) struct Budget(Cell<usize>);

impl Budget {
    /// For a file of this many bytes. A number or item takes two bytes at least; what remains is for rows that are referred to often,
    /// such as one of zeros.
    pub(super) fn of_file(bytes: usize) -> Budget {
        Budget(Cell::new(bytes.saturating_mul(64).saturating_add(1 << 22)))
    }

    /// Whether nothing is left.
    pub(super) fn is_spent(&self) -> bool {
        self.0.get() == 0
    }

    /// Takes `n` from what is left; false where it is less.
    pub(super) fn spend(&self, n: usize) -> bool {
        let left = self.0.get().checked_sub(n);
        self.0.set(left.unwrap_or(0));
        left.is_some()
    }
}

/// What is said where a budget is spent.
pub(super) const TOO_MUCH: &str =
    "more values than the file has bytes for: lists or texts that it refers to again and again";

/// The bytes of a file, and how much may be read of them.
#[derive(Clone, Copy)]
pub(super) struct Input<'x> {
    /// All bytes of the file.
    pub bytes: &'x [u8],
    /// What is left to read.
    pub budget: &'x Budget,
}

impl Input<'_> {
    /// Takes `n` from the budget.
    ///
    /// # Errors
    /// [`TOO_MUCH`] where less is left.
    pub(super) fn spend(self, n: usize) -> Result<(), String> {
        if self.budget.spend(n) { Ok(()) } else { Err(TOO_MUCH.to_owned()) }
    }
}
