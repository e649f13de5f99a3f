//! Memory that comes and goes: blocks with an owner count, as tensors have them, and the tape of a backward pass with what it keeps.
//!
//! This is libtorch's autograd without numbers. An operation whose operand has a gradient is put on the tape with the blocks that its
//! derivative reads. The backward pass takes the tape from its end: it makes the gradients of the operands, gives back what the
//! operation kept, and adds up gradients of one value in place where nothing else holds them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::pool::Pool;

/// Bytes that are held now, and the most that were at once; where they lie.
#[derive(Debug, Default)]
pub(super) struct Meter {
    now: Cell<u64>,
    most: Cell<u64>,
    pool: RefCell<Pool>,
}

impl Meter {
    /// The most since the last [`again`](Self::again), without holes.
    pub(super) fn most(&self) -> u64 {
        self.most.get()
    }

    pub(super) fn now(&self) -> u64 {
        self.now.get()
    }

    /// Counts the most anew.
    pub(super) fn again(&self) {
        self.most.set(self.now.get());
    }

    /// The most that the process holds for all blocks that there were, holes included.
    pub(super) fn resident(&self) -> u64 {
        self.pool.borrow().resident()
    }

    /// Some bytes from now on.
    pub(super) fn block(self: &Rc<Self>, bytes: u64) -> Rc<Block> {
        let now = self.now.get().saturating_add(bytes);
        self.now.set(now);
        self.most.set(self.most.get().max(now));
        let at = self.pool.borrow_mut().take(bytes);
        Rc::new(Block { bytes, at, meter: Rc::clone(self) })
    }
}

/// Some bytes; they are given back when the last owner drops them.
#[derive(Debug)]
pub(super) struct Block {
    bytes: u64,
    at: Option<u64>,
    meter: Rc<Meter>,
}

impl Drop for Block {
    fn drop(&mut self) {
        self.meter.now.set(self.meter.now.get().saturating_sub(self.bytes));
        self.meter.pool.borrow_mut().give(self.at, self.bytes);
    }
}

/// A tensor: where it lies and which entry of the tape made it.
#[derive(Clone, Debug)]
pub(super) struct Value {
    /// None for a parameter, which is there anyway.
    pub(super) block: Option<Rc<Block>>,
    /// Bytes of its entries, which a view has more or fewer of than its block.
    pub(super) bytes: u64,
    /// Whether it is one value in the place of all samples.
    pub(super) same: bool,
    entry: Option<usize>,
}

impl Value {
    /// The same, as one value in the place of all samples or not.
    pub(super) fn same_if(self, same: bool) -> Value {
        Value { same, ..self }
    }

    /// The entry of the tape that made it.
    pub(super) fn entry(&self) -> Option<usize> {
        self.entry
    }

    /// Whether a gradient of it is wanted.
    pub(super) fn trains(&self) -> bool {
        self.entry.is_some()
    }
}

/// The gradient that an operation makes of an operand.
#[derive(Clone, Copy, Debug)]
pub(super) enum Back {
    /// That of the result, or a part of it.
    Same,
    /// A tensor of its own with so many bytes.
    New(u64),
}

#[derive(Debug, Default)]
struct Entry {
    operands: Vec<(usize, Back)>,
    keeps: Vec<Rc<Block>>,
    /// Bytes that the derivative needs while it is computed.
    work: u64,
    /// Whether gradients of its results are joined in the end, not added: those of parts.
    joins: bool,
}

/// What was computed, for the way back.
#[derive(Debug, Default)]
pub(super) struct Tape {
    pub(super) meter: Rc<Meter>,
    entries: RefCell<Vec<Entry>>,
}

/// Operands with their gradients, kept blocks, and room of the derivative.
#[derive(Debug, Default)]
pub(super) struct Derivative {
    operands: Vec<(usize, Back)>,
    keeps: Vec<Rc<Block>>,
    work: u64,
}

impl Derivative {
    /// With respect to one operand.
    pub(super) fn of(operand: &Value, back: Back) -> Derivative {
        Derivative::default().and(operand, back)
    }

    /// And to another one.
    pub(super) fn and(mut self, operand: &Value, back: Back) -> Derivative {
        self.operands.extend(operand.entry.map(|entry| (entry, back)));
        self
    }

    /// It reads that value.
    pub(super) fn reads(mut self, value: &Value) -> Derivative {
        self.keeps.extend(value.block.clone());
        self
    }

    /// It reads that value, for the gradient of `operand`.
    pub(super) fn reads_for(self, operand: &Value, value: &Value) -> Derivative {
        if operand.trains() { self.reads(value) } else { self }
    }

    /// It reads numbers of its own.
    pub(super) fn keeps(mut self, block: Rc<Block>) -> Derivative {
        self.keeps.push(block);
        self
    }

    /// It needs so many bytes while it is computed.
    pub(super) fn with_room(mut self, bytes: u64) -> Derivative {
        self.work = bytes;
        self
    }
}

impl Tape {
    /// A tape without entries.
    pub(super) fn on(meter: &Rc<Meter>) -> Tape {
        Tape { meter: Rc::clone(meter), entries: RefCell::default() }
    }

    /// Some bytes from now on.
    pub(super) fn block(&self, bytes: u64) -> Rc<Block> {
        self.meter.block(bytes)
    }

    /// A parameter of so many bytes, which lie elsewhere.
    pub(super) fn parameter(&self, bytes: u64, trains: bool) -> Value {
        let entry = trains.then(|| self.push(Derivative::default(), false));
        Value { block: None, bytes, same: false, entry }
    }

    /// A value of another tape, as the beginning of this one if it trains.
    pub(super) fn leaf(&self, of: &Value, trains: bool) -> Value {
        Value { entry: trains.then(|| self.push(Derivative::default(), false)), ..of.clone() }
    }

    /// A value without a gradient.
    pub(super) fn constant(&self, bytes: u64) -> Value {
        Value { block: Some(self.block(bytes)), bytes, same: false, entry: None }
    }

    /// The result of an operation in memory of its own.
    pub(super) fn result(&self, bytes: u64, derivative: Derivative) -> Value {
        let block = self.block(bytes);
        Value { block: Some(block), bytes, same: false, entry: self.record(derivative) }
    }

    /// A result that its own derivative reads.
    pub(super) fn kept_result(&self, bytes: u64, derivative: Derivative) -> Value {
        let block = self.block(bytes);
        Value { block: Some(Rc::clone(&block)), bytes, same: false, entry: self.record(derivative.keeps(block)) }
    }

    /// A value in the memory of another.
    pub(super) fn view(&self, of: &Value, bytes: u64, back: Back) -> Value {
        Value { block: of.block.clone(), bytes, same: of.same, entry: self.record(Derivative::of(of, back)) }
    }

    /// A value whose parts are given out as `count` views of so many bytes.
    pub(super) fn split(&self, of: &Value, parts: &[u64]) -> Vec<Value> {
        let derivative = Derivative::of(of, Back::New(of.bytes));
        let entry = (!derivative.operands.is_empty()).then(|| self.push(derivative, true));
        parts.iter().map(|bytes| Value { block: of.block.clone(), bytes: *bytes, same: of.same, entry }).collect()
    }

    /// The same value without its gradient.
    pub(super) fn detached(&self, of: &Value) -> Value {
        Value { entry: None, ..of.clone() }
    }

    fn record(&self, derivative: Derivative) -> Option<usize> {
        // Without an operand that trains nothing is kept.
        (!derivative.operands.is_empty()).then(|| self.push(derivative, false))
    }

    fn push(&self, derivative: Derivative, joins: bool) -> usize {
        let Derivative { operands, keeps, work } = derivative;
        let mut entries = self.entries.borrow_mut();
        entries.push(Entry { operands, keeps, work, joins });
        entries.len() - 1
    }

    /// Goes back from a scalar; the gradients of the parameters and leaves that it depends on, by their entries.
    pub(super) fn backward(&self, from: &Value) -> Vec<(usize, Vec<Rc<Block>>)> {
        let Some(root) = from.entry else { return Vec::new() };
        let mut pending: Vec<Vec<Rc<Block>>> = (0..=root).map(|_| Vec::new()).collect();
        if let Some(slot) = pending.get_mut(root) {
            slot.push(self.block(from.bytes));
        }
        let mut found = Vec::new();
        for at in (0..=root).rev() {
            let given = pending.get_mut(at).map(std::mem::take).unwrap_or_default();
            let Some(first) = given.first().cloned() else { continue };
            let Some(Entry { operands, keeps, work, .. }) = self.taken(at) else { continue };
            if operands.is_empty() {
                // A parameter or a leaf.
                found.push((at, given));
                continue;
            }
            let room = self.block(work);
            let made: Vec<(usize, Rc<Block>)> = operands
                .into_iter()
                .map(|(operand, back)| match back {
                    Back::Same => (operand, Rc::clone(&first)),
                    Back::New(bytes) => (operand, self.block(bytes)),
                })
                .collect();
            drop((room, keeps, given, first));
            for (operand, gradient) in made {
                let joins = self.entries.borrow().get(operand).is_some_and(|e| e.joins);
                let Some(slot) = pending.get_mut(operand) else { continue };
                match slot.pop() {
                    None => slot.push(gradient),
                    Some(one) if joins => slot.extend([one, gradient]),
                    // In place where the sum so far belongs to nobody else.
                    Some(sum) if Rc::strong_count(&sum) == 1 => slot.push(sum),
                    Some(sum) => slot.push(self.block(sum.bytes)),
                }
            }
        }
        found
    }

    /// The entry, whose blocks are freed behind its derivative.
    fn taken(&self, at: usize) -> Option<Entry> {
        self.entries.borrow_mut().get_mut(at).map(std::mem::take)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_way_back_needs_stays_until_it_is_read() {
        let tape = Tape::default();
        let w = tape.parameter(8, true);
        let x = tape.constant(100);
        let y = tape.result(50, Derivative::of(&w, Back::New(8)).reads_for(&w, &x));
        drop(x);
        assert_eq!(tape.meter.now(), 150, "the derivative reads x");
        let z = tape.kept_result(50, Derivative::of(&y, Back::New(50)));
        drop(y);
        assert_eq!(tape.meter.now(), 150, "nothing reads y");
        let loss = tape.result(4, Derivative::of(&z, Back::New(50)));
        drop(z);
        let gradients = tape.backward(&loss);
        drop(loss);
        assert_eq!(tape.meter.now(), 8, "the gradient of the parameter");
        // Kept x and z, the loss and its gradient, then the gradients of z and y.
        assert_eq!(tape.meter.most(), 100 + 50 + 4 + 50 + 50);
        drop(gradients);
        assert_eq!(tape.meter.now(), 0);
    }

    #[test]
    fn gradients_are_added_in_place_where_nobody_else_holds_them() {
        // a + a gives one gradient to both: their sum is a tensor of its own.
        let tape = Tape::default();
        let w = tape.parameter(1000, true);
        let x = tape.result(1000, Derivative::of(&w, Back::Same).and(&w, Back::Same));
        let loss = tape.result(0, Derivative::of(&x, Back::New(1000)));
        drop(x);
        assert_eq!(tape.backward(&loss).len(), 1);
        assert_eq!(tape.meter.most(), 2000, "the gradient of x, and twice that");
    }
}
