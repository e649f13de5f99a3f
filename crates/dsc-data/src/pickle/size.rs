//! How many bytes the values of a pickle take once they are copied out of it.

use super::value::{Object, Pickle, Slot};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::E0602;

/// Bytes counted for a number, and for the head of anything longer.
const EACH: u64 = 8;
/// Most bytes of the copied values, as a multiple of the input. A number takes two bytes of the input and eight here; a text that
/// occurs again, such as the name of a class, takes two bytes there and all of its length here.
const PER_INPUT: u64 = 16;
/// Bytes that are always allowed.
const FREE: u64 = 64 << 20;

/// An object while its size is being determined.
#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    /// One of the objects around the current one.
    Open,
    Done(u64),
}

impl Pickle<'_> {
    /// Refuses a pickle whose values would take far more memory than the pickle itself: a list that has another one ten thousand
    /// times, which has another one ten thousand times. `name` is the file for messages. Callers that copy values out check this
    /// first.
    ///
    /// # Errors
    /// `E0602`.
    pub fn check_size(&self, name: &str) -> Result<(), Diagnostic> {
        let size = self.copied_size();
        if size <= FREE.saturating_add(PER_INPUT.saturating_mul(self.input.len() as u64)) {
            return Ok(());
        }
        let what = match size {
            u64::MAX => "values that contain themselves, or have no end".to_owned(),
            size => format!("values that take {} MB when they are written out", size / 1_000_000),
        };
        let has = self.input.len();
        Err(Diagnostic::error(E0602, format!("`{name}` has {has} bytes and holds {what}: the same ones over and over"))
            .help("no program writes such a file by itself; get it from its authors, or write each value once"))
    }

    /// Bytes that all values reachable from the root take if every reference is followed and copied, roughly. `u64::MAX` if an
    /// object contains itself. Time and memory are linear in the number of objects.
    pub fn copied_size(&self) -> u64 {
        let mut states = vec![State::New; self.objects.len()];
        // Objects whose parts are being looked at, each with its size so far and the number of its next part.
        let mut open: Vec<(usize, u64, usize)> = Vec::new();
        let mut result = match id(self.root) {
            Some(root) => {
                self.enter(root, &mut states, &mut open);
                0
            }
            None => EACH,
        };
        while let Some((object, size, next)) = open.pop() {
            let Some(part) = self.part(object, next) else {
                if let Some(state) = states.get_mut(object) {
                    *state = State::Done(size);
                }
                match open.last_mut() {
                    Some((_, around, _)) => *around = around.saturating_add(size),
                    None => result = size,
                }
                continue;
            };
            let known = match id(part).and_then(|id| Some((id, *states.get(id)?))) {
                None => EACH,
                Some((_, State::Done(size))) => size,
                Some((_, State::Open)) => u64::MAX,
                Some((inner, State::New)) => {
                    open.push((object, size, next + 1));
                    self.enter(inner, &mut states, &mut open);
                    continue;
                }
            };
            open.push((object, size.saturating_add(known), next + 1));
        }
        result
    }

    fn enter(&self, object: usize, states: &mut [State], open: &mut Vec<(usize, u64, usize)>) {
        let own = match self.objects.get(object) {
            Some(Object::BigInt(p) | Object::Str(p) | Object::Bytes(p)) => p.len(),
            Some(Object::Array(array)) => array.data.len(),
            _ => 0,
        };
        if let Some(state) = states.get_mut(object) {
            *state = State::Open;
        }
        open.push((object, EACH.saturating_add(own as u64), 0));
    }

    /// The part of a container with this number.
    fn part(&self, object: usize, number: usize) -> Option<Slot> {
        match self.objects.get(object)? {
            Object::List(items) | Object::Tuple(items) | Object::Set(items) | Object::Objects { items, .. } => {
                items.get(number).copied()
            }
            Object::Dict(entries) => {
                let (key, value) = entries.get(number / 2)?;
                Some(if number.is_multiple_of(2) { *key } else { *value })
            }
            _ => None,
        }
    }
}

fn id(slot: Slot) -> Option<usize> {
    match slot {
        Slot::Object(id) => usize::try_from(id).ok(),
        _ => None,
    }
}
