//! The input of a model that reads texts.

use dsc_graph::Graph;
use dsc_graph::types::Type;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::E0922;

/// The input that reads texts as tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextInput {
    /// Its name in the model's file.
    pub name: String,
    /// The key of the texts in the data.
    pub key: String,
}

impl TextInput {
    /// The input of a graph that reads tokens, if it has one that is used.
    ///
    /// # Errors
    /// `E0922` for two of them with different texts.
    pub fn of(graph: &Graph) -> Result<Option<TextInput>, Diagnostic> {
        let mut inputs = graph.inputs_read().into_iter().filter(|decl| matches!(decl.ty, Type::Tokens { .. }));
        let Some(first) = inputs.next() else { return Ok(None) };
        match inputs.find(|other| other.key != first.key) {
            None => Ok(Some(TextInput { name: first.name.clone(), key: first.key.clone() })),
            Some(other) => Err(Diagnostic::error(
                E0922,
                format!("the texts `{}` and `{}` are both to be tokenised", first.key, other.key),
            )
            .at(other.span, format!("reads `{}`", other.key))
            .because(first.span, format!("reads `{}`", first.key))
            .help("one column of texts can be read as tokens; read the other as features, `Seq<text>[T, f]`")),
        }
    }

    /// For messages.
    pub fn wanted_by(&self) -> String {
        format!("input `{}`", self.name)
    }
}
