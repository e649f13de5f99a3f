//! Hypers that are set: by the user, the variant, the recipe, in this order of strength.

use super::MAIN;
use crate::lower::lowering::Lowering;
use crate::lower::options::Setting;
use crate::lower::value::Value;
use dsc_graph::statics::Static;
use dsc_recipe::{KEYS, key_called};
use dsc_syntax::ast::Change;
use dsc_syntax::diag::codes::hypers as hyper;
use dsc_syntax::diag::{Diagnostic, the_file_has};
use dsc_syntax::source::Span;

impl<'p> Lowering<'p> {
    pub(super) fn check_settings(&mut self) {
        let known: Vec<String> = self.program.hyper_names().map(str::to_owned).collect();
        let from_variant = self.changes.iter().filter_map(|c| match c {
            Change::Set { name, .. } => Some((name.value.clone(), name.span)),
            _ => None,
        });
        let from_outside = self.options.recipe_sets.iter().chain(&self.options.sets).map(|s| (s.name.clone(), s.span));
        let all: Vec<(String, Span)> = from_variant.chain(from_outside).collect();
        for (name, span) in all {
            let declared = self.program.hyper(MAIN, &name).map(|(_, h)| h);
            match declared {
                // What the file itself sets was looked for when its names were resolved.
                None if !span.is_none() || self.program.main().is_some_and(|m| m.unread.contains(&name)) => {
                    self.reported();
                }
                Some(h) if h.params.is_empty() => {}
                Some(h) => {
                    let d = Diagnostic::error(
                        hyper::E0407,
                        format!(
                            "`{name}` is a function of {} and cannot be set",
                            h.params.iter().map(|p| p.value.as_str()).collect::<Vec<_>>().join(", ")
                        ),
                    )
                    .at(span, "set here")
                    .because(h.name.span, "declared here");
                    self.report(d);
                }
                None => {
                    let d = Diagnostic::error(hyper::E0407, format!("no hyper `{name}` to set")).at(span, "set here");
                    let key = KEYS.iter().map(|key| key.name).find(|key| *key == name).or_else(|| key_called(&name));
                    self.report(match key {
                        Some(key) => d.help(format!(
                            "`{key}` is a key of recipes: `--with {key}=..`; to compare values, give each a recipe of its own"
                        )),
                        None => d
                            .help(the_file_has("hypers", &known))
                            .did_you_mean(&name, known.iter().map(String::as_str)),
                    });
                }
            }
        }
    }

    /// The value that a hyper of the main file was set to, if it was: the user's is stronger than the variant's, the
    /// variant's than the recipe's.
    pub(super) fn setting(&mut self, name: &str) -> Option<(Option<Static>, Span)> {
        let by = |list: &[Setting]| list.iter().rev().find(|s| s.name == name).map(|s| (Some(s.value.clone()), s.span));
        if let Some(found) = by(&self.options.sets) {
            return Some(found);
        }
        let change = self.changes.iter().rev().find_map(|c| match c {
            Change::Set { name: n, value, span } if n.value == name => Some((value, *span)),
            _ => None,
        });
        if let Some((value, span)) = change {
            let value = match self.outside(MAIN, |l| l.expr(value)) {
                Value::Static(s) => Some(s),
                Value::Error => None,
                other => {
                    self.report(
                        Diagnostic::error(
                            hyper::E0401,
                            format!("a hyper is set to a number, flag or string, not to a {}", other.kind()),
                        )
                        .at(span, "set here"),
                    );
                    None
                }
            };
            return Some((value, span));
        }
        by(&self.options.recipe_sets)
    }

    pub(super) fn as_kind_of(
        &mut self,
        name: &str,
        value: Static,
        default: Option<&Static>,
        span: Span,
        declared: Span,
    ) -> Option<Static> {
        match (&value, default) {
            (Static::Int(n), Some(Static::Float(_))) => Some(Static::Float(*n as f64)),
            (v, Some(d)) if v.kind() != d.kind() => {
                let fault =
                    Diagnostic::error(hyper::E0403, format!("`{name}` is a {}, {value} is a {}", d.kind(), v.kind()))
                        .at(span, "set here")
                        .because(declared, format!("its default is {d}"));
                self.report(match v {
                    Static::Str(text) if text.parse::<f64>().is_ok() || text == "true" || text == "false" => {
                        fault.help(format!("without quotes it is no string: `{name} = {text}`"))
                    }
                    _ => fault.help(format!("give it a {}, such as its default {d}", d.kind())),
                });
                None
            }
            _ => Some(value),
        }
    }

    pub(super) fn set_span(&mut self, name: &str) -> Span {
        self.setting(name).map_or(Span::NONE, |(_, span)| span)
    }
}
