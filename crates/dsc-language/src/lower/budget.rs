//! What a lowering may spend: it always ends.

/// A graph may not unroll into more nodes than this.
pub(super) const MAX_NODES: usize = 200_000;
/// Blocks may not nest deeper than this.
pub(super) const MAX_DEPTH: usize = 64;
/// Expressions evaluated in one compilation. The stock model takes some thousands; loops within loops have no other end.
pub(super) const MAX_STEPS: u64 = 2_000_000;
/// Expressions within one another, through all calls.
pub(super) const MAX_EXPR_DEPTH: usize = 1_000;
/// Elements of a list, at all depths, and how deep lists may nest.
pub(super) const MAX_ELEMENTS: (usize, usize) = (4096, 32);

/// What is left.
#[derive(Debug)]
pub(super) struct Budget {
    steps: u64,
    depth: usize,
    exhausted: bool,
}

impl Default for Budget {
    fn default() -> Self {
        Budget { steps: MAX_STEPS, depth: 0, exhausted: false }
    }
}

impl Budget {
    /// Takes `n` steps, if so many are left.
    pub(super) fn take(&mut self, n: u64) -> bool {
        let enough = self.steps >= n;
        self.steps = if enough { self.steps - n } else { 0 };
        enough
    }

    /// Goes one level deeper, if there is one. What went deeper comes back.
    pub(super) fn descend(&mut self) -> bool {
        let deeper = self.depth < MAX_EXPR_DEPTH;
        self.depth += usize::from(deeper);
        deeper
    }

    /// Comes back from a level.
    pub(super) fn ascend(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Whether this is the first time that something was too large: one error says so.
    pub(super) fn exhaust(&mut self) -> bool {
        !std::mem::replace(&mut self.exhausted, true)
    }
}
