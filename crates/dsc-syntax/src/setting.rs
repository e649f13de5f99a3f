//! The value of a setting by itself, as the command line and the environment give one.

use super::ast::{ItemKind, RecipeEntry, SettingValue};
use super::parse::read;
use crate::diag::Diagnostic;
use crate::diag::codes::syntax as code;

/// Reads `4 * 2`, `adam(lr: 1e-3)`, `min mae` or `10 epochs` as an entry of a recipe holds it. Its places mean nothing: the
/// text is in no file.
///
/// # Errors
/// What the parser has to say of it, without places; `E0101` for text that holds more than one value.
pub fn parse_setting(text: &str) -> Result<SettingValue, Vec<Diagnostic>> {
    // The line ends behind the text, so that a comment in it does not swallow the brace.
    let (module, faults, _) = read(&format!("recipe _ {{ value = {text}\n}}\n"), 0, |_| ());
    if !faults.is_empty() {
        return Err(faults.into_iter().map(Diagnostic::without_places).collect());
    }
    let mut items = module.items.into_iter();
    let recipe = match (items.next().map(|i| i.kind), items.next()) {
        (Some(ItemKind::Recipe(recipe)), None) => recipe,
        _ => return Err(several(text)),
    };
    let mut entries = recipe.entries.into_iter();
    match (entries.next(), entries.next()) {
        (Some(RecipeEntry::Key { value, .. }), None) => Ok(value),
        _ => Err(several(text)),
    }
}

fn several(text: &str) -> Vec<Diagnostic> {
    vec![Diagnostic::error(code::E0101, format!("`{text}` is not one value")).help("give one value for one name")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_value() {
        assert!(matches!(parse_setting("adam(lr: 1e-3)"), Ok(SettingValue::Expr(_))));
        assert!(matches!(parse_setting("min mae"), Ok(SettingValue::Select { minimize: true, .. })));
        assert!(matches!(parse_setting("10 epochs"), Ok(SettingValue::Quantity { .. })));
        for wrong in ["", "4 *", "4 } hyper d = 3", "4 batch = 3", "4 }\nrecipe b { x = 1", "4, 8", "(4"] {
            let faults = parse_setting(wrong).unwrap_err();
            assert!(!faults.is_empty() && faults.iter().all(|d| d.primary.is_none()), "{wrong}: {faults:?}");
        }
    }
}
