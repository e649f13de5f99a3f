//! Hypers that are set from outside of their declaration: by a recipe, a variant or the user. The stronger comes later in
//! this list.

use super::options::{Options, Setting};
use crate::sema::program::Program;
use dsc_graph::constant::constant;
use dsc_graph::statics::Static;
use dsc_recipe::Value;
use dsc_syntax::ast::{Change, RecipeEntry};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::hypers as code;
use dsc_syntax::source::Span;

/// Who gave a hyper its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetBy {
    /// The recipe of that name.
    Recipe(String),
    /// The variant of that name.
    Variant(String),
    /// `Options::sets`: the command line.
    User,
}

/// The hyper that an entry of a recipe sets. Nothing for an entry that is no `set`, or whose value could not be read, which
/// was reported when the file was parsed.
///
/// # Errors
/// As [`constant`].
pub(super) fn setting(entry: &RecipeEntry) -> Option<Result<Setting, Diagnostic>> {
    let RecipeEntry::Set { name, value, span } = entry else { return None };
    let made = |value| Setting { name: name.value.clone(), value, span: *span };
    constant(value).map(|value| value.map(made)).transpose()
}

impl Setting {
    /// A hyper and its value as written on the command line: a constant, or a word, which is a string that needs no quotes.
    ///
    /// # Errors
    /// As [`constant`], and what the parser reports of the value.
    pub fn read(name: &str, value: &str) -> Result<Setting, Diagnostic> {
        let mut faults = Vec::new();
        let value = match Value::of_text(value, &mut faults) {
            Some(Value::Constant(value)) => value,
            // In quotes it is a string; without them someone meant a number.
            Some(Value::Word(word)) if word.parse::<f64>().is_ok() => {
                let d = Diagnostic::error(code::E0406, format!("`{word}` is not a finite number"));
                return Err(d.help(format!("a string of that name is given in quotes, `--set '{name}=\"{word}\"'`")));
            }
            Some(Value::Word(word)) => Static::Str(word),
            Some(other) => {
                let message = format!("a hyper is set to a number, flag or string, found {}", other.found());
                return Err(Diagnostic::error(code::E0401, message));
            }
            None => {
                let unread = || Diagnostic::error(code::E0401, format!("`{}` has no value", value.trim()));
                let quotes = "a string of more than one word is given in quotes, `--set 'name=\"a-b\"'`";
                let fault = faults.into_iter().next().unwrap_or_else(unread);
                let is_syntax = fault.code.0.starts_with("E01");
                return Err(if fault.help.is_none() && is_syntax { fault.help(quotes) } else { fault });
            }
        };
        Ok(Setting { name: name.to_owned(), value, span: Span::NONE })
    }
}

/// The hypers that a recipe and those it inherits from set, the most basic recipe first: the later one of a name wins.
///
/// # Errors
/// An unknown recipe, a circle, and every value that is no constant.
pub fn recipe_sets(program: &Program, recipe: &str) -> Result<Vec<Setting>, Vec<Diagnostic>> {
    let chain = program.recipe_chain(recipe).map_err(|d| vec![d])?;
    let (mut sets, mut faults) = (Vec::new(), Vec::new());
    for found in chain.into_iter().flat_map(|r| &r.entries).filter_map(setting) {
        match found {
            Ok(set) => sets.push(set),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(sets) } else { Err(faults) }
}

/// Who gave the hyper `name` its value in a compilation with these options and this recipe; nobody, if it has its default.
pub fn set_by(program: &Program, options: &Options, recipe: Option<&str>, name: &str) -> Option<SetBy> {
    if options.sets.iter().any(|s| s.name == name) {
        return Some(SetBy::User);
    }
    let variants = options.variant.as_ref().and_then(|v| program.variant_chain(v).ok()).unwrap_or_default();
    let changes = |c: &Change| matches!(c, Change::Set { name: n, .. } if n.value == name);
    if let Some(variant) = variants.iter().rev().find(|v| v.changes.iter().any(changes)) {
        return Some(SetBy::Variant(variant.name.value.clone()));
    }
    let recipes = recipe.and_then(|r| program.recipe_chain(r).ok()).unwrap_or_default();
    let sets = |e: &RecipeEntry| setting(e).and_then(Result::ok).is_some_and(|s| s.name == name);
    let recipe = recipes.iter().rev().find(|r| r.entries.iter().any(sets))?;
    Some(SetBy::Recipe(recipe.name.value.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::compile;
    use dsc_syntax::source::MemoryWorld;

    const MODEL: &str = "
use std::{Linear, MLP, mse}
hyper d = 8
hyper layers = 1
hyper p = 0.1
hyper flag = false
input audio : Seq<audio>[Ta, fa]
label y : Real
model M {
  var a = audio |> Linear(out: d) |> dropout(p: p)
  for l in 0..layers { a = relu(a) }
  let score = when flag { mean(a) } else { a[0] } |> MLP(widths: [d, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
variant deep { set layers = 3  set d = 16 }
variant deeper = deep { set layers = 4 }
recipe sims { set layers = 2  set p = -0.0  set d = 4 * 8 }
recipe mosi = sims { set layers = 5 }
";

    fn program(text: &str) -> Program {
        let loaded = Program::load_text(&MemoryWorld::new(), "m.dsl", text);
        loaded.program.unwrap_or_else(|| panic!("{:?}", loaded.diagnostics))
    }

    #[test]
    fn recipes_inherit_and_later_ones_win() {
        let program = program(MODEL);
        let sets = recipe_sets(&program, "mosi").unwrap();
        let messages: Vec<String> = sets.iter().map(|s| format!("{} = {}", s.name, s.value)).collect();
        assert_eq!(messages, ["layers = 2", "p = -0", "d = 32", "layers = 5"]);
        let compiled = compile(&program, &Options { recipe_sets: sets, ..Options::default() });
        let layers = compiled.hypers.iter().find(|(n, _)| n == "layers").map(|(_, v)| v.clone());
        assert_eq!(layers, Some(Static::Int(5)));
    }

    #[test]
    fn all_faults_of_a_recipe_are_told() {
        let text = format!("{MODEL}recipe bad {{ set d = 4 / 0  set layers = d  set flag = true }}\n");
        let faults = recipe_sets(&program(&text), "bad").unwrap_err();
        let messages: Vec<&str> = faults.iter().map(|d| d.message.as_str()).collect();
        assert_eq!(messages.len(), 2, "{messages:?}");
        assert_eq!(messages, ["`4 / 0` divides by zero", "`d` is not a constant"]);
        assert!(faults.iter().all(|d| d.primary.is_some()));
        assert_eq!(recipe_sets(&program(MODEL), "none").unwrap_err().len(), 1);
    }

    #[test]
    fn the_command_line_sets_constants_and_words() {
        let of = |text: &str| {
            let (name, value) = text.split_once('=').unwrap();
            Setting::read(name.trim(), value).map(|s| (s.name, s.value))
        };
        assert_eq!(of("d=4*4"), Ok(("d".into(), Static::Int(16))));
        assert_eq!(of(" p = -1e-3"), Ok(("p".into(), Static::Float(-1e-3))));
        assert_eq!(of("flag=not true"), Ok(("flag".into(), Static::Bool(false))));
        assert_eq!(of("init=normal"), Ok(("init".into(), Static::Str("normal".into()))));
        assert_eq!(of("init=\"x y\""), Ok(("init".into(), Static::Str("x y".into()))));
        for (text, expected) in [
            ("d=heads*4", "E0401"),
            ("d=[1, 2]", "E0401"),
            ("d=4*\"x\"", "E0402"),
            ("d=1/0", "E0406"),
            // No strings: someone meant a number.
            ("p=inf", "E0406"),
            ("p=NaN", "E0406"),
            ("d=4*", "E0102"),
        ] {
            let fault = of(text).unwrap_err();
            assert_eq!(fault.code.0, expected, "{text}");
            assert!(fault.primary.is_none());
        }
    }

    #[test]
    fn who_set_a_hyper_is_known() {
        let program = program(MODEL);
        let user = Setting { name: "flag".into(), value: Static::Bool(true), span: Span::NONE };
        let options = Options { variant: Some("deeper".into()), sets: vec![user], ..Options::default() };
        let by = |name: &str, recipe| set_by(&program, &options, recipe, name);
        assert_eq!(by("flag", Some("mosi")), Some(SetBy::User));
        assert_eq!(by("layers", Some("mosi")), Some(SetBy::Variant("deeper".into())));
        assert_eq!(by("d", Some("mosi")), Some(SetBy::Variant("deep".into())));
        assert_eq!(by("p", Some("mosi")), Some(SetBy::Recipe("sims".into())));
        assert_eq!(by("p", None), None);
        let base = Options::default();
        assert_eq!(set_by(&program, &base, Some("mosi"), "layers"), Some(SetBy::Recipe("mosi".into())));
    }
}
