//! Execution of one step.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use indexmap::IndexMap;
use tch::{Device, Kind, Tensor};

use super::plan::Plan;
use super::{Evaluated, Program, Reach, Step, View, view_of};
use crate::batch::{CompanionRows, Mode, StepBatch, Want, WholeBatch, misfit};
use crate::fault::Fault;
use crate::layout;
use crate::lengths::{Lengths, RowSet};
use crate::ops::{self, Call};
use crate::params::ParamStore;
use crate::together::Together;
use crate::transfer::upload;
use dsc_graph::dims::{Atom, Dim};
use dsc_graph::{Band, Group, Op};
use dsc_syntax::diag::{Diagnostic, codes::runtime as code};

/// The state of a step that operations can read.
pub(crate) struct Run<'a> {
    pub(crate) program: &'a Program,
    plan: &'a Plan,
    pub(crate) store: &'a ParamStore,
    pub(crate) batch: &'a StepBatch,
    pub(crate) mode: Mode,
    want: Want,
    pub(crate) device: Device,
    pub(crate) kind: Kind,
    own: SampleLengths<'a>,
    /// Of the batch that these samples are a part of.
    whole: Option<SampleLengths<'a>>,
    lengths: Vec<[OnceCell<Lengths>; 2]>,
    together: RefCell<BTreeMap<Pair, Rc<Together>>>,
    longest: RefCell<BTreeMap<Dim, i64>>,
    present: Vec<Tensor>,
}

/// Time axes of queries and keys, whether on all rows, and attention mask.
type Pair = (usize, usize, bool, Band);

/// A node that was just computed.
pub(crate) struct Computed<'c> {
    /// Its index.
    pub(crate) node: usize,
    pub(crate) step: &'c Step,
    /// Rows of the result.
    pub(crate) rows: RowSet,
    pub(crate) value: &'c Tensor,
    /// Values of the operands, as the operation read them.
    pub(crate) operands: &'c [&'c Tensor],
}

/// The values of all nodes, and those that were cut to the rows of the anchors.
type Slots<'a> = (Vec<Slot<'a>>, Vec<Option<Tensor>>);

/// Sees every node after it is computed.
pub(crate) type Watch<'w> = &'w mut dyn FnMut(&Computed<'_>) -> Result<(), Fault>;

/// The samples of a batch by the lengths of their time axes.
struct SampleLengths<'a> {
    base: BTreeMap<&'a str, Vec<i64>>,
    rows: usize,
    anchors: usize,
    companions: &'a [CompanionRows],
}

impl<'a> SampleLengths<'a> {
    fn of(program: &'a Program, batch: &'a StepBatch) -> Result<Self, Diagnostic> {
        let StepBatch { samples, anchors, streams, companions, .. } = batch;
        let base = program.base_lengths(samples, |input| Some(streams.get(input)?.time()?.1))?;
        Ok(SampleLengths { base, rows: samples.len(), anchors: *anchors, companions })
    }

    fn of_whole(program: &'a Program, batch: &'a WholeBatch) -> Result<Self, Diagnostic> {
        let WholeBatch { samples, anchors, lens, companions } = batch;
        let base = program.base_lengths(samples, |input| lens.get(input).map(Vec::as_slice))?;
        Ok(SampleLengths { base, rows: samples.len(), anchors: *anchors, companions })
    }
}

fn companion_rows(companions: &[CompanionRows], (declaration, group, index): View) -> Option<&[u32]> {
    let rows = companions.get(declaration)?;
    let group = if group == Group::Pos { &rows.pos } else { &rows.neg };
    group.get(index).map(Vec::as_slice)
}

/// The value of a node during the step.
enum Slot<'a> {
    Empty,
    Param(&'a Tensor),
    Value(Tensor),
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        program: &'a Program,
        store: &'a ParamStore,
        batch: &'a StepBatch,
        mode: Mode,
        want: Want,
    ) -> Result<Self, Diagnostic> {
        let companions = mode != Mode::Eval && !batch.companions.is_empty();
        if !companions && batch.rows() != batch.anchors {
            return Err(misfit(format!(
                "{} rows but {} anchors in a step without companions",
                batch.rows(),
                batch.anchors
            )));
        }
        if companions && batch.companions.len() != program.retrieval.len() {
            return Err(misfit(format!(
                "rows for {} companions declarations, the graph has {}",
                batch.companions.len(),
                program.retrieval.len()
            )));
        }
        Run::of_plan(program, program.plan(want, Reach::of(mode, companions)), store, batch, mode, want)
    }

    /// Of some of the nodes that results need.
    pub(crate) fn of_plan(
        program: &'a Program,
        plan: &'a Plan,
        store: &'a ParamStore,
        batch: &'a StepBatch,
        mode: Mode,
        want: Want,
    ) -> Result<Self, Diagnostic> {
        batch.check()?;
        let companions: &[CompanionRows] = if mode == Mode::Eval { &[] } else { &batch.companions };
        let present = companions
            .iter()
            .map(|c| upload(&Tensor::f_from_slice(&c.present)?, store.device()))
            .collect::<Result<_, _>>()
            .map_err(|f: Fault| f.diagnose("placing companions"))?;
        Ok(Run {
            program,
            plan,
            store,
            batch,
            mode,
            want,
            device: store.device(),
            kind: store.kind(),
            own: SampleLengths::of(program, batch)?,
            whole: batch.part_of.as_deref().map(|whole| SampleLengths::of_whole(program, whole)).transpose()?,
            lengths: program.lengths.iter().map(|_| [OnceCell::new(), OnceCell::new()]).collect(),
            together: RefCell::default(),
            longest: RefCell::default(),
            present,
        })
    }

    /// Number of rows of a set.
    pub(crate) fn count(&self, rows: RowSet) -> i64 {
        match rows {
            RowSet::All => self.batch.rows() as i64,
            RowSet::Anchors => self.batch.anchors as i64,
        }
    }

    /// Indices in the data set of the samples of a set of rows.
    pub(crate) fn samples(&self, rows: RowSet) -> &[u64] {
        self.batch.samples.get(..self.count(rows) as usize).unwrap_or_default()
    }

    /// The lengths of a time axis, for a set of rows.
    pub(crate) fn lengths(&self, time: usize, rows: RowSet) -> Result<&Lengths, Fault> {
        let cell = self
            .lengths
            .get(time)
            .and_then(|cells| cells.get(usize::from(rows == RowSet::Anchors)))
            .ok_or_else(|| Fault::Torch("no such time axis".into()))?;
        if let Some(lengths) = cell.get() {
            return Ok(lengths);
        }
        let dim = self.program.lengths.get(time).cloned().unwrap_or_default();
        let count = self.count(rows) as usize;
        let lens = match dim.as_const() {
            Some(n) => vec![n; count],
            None => (0..count)
                .map(|row| dim.eval(&|atom: &Atom| self.atom(atom, &self.own, row)))
                .collect::<Option<Vec<i64>>>()
                .ok_or_else(|| {
                    Diagnostic::error(code::E0725, format!("the time axis `{dim}` has no number in this batch"))
                        .help("the batch has no stream with this length")
                })?,
        };
        Ok(cell.get_or_init(|| Lengths::new(lens, self.program.packing)))
    }

    /// How rows of one time axis attend to rows of another.
    pub(crate) fn together(&self, query: usize, key: usize, rows: RowSet, band: Band) -> Result<Rc<Together>, Fault> {
        let name = (query, key, rows == RowSet::All, band);
        if let Some(together) = self.together.borrow().get(&name) {
            return Ok(Rc::clone(together));
        }
        let together = Together::new(self.lengths(query, rows)?, self.lengths(key, rows)?, band, self.device)?;
        let together = Rc::new(together);
        self.together.borrow_mut().insert(name, Rc::clone(&together));
        Ok(together)
    }

    fn atom(&self, atom: &Atom, of: &SampleLengths<'_>, row: usize) -> Option<i64> {
        match atom {
            Atom::Length { name, view } => {
                let row = match view {
                    None => row,
                    Some(view) => *companion_rows(of.companions, *self.program.views.get(view)?)?.get(row)? as usize,
                };
                of.base.get(name.as_str())?.get(row).copied()
            }
            Atom::Width(name) => self.program.dims.widths.get(name).copied(),
            Atom::Longest(of) => self.longest(of),
            Atom::Most(name) => self.program.dims.max_lengths.get(name).copied(),
            Atom::Batch => Some(self.count(RowSet::Anchors)),
            _ => None,
        }
    }

    /// The maximum of a length over the batch: over the rows that the plan sets, or over the anchors if it depends on their
    /// companions.
    fn longest(&self, of: &Dim) -> Option<i64> {
        if let Some(known) = self.longest.borrow().get(of) {
            return Some(*known);
        }
        let mut views = false;
        of.any_atom(&mut |a| {
            views |= matches!(a, Atom::Length { view: Some(_), .. });
            views
        });
        let batch = self.whole.as_ref().unwrap_or(&self.own);
        let rows = match self.plan.longest_over {
            RowSet::All if !views => batch.rows,
            _ => batch.anchors,
        };
        let lens = (0..rows).map(|row| of.eval(&|atom: &Atom| self.atom(atom, batch, row)));
        let lens = lens.collect::<Option<Vec<i64>>>()?;
        let longest = lens.into_iter().max()?;
        self.longest.borrow_mut().insert(of.clone(), longest);
        Some(longest)
    }

    /// The value of a dim that is the same for the whole data set.
    pub(crate) fn width(&self, dim: &Dim) -> Result<i64, Fault> {
        let unbound =
            || Diagnostic::error(code::E0725, format!("`{dim}` has no number")).help("bind the graph to data first");
        Ok(dim.eval(&self.program.dims).ok_or_else(unbound)?)
    }

    /// The value of a dim that is the same for all samples of the step.
    pub(crate) fn number(&self, dim: &Dim) -> Result<i64, Fault> {
        dim.eval(&|atom: &Atom| self.atom(atom, &self.own, 0)).ok_or_else(|| {
            Diagnostic::error(code::E0725, format!("`{dim}` has no number in this batch"))
                .help("bind the graph to data or to a card first")
                .into()
        })
    }

    /// For each anchor, the row of a companion.
    pub(crate) fn companion_rows(&self, view: View) -> Option<&[u32]> {
        companion_rows(&self.batch.companions, view)
    }

    /// Computes all nodes of the plan and collects the results.
    pub(crate) fn evaluate(&self) -> Result<Evaluated, Diagnostic> {
        self.evaluate_watched(&mut |_| Ok(()))
    }

    /// As [`evaluate`](Self::evaluate); `watch` sees every node after it is computed.
    pub(crate) fn evaluate_watched(&self, watch: Watch<'_>) -> Result<Evaluated, Diagnostic> {
        let (slots, cut) = self.compute(self.plan, &[], watch)?;
        self.collect(&slots, &cut)
    }

    /// Computes the nodes of a plan, beside such whose values are given, and gives the values of `roots`, on the rows of each.
    pub(crate) fn values_of(
        &self,
        plan: &Plan,
        given: &[(usize, Tensor)],
        roots: &[usize],
        watch: Watch<'_>,
    ) -> Result<Vec<Tensor>, Diagnostic> {
        let (slots, _) = self.compute(plan, given, watch)?;
        let values = roots.iter().map(|i| match slots.get(*i) {
            Some(Slot::Value(value)) => Ok(value.shallow_clone()),
            _ => Err(Fault::Torch(format!("value {i} is not computed"))),
        });
        values.collect::<Result<_, _>>().map_err(|f| f.diagnose("collecting values"))
    }

    /// As [`evaluate_watched`](Self::evaluate_watched), with the values of some nodes, which are not computed.
    pub(crate) fn evaluate_given(&self, given: &[(usize, Tensor)], watch: Watch<'_>) -> Result<Evaluated, Diagnostic> {
        let (slots, cut) = self.compute(self.plan, given, watch)?;
        self.collect(&slots, &cut)
    }

    fn compute(&self, plan: &Plan, given: &[(usize, Tensor)], watch: Watch<'_>) -> Result<Slots<'a>, Diagnostic> {
        let program = self.program;
        let mut slots: Vec<Slot<'a>> = program.steps.iter().map(|_| Slot::Empty).collect();
        let mut cut: Vec<Option<Tensor>> = program.steps.iter().map(|_| None).collect();
        // Slices that were cut out together with others of the same value.
        let mut parts: BTreeMap<usize, Tensor> = BTreeMap::new();
        let mut left = plan.uses.clone();
        for (slot, step) in slots.iter_mut().zip(&program.steps).zip(&left).filter(|(_, n)| **n > 0).map(|(s, _)| s) {
            if let Op::Param(id) = &step.op {
                let path = program.params.get(id.index()).map(String::as_str).unwrap_or_default();
                *slot = Slot::Param(self.store.tensor(path).ok_or_else(|| {
                    Diagnostic::error(code::E0726, format!("parameter `{path}` is missing"))
                        .at(step.span, "it belongs to this call")
                        .help("initialise the parameters from the same graph")
                })?);
            }
        }
        for (node, value) in given {
            if let Some(slot) = slots.get_mut(*node) {
                *slot = Slot::Value(value.shallow_clone());
            }
        }
        let together = self.batch.rows() == self.batch.anchors;
        for &i in &plan.order {
            let (Some(step), Some(rows)) = (program.steps.get(i), plan.rows.get(i).copied()) else { continue };
            let place = |f: Fault| -> Diagnostic {
                let fault = f.diagnose(&format!("running {}", Program::describe(step)));
                if fault.primary.is_some() { fault } else { fault.at(step.span, Program::describe(step)) }
            };
            // An operand with more rows than the node is cut once and shared by all such readers.
            if rows == RowSet::Anchors && !together && view_of(&step.op).is_none() {
                for &operand in &step.operands {
                    let wide = plan.rows.get(operand) == Some(&RowSet::All);
                    if let (true, Some(Slot::Value(value)), Some(cut @ None), Some(of)) =
                        (wide, slots.get(operand), cut.get_mut(operand), program.steps.get(operand))
                    {
                        *cut = Some(self.anchors_of(value, of).map_err(place)?);
                    }
                }
            }
            let value = {
                let mut operands = Vec::with_capacity(step.operands.len());
                for &operand in &step.operands {
                    let shortened = match rows {
                        RowSet::Anchors if view_of(&step.op).is_none() => cut.get(operand).and_then(Option::as_ref),
                        _ => None,
                    };
                    operands.push(match (shortened, slots.get(operand)) {
                        (Some(value), _) | (None, Some(Slot::Value(value))) => value,
                        (None, Some(Slot::Param(value))) => *value,
                        (None, _) => return Err(place(Fault::Torch(format!("operand {operand} is not computed")))),
                    });
                }
                let call = Call { run: self, step, rows, operands };
                let value = match parts.remove(&i) {
                    Some(part) => part,
                    None => ops::apply(&call).map_err(place)?,
                };
                if let Some(slices) = plan.slices.get(&i) {
                    parts.extend(self.parts(&value, slices).map_err(place)?);
                }
                watch(&Computed { node: i, step, rows, value: &value, operands: &call.operands }).map_err(place)?;
                value
            };
            for &operand in &step.operands {
                release(operand, &mut left, &mut slots, &mut cut);
            }
            if let Some(slot) = slots.get_mut(i) {
                *slot = Slot::Value(value);
            }
        }
        Ok((slots, cut))
    }

    /// The slices of a value, if they are all of it: splitting, unlike cutting out, has one cheap gradient, the parts joined.
    fn parts(&self, value: &Tensor, slices: &[usize]) -> Result<Vec<(usize, Tensor)>, Fault> {
        let mut places = Vec::with_capacity(slices.len());
        for &slice in slices {
            if let Some(Op::Slice { from, to }) = self.program.steps.get(slice).map(|step| &step.op) {
                places.push((self.number(from)?, self.number(to)?, slice));
            }
        }
        places.sort_unstable();
        let mut end = 0;
        let whole = places.iter().all(|(from, to, _)| std::mem::replace(&mut end, *to) == *from);
        if !whole || value.size().last() != Some(&end) {
            return Ok(Vec::new());
        }
        let sizes: Vec<i64> = places.iter().map(|(from, to, _)| to - from).collect();
        let parts = value.f_split_with_sizes(sizes.as_slice(), -1)?;
        Ok(places.into_iter().map(|(_, _, slice)| slice).zip(parts).collect())
    }

    /// The rows of the anchors of an extended value, cut to the longest of them.
    fn anchors_of(&self, value: &Tensor, of: &Step) -> Result<Tensor, Fault> {
        match of.time {
            Some(time) => {
                let (from, to) = (self.lengths(time, RowSet::All)?, self.lengths(time, RowSet::Anchors)?);
                layout::first(value, from, to, self.device)
            }
            None => Ok(value.f_narrow(0, 0, self.count(RowSet::Anchors))?),
        }
    }

    fn collect(&self, slots: &[Slot<'_>], cut: &[Option<Tensor>]) -> Result<Evaluated, Diagnostic> {
        let program = self.program;
        let whole = |node: usize| -> Result<Tensor, Fault> {
            match slots.get(node) {
                Some(Slot::Value(value)) => Ok(value.shallow_clone()),
                _ => Err(Fault::Torch(format!("root {node} is not computed"))),
            }
        };
        let of_anchors = |node: usize| -> Result<Tensor, Fault> {
            match (cut.get(node), self.plan.rows.get(node), program.steps.get(node)) {
                (Some(Some(value)), _, _) => Ok(value.shallow_clone()),
                (_, Some(RowSet::All), Some(step)) => self.anchors_of(&whole(node)?, step),
                _ => whole(node),
            }
        };
        let mut found = Evaluated { outputs: IndexMap::new(), losses: IndexMap::new(), retrieval: Vec::new() };
        if self.want.outputs {
            for output in program.outputs.iter().filter(|o| o.companions.is_empty() || !self.present.is_empty()) {
                let value =
                    of_anchors(output.node).map_err(|f| f.diagnose(&format!("collecting output `{}`", output.name)))?;
                found.outputs.insert(output.name.clone(), value);
            }
        }
        for loss in self.plan.losses.iter().filter_map(|i| program.losses.get(*i)) {
            let mean = || -> Result<Tensor, Fault> {
                let mut value = of_anchors(loss.node)?;
                for declaration in &loss.companions {
                    if let Some(present) = self.present.get(*declaration) {
                        value = value.f_where_scalarother(present, 0.0)?;
                    }
                }
                Ok(value.f_mean(None)?)
            };
            found
                .losses
                .insert(loss.name.clone(), mean().map_err(|f| f.diagnose(&format!("averaging loss `{}`", loss.name)))?);
        }
        if self.want.retrieval {
            for by in &program.retrieval {
                let vectors = by.iter().map(|node| whole(*node)).collect::<Result<_, _>>();
                found.retrieval.push(vectors.map_err(|f| f.diagnose("collecting retrieval vectors"))?);
            }
        }
        Ok(found)
    }
}

/// Counts one use of a value and frees it after the last one. Autograd keeps what it needs itself.
fn release(node: usize, left: &mut [u32], slots: &mut [Slot<'_>], cut: &mut [Option<Tensor>]) {
    let Some(count) = left.get_mut(node) else { return };
    *count = count.saturating_sub(1);
    if *count == 0 {
        if let Some(slot) = slots.get_mut(node) {
            *slot = Slot::Empty;
        }
        if let Some(cut) = cut.get_mut(node) {
            *cut = None;
        }
    }
}
