//! Replays a step to find the operation where a value, or a gradient, stops being finite.
//!
//! Only a step that has failed is replayed. Random bits are keyed, so on the CPU a replay has the values of the step, bit for bit.

use tch::{Kind, Tensor};

use super::run::Computed;
use super::{Program, Run, Step, view_of};
use crate::batch::{Mode, StepBatch, Want};
use crate::fault::Fault;
use crate::layout;
use crate::lengths::RowSet;
use crate::ops::{self, Call};
use crate::params::{ParamStore, first_not_finite, host_values};
use crate::transfer::download;
use crate::values;
use dsc_graph::Op;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::source::Span;

/// The first operation with a result, or a derivative, that is not finite although everything it is computed from is.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// The operation.
    pub op: Op,
    /// Its name with the values of the loop variables around it: "`log` (l = 1)".
    pub operation: String,
    /// The expression in the model file.
    pub span: Span,
    /// Whether the derivative is not finite; otherwise the result.
    pub derivative: bool,
    /// The first entry that is not finite.
    pub value: f64,
    /// The samples with such an entry, as indices in the data set; empty if the value does not belong to samples.
    pub samples: Vec<u64>,
    /// The operands of the first of these samples.
    pub operands: Vec<Operand>,
    /// Names of the inputs that the operation depends on.
    pub inputs: Vec<String>,
    /// Names of the labels that the operation depends on.
    pub labels: Vec<String>,
}

/// An operand of an [`Origin`].
#[derive(Clone, Debug, PartialEq)]
pub struct Operand {
    /// Path of the parameter, or name of the operation.
    pub name: String,
    /// Whether it is a parameter.
    pub parameter: bool,
    /// The least entry.
    pub low: f64,
    /// The greatest entry.
    pub high: f64,
}

/// A node of a replayed step, with what its derivative is computed from.
struct Kept {
    node: usize,
    rows: RowSet,
    value: Tensor,
    operands: Vec<Tensor>,
}

impl Program {
    /// The first operation of a step, in the order of execution, with a result that is not finite. `None` if all results are finite,
    /// or if only a mean over the batch is not.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn trace_values(
        &self,
        store: &ParamStore,
        batch: &StepBatch,
        mode: Mode,
        want: Want,
    ) -> Result<Option<Origin>, Diagnostic> {
        let _guard = tch::no_grad_guard();
        let run = Run::new(self, store, batch, mode, want)?;
        let mut found = None;
        run.evaluate_watched(&mut |now| {
            if found.is_none() {
                found = run.value_fault(now)?;
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// The operation, going backward from the losses times `scale`, whose derivative is not finite although the gradient of its
    /// result is. `None` if all gradients are finite, or if only a sum of gradients is not.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn trace_gradients(
        &self,
        store: &ParamStore,
        batch: &StepBatch,
        mode: Mode,
        scale: f64,
    ) -> Result<Option<Origin>, Diagnostic> {
        let run = Run::new(self, store, batch, mode, Want::LOSSES)?;
        let mut kept = Vec::new();
        let found = run.evaluate_watched(&mut |now| {
            kept.push(Kept {
                node: now.node,
                rows: now.rows,
                value: now.value.shallow_clone(),
                operands: now.operands.iter().map(|t| t.shallow_clone()).collect(),
            });
            Ok(())
        })?;
        let Some(total) = values::total(&found.losses, scale)?.filter(Tensor::requires_grad) else { return Ok(None) };
        run.gradient_fault(&total, &kept).map_err(|f| f.diagnose("looking for a gradient that is not finite"))
    }
}

impl Run<'_> {
    fn value_fault(&self, now: &Computed<'_>) -> Result<Option<Origin>, Fault> {
        let Some((value, samples)) = self.bad_entries(now.step, now.rows, now.value)? else { return Ok(None) };
        self.origin(now.node, now.step, now.rows, now.operands, false, value, samples).map(Some)
    }

    fn gradient_fault(&self, total: &Tensor, kept: &[Kept]) -> Result<Option<Origin>, Fault> {
        let steps = &self.program.steps;
        let mut nodes: Vec<usize> = Vec::new();
        let mut tensors: Vec<&Tensor> = Vec::new();
        for k in kept.iter().filter(|k| k.value.requires_grad()) {
            nodes.push(k.node);
            tensors.push(&k.value);
        }
        for (node, step) in steps.iter().enumerate() {
            let Op::Param(id) = &step.op else { continue };
            let path = self.program.params.get(id.index()).map(String::as_str).unwrap_or_default();
            if let Some(tensor) = self.store.tensor(path).filter(|t| t.requires_grad()) {
                nodes.push(node);
                tensors.push(tensor);
            }
        }
        let found = Tensor::f_run_backward(&[total], &tensors, false, false)?;
        let mut gradients: Vec<Option<Tensor>> = steps.iter().map(|_| None).collect();
        for (node, gradient) in nodes.into_iter().zip(found).filter(|(_, g)| g.defined()) {
            if let Some(slot) = gradients.get_mut(node) {
                *slot = Some(gradient);
            }
        }
        let gradient = |node: usize| gradients.get(node).and_then(Option::as_ref);
        for k in kept.iter().rev() {
            let (Some(step), Some(of_result)) = (steps.get(k.node), gradient(k.node)) else { continue };
            if first_not_finite(of_result)?.is_some() {
                continue;
            }
            let mut suspect = false;
            for operand in &step.operands {
                suspect |= gradient(*operand).map(first_not_finite).transpose()?.flatten().is_some();
            }
            if suspect && let Some(origin) = self.derivative_fault(k, step, of_result)? {
                return Ok(Some(origin));
            }
        }
        Ok(None)
    }

    /// The derivative of one operation, from the gradient of its result.
    fn derivative_fault(&self, kept: &Kept, step: &Step, of_result: &Tensor) -> Result<Option<Origin>, Fault> {
        let mut leaves = Vec::with_capacity(kept.operands.len());
        for operand in &kept.operands {
            leaves.push(operand.f_detach()?.f_set_requires_grad(operand.requires_grad())?);
        }
        let operands: Vec<&Tensor> = leaves.iter().collect();
        let result = ops::apply(&Call { run: self, step, rows: kept.rows, operands: operands.clone() })?;
        let product = result.f_mul(of_result)?.f_sum(None::<Kind>)?;
        let trained: Vec<usize> =
            (0..leaves.len()).filter(|i| leaves.get(*i).is_some_and(Tensor::requires_grad)).collect();
        let inputs: Vec<&Tensor> = trained.iter().filter_map(|i| leaves.get(*i)).collect();
        if inputs.is_empty() || !product.requires_grad() {
            return Ok(None);
        }
        let derivatives = Tensor::f_run_backward(&[&product], &inputs, false, false)?;
        for (i, derivative) in trained.into_iter().zip(derivatives) {
            if !derivative.defined() {
                continue;
            }
            let Some(first) = first_not_finite(&derivative)? else { continue };
            let of = step.operands.get(i).and_then(|node| self.program.steps.get(*node));
            let bad = match of.filter(|s| !matches!(s.op, Op::Param(_))) {
                Some(of) => self.bad_entries(of, rows_of_operands(step, kept.rows), &derivative)?,
                None => None,
            };
            let (value, samples) = bad.unwrap_or((first, Vec::new()));
            return self.origin(kept.node, step, kept.rows, &operands, true, value, samples).map(Some);
        }
        Ok(None)
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one value")]
    fn origin(
        &self,
        node: usize,
        step: &Step,
        rows: RowSet,
        operands: &[&Tensor],
        derivative: bool,
        value: f64,
        bad: Vec<usize>,
    ) -> Result<Origin, Fault> {
        let mut described = Vec::with_capacity(operands.len());
        for (of, tensor) in step.operands.iter().zip(operands) {
            let Some(of) = self.program.steps.get(*of) else { continue };
            let parameter = match &of.op {
                Op::Param(id) => self.program.params.get(id.index()).cloned(),
                _ => None,
            };
            let entries = match (&parameter, bad.first()) {
                (None, Some(sample)) => self.entries_of(of, rows_of_operands(step, rows), tensor, *sample)?,
                _ => tensor.shallow_clone(),
            };
            let (low, high) = range(&entries)?;
            let is_parameter = parameter.is_some();
            let name = parameter.unwrap_or_else(|| of.op.name().to_owned());
            described.push(Operand { name, parameter: is_parameter, low, high });
        }
        let reads = self.program.needed_by(node);
        let names = |name: fn(&Op) -> Option<&String>| -> Vec<String> {
            let mut found: Vec<String> = self
                .program
                .steps
                .iter()
                .zip(&reads)
                .filter(|(_, r)| **r)
                .filter_map(|(s, _)| name(&s.op).cloned())
                .collect();
            found.dedup();
            found
        };
        let samples = self.samples(rows);
        Ok(Origin {
            op: step.op.clone(),
            operation: Program::describe(step),
            span: step.span,
            derivative,
            value,
            samples: bad.iter().filter_map(|row| samples.get(*row).copied()).collect(),
            operands: described,
            inputs: names(|op| if let Op::Input(name) = op { Some(name) } else { None }),
            labels: names(|op| if let Op::Label(name) = op { Some(name) } else { None }),
        })
    }

    /// The first entry of valid rows that is not finite, and the rows of the batch that have such entries; `None` if all are finite.
    fn bad_entries(&self, step: &Step, rows: RowSet, value: &Tensor) -> Result<Option<(f64, Vec<usize>)>, Fault> {
        if first_not_finite(value)?.is_none() {
            return Ok(None);
        }
        let mut bad = value.f_isfinite()?.f_logical_not()?;
        let lengths = step.time.map(|time| self.lengths(time, rows)).transpose()?;
        if let Some(lengths) = lengths.filter(|l| !l.packed) {
            bad = bad.f_logical_and(&layout::row_mask(lengths, bad.dim(), self.device)?)?;
        }
        let entries = host_values(&value.f_masked_select(&bad)?)?;
        let Some(first) = entries.first() else { return Ok(None) };
        let flat = if bad.dim() > 1 { bad.f_flatten(1, -1)?.f_any_dim(1, false)? } else { bad };
        let marks = host_values(&flat.f_to_kind(Kind::Float)?)?;
        let marked = |row: i64| usize::try_from(row).ok().and_then(|row| marks.get(row)).is_some_and(|m| *m != 0.0);
        let samples = match lengths.filter(|l| l.packed) {
            Some(lengths) => (0..lengths.lens.len())
                .filter(|s| (0..lengths.len(*s)).any(|row| marked(lengths.place(*s, row))))
                .collect(),
            None => (0..marks.len()).filter(|row| marked(*row as i64)).collect(),
        };
        Ok(Some((f64::from(*first), samples)))
    }

    /// The valid entries of one row of the batch.
    /// The valid rows of a sample.
    pub(super) fn entries_of(&self, step: &Step, rows: RowSet, value: &Tensor, sample: usize) -> Result<Tensor, Fault> {
        let Some(time) = step.time else { return Ok(value.f_narrow(0, sample as i64, 1)?) };
        let lengths = self.lengths(time, rows)?;
        Ok(match lengths.packed {
            true => value.f_narrow(0, lengths.place(sample, 0), lengths.len(sample))?,
            false => value.f_narrow(0, sample as i64, 1)?.f_narrow(1, 0, lengths.len(sample))?,
        })
    }
}

impl Program {
    /// For each node, whether `root` depends on it.
    fn needed_by(&self, root: usize) -> Vec<bool> {
        super::plan::backward(self, [root])
    }
}

/// The rows that an operation reads its operands on: `At` selects from all of them, others read the rows of their result.
fn rows_of_operands(step: &Step, rows: RowSet) -> RowSet {
    if view_of(&step.op).is_some() { RowSet::All } else { rows }
}

/// The least and the greatest entry; NaN if one of them is.
fn range(tensor: &Tensor) -> Result<(f64, f64), Fault> {
    if tensor.numel() == 0 {
        return Ok((0.0, 0.0));
    }
    let [min, max] = [download(&tensor.f_min()?)?, download(&tensor.f_max()?)?];
    Ok((min.f_double_value(&[])?, max.f_double_value(&[])?))
}
