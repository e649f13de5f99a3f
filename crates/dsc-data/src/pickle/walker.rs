//! The stack machine.

use std::collections::HashMap;

use super::array::Dtype;
use super::calls::Global;
use super::reader::{Fault, Reader, Walked, damaged, raw_unicode, shorten, unquote};
use super::value::{Extent, Object, Pickle, Slot};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data as codes;

/// Decoded bytes may take this many times the input: honest files decode everything once, a hostile one would decode the
/// same long text again and again.
const OWNED_PER_INPUT: usize = 2;
const OWNED_FREE: usize = 1 << 20;
/// As many as numpy allows.
const MAX_AXES: usize = 64;

/// The machine while it walks.
#[derive(Debug)]
pub(super) struct Walker<'a> {
    pub(super) reader: Reader<'a>,
    objects: Vec<Object>,
    stack: Vec<Slot>,
    /// Heights of the stack at the open MARKs.
    marks: Vec<usize>,
    /// Memo entries 0, 1, 2, .. as every writer numbers them; others lie in `sparse`.
    memo: Vec<Slot>,
    sparse: HashMap<u32, Slot>,
    owned: usize,
}

impl<'a> Pickle<'a> {
    /// Walks the pickle at the start of `input`; `name` is the file for messages.
    ///
    /// # Errors
    /// `E0602` for damaged bytes, `E0603` for a name that is not on the list, `E0604` for an array kind that is not read.
    pub fn parse(input: &'a [u8], name: &str) -> Result<Pickle<'a>, Diagnostic> {
        let mut walker = Walker {
            reader: Reader { input, at: 0 },
            objects: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: Vec::new(),
            sparse: HashMap::new(),
            owned: 0,
        };
        match walker.walk() {
            Ok(root) => Ok(Pickle { input, objects: walker.objects, root, end: walker.reader.at }),
            Err(fault) => Err(report(fault, name, walker.reader.at, input.len())),
        }
    }
}

fn report(fault: Fault, name: &str, at: usize, len: usize) -> Diagnostic {
    match fault {
        Fault::Damaged(why) => {
            Diagnostic::error(codes::E0602, format!("`{name}` is no readable pickle: {why} (at byte {at} of {len})"))
                .help("compare the file's size and SHA-256 with the published ones; a broken download ends early")
        }
        Fault::Refused(what) => {
            let d = Diagnostic::error(
                codes::E0603,
                format!("`{name}` asks for `{what}`, which is not read (at byte {at})"),
            );
            if what.starts_with("torch") {
                d.help("save tensors as numpy arrays (`x.numpy()`), or a checkpoint with `torch.save` as a state dict")
            } else {
                d.help("dsc executes nothing from a pickle; write plain lists, dicts and numpy arrays instead")
            }
        }
        Fault::Dtype(what) => Diagnostic::error(codes::E0604, format!("`{name}` holds {what} (at byte {at})"))
            .help("write arrays of float16, float32, float64, integers, booleans or text"),
    }
}

impl Walker<'_> {
    /// Runs to STOP and returns the value it leaves.
    fn walk(&mut self) -> Walked<Slot> {
        loop {
            let op = self.reader.u8()?;
            if op == b'.' {
                return self.pop();
            }
            self.step(op)?;
        }
    }

    fn step(&mut self, op: u8) -> Walked<()> {
        let slot = match op {
            // Stack and memo.
            0x80 => {
                let version = self.reader.u8()?;
                return if version <= 5 { Ok(()) } else { damaged(format!("protocol {version} is unknown")) };
            }
            // A frame only announces how much to read ahead.
            0x95 => return self.reader.len8().map(drop),
            b'(' => {
                self.marks.push(self.stack.len());
                return Ok(());
            }
            b'0' => {
                // POP of a MARK, when nothing lies above it.
                if self.marks.last() == Some(&self.stack.len()) {
                    self.marks.pop();
                    return Ok(());
                }
                return self.pop().map(drop);
            }
            b'1' => return self.pop_mark().map(drop),
            b'2' => self.top()?,
            b'p' => return self.reader.index_line().and_then(|n| self.put(n)),
            b'q' => return self.reader.u8().and_then(|n| self.put(u32::from(n))),
            b'r' => return self.reader.u32().and_then(|n| self.put(n)),
            0x94 => {
                let next = self.memo.len() + self.sparse.len();
                return u32::try_from(next).or_else(|_| damaged("too many memo entries")).and_then(|n| self.put(n));
            }
            b'g' => self.reader.index_line().and_then(|n| self.get(n))?,
            b'h' => self.reader.u8().and_then(|n| self.get(u32::from(n)))?,
            b'j' => self.reader.u32().and_then(|n| self.get(n))?,

            // Atoms.
            b'N' => Slot::None,
            0x88 => Slot::Bool(true),
            0x89 => Slot::Bool(false),
            b'J' => Slot::Int(i64::from(self.reader.i32()?)),
            b'K' => Slot::Int(i64::from(self.reader.u8()?)),
            b'M' => Slot::Int(i64::from(self.reader.u16()?)),
            b'I' => match self.reader.text_line()?.trim() {
                "00" => Slot::Bool(false),
                "01" => Slot::Bool(true),
                digits => self.decimal(digits)?,
            },
            b'L' => {
                let line = self.reader.text_line()?.trim();
                self.decimal(line.strip_suffix('L').unwrap_or(line))?
            }
            0x8a => self.reader.len1().and_then(|n| self.long(n))?,
            0x8b => self.reader.len4(true).and_then(|n| self.long(n))?,
            b'G' => Slot::Float(self.reader.f64_be()?),
            b'F' => {
                let line = self.reader.text_line()?.trim();
                Slot::Float(line.parse().or_else(|_| damaged(format!("`{}` is no number", shorten(line))))?)
            }
            b'X' => self.reader.len4(false).and_then(|n| self.text(n))?,
            0x8c => self.reader.len1().and_then(|n| self.text(n))?,
            0x8d => self.reader.len8().and_then(|n| self.text(n))?,
            b'V' => {
                let text = raw_unicode(self.reader.line()?)?;
                let text = self.owned(text.into_bytes())?;
                self.push_object(Object::Str(text))?
            }
            b'B' => self.reader.len4(false).and_then(|n| self.bytes(n))?,
            b'C' | b'U' => self.reader.len1().and_then(|n| self.bytes(n))?,
            b'T' => self.reader.len4(true).and_then(|n| self.bytes(n))?,
            0x8e | 0x96 => self.reader.len8().and_then(|n| self.bytes(n))?,
            b'S' => {
                let bytes = unquote(self.reader.line()?)?;
                let bytes = self.owned(bytes)?;
                self.push_object(Object::Bytes(bytes))?
            }

            // Containers.
            b']' => self.push_object(Object::List(Vec::new()))?,
            b'}' => self.push_object(Object::Dict(Vec::new()))?,
            b')' => self.push_object(Object::Tuple(Vec::new()))?,
            0x8f => self.push_object(Object::Set(Vec::new()))?,
            b'l' => {
                let items = self.pop_mark()?;
                self.push_object(Object::List(items))?
            }
            b't' => {
                let items = self.pop_mark()?;
                self.push_object(Object::Tuple(items))?
            }
            0x91 => {
                let items = self.pop_mark()?;
                self.push_object(Object::Set(items))?
            }
            b'd' => {
                let entries = pairs(&self.pop_mark()?)?;
                self.push_object(Object::Dict(entries))?
            }
            0x85..=0x87 => {
                let n = usize::from(op - 0x84);
                let items = self.pop_n(n)?;
                self.push_object(Object::Tuple(items))?
            }
            b'a' => {
                let item = self.pop()?;
                return self.extend(&[item]);
            }
            b'e' | 0x90 => {
                let items = self.pop_mark()?;
                return self.extend(&items);
            }
            b's' => {
                let entry = self.pop_n(2)?;
                return self.set_items(&entry);
            }
            b'u' => {
                let entries = self.pop_mark()?;
                return self.set_items(&entries);
            }

            // Names and calls.
            b'c' => {
                let module = self.reader.text_line()?;
                Slot::Global(Global::find(module, self.reader.text_line()?)?)
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                Slot::Global(Global::find(&self.str_of(module)?, &self.str_of(name)?)?)
            }
            // NEWOBJ calls the class as REDUCE calls the function: all classes on the list take it so.
            b'R' | 0x81 => {
                let (args, target) = (self.pop()?, self.pop()?);
                let args = self.items_of(args)?;
                self.call_slot(target, &args)?
            }
            0x92 => {
                let (named, args, target) = (self.pop()?, self.pop()?, self.pop()?);
                if !matches!(self.object(named), Some(Object::Dict(d)) if d.is_empty()) {
                    return damaged("a call with named arguments");
                }
                let args = self.items_of(args)?;
                self.call_slot(target, &args)?
            }
            b'i' => {
                let module = self.reader.text_line()?;
                let target = Global::find(module, self.reader.text_line()?)?;
                let args = self.pop_mark()?;
                self.call(target, &args)?
            }
            b'o' => match self.pop_mark()?.as_slice() {
                [target, args @ ..] => self.call_slot(*target, args)?,
                [] => return damaged("an object without a class"),
            },
            b'b' => {
                let (state, target) = (self.pop()?, self.top()?);
                return self.build(target, state);
            }
            b'P' => {
                let id = self.reader.text_line()?.as_bytes().to_vec();
                let id = self.owned(id)?;
                let id = self.push_object(Object::Str(id))?;
                self.push_object(Object::Persistent(id))?
            }
            b'Q' => {
                let id = self.pop()?;
                self.push_object(Object::Persistent(id))?
            }
            0x82..=0x84 => return Err(Fault::Refused("an entry of the copyreg extension registry".to_owned())),
            0x97 | 0x98 => return Err(Fault::Refused("an out-of-band buffer".to_owned())),
            other => return damaged(format!("the instruction {other:#04x} is unknown")),
        };
        self.stack.push(slot);
        Ok(())
    }

    // The stack. Nothing reaches below the last MARK, as in Python.

    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop(&mut self) -> Walked<Slot> {
        if self.stack.len() <= self.floor() {
            return damaged("a value is taken from an empty stack");
        }
        self.stack.pop().map_or_else(|| damaged("a value is taken from an empty stack"), Ok)
    }

    fn top(&self) -> Walked<Slot> {
        match self.stack.last() {
            Some(slot) if self.stack.len() > self.floor() => Ok(*slot),
            _ => damaged("a value is read from an empty stack"),
        }
    }

    fn pop_n(&mut self, n: usize) -> Walked<Vec<Slot>> {
        match self.stack.len().checked_sub(n) {
            Some(start) if start >= self.floor() => Ok(self.stack.split_off(start)),
            _ => damaged("a value is taken from an empty stack"),
        }
    }

    fn pop_mark(&mut self) -> Walked<Vec<Slot>> {
        match self.marks.pop() {
            Some(height) if height <= self.stack.len() => Ok(self.stack.drain(height..).collect()),
            _ => damaged("a group without its mark"),
        }
    }

    // The memo.

    fn put(&mut self, index: u32) -> Walked<()> {
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

    fn get(&mut self, index: u32) -> Walked<Slot> {
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

    /// Changes an object in place, so that every reference to it sees the change.
    pub(super) fn replace(&mut self, slot: Slot, by: Object) -> Walked<()> {
        match self.object_mut(slot) {
            Some(object) => {
                *object = by;
                Ok(())
            }
            None => damaged("a state for something that has none"),
        }
    }

    /// Takes bytes out of the input, within the budget.
    pub(super) fn owned(&mut self, bytes: Vec<u8>) -> Walked<Extent> {
        self.charge(bytes.len())?;
        Ok(Extent::Owned(bytes.into()))
    }

    fn charge(&mut self, bytes: usize) -> Walked<()> {
        self.owned = self.owned.saturating_add(bytes);
        if self.owned > self.reader.input.len().saturating_mul(OWNED_PER_INPUT).saturating_add(OWNED_FREE) {
            return damaged("the same data are copied again and again");
        }
        Ok(())
    }

    fn text(&mut self, n: usize) -> Walked<Slot> {
        let extent = self.reader.extent(n)?;
        let bytes = extent.bytes(self.reader.input);
        if std::str::from_utf8(bytes).is_ok() {
            return self.push_object(Object::Str(extent));
        }
        // Python lets lone surrogates through; they are no text.
        let text = String::from_utf8_lossy(bytes).into_owned();
        let text = self.owned(text.into_bytes())?;
        self.push_object(Object::Str(text))
    }

    fn bytes(&mut self, n: usize) -> Walked<Slot> {
        let extent = self.reader.extent(n)?;
        self.push_object(Object::Bytes(extent))
    }

    fn long(&mut self, n: usize) -> Walked<Slot> {
        let extent = self.reader.extent(n)?;
        let bytes = extent.bytes(self.reader.input);
        if n > 8 {
            return self.push_object(Object::BigInt(extent));
        }
        let negative = bytes.last().is_some_and(|b| *b >= 0x80);
        let mut raw = if negative { [0xFF; 8] } else { [0; 8] };
        raw.iter_mut().zip(bytes).for_each(|(slot, byte)| *slot = *byte);
        Ok(Slot::Int(i64::from_le_bytes(raw)))
    }

    fn decimal(&self, digits: &str) -> Walked<Slot> {
        match digits.parse() {
            Ok(n) => Ok(Slot::Int(n)),
            Err(_) => damaged(format!("`{}` is no integer of 64 bits", shorten(digits))),
        }
    }

    fn extend(&mut self, items: &[Slot]) -> Walked<()> {
        let target = self.top()?;
        match self.object_mut(target) {
            Some(Object::List(list) | Object::Set(list)) => {
                list.extend_from_slice(items);
                Ok(())
            }
            _ => damaged("items for something that is no list"),
        }
    }

    fn set_items(&mut self, items: &[Slot]) -> Walked<()> {
        let entries = pairs(items)?;
        let target = self.top()?;
        match self.object_mut(target) {
            Some(Object::Dict(dict)) => {
                dict.extend(entries);
                Ok(())
            }
            _ => damaged("entries for something that is no dictionary"),
        }
    }

    fn call_slot(&mut self, target: Slot, args: &[Slot]) -> Walked<Slot> {
        match target {
            Slot::Global(global) => self.call(global, args),
            _ => damaged("a call of something that is no function"),
        }
    }

    // Arguments.

    /// A copy of the items of a list or tuple, charged as one byte each: an honest file writes every item it passes on.
    pub(super) fn items_of(&mut self, slot: Slot) -> Walked<Vec<Slot>> {
        let len = match self.object(slot) {
            Some(Object::List(items) | Object::Tuple(items) | Object::Set(items)) => items.len(),
            _ => return damaged("a list or tuple is expected"),
        };
        self.charge(len)?;
        match self.object(slot) {
            Some(Object::List(items) | Object::Tuple(items) | Object::Set(items)) => Ok(items.clone()),
            _ => damaged("a list or tuple is expected"),
        }
    }

    pub(super) fn str_of(&self, slot: Slot) -> Walked<String> {
        let text = match self.object(slot) {
            Some(Object::Str(extent) | Object::Bytes(extent)) if extent.len() <= 1 << 16 => {
                std::str::from_utf8(extent.bytes(self.reader.input)).ok()
            }
            _ => None,
        };
        text.map_or_else(|| damaged("a short text is expected"), |t| Ok(t.to_owned()))
    }

    pub(super) fn bytes_of(&self, slot: Slot) -> Walked<Extent> {
        match self.object(slot) {
            Some(Object::Bytes(extent)) => Ok(extent.clone()),
            _ => damaged("bytes are expected"),
        }
    }

    pub(super) fn dtype_of(&self, slot: Slot) -> Walked<Dtype> {
        match self.object(slot) {
            Some(Object::Dtype(dtype)) => Ok(*dtype),
            _ => damaged("a dtype is expected"),
        }
    }

    pub(super) fn count_of(&self, slot: Slot) -> Walked<usize> {
        match slot {
            Slot::Int(n) => usize::try_from(n).or_else(|_| damaged(format!("{n} is no count"))),
            _ => damaged("a count is expected"),
        }
    }

    pub(super) fn shape_of(&mut self, slot: Slot) -> Walked<Vec<usize>> {
        let axes = self.items_of(slot)?;
        if axes.len() > MAX_AXES {
            return damaged(format!("an array of {} axes", axes.len()));
        }
        axes.into_iter().map(|s| self.count_of(s)).collect()
    }
}

fn pairs(items: &[Slot]) -> Walked<Vec<(Slot, Slot)>> {
    let (pairs, rest) = items.as_chunks::<2>();
    if !rest.is_empty() {
        return damaged("a key without its value");
    }
    Ok(pairs.iter().map(|[key, value]| (*key, *value)).collect())
}
