//! Memory of operations on rows of time: gathers between layouts, joining, pooling.

use super::ops::{Call, F, I};
use super::rows::Lengths;
use super::tape::{Back, Derivative, Value};
use dsc_graph::types::Type;

impl Call<'_> {
    /// Rows of a value picked by an index; their gradient is added up in zeros.
    pub(super) fn gather(&self, x: &Value, out: u64) -> Value {
        let width = self.columns(self.ty).unwrap_or(1).max(1);
        let index = self.tape.block(out / F / width * I);
        self.tape.result(out, Derivative::of(x, Back::New(x.bytes)).keeps(index))
    }

    /// An operand in the padded layout.
    pub(super) fn padded(&self, x: &Value, operand: usize) -> Option<Value> {
        let lengths = self.lengths_of(self.arg_type(operand)?)?;
        Some(match lengths.packed {
            true => self.gather(x, x.bytes / lengths.valid().max(1) * lengths.padded_rows()),
            false => x.clone(),
        })
    }

    /// A padded value in the layout of `lengths`.
    pub(super) fn in_layout(&self, x: &Value, lengths: &Lengths, out: u64) -> Value {
        if lengths.packed { self.gather(x, out) } else { x.clone() }
    }

    /// A padded value with a number in its padding.
    pub(super) fn masked(&self, x: &Value) -> Value {
        let mask = self.tape.block(x.bytes / F / self.columns(self.ty).unwrap_or(1).max(1));
        self.tape.result(x.bytes, Derivative::of(x, Back::New(x.bytes)).keeps(mask).with_room(x.bytes))
    }

    pub(super) fn convolution(&self, x: &Value, out: u64) -> Option<Value> {
        let rows = self.masked(&self.padded(x, 0)?);
        let mut d = Derivative::of(&rows, Back::New(rows.bytes)).reads(&rows).with_room(rows.bytes);
        for (p, ..) in self.args.iter().skip(1) {
            d = d.and(p, Back::New(p.bytes));
        }
        let lengths = self.lengths_of(self.ty)?;
        let all = out / lengths.rows().max(1) * lengths.padded_rows();
        let found = self.tape.result(all, d);
        let turned = self.tape.result(all, Derivative::of(&found, Back::Same));
        Some(self.in_layout(&turned, &lengths, out))
    }

    /// The first rows of the first samples.
    pub(super) fn first(&self, x: &Value, from: &Type, to: &Lengths, from_all: bool, out: u64) -> Option<Value> {
        let from = self.layout.lengths(from.len()?, from_all)?;
        let is_front = from.lens.get(..to.lens.len()) == Some(to.lens.as_slice());
        Some(match (from.packed, to.packed) {
            (false, false) => self.tape.view(x, out, Back::New(x.bytes)),
            (true, true) if is_front && out == x.bytes => x.clone(),
            (true, true) if is_front => self.tape.view(x, out, Back::New(x.bytes)),
            _ => self.gather(x, out),
        })
    }

    /// Values side by side in memory of their own; their gradients are parts of one.
    pub(super) fn joined(&self, out: u64) -> Value {
        let mut d = Derivative::default();
        for (x, ..) in &self.args {
            d = d.and(x, Back::Same);
        }
        self.tape.result(out, d)
    }

    pub(super) fn concat(&self, out: u64) -> Option<Value> {
        let parts = self.args.iter().map(|(_, ty, _)| self.lengths_of(ty)).collect::<Option<Vec<_>>>()?;
        let gaps = parts.split_last().is_some_and(|(_, leading)| leading.iter().any(|p| p.ragged));
        if !gaps && self.packed()?.is_none() && parts.iter().all(|p| !p.packed) {
            return Some(self.joined(out));
        }
        let behind = self.joined(self.args.iter().map(|(x, ..)| x.bytes).sum());
        Some(self.gather(&behind, out))
    }

    pub(super) fn mean(&self, x: &Value, weighted: bool, out: u64) -> Option<Value> {
        let lengths = self.lengths_of(self.arg_type(0)?)?;
        let tape = self.tape;
        if !lengths.packed {
            return Some(tape.result(out, Derivative::of(x, Back::New(x.bytes))));
        }
        let scaled = if weighted { tape.result(x.bytes, Derivative::of(x, Back::New(x.bytes))) } else { x.clone() };
        let owners = tape.block(lengths.valid() * I);
        let _zeros = tape.block(out);
        Some(tape.result(out, Derivative::of(&scaled, Back::New(x.bytes)).keeps(owners)))
    }
}
