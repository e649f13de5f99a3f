//! The instructions of the stack machine.

use super::global::Global;
use super::machine::{Machine, pairs};
use super::reader::{Fault, Walked, damaged, raw_unicode, shorten, unquote};
use super::unsupported::Unsupported;
use super::value::{Object, Pickle, Slot};
use crate::file::FileKind;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data as codes;

impl<'a> Pickle<'a> {
    /// Walks the pickle at the start of `input`; `name` is the file for messages. Objects of other classes and arrays of other
    /// dtypes become [`Value::Unsupported`](super::Value::Unsupported).
    ///
    /// # Errors
    /// `E0602` for damaged bytes, `E0603` for a function that runs commands where Python loads the file.
    pub fn parse(input: &'a [u8], name: &str) -> Result<Pickle<'a>, Diagnostic> {
        let mut machine = Machine::new(input);
        match machine.walk() {
            Ok(root) => Ok(Pickle { input, objects: machine.objects, root, end: machine.reader.at }),
            Err(fault) => Err(report(fault, name, machine.reader.at, input.len())),
        }
    }
}

fn report(fault: Fault, name: &str, at: usize, len: usize) -> Diagnostic {
    match fault {
        Fault::Damaged(why) | Fault::Form(why) => {
            Diagnostic::error(codes::E0602, format!("`{name}` is not a valid pickle: {why} (at byte {at} of {len})"))
                .help("compare the file's size and SHA-256 with the published ones; a broken download ends early")
        }
        Fault::Unsupported(why) => why.diagnostic(&format!("`{name}`")),
        Fault::Commands(what) => Diagnostic::error(
            codes::E0603,
            format!("`{name}` refers to `{what}`, which runs commands where Python loads the file (at byte {at})"),
        )
        .help("dsc executed nothing; do not load this file in Python, and get it from its authors"),
        Fault::Joblib => FileKind::Joblib.not_a_pickle(name),
    }
}

impl Machine<'_> {
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
            // A frame only tells the reader how much to read ahead.
            0x95 => return self.reader.len8().map(drop),
            b'(' => {
                self.marks.push(self.stack.len());
                return Ok(());
            }
            b'0' => {
                // POP of a MARK at the top of the stack.
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
                let next = self.memo_len();
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
                Slot::Float(line.parse().or_else(|_| damaged(format!("`{}` is not a number", shorten(line))))?)
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
                let name = self.reader.text_line()?;
                self.name(module, name)?
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let (module, name) = (self.str_of(module)?, self.str_of(name)?);
                self.name(&module, &name)?
            }
            // NEWOBJ calls the class as REDUCE calls the function, which is valid for all known classes.
            b'R' | 0x81 => {
                let (args, target) = (self.pop()?, self.pop()?);
                self.call_with(target, args)?
            }
            0x92 => {
                let (named, args, target) = (self.pop()?, self.pop()?, self.pop()?);
                match self.object(named) {
                    Some(Object::Dict(d)) if d.is_empty() => self.call_with(target, args)?,
                    _ => {
                        let why = self.unsupported(target);
                        let why = why.unwrap_or_else(|| Unsupported::object("a call with named arguments".to_owned()));
                        self.push_object(Object::Unsupported(why))?
                    }
                }
            }
            b'i' => {
                let module = self.reader.text_line()?;
                let name = self.reader.text_line()?;
                let target = self.name(module, name)?;
                let args = self.pop_mark()?;
                self.call_slot(target, &args)?
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
                self.persistent(id)?
            }
            // Entries of the copyreg extension registry.
            0x82..=0x84 => {
                match op {
                    0x82 => self.reader.len1(),
                    0x83 => self.reader.u16().map(usize::from),
                    _ => self.reader.len4(true),
                }?;
                let what = "an entry of the copyreg extension registry".to_owned();
                self.push_object(Object::Unsupported(Unsupported::object(what)))?
            }
            0x97 => {
                let what = "an out-of-band buffer".to_owned();
                self.push_object(Object::Unsupported(Unsupported::object(what)))?
            }
            // Makes the buffer on top of the stack read-only.
            0x98 => self.pop()?,
            0 => {
                return damaged(
                    "a byte 0 where an instruction is expected; unfinished downloads are filled with zeros",
                );
            }
            other => return damaged(format!("the instruction {other:#04x} is unknown")),
        };
        self.stack.push(slot);
        Ok(())
    }

    /// An object outside of the pickle. PyTorch before 1.6 has classes of modules in the same way, with their source text:
    /// `("module", class, file, source)`.
    fn persistent(&mut self, id: Slot) -> Walked<Slot> {
        if let Some(Object::Tuple(fields)) = self.object(id)
            && let [kind, class, ..] = fields.as_slice()
            && matches!(self.object(*kind), Some(Object::Str(kind)) if kind.bytes(self.reader.input) == b"module")
        {
            return Ok(*class);
        }
        self.push_object(Object::Persistent(id))
    }

    /// A class or function by its name.
    fn name(&mut self, module: &str, name: &str) -> Walked<Slot> {
        let global = Global::find(module, name).map(Slot::Global);
        self.or_unsupported(global)
    }
}
