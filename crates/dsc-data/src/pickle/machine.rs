//! The state of the stack machine: stack, marks, memo and objects, and the checked access to them.

use std::collections::HashMap;
use std::sync::Arc;

use super::array::Dtype;
use super::reader::{Fault, Payload, Reader, Walked, damaged, form, shorten};
use super::unsupported::Unsupported;
use super::value::{Object, Slot};

/// Limit of the decoded bytes, as a multiple of the size of the input. A valid file decodes everything once; a hostile one
/// could decode the same long text again and again.
const OWNED_PER_INPUT: usize = 2;
/// Decoded bytes that are always allowed, so that the limit does not reject small files.
const OWNED_FREE: usize = 1 << 20;
/// numpy's own limit.
const MAX_AXES: usize = 64;
/// Longest name of a module, function, dtype or encoding, in bytes.
const MAX_NAME: usize = 256;

/// The machine while it runs.
#[derive(Debug)]
pub(super) struct Machine<'a> {
    pub(super) reader: Reader<'a>,
    pub(super) objects: Vec<Object>,
    pub(super) stack: Vec<Slot>,
    /// Heights of the stack at the open MARKs.
    pub(super) marks: Vec<usize>,
    /// Memo entries 0, 1, 2, .., as every writer numbers them; entries with other numbers are in `sparse`.
    memo: Vec<Slot>,
    sparse: HashMap<u32, Slot>,
    /// Decoded bytes so far, see [`OWNED_PER_INPUT`].
    owned: usize,
}

impl<'a> Machine<'a> {
    pub(super) fn new(input: &'a [u8]) -> Machine<'a> {
        Machine {
            reader: Reader { input, at: 0 },
            objects: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: Vec::new(),
            sparse: HashMap::new(),
            owned: 0,
        }
    }

    /// The number that the next memo entry gets.
    pub(super) fn memo_len(&self) -> usize {
        self.memo.len() + self.sparse.len()
    }

    // The stack. No instruction reads below the last MARK, as in Python.

    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    pub(super) fn pop(&mut self) -> Walked<Slot> {
        if self.stack.len() <= self.floor() {
            return damaged("a value is taken from an empty stack");
        }
        self.stack.pop().map_or_else(|| damaged("a value is taken from an empty stack"), Ok)
    }

    pub(super) fn top(&self) -> Walked<Slot> {
        match self.stack.last() {
            Some(slot) if self.stack.len() > self.floor() => Ok(*slot),
            _ => damaged("a value is read from an empty stack"),
        }
    }

    pub(super) fn pop_n(&mut self, n: usize) -> Walked<Vec<Slot>> {
        match self.stack.len().checked_sub(n) {
            Some(start) if start >= self.floor() => Ok(self.stack.split_off(start)),
            _ => damaged("a value is taken from an empty stack"),
        }
    }

    pub(super) fn pop_mark(&mut self) -> Walked<Vec<Slot>> {
        match self.marks.pop() {
            Some(height) if height <= self.stack.len() => Ok(self.stack.drain(height..).collect()),
            _ => damaged("a group without its mark"),
        }
    }

    // The memo.

    pub(super) fn put(&mut self, index: u32) -> Walked<()> {
        let slot = self.top()?;
        let dense = usize::try_from(index).unwrap_or(usize::MAX);
        if let Some(entry) = self.memo.get_mut(dense) {
            *entry = slot;
        } else if dense == self.memo.len() && self.sparse.is_empty() {
            self.memo.push(slot);
        } else {
            self.sparse.insert(index, slot);
        }
        Ok(())
    }

    pub(super) fn get(&mut self, index: u32) -> Walked<Slot> {
        let dense = usize::try_from(index).ok().and_then(|i| self.memo.get(i));
        match dense.or_else(|| self.sparse.get(&index)) {
            Some(slot) => Ok(*slot),
            None => damaged(format!("memo entry {index} was never written")),
        }
    }

    // Objects.

    pub(super) fn push_object(&mut self, object: Object) -> Walked<Slot> {
        let id = u32::try_from(self.objects.len()).or_else(|_| damaged("more than 4 billion objects"))?;
        self.objects.push(object);
        Ok(Slot::Object(id))
    }

    pub(super) fn object(&self, slot: Slot) -> Option<&Object> {
        match slot {
            Slot::Object(id) => self.objects.get(usize::try_from(id).ok()?),
            _ => None,
        }
    }

    fn object_mut(&mut self, slot: Slot) -> Option<&mut Object> {
        match slot {
            Slot::Object(id) => self.objects.get_mut(usize::try_from(id).ok()?),
            _ => None,
        }
    }

    /// Why the value was passed over, if it was.
    pub(super) fn unsupported(&self, slot: Slot) -> Option<Arc<Unsupported>> {
        match self.object(slot) {
            Some(Object::Unsupported(why)) => Some(why.clone()),
            _ => None,
        }
    }

    /// The value, or a placeholder where it is not read.
    pub(super) fn or_unsupported(&mut self, value: Walked<Slot>) -> Walked<Slot> {
        match value {
            Err(Fault::Unsupported(why)) => self.push_object(Object::Unsupported(why)),
            other => other,
        }
    }

    /// The fault for a value of another form than a caller expects.
    fn misfit<T>(&self, slot: Slot, expected: &str) -> Walked<T> {
        match self.unsupported(slot) {
            Some(why) => Err(Fault::Unsupported(why)),
            None => form(format!("{expected} is expected")),
        }
    }

    /// Changes an object in place, so that every reference to it sees the change.
    pub(super) fn replace(&mut self, slot: Slot, by: Object) -> Walked<()> {
        match self.object_mut(slot) {
            Some(object) => {
                *object = by;
                Ok(())
            }
            None => damaged("a state for a value that has no state"),
        }
    }

    /// Keeps decoded bytes, within the limit.
    pub(super) fn owned(&mut self, bytes: Vec<u8>) -> Walked<Payload> {
        self.charge(bytes.len())?;
        Ok(Payload::Owned(bytes.into()))
    }

    fn charge(&mut self, bytes: usize) -> Walked<()> {
        self.owned = self.owned.saturating_add(bytes);
        if self.owned > self.reader.input.len().saturating_mul(OWNED_PER_INPUT).saturating_add(OWNED_FREE) {
            return damaged("the same data are copied again and again");
        }
        Ok(())
    }

    pub(super) fn text(&mut self, n: usize) -> Walked<Slot> {
        let payload = self.reader.payload(n)?;
        let bytes = payload.bytes(self.reader.input);
        if std::str::from_utf8(bytes).is_ok() {
            return self.push_object(Object::Str(payload));
        }
        // Python allows lone surrogates; they are not valid UTF-8.
        let text = String::from_utf8_lossy(bytes).into_owned();
        let text = self.owned(text.into_bytes())?;
        self.push_object(Object::Str(text))
    }

    pub(super) fn bytes(&mut self, n: usize) -> Walked<Slot> {
        let payload = self.reader.payload(n)?;
        self.push_object(Object::Bytes(payload))
    }

    pub(super) fn long(&mut self, n: usize) -> Walked<Slot> {
        let payload = self.reader.payload(n)?;
        let bytes = payload.bytes(self.reader.input);
        if n > 8 {
            return self.push_object(Object::BigInt(payload));
        }
        let negative = bytes.last().is_some_and(|b| *b >= 0x80);
        let mut raw = if negative { [0xFF; 8] } else { [0; 8] };
        raw.iter_mut().zip(bytes).for_each(|(slot, byte)| *slot = *byte);
        Ok(Slot::Int(i64::from_le_bytes(raw)))
    }

    /// An integer in decimal digits, as protocols 0 and 1 write it.
    pub(super) fn decimal(&mut self, digits: &str) -> Walked<Slot> {
        if let Ok(n) = digits.parse() {
            return Ok(Slot::Int(n));
        }
        if let Ok(n) = digits.parse::<i128>() {
            let bytes = self.owned(n.to_le_bytes().to_vec())?;
            return self.push_object(Object::BigInt(bytes));
        }
        let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if number(digits.strip_prefix('-').unwrap_or(digits)) {
            let what = format!("an integer of {} digits", digits.len());
            return self.push_object(Object::Unsupported(Unsupported::object(what)));
        }
        damaged(format!("`{}` is not an integer", shorten(digits)))
    }

    pub(super) fn extend(&mut self, items: &[Slot]) -> Walked<()> {
        let target = self.top()?;
        match self.object_mut(target) {
            Some(Object::List(list) | Object::Set(list)) => {
                list.extend_from_slice(items);
                Ok(())
            }
            Some(Object::Unsupported(_)) => Ok(()),
            _ => damaged("items for a value that is not a list"),
        }
    }

    pub(super) fn set_items(&mut self, items: &[Slot]) -> Walked<()> {
        let entries = pairs(items)?;
        let target = self.top()?;
        match self.object_mut(target) {
            Some(Object::Dict(dict)) => {
                dict.extend(entries);
                Ok(())
            }
            Some(Object::Unsupported(_)) => Ok(()),
            _ => damaged("entries for a value that is not a dictionary"),
        }
    }

    // Arguments.

    /// A copy of the items of a list or tuple, charged as one byte each: an honest file writes every item it passes on.
    pub(super) fn items_of(&mut self, slot: Slot) -> Walked<Vec<Slot>> {
        let len = match self.object(slot) {
            Some(Object::List(items) | Object::Tuple(items) | Object::Set(items)) => items.len(),
            _ => return self.misfit(slot, "a list or tuple"),
        };
        self.charge(len)?;
        match self.object(slot) {
            Some(Object::List(items) | Object::Tuple(items) | Object::Set(items)) => Ok(items.clone()),
            _ => self.misfit(slot, "a list or tuple"),
        }
    }

    /// A copy of the entries of a dictionary, charged as the items of a list.
    pub(super) fn entries_of(&mut self, slot: Slot) -> Walked<Vec<(Slot, Slot)>> {
        let Some(Object::Dict(entries)) = self.object(slot) else { return self.misfit(slot, "a dictionary") };
        let entries = entries.clone();
        self.charge(entries.len())?;
        Ok(entries)
    }

    /// A name: a text of at most [`MAX_NAME`] bytes.
    pub(super) fn str_of(&self, slot: Slot) -> Walked<String> {
        let text = match self.object(slot) {
            Some(Object::Str(payload) | Object::Bytes(payload)) if payload.len() <= MAX_NAME => {
                std::str::from_utf8(payload.bytes(self.reader.input)).ok()
            }
            _ => None,
        };
        text.map_or_else(|| self.misfit(slot, "a short text"), |t| Ok(t.to_owned()))
    }

    pub(super) fn bytes_of(&self, slot: Slot) -> Walked<Payload> {
        match self.object(slot) {
            Some(Object::Bytes(payload)) => Ok(payload.clone()),
            _ => self.misfit(slot, "a byte string"),
        }
    }

    pub(super) fn dtype_of(&self, slot: Slot) -> Walked<Dtype> {
        match self.object(slot) {
            Some(Object::Dtype(dtype)) => Ok(*dtype),
            _ => self.misfit(slot, "a dtype"),
        }
    }

    pub(super) fn count_of(&self, slot: Slot) -> Walked<usize> {
        match slot {
            Slot::Int(n) => usize::try_from(n).or_else(|_| damaged(format!("{n} is not a count"))),
            other => self.misfit(other, "a count"),
        }
    }

    pub(super) fn counts_of(&mut self, slot: Slot) -> Walked<Vec<usize>> {
        let axes = self.items_of(slot)?;
        if axes.len() > MAX_AXES {
            return damaged(format!("an array of {} axes", axes.len()));
        }
        axes.into_iter().map(|s| self.count_of(s)).collect()
    }
}

/// Keys and values in turn, as pairs.
pub(super) fn pairs(items: &[Slot]) -> Walked<Vec<(Slot, Slot)>> {
    let (pairs, rest) = items.as_chunks::<2>();
    if !rest.is_empty() {
        return damaged("a key without its value");
    }
    Ok(pairs.iter().map(|[key, value]| (*key, *value)).collect())
}
