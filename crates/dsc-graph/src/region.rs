//! Where nodes come from: the calls and loop turns of the source, and the names that values are bound to there.
//!
//! Neither is part of the text form nor of the hash; they are for showing a graph to people. A graph that was read from
//! its text has none.

use super::NodeId;
use dsc_syntax::source::Span;

/// A region, by its place in [`Graph::regions`](super::Graph::regions).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RegionId(pub u32);

impl RegionId {
    /// As an index into the table of regions.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A part of the unrolled program: one call of a block, or one turn of a loop. Its nodes are contiguous; nodes of the
/// model itself have no region.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// What it is.
    pub kind: RegionKind,
    /// Derived path, as weights have it: `fuse.1`, `fuse.1.spread.audio`. Two calls may share one, if they own no
    /// weights or if they are calls of one instance.
    pub path: String,
    /// The region it is in, with a smaller id.
    pub parent: Option<RegionId>,
    /// The call; for a turn the loop's variable, which tells the loops of a body apart.
    pub span: Span,
}

/// What a [`Region`] is.
#[derive(Clone, Debug, PartialEq)]
pub enum RegionKind {
    /// A call of a block.
    Call {
        /// The block's name where it is declared.
        block: String,
        /// That name's place.
        declared: Span,
        /// Whether the block belongs to the standard library.
        library: bool,
    },
    /// One turn of `for`, one element of `each` or `sum`.
    Turn {
        /// The loop's variable.
        variable: String,
        /// Its index or label: `1`, `audio`.
        step: String,
    },
}

/// How a value got its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NameKind {
    /// `let`, `var` or an assignment.
    Bound,
    /// A parameter of a block, in one call of it.
    Argument,
    /// The value of a call. Its path is the call's.
    Result,
}

/// A name of a value that holds nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// How it got the name.
    pub kind: NameKind,
    /// Path of the name: `h0`, `fuse.1.hb`, of a call's value `fuse.1`.
    pub path: String,
    /// The region it is in; the call itself for arguments, the caller's for results.
    pub region: Option<RegionId>,
    /// The nodes, each with its place in the value: empty for a tensor, `audio` or `0` for an element of a list.
    pub values: Vec<(String, NodeId)>,
    /// The expression that is bound; for a result the last one of the block.
    pub span: Span,
}
