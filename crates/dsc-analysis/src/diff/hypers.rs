//! The hypers of a compiled program with the places that their values come from.

use super::Hyper;
use dsc_graph::statics::Static;
use dsc_language::lower::Options;
use dsc_language::sema::program::Program;
use dsc_syntax::ast::Change;
use dsc_syntax::source::{SourceMap, Span};

/// The hypers of the main file as `options` set them: `values` are those of the compilation, indexed ones (`keep(l)`) are
/// given by their expression.
pub fn hypers(program: &Program, options: &Options, values: &[(String, Static)], sources: &SourceMap) -> Vec<Hyper> {
    let chain = options.variant.as_ref().and_then(|v| program.variant_chain(v).ok()).unwrap_or_default();
    let changes: Vec<&Change> = chain.into_iter().flat_map(|v| &v.changes).collect();
    let set_by = |name: &str| -> Option<Span> {
        let user = options.sets.iter().rev().find(|s| s.name == name).map(|s| s.span);
        let variant = || {
            changes.iter().rev().find_map(|c| match c {
                Change::Set { name: n, span, .. } if n.value == name => Some(*span),
                _ => None,
            })
        };
        let recipe = || options.recipe_sets.iter().rev().find(|s| s.name == name).map(|s| s.span);
        user.or_else(variant).or_else(recipe)
    };
    let declared = program.main().into_iter().flat_map(|m| m.hypers.values());
    let hyper = |h: &dsc_syntax::ast::Hyper| {
        let name = &h.name.value;
        if h.params.is_empty() {
            let (_, value) = values.iter().find(|(n, _)| n == name)?;
            let span = set_by(name).unwrap_or(h.name.span);
            return Some(Hyper { name: name.clone(), value: value.to_string(), span });
        }
        let params: Vec<&str> = h.params.iter().map(|p| p.value.as_str()).collect();
        let words: Vec<&str> = sources.text(h.value.span)?.split_whitespace().collect();
        Some(Hyper { name: format!("{name}({})", params.join(", ")), value: words.join(" "), span: h.name.span })
    };
    declared.filter_map(hyper).collect()
}
