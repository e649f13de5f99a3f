//! Types of names and expressions.

use super::holds;
use crate::lower::{Seen, TypeTable};

/// What is at an offset: the innermost expression or bound name around it that some call reaches. Where calls and turns
/// of loops differ it has a type for each.
pub fn type_at(types: &TypeTable, offset: u32) -> Option<Seen> {
    let names = types.names.iter().map(|n| (n.span, &n.types));
    let expressions = types.expressions.iter().map(|e| (e.span, &e.types));
    let found = names.chain(expressions).filter(|(span, _)| holds(*span, offset)).min_by_key(|(span, _)| span.len());
    found.map(|(span, types)| Seen { span, types: types.clone() })
}
