//! Execution plans: which nodes are computed, on which rows, and when a value is no longer needed.

use std::collections::BTreeMap;

use super::{Program, Reach, Root, Step, has_rows, view_of};
use crate::batch::Want;
use crate::lengths::RowSet;
use dsc_graph::Op;
use dsc_graph::dims::Atom;

/// The plan for one combination of results and [`Reach`].
pub(crate) struct Plan {
    /// Nodes to compute, operands first, without parameters.
    pub(crate) order: Vec<usize>,
    /// For each node, the rows that it is computed on.
    pub(crate) rows: Vec<RowSet>,
    /// For each node, how often its value is read by computed nodes and as a result.
    pub(crate) uses: Vec<u32>,
    /// The slices of a node that only slices on the same rows read.
    pub(crate) slices: BTreeMap<usize, Vec<usize>>,
    /// Indices of the losses to compute.
    pub(crate) losses: Vec<usize>,
    /// The rows over which the longest length of the batch is computed: all rows if lengths of companions' values depend on it
    /// too, so that it has one value per step.
    pub(crate) longest_over: RowSet,
}

impl Plan {
    pub(crate) fn new(program: &Program, want: Want, reach: Reach) -> Plan {
        let allowed = |root: &Root| reach.allows(root);
        let mut roots: Vec<usize> = Vec::new();
        let mut losses = Vec::new();
        if want.outputs {
            roots.extend(program.outputs.iter().filter(|o| allowed(o)).map(|o| o.node));
        }
        if want.losses {
            losses.extend(program.losses.iter().enumerate().filter(|(_, l)| allowed(l)).map(|(i, _)| i));
            roots.extend(losses.iter().filter_map(|i| program.losses.get(*i)).map(|l| l.node));
        }
        let by = program.retrieval.iter().flatten().copied();
        if want.retrieval {
            roots.extend(by.clone());
        }
        let needed = backward(program, roots.iter().copied());
        let mut extended = extended(program, &needed);
        if want.retrieval {
            // Retrieval vectors are computed on all rows.
            for (slot, mark) in extended.iter_mut().zip(backward(program, by)) {
                *slot |= mark;
            }
        }
        let mut uses = vec![0u32; program.steps.len()];
        let mut order = Vec::new();
        for (i, step) in program.steps.iter().enumerate() {
            if needed.get(i) != Some(&true) || !has_rows(&step.op) {
                continue;
            }
            order.push(i);
            for operand in &step.operands {
                if let Some(count) = uses.get_mut(*operand) {
                    *count += 1;
                }
            }
        }
        for root in roots {
            if let Some(count) = uses.get_mut(root) {
                *count += 1;
            }
        }
        let length = |step: &Step| step.time.and_then(|time| program.lengths.get(time));
        let padded = |(step, e): (&Step, &bool)| {
            *e && length(step).is_some_and(|l| l.any_atom(&mut |a| matches!(a, Atom::Longest(_))))
        };
        let longest_over = if program.steps.iter().zip(&extended).any(padded) { RowSet::All } else { RowSet::Anchors };
        let rows: Vec<RowSet> = extended.iter().map(|e| if *e { RowSet::All } else { RowSet::Anchors }).collect();
        let slices = slices(program, &order, &rows, &uses);
        Plan { order, rows, uses, slices, losses, longest_over }
    }
}

/// Several slices of a node each, if nothing else reads it.
fn slices(program: &Program, order: &[usize], rows: &[RowSet], uses: &[u32]) -> BTreeMap<usize, Vec<usize>> {
    let mut slices: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for &i in order {
        let Some(Step { op: Op::Slice { .. }, operands, .. }) = program.steps.get(i) else { continue };
        for &of in operands.iter().filter(|of| rows.get(**of) == rows.get(i)) {
            slices.entry(of).or_default().push(i);
        }
    }
    slices.retain(|of, parts| parts.len() > 1 && uses.get(*of) == Some(&(parts.len() as u32)));
    slices
}

/// For each node, whether a needed [`Op::At`](dsc_graph::Op::At) depends on it.
pub(crate) fn extended(program: &Program, needed: &[bool]) -> Vec<bool> {
    let views = program.steps.iter().zip(needed).filter(|(s, needed)| **needed && view_of(&s.op).is_some());
    backward(program, views.flat_map(|(s, _)| s.operands.iter().copied()))
}

/// For each node, whether one of `roots` needs it.
pub(super) fn backward(program: &Program, roots: impl IntoIterator<Item = usize>) -> Vec<bool> {
    let mut marks = vec![false; program.steps.len()];
    for root in roots {
        if let Some(mark) = marks.get_mut(root) {
            *mark = true;
        }
    }
    // Operands come before their users, so one pass from the end is enough.
    for (i, step) in program.steps.iter().enumerate().rev() {
        if marks.get(i) == Some(&true) {
            for operand in &step.operands {
                if let Some(mark) = marks.get_mut(*operand) {
                    *mark = true;
                }
            }
        }
    }
    marks
}
