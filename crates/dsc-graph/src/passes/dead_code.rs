//! `dead_code`: nodes that no output, no loss and no retrieval needs are left out.
//!
//! Before:
//! ```text
//! %0 = input() audio : Seq<audio>[Ta, fa]
//! %1 = mean(%0) : Vec[fa]
//! %2 = maxpool(%0) : Vec[fa]
//! %3 = linear(%1, @score.weight) : Vec[1]
//! %4 = scalar(%3) : Real
//! output %4 for y
//! ```
//! After:
//! ```text
//! %0 = input() audio : Seq<audio>[Ta, fa]
//! %1 = mean(%0) : Vec[fa]
//! %2 = linear(%1, @score.weight) : Vec[1]
//! %3 = scalar(%2) : Real
//! output %3 for y
//! ```
//! A compiled graph has none; other passes leave them behind. Parameters stay in their table, read or not.

use super::Pass;
use crate::Graph;

pub(super) const PASS: Pass = Pass {
    name: "dead_code",
    about: "leaves out what no output, loss or retrieval needs",
    run: Graph::rewritten_without_dead_nodes,
};
