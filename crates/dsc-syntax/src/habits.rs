//! What to write in this language instead of what others have: words, marks between entries, choices.

use super::parse::Rule;
use crate::diag::{Diagnostic, codes::syntax as codes};
use crate::source::Span;

/// Help for a word with which other languages begin an item.
pub(super) fn item(word: &str) -> Option<&'static str> {
    Some(match word {
        "def" | "fn" | "func" | "function" | "class" | "module" | "struct" | "layer" => {
            "a part of a model is a block: `block NAME(x: Vec[d]) -> Vec[d] { .. }`"
        }
        "import" | "from" | "include" | "require" | "using" => "blocks are imported with `use std::{Linear, MLP}`",
        "const" | "static" | "param" | "params" | "config" | "arg" | "define" => {
            "a number that can be set from outside is a hyper: `hyper NAME = 8`"
        }
        "target" | "targets" | "output" => "a label is declared with `label y : Real`",
        "data" | "dataset" | "feature" | "stream" => "an input is declared with `input audio : Seq<audio>[Ta, fa]`",
        "train" | "training" | "optimizer" | "config_train" => {
            "training settings are a recipe: `recipe mosi { epochs = 20 }`"
        }
        _ => return None,
    })
}

/// Help for a word with which other languages begin a statement.
pub(super) fn statement(word: &str) -> Option<&'static str> {
    Some(match word {
        "while" | "repeat" | "loop" | "do" => "a loop has a fixed number of turns: `for l in 0..depth { .. }`",
        "const" | "auto" | "val" | "mut" | "def" | "fn" => {
            "a name is defined with `let x = ..`, a part with `block` outside the model"
        }
        "pass" | "continue" | "break" => "remove it: a body may be empty, and loops are unrolled at compile time",
        "assert" | "require" => "a condition on numbers is `where` behind a hyper or the header of a block",
        "del" | "global" | "nonlocal" | "import" | "from" => {
            "remove it: names end with their body, and blocks are imported at the top of the file"
        }
        "try" | "except" | "raise" | "with" | "async" | "await" | "yield" => {
            "the language has nothing like it: a model is evaluated as a whole"
        }
        "self" | "this" => "a block keeps no state: weights belong to calls, names are defined with `let`",
        _ => return None,
    })
}

/// Help for text behind a value, by its first token.
pub(super) fn behind_value(token: &str) -> Option<&'static str> {
    Some(match token {
        "?" => "a choice is `when c { a } else { b }`",
        "=" | ":=" => "a name gets its value once, with `let x = ..`; a `var` may be assigned again",
        "->" | "=>" | "|" | ">>" => "a value is passed on with `|>`: `x |> relu()`",
        ":" => "a body is written in braces, `{ .. }`",
        _ => return None,
    })
}

/// Help for text in the place of a value, by its first token.
pub(super) fn in_place_of_value(token: &str) -> Option<&'static str> {
    Some(match token {
        "{" => "a list is written in brackets, with or without labels: `[audio: a, vision: v]`",
        "!" => "logical negation is `not`",
        "..." | "....." => "there is no axis of the batch to leave out",
        "~" => "logical negation is `not`",
        "?" => "a choice is `when c { a } else { b }`",
        "@" => "the language has no decorators",
        "$" => "a name is its value, without a mark",
        "<" => "the name of a block or a value comes first",
        _ => return None,
    })
}

/// Help for text that is no entry of a variant, recipe or `companions`, by its first word.
pub(super) fn entry(word: &str) -> Option<&'static str> {
    Some(match word {
        "remove" | "delete" | "without" | "disable" => {
            "a variant takes away a loss with `drop NAME`, and replaces a value with `let NAME = ..`"
        }
        "replace" | "change" | "override" | "use" | "add" => {
            "a variant holds `set`, `let`, `drop`, `loss`, `block` and `input`, each with what takes the place of the model's"
        }
        _ => return None,
    })
}

/// The form of a statement or item.
pub(super) fn form(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::let_stmt => "let x = ..",
        Rule::for_stmt => "for l in 0..depth { .. }",
        Rule::output_stmt => "output score for y",
        Rule::loss_stmt => "loss prediction = mse(score, target: y)",
        Rule::each => "each x in xs { .. }",
        Rule::sum => "sum x in xs { .. }",
        Rule::when => "when c { .. } else { .. }",
        Rule::companions_stmt => "companions c { by = [mean(a)]  class = class(y) }",
        Rule::hyper_item => "hyper d = 64",
        Rule::input_item => "input audio : Seq<audio>[Ta, fa]",
        Rule::label_item => "label y : Real",
        Rule::use_item => "use std::{Linear, MLP}",
        Rule::recipe_item => "recipe mosi { epochs = 20 }",
        Rule::variant_item => "variant narrow { set d = 32 }",
        Rule::block_item => "block F(x: Vec[d]) -> Vec[d] { .. }",
        Rule::model_item => "model M { .. }",
        Rule::expect_item => "expect params < 120M for mosi",
        Rule::set_stmt => "set d = 32",
        Rule::drop_stmt => "drop contrast",
        _ => return None,
    })
}

/// Help for a parameter or type that is missing: `before` is the last word before it, `found` what is there instead.
pub(super) fn type_of_parameter(before: &str, found: &str) -> String {
    match before {
        "self" | "cls" | "this" => {
            return "remove it: a block keeps no state, weights belong to calls".to_owned();
        }
        "mask" | "lengths" | "padding_mask" | "attn_mask" | "key_padding_mask" => {
            return "remove it: lengths are part of the type of a `Seq`, so padding is left out everywhere".to_owned();
        }
        _ if found.starts_with('.') => {
            return "a block is derived from nothing; in its brackets are its parameters: `(x: Vec[d])`".to_owned();
        }
        _ => {}
    }
    let name = if before.starts_with(|c: char| c.is_ascii_alphabetic()) { before } else { "x" };
    format!("a value has a type, `{name}: Seq<m>[n, d]` or `{name}: Vec[d]`, and so has a number, `{name}: int`")
}

/// Reports `1,000`; `span` is its comma.
pub(super) fn thousands(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0101, "a number has no commas")
        .at(span, "not valid here")
        .help("write `_`, or leave it out: `1_000`, `1000`")
        .fix(span, "_")
}

/// Reports `for` in `let z = for x in xs { F(x) }`; `span` is it, and `meant` what to write instead.
pub(super) fn loop_as_value(span: Span, meant: &str) -> Diagnostic {
    let values = if meant == "sum" { "the sum" } else { "the list" };
    Diagnostic::error(codes::E0115, "a `for` has no value")
        .at(span, "a value is expected here")
        .help(format!("write `{meant}`: its value is {values} of the values of its body"))
        .fix(span, meant)
}

/// Reports `{audio: a, vision: v}`, which is `text` at `span`.
pub(super) fn list_in_braces(span: Span, text: &str) -> Diagnostic {
    let inner = text.trim_start_matches('{').trim_end_matches('}').trim();
    Diagnostic::error(codes::E0115, "a list is written in square brackets, with or without labels")
        .at(span, "in braces")
        .help(format!("write `[{inner}]`"))
        .fix(span, format!("[{inner}]"))
}

/// Reports `losses::` in `use std::losses::mae`; `span` is it.
pub(super) fn module_within_file(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0101, "a file has no modules within")
        .at(span, "not valid here")
        .help("remove it: all blocks of the standard library are imported from `std`, as in `use std::{MLP, mae}`")
        .fix(span, "")
}

/// Reports `[audio]` in `Seq[audio][Ta, fa]`; `span` is it.
pub(super) fn modality_in_brackets(span: Span, modality: &str) -> Diagnostic {
    Diagnostic::error(codes::E0101, "a modality is written in `<` and `>`")
        .at(span, "dims are in `[` and `]`")
        .help(format!("write `<{modality}>`"))
        .fix(span, format!("<{modality}>"))
}

/// Reports `set c.near = 4` in a variant; `path` is `c.near`, at `span`.
pub(super) fn set_of_no_hyper(span: Span, path: &str) -> Diagnostic {
    let name = path.rsplit('.').next().unwrap_or(path);
    Diagnostic::error(codes::E0101, format!("a variant sets hypers, and `{path}` is none"))
        .at(span, "not a hyper")
        .help(format!("declare `hyper {name} = ..`, use `{name}` where the number stands, and write `set {name} = ..`"))
}

/// Reports `set optimizer.lr = 1e-3` in a recipe; `key` is `optimizer.lr`, at `span`, `word` what precedes it.
pub(super) fn set_of_setting(word: Span, span: Span, key: &str) -> Diagnostic {
    Diagnostic::error(codes::E0101, format!("`set` is for hypers, and `{key}` is none"))
        .at(span, "not a hyper")
        .help(format!("a setting of the training is an entry without `set`: `{key} = ..`"))
        .fix(word, "")
}

/// Reports a comma behind an item.
pub(super) fn comma_of_item(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0107, "expected an item, found `,`")
        .at(span, "not valid here")
        .help("remove it: items need no separator")
        .fix(span, "")
}

/// Reports `x[0, 1]`; `span` is its comma.
pub(super) fn second_index(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0101, "unexpected `,`")
        .at(span, "a value has one index")
        .help("a row is `x[0]`, entries of the last axis are `slice(x, from: 0, to: 1)`")
}

/// Reports `Seq<audio>(Ta, fa)`; `text` is that of the brackets.
pub(super) fn dims_in_parentheses(span: Span, text: &str) -> Diagnostic {
    let inner = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')).unwrap_or(text);
    let fault = Diagnostic::error(codes::E0101, "expected `[` before the dims, found `(`").at(span, "expected `[`");
    match inner.contains('\n') {
        true => fault.help("dims are written in `[` and `]`"),
        false => fault.help(format!("write `[{inner}]`")).fix(span, format!("[{inner}]")),
    }
}

/// Reports a brace behind the name of a block or operation; `text` is all of it.
pub(super) fn settings(span: Span, name: &str, text: &str) -> Diagnostic {
    let fault = Diagnostic::error(codes::E0101, "unexpected `{`").at(span, "not valid here");
    let inner = text.trim_start_matches('{').split('}').next().unwrap_or("").trim();
    match name.chars().next() {
        Some(c) if c.is_ascii_uppercase() => {
            fault.help(format!("an instance takes its settings by name: `{name}{{NAME: {inner}}}`"))
        }
        Some(c) if c.is_ascii_lowercase() => fault.help(format!(
            "only blocks have instances, which begin with a capital; an operation is called: `{name}(x, ..)`"
        )),
        _ => fault.help("a list is written in brackets, with or without labels: `[audio: a, vision: v]`"),
    }
}

/// Reports the choice `a if c else b`; `span` is its `if`.
pub(super) fn ternary(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0115, "the language has no `a if c else b`")
        .at(span, "not an operator of this language")
        .help("write `when c { a } else { b }`: the condition is evaluated at compile time")
}

/// Reports a list comprehension; `text` is what follows the value, `for x in xs`.
pub(super) fn comprehension(span: Span, text: &str) -> Diagnostic {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (name, over) = match words.as_slice() {
        ["for", name, "in", over @ ..] if !over.is_empty() => {
            let over: Vec<&str> = over.iter().copied().take_while(|word| *word != "if").collect();
            (*name, over.join(" "))
        }
        _ => ("x", "xs".to_owned()),
    };
    Diagnostic::error(codes::E0115, "the language has no comprehensions")
        .at(span, "not valid in a list")
        .help(format!("a list of the values of a loop is `each {name} in {over} {{ .. }}`"))
}
