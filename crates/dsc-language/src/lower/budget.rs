//! What a lowering may spend: it always ends, and soon.
//!
//! A step is about as much work as reading a name. What takes more time or memory costs more steps: a node of the graph with
//! the sizes of its dims, a call with its arguments, a turn of a loop, a path that is written down, arithmetic of dims. So
//! the time and memory of a compilation are bounded, whatever it spends them on, and the place that spends the last step is
//! known.

/// A graph may not unroll into more nodes than this.
pub(super) const MAX_NODES: usize = 50_000;
/// Blocks may not nest deeper than this.
pub(super) const MAX_DEPTH: usize = 64;
/// Steps of one compilation. The stock model takes some ten thousand.
pub(super) const MAX_STEPS: u64 = 1_000_000;
/// Steps of all forms of a file that a check compiles, one after another: base, variants, recipes. The last one may
/// overdraw them.
pub const MAX_STEPS_OF_A_CHECK: u64 = 2 * MAX_STEPS;
/// Expressions within one another, through all calls.
pub(super) const MAX_EXPR_DEPTH: usize = 1_000;
/// Elements of a list, at all depths, and how deep lists may nest.
pub(super) const MAX_ELEMENTS: (usize, usize) = (4096, 32);

/// Steps of a node of the graph, its dims and names aside.
pub(super) const NODE: u64 = 8;
/// Steps of a turn of a loop.
pub(super) const TURN: u64 = 8;
/// Steps of a call of a block, its arguments aside.
pub(super) const CALL: u64 = 16;

/// Steps of writing so much text down.
pub(super) fn of_text(bytes: usize) -> u64 {
    bytes as u64 / 32
}

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
    /// Takes `n` steps, if so many are left; if not, none is left for anything else either.
    pub(super) fn take(&mut self, n: u64) -> bool {
        let enough = self.steps >= n;
        self.steps = if enough { self.steps - n } else { 0 };
        enough
    }

    /// The steps that have been taken.
    pub(super) fn spent(&self) -> u64 {
        MAX_STEPS - self.steps
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

    /// Whether no step is left.
    pub(super) fn is_spent(&self) -> bool {
        self.steps == 0
    }

    /// Leaves no step for anything else.
    pub(super) fn end(&mut self) {
        self.steps = 0;
    }

    /// Whether something was too large.
    pub(super) fn is_exhausted(&self) -> bool {
        self.exhausted
    }

    /// Whether this is the first time that something was too large: one error says so.
    pub(super) fn exhaust(&mut self) -> bool {
        !std::mem::replace(&mut self.exhausted, true)
    }
}
