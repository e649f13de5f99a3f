//! Items that inherit from others of their kind: variants and recipes.

use crate::ast::{Ident, Recipe, Variant};
use crate::diag::codes::structure;
use crate::diag::{Code, Diagnostic, the_file_has};
use crate::source::Span;
use indexmap::IndexMap;

/// Items that begin with what another one of their kind has: variants and recipes.
pub trait Inherits {
    /// What it is called in messages.
    const KIND: &'static str;
    /// What one begins with that inherits from no other.
    const START: &'static str;
    /// The code of a name that the file does not have.
    const UNKNOWN: Code;

    /// Its name.
    fn name(&self) -> &Ident;
    /// The name of the item that it starts from.
    fn base(&self) -> Option<&Ident>;
}

impl Inherits for Variant {
    const KIND: &'static str = "variant";
    const START: &'static str = "the model";
    const UNKNOWN: Code = structure::E0517;

    fn name(&self) -> &Ident {
        &self.name
    }

    fn base(&self) -> Option<&Ident> {
        self.base.as_ref()
    }
}

impl Inherits for Recipe {
    const KIND: &'static str = "recipe";
    const START: &'static str = "the defaults";
    const UNKNOWN: Code = structure::E0513;

    fn name(&self) -> &Ident {
        &self.name
    }

    fn base(&self) -> Option<&Ident> {
        self.base.as_ref()
    }
}

/// Items that one inherits from, at most: each is looked at for each that begins with it.
const MAX_CHAIN: usize = 64;

/// An item and those it inherits from, base first.
///
/// # Errors
/// [`Inherits::UNKNOWN`] for a name or a base that is not among the items, `E0513` for a circle and for more than 64 of them.
pub fn chain<'a, T: Inherits>(items: &'a IndexMap<String, T>, name: &str) -> Result<Vec<&'a T>, Diagnostic> {
    let unknown = |message: String, name: &str, span: Span| {
        Diagnostic::error(T::UNKNOWN, message)
            .at(span, format!("not a {} of this file", T::KIND))
            .help(the_file_has(&format!("{}s", T::KIND), items.keys()))
            .did_you_mean(name, items.keys().map(String::as_str))
    };
    let first = items.get(name).ok_or_else(|| unknown(format!("no {} `{name}`", T::KIND), name, Span::NONE))?;
    let mut chain = vec![first];
    while let Some(base) = chain.last().and_then(|item| item.base()) {
        if let Some(start) = chain.iter().position(|item| item.name().value == base.value) {
            return Err(circle(items, chain.get(start..).unwrap_or_default()));
        }
        if chain.len() > MAX_CHAIN {
            return Err(Diagnostic::error(
                structure::E0513,
                format!("{} `{name}` inherits from more than {MAX_CHAIN} others", T::KIND),
            )
            .at(first.name().span, "too long a chain")
            .help(format!("begin with a {} nearer to its end", T::KIND)));
        }
        chain.push(items.get(&base.value).ok_or_else(|| {
            let mut d = unknown(format!("no {} `{}` to start from", T::KIND, base.value), &base.value, base.span);
            let from_scratch =
                format!("one that starts from {} has no base: `{} {} {{ .. }}`", T::START, T::KIND, name);
            match d.help.take() {
                Some(help) => d.help(format!("{help}; {from_scratch}")),
                None => d.help(from_scratch),
            }
        })?);
    }
    chain.reverse();
    Ok(chain)
}

/// Items that inherit from each other. Reported at the first of them in the file, whichever of them was looked up, so that
/// one circle is one fault.
fn circle<T: Inherits>(items: &IndexMap<String, T>, members: &[&T]) -> Diagnostic {
    let is_member = |item: &&T| members.iter().any(|m| m.name().value == item.name().value);
    let place = items.values().find(is_member).map_or(Span::NONE, |item| item.name().span);
    let names: Vec<String> = items.values().filter(is_member).map(|item| format!("`{}`", item.name().value)).collect();
    let message = match names.as_slice() {
        [one] => format!("{} {one} inherits from itself", T::KIND),
        several => format!("{}s {} inherit from each other", T::KIND, several.join(", ")),
    };
    let fault = Diagnostic::error(structure::E0513, message).at(place, "in this circle");
    let bases = items.values().filter(is_member).filter_map(|item| item.base());
    bases.fold(fault, |fault, base| fault.because(base.span, "inherits here")).help("let one of them have no base")
}
