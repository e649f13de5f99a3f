//! Whether a split has what a model reads of it.

use super::aligned::check_aligned;
use super::dataset::{Dataset, Split};
use super::fit::Tokens;
use super::stream::NonFiniteCount;
use dsc_graph::InputDecl;
use dsc_graph::types::Type;
use dsc_recipe::NonFinite;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::E0921;
use indexmap::IndexMap;

/// Checks that a split has samples and everything that `inputs` read. Returns the number of values that are not finite, by key of
/// the stream. Lengths of tokens are compared with others where `tokens` has them.
///
/// # Errors
/// `E0605` for a split or a stream that is missing, `E0606` for one of another form, `E0607` for values that are not finite if `rule`
/// does not allow them, `E0921` for a split without samples, `E0616` for a sample with different lengths of streams that have the same
/// length in the model file.
pub fn check_split(
    dataset: &Dataset,
    inputs: &[&InputDecl],
    split: Split,
    rule: NonFinite,
    tokens: Option<&Tokens>,
) -> Result<IndexMap<String, NonFiniteCount>, Diagnostic> {
    let table = dataset.split(split)?;
    if table.is_empty() {
        return Err(Diagnostic::error(E0921, format!("the split `{split}` of `{}` has no samples", table.source))
            .help("use a data file with samples in train, valid and test"));
    }
    let mut counts = IndexMap::new();
    for input in inputs {
        let reader = format!("input `{}`", input.name);
        match &input.ty {
            Type::Tokens { .. } if table.tokens_for(&input.key).is_some() => {}
            Type::Tokens { .. } => drop(table.text(&input.key, &reader)?),
            Type::Tensor(_) => {
                counts.insert(input.key.clone(), table.stream(&input.key, &reader)?.check_finite(rule)?);
            }
        }
    }
    check_aligned(table, inputs, tokens)?;
    Ok(counts)
}
