//! Inputs that are declared with the same length: every sample has as many rows of one as of the other.

use super::dataset::Table;
use super::fit::Tokens;
use dsc_graph::InputDecl;
use dsc_graph::dims::{Atom, Dim};
use dsc_graph::types::Type;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::E0616;

/// The name of the length of an input, if it has one.
pub(super) fn length_name(input: &InputDecl) -> Option<&str> {
    match input.ty.len().and_then(Dim::as_atom) {
        Some(Atom::Length { name, .. }) => Some(name),
        _ => None,
    }
}

/// Checks that inputs with the same length in the model file have equal lengths in every sample of a split. An input of tokens
/// takes part where `tokens` has those of the split.
///
/// # Errors
/// `E0616` with the first sample whose lengths differ.
pub fn check_aligned(table: &Table, inputs: &[&InputDecl], tokens: Option<&Tokens>) -> Result<(), Diagnostic> {
    let rows = |input: &InputDecl| -> Option<Vec<usize>> {
        match &input.ty {
            Type::Tokens { .. } => Some(tokens?.get(&table.split)?.iter().map(Vec::len).collect()),
            Type::Tensor(_) => {
                let stream = table.streams.get(&input.key)?;
                Some((0..table.len).map(|s| stream.len_of(s)).collect())
            }
        }
    };
    for (n, input) in inputs.iter().enumerate() {
        let Some(length) = length_name(input) else { continue };
        for other in inputs.iter().take(n).filter(|o| length_name(o) == Some(length)) {
            let (Some(first), Some(second)) = (rows(other), rows(input)) else { continue };
            let Some(((a, b), id)) = first.iter().zip(&second).zip(&table.ids).find(|((a, b), _)| a != b) else {
                continue;
            };
            let (split, source) = (table.split, &table.source);
            let message = format!(
                "`{source}`, {split}: sample `{id}` has {a} rows in `{}` and {b} in `{}`, which are declared with the same \
                 length {length}",
                other.key, input.key
            );
            return Err(Diagnostic::error(E0616, message)
                .at(input.span, format!("declared with the length {length}"))
                .because(other.span, format!("declared with the length {length}"))
                .help("give the lengths of the two inputs different names, or use aligned data"));
        }
    }
    Ok(())
}
