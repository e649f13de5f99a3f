//! Execution plans: which nodes are computed, on which rows, and when a value is no longer needed.

use std::collections::BTreeMap;

use super::segments::{Segment, segments};
use super::{Program, Reach, Root, Step, has_rows, view_of};
use crate::batch::Want;
use crate::lengths::RowSet;
use dsc_graph::dims::Atom;
use dsc_graph::{NodeId, Op};

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
        let computed = program.steps.iter().zip(&needed).enumerate().filter(|(_, (step, n))| **n && has_rows(&step.op));
        let order: Vec<usize> = computed.map(|(i, _)| i).collect();
        let uses = uses(program, &order, &roots);
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

/// The plan of a step in two halves: what is computed from one sample each, in shards of the batch, and what is computed from the values
/// of all of them.
pub(crate) struct Halves {
    pub(crate) separate: Plan,
    pub(crate) joint: Plan,
    /// The nodes of the first half that the second one reads, or that are losses.
    pub(crate) given: Vec<usize>,
    /// The first half in segments, if some of it is computed again on the way back.
    pub(crate) segments: Vec<Segment>,
}

impl Halves {
    /// Of a plan for losses.
    pub(crate) fn of(program: &Program, plan: &Plan) -> Halves {
        let joint = |i: usize| program.joint.is(NodeId(i as u32));
        // What is the same for every sample is computed in both halves.
        let mut of_samples = vec![false; program.steps.len()];
        for (i, step) in program.steps.iter().enumerate() {
            let reads = step.operands.iter().any(|of| of_samples.get(*of) == Some(&true));
            if let Some(mark) = of_samples.get_mut(i) {
                *mark = reads || matches!(step.op, Op::Input(_) | Op::Label(_));
            }
        }
        let is_separate = |i: usize| !joint(i) && of_samples.get(i) == Some(&true);
        let losses: Vec<usize> = plan.losses.iter().filter_map(|i| program.losses.get(*i)).map(|l| l.node).collect();
        let mut behind: Vec<usize> = losses.iter().copied().filter(|i| !is_separate(*i)).collect();
        let mut given: Vec<usize> = losses.iter().copied().filter(|i| is_separate(*i)).collect();
        let mut second = vec![false; program.steps.len()];
        while let Some(i) = behind.pop() {
            let (Some(mark), Some(step)) = (second.get_mut(i), program.steps.get(i)) else { continue };
            if !std::mem::replace(mark, true) {
                let (before, more): (Vec<usize>, Vec<usize>) = step.operands.iter().partition(|of| is_separate(**of));
                given.extend(before);
                behind.extend(more);
            }
        }
        given.sort_unstable();
        given.dedup();
        let first = backward(program, given.iter().copied());
        let half = |marks: &[bool], roots: &[usize], losses: &[usize]| {
            let order: Vec<usize> = plan.order.iter().copied().filter(|i| marks.get(*i) == Some(&true)).collect();
            let uses = uses(program, &order, roots);
            let slices = slices(program, &order, &plan.rows, &uses);
            let (rows, longest_over) = (plan.rows.clone(), plan.longest_over);
            Plan { order, rows, uses, slices, losses: losses.to_vec(), longest_over }
        };
        let (separate, joint) = (half(&first, &given, &[]), half(&second, &losses, &plan.losses));
        let segments = match &program.again {
            Some(parts) => segments(program, &separate, &given, parts),
            None => Vec::new(),
        };
        Halves { separate, joint, given, segments }
    }
}

/// For each node of a program, how often those in `order` and the roots read its value.
pub(super) fn uses(program: &Program, order: &[usize], roots: &[usize]) -> Vec<u32> {
    let mut uses = vec![0u32; program.steps.len()];
    let operands = order.iter().filter_map(|i| program.steps.get(*i)).flat_map(|step| &step.operands);
    for read in operands.chain(roots) {
        if let Some(count) = uses.get_mut(*read) {
            *count += 1;
        }
    }
    uses
}

/// Several slices of a node each, if nothing else reads it.
pub(super) fn slices(program: &Program, order: &[usize], rows: &[RowSet], uses: &[u32]) -> BTreeMap<usize, Vec<usize>> {
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
