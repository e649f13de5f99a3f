//! Types of everything that a file binds, for people.

use std::collections::{HashMap, HashSet};

use dsc_syntax::source::Span;

/// A bound name and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    /// The name.
    pub name: String,
    /// Where it is bound.
    pub span: Span,
    /// Its type, or its value where that is known at compile time. Where calls and turns of loops differ, each with its
    /// own: `Vec[8] (l = 0)`, `Vec[4] (l = 1)`.
    pub types: Vec<String>,
}

/// An expression and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Where it is written.
    pub span: Span,
    /// Its type or value, as of a [`Typed`] name.
    pub types: Vec<String>,
}

/// What the bound names and the expressions of all files are, the standard library's among them. What no call reaches is not
/// there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypeTable {
    /// `let`, `var`, assignments, parameters, generics and loop variables.
    pub names: Vec<Typed>,
    /// Expressions of every kind, by place.
    pub expressions: Vec<Seen>,
}

/// The types seen at one place, each with the call and turn that it was seen in if there are several.
pub(super) fn together(seen: &[(String, String)]) -> Vec<String> {
    let mut each: Vec<(Vec<&str>, &str)> = Vec::new();
    let (mut places, mut known) = (HashMap::new(), HashSet::new());
    for (turn, ty) in seen.iter().filter(|pair| known.insert(*pair)) {
        let place = *places.entry(ty.as_str()).or_insert(each.len());
        match each.get_mut(place) {
            Some((turns, _)) => turns.push(turn),
            None => each.push((vec![turn], ty)),
        }
    }
    if let [(_, one)] = each.as_slice() {
        return vec![(*one).to_owned()];
    }
    let with_turns =
        each.iter().map(|(turns, ty)| match turns.iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().as_slice() {
            [] => (*ty).to_owned(),
            [one] => format!("{ty} ({one})"),
            [first, second] => format!("{ty} ({first}; {second})"),
            [first, rest @ ..] => format!("{ty} ({first} and {} more)", rest.len()),
        });
    with_turns.collect()
}
