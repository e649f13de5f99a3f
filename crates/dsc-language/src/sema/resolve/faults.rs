//! What is said of a name that refers to nothing, or to two things.

use super::foreign::{self, Instead};
use super::names::{Def, DefKind};
use super::types::expr_text;
use crate::EmbeddedWorld;
use dsc_graph::primitives::Primitive;
use dsc_syntax::ast::{Block, Body, Expr, ExprKind, Ident, StmtKind};
use dsc_syntax::diag::codes::{hypers, names as code, structure};
use dsc_syntax::diag::{Diagnostic, did_you_mean, the_file_has};
use dsc_syntax::source::Span;

/// The words that a help quotes: `mse` and `mae` of "train by `mse` or `mae`".
pub fn quoted(help: &str) -> impl Iterator<Item = &str> {
    let texts = help.split('`').skip(1).step_by(2);
    let words = texts.flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
    words.filter(|word| !word.is_empty())
}

/// A name that a body binds twice.
pub(super) fn second_binding(name: &Ident, before: Span) -> Diagnostic {
    Diagnostic::error(code::E0203, format!("a second `{}` in one scope", name.value))
        .at(name.span, "bound again here")
        .because(before, "first bound here")
        .help("use another name, or `var` and an assignment")
}

/// A name that one declaration has twice.
pub(super) fn second_in_declaration(name: &Ident, before: Span) -> Diagnostic {
    Diagnostic::error(code::E0203, format!("a second `{}` in one declaration", name.value))
        .at(name.span, "given again here")
        .because(before, "first given here")
        .help("rename one of them")
}

/// Something that a variant or recipe says twice.
pub(super) fn said_twice(what: &str, holder: &str, span: Span, before: Span) -> Diagnostic {
    Diagnostic::error(code::E0203, format!("a second {what} in one {holder}"))
        .at(span, "given again here")
        .because(before, "first given here")
        .help("take one of them away")
}

/// A body that ends without an expression.
pub(super) fn no_value(body: &Body) -> Diagnostic {
    let d = Diagnostic::error(structure::E0519, "this body has no value").at(body.span, "no expression at its end");
    match last_name(body) {
        // As a function of Python that lacks its `return`.
        Some(name) => d
            .because(name.span, "a name for a value, and no value")
            .help(format!("end it with the value: add `{}` behind it", name.value)),
        None => d.help("end it with the expression that is its value"),
    }
}

/// The name that the last statement of a body binds.
pub(super) fn last_name(body: &Body) -> Option<&Ident> {
    match body.stmts.last().map(|stmt| &stmt.kind) {
        Some(StmtKind::Let { names, .. }) if names.len() == 1 => names.first(),
        _ => None,
    }
}

/// An output, loss or companions in a block.
pub(super) fn not_in_a_block(span: Span) -> Diagnostic {
    Diagnostic::error(structure::E0509, "outputs, losses and companions belong to the model")
        .at(span, "inside a block")
        .help("give the block's value back and say it in the model")
}

/// A loss where a value is expected: `loss total = prediction + contrast`.
pub(super) fn loss_as_value(name: &str, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error(code::E0201, format!("`{name}` is a loss, which has no value in the model"))
        .at(span, "a loss")
        .because(declared, "declared here")
        .help(
            "remove the sum: training minimises the sum of all losses; a weight stands in each, `loss aux = 0.1 * ..`",
        )
}

/// A label that does not exist.
pub(super) fn no_label(name: &Ident, declare: bool, known: &[&str]) -> Diagnostic {
    let d = Diagnostic::error(code::E0201, format!("no label `{}`", name.value)).at(name.span, "unknown label");
    let labels: Vec<String> = known.iter().map(|name| (*name).to_owned()).collect();
    let d = match declare {
        true => d.help(format!("declare it: `label {} : Real`", name.value)),
        false => d.help(the_file_has("labels", &labels)),
    };
    match known {
        [one] if foreign::is_label(&name.value) => d.help(format!("write `{one}`")).fix(name.span, *one),
        _ => d.did_you_mean(&name.value, known.iter().copied()),
    }
}

/// An unknown factor, which may be meant as a number of the file.
pub(super) fn no_factor(name: &str, fault: Diagnostic) -> Diagnostic {
    if fault.help.is_some() {
        return fault;
    }
    let other = if name == "lambda" { "" } else { ", a value is defined above with `let`" };
    fault.help(format!(
        "a number that can be set is a hyper, declared outside of the model: `hyper {name} = 0.1`{other}"
    ))
}

/// A name where a string is expected.
pub(super) fn unquoted(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(code::E0201, format!("nothing is called `{name}` here"))
        .at(span, "a string has quotes")
        .help(format!("write `\"{name}\"`"))
        .fix(span, format!("\"{name}\""))
}

/// A block or operation where a number is expected.
pub(super) fn no_number(name: &str, span: Span, hypers: &[&str]) -> Diagnostic {
    let d = Diagnostic::error(structure::E0504, format!("`{name}` is not called"))
        .at(span, "a number is expected here")
        .help(format!("declare a hyper under another name, `hyper {name}_ = ..`, or write a number"));
    d.did_you_mean(name, hypers.iter().copied())
}

/// The group of what is no handle of companions.
pub(super) fn no_companions(name: &Ident, kind: DefKind, group: &str, handles: &[String]) -> Diagnostic {
    let d = Diagnostic::error(code::E0201, format!("`{}` is a {} and has no companions", name.value, kind.noun()))
        .at(name.span, "not the handle of companions");
    match handles {
        [one] => d.help(format!("write `{one}`")).fix(name.span, one.clone()),
        [] => d.help(format!("declare them: `companions c {{ by = [..] }}`, then `x at c.{group}`")),
        several => d.help(format!("the companions are {}", several.join(", "))),
    }
}

/// A setting of the training in a body.
pub(super) fn setting_in_a_body(name: &Ident) -> Diagnostic {
    Diagnostic::error(structure::E0514, format!("no `var {}` to assign to", name.value))
        .at(name.span, "a setting of the training")
        .help(format!(
            "training settings are entries of a recipe, outside of the model: `recipe mosi {{ {} = .. }}`",
            name.value
        ))
}

/// Elements of a list without its brackets.
pub(super) fn loose_list(parameter: &str, block: &str, values: &[&Expr]) -> Diagnostic {
    let span = values.iter().map(|e| e.span).reduce(Span::to).unwrap_or(Span::NONE);
    let plain = values.iter().all(|e| matches!(e.kind, ExprKind::Name(_)));
    let d = Diagnostic::error(structure::E0503, format!("`{parameter}` of `{block}` is one list"))
        .at(span, "several arguments without a name");
    match plain {
        true => {
            let list = format!("[{}]", values.iter().map(|e| expr_text(e)).collect::<Vec<_>>().join(", "));
            d.help(format!("write `{list}`")).fix(span, list)
        }
        false => d.help("put brackets around them: `[a, b]`"),
    }
}

/// A string without the name of its argument.
pub(super) fn text_without_name(primitive: &Primitive, parameter: &str, place: usize, span: Span) -> Diagnostic {
    Diagnostic::error(structure::E0503, format!("argument {place} of `{}` has no name", primitive.name))
        .at(span, "which one is it?")
        .help(format!("write `{parameter}: ..`; it is called as {}", primitive.signature()))
        .fix(Span { end: span.start, ..span }, format!("{parameter}: "))
}

/// Generics that the header of a block uses and does not declare.
pub(super) fn undeclared_generics(block: &Block, names: &[(String, Span)]) -> Diagnostic {
    let listed: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
    let all: Vec<&str> = block.generics.iter().map(|g| g.value.as_str()).chain(listed.iter().copied()).collect();
    let at = block.generics.last().unwrap_or(&block.name).span;
    let added = match block.generics.is_empty() {
        true => format!("<{}>", listed.join(", ")),
        false => format!(", {}", listed.join(", ")),
    };
    let quoted: Vec<String> = listed.iter().map(|name| format!("`{name}`")).collect();
    let first = names.first().map_or(Span::NONE, |(_, span)| *span);
    let message = format!("block `{}` does not declare {}", block.name.value, quoted.join(", "));
    let d = Diagnostic::error(code::E0201, message).at(first, "neither a generic nor a hyper");
    d.help(format!("declare what differs between calls: `block {}<{}>(..)`", block.name.value, all.join(", ")))
        .fix(Span { start: at.end, ..at }, added)
}

/// An assignment to a name that keeps its value.
pub(super) fn not_a_var(name: &Ident, bound: &Def) -> Diagnostic {
    let what = match bound.kind {
        DefKind::Let => "`let`".to_owned(),
        kind => kind.noun().to_owned(),
    };
    let d = Diagnostic::error(structure::E0514, format!("`{}` is a {what} and keeps its value", name.value))
        .at(name.span, "assigned here")
        .because(bound.span, "bound here");
    if bound.kind == DefKind::Let {
        let word = Span { start: bound.whole.start, end: bound.whole.start + "let".len() as u32 };
        return d.help(format!("write `var {}` where it is bound", name.value)).fix(word, "var");
    }
    d.help(format!("bind a name of its own, `var h = {}`, and assign to that", name.value))
}

/// A field of companions that they do not have.
pub(super) fn no_group(field: &Ident) -> Diagnostic {
    let d = Diagnostic::error(code::E0201, format!("companions have no `{}`", field.value))
        .at(field.span, "neither `pos` nor `neg`");
    let meant = ["pos", "neg"].into_iter().find(|group| field.value.starts_with(group));
    match meant {
        Some(group) => d.help(format!("write `{group}`")).fix(field.span, group),
        None => d
            .help("positives are `x at c.pos`, negatives, the near ones first, `x at c.neg`")
            .did_you_mean(&field.value, ["pos", "neg"]),
    }
}

/// An assignment to a hyper.
pub(super) fn hyper_assigned(name: &Ident, declared: Span) -> Diagnostic {
    Diagnostic::error(structure::E0514, format!("`{}` is a hyper and keeps its value", name.value))
        .at(name.span, "assigned here")
        .because(declared, "declared here")
        .help("set it on the command line, in a recipe or in a variant")
}

/// An assignment to a name that nothing has.
pub(super) fn no_var(name: &Ident, known: &[&str]) -> Diagnostic {
    Diagnostic::error(structure::E0514, format!("no `var {}` to assign to", name.value))
        .at(name.span, "not bound")
        .help(format!("define it first: `let {0} = ..`, or `var {0} = ..` if it is assigned again", name.value))
        .fix(Span { end: name.span.start, ..name.span }, "let ")
        .did_you_mean(&name.value, known.iter().copied())
}

/// An indexed hyper without its arguments.
pub(super) fn function_as_value(name: &str, params: &[String], span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error(structure::E0504, format!("`{name}` is a function of {}", params.join(", ")))
        .at(span, "used as a value")
        .because(declared, "declared here")
        .help(format!("call it: `{name}(..)`"))
}

/// A block or primitive without a call.
pub(super) fn block_as_value(name: &str, span: Span) -> Diagnostic {
    let d = Diagnostic::error(structure::E0504, format!("`{name}` is not called"));
    if name.starts_with(|c: char| c.is_ascii_uppercase()) {
        return d.at(span, "a block").help(format!(
            "call it: `{name}(..)`, or make an instance whose weights are shared: `let shared = {name}{{..}}`"
        ));
    }
    d.at(span, "an operation").help(format!("call it: `{name}(x)`, `x |> {name}()`"))
}

/// A call of what is neither a block nor an instance.
pub fn not_callable(kind: &str, span: Span) -> Diagnostic {
    Diagnostic::error(structure::E0504, format!("a {kind} cannot be called"))
        .at(span, "neither a block nor an instance")
}

/// A named argument that a primitive does not take.
pub(super) fn no_primitive_argument(primitive: &Primitive, given: &Ident) -> Diagnostic {
    let known: Vec<&str> = primitive.params.iter().map(|p| p.name).collect();
    let d = Diagnostic::error(structure::E0502, format!("`{}` has no argument `{}`", primitive.name, given.value))
        .at(given.span, "no such argument");
    if primitive.positional().is_some_and(|p| p.name == given.value) {
        return d.help(format!("the first argument of `{}` goes without a name", primitive.name));
    }
    match foreign::argument(&given.value, &known) {
        Some(ours) => instead(d, ours, given.span),
        None => {
            d.help(format!("it is called as {}", primitive.signature())).did_you_mean(&given.value, primitive.args())
        }
    }
}

/// A named argument that a block does not take.
pub fn no_argument(name: &str, given: &Ident, declared: Span, known: &[String]) -> Diagnostic {
    let d = Diagnostic::error(structure::E0502, format!("`{name}` has no argument `{}`", given.value))
        .at(given.span, "no such argument")
        .because(declared, format!("it takes {}", known.join(", ")));
    let names: Vec<&str> = known.iter().map(String::as_str).collect();
    match did_you_mean(&given.value, names.iter().copied()).is_none().then(|| foreign::argument(&given.value, &names)) {
        Some(Some(ours)) => instead(d, ours, given.span),
        _ => d.help(format!("its arguments are {}", known.join(", "))).did_you_mean(&given.value, names),
    }
}

/// A method of tensors of other languages, `x.squeeze(-1)`, of a value that has a fault already; none of a name that may
/// well be the label of a list.
pub fn no_method(field: &Ident, span: Span) -> Option<Diagnostic> {
    let help = foreign::method(&field.value).filter(|_| foreign::is_method(&field.value))?;
    Some(
        Diagnostic::error(hypers::E0402, format!("there is no method `{}`", field.value))
            .at(span, format!("no `{}`", field.value))
            .help(help),
    )
}

/// What is said of a value that other languages have under this name.
pub(super) fn foreign_value(name: &str, span: Span) -> Option<Diagnostic> {
    let d = Diagnostic::error(code::E0201, format!("nothing is called `{name}` here"))
        .at(span, "a value of another language");
    foreign::value(name).map(|ours| instead(d, ours, span))
}

/// The function of a module of another program: `torch.relu`. `whole` is the text that a name replaces.
pub(super) fn foreign_module(module: &Ident, function: &str, whole: Span, known: &[&str]) -> Diagnostic {
    let d = Diagnostic::error(code::E0201, format!("the language has no modules such as `{}`", module.value))
        .at(module.span, "not known here");
    if let Some(ours) = foreign::function(function) {
        return instead(d, ours, whole);
    }
    if module.value == "self" {
        return d.help("a block keeps no state: weights belong to calls, names are defined with `let`");
    }
    let lower = function.to_lowercase();
    let same = known.iter().find(|k| **k == function).or_else(|| known.iter().find(|k| k.to_lowercase() == lower));
    match same {
        Some(ours) => d.help(format!("write `{ours}(..)`")).fix(whole, *ours),
        None => d.help("`dsc explain` lists the operations and blocks, which are called by their name alone"),
    }
}

/// Says what to write instead of the text at `span`.
pub(super) fn instead(d: Diagnostic, ours: Instead, span: Span) -> Diagnostic {
    match ours {
        Instead::Name(ours) => d.help(format!("write `{ours}`")).fix(span, ours),
        Instead::Text(text) => d.help(text),
    }
}

/// A call of something that is no block. `use_at` is where its file can take a further `use`.
pub(super) fn no_block(name: &str, span: Span, use_at: Option<Span>, known: &[&str]) -> Diagnostic {
    let d = Diagnostic::error(code::E0201, format!("no block `{name}`")).at(span, "unknown block");
    if in_std(name) {
        return d
            .help(format!("it is in the standard library: `use std::{{{name}}}`"))
            .fix(use_at.unwrap_or(Span::NONE), format!("use std::{{{name}}}\n"));
    }
    if let Some(ours) = foreign::function(name) {
        return instead(d, ours, span);
    }
    d.did_you_mean(name, known.iter().copied())
}

/// Whether the standard library has a block of that name.
pub(super) fn in_std(name: &str) -> bool {
    let heads = [format!("\nblock {name}("), format!("\nblock {name}<")];
    EmbeddedWorld::stdlib().iter().any(|(_, text)| heads.iter().any(|h| text.contains(h)))
}

/// A hyper that is set and does not exist.
pub(super) fn no_hyper(name: &str, span: Span, known: &[&str]) -> Diagnostic {
    let d = Diagnostic::error(hypers::E0407, format!("no hyper `{name}` to set")).at(span, "set here");
    if foreign::is_setting(name) {
        return d.help(format!("a setting of the training is an entry of a recipe, without `set`: `{name} = ..`"));
    }
    let d = if known.is_empty() { d } else { d.help(format!("the file has: {}", known.join(", "))) };
    d.did_you_mean(name, known.iter().copied())
}

/// A change of a variant that the model has nothing for.
pub(super) fn changes_nothing(name: &Ident, what: &str, known: &[&str]) -> Diagnostic {
    let d = Diagnostic::error(structure::E0512, format!("the model has no {what} `{}` to change", name.value))
        .at(name.span, "changes nothing");
    let d = match what {
        "binding" => d.help(format!("a variant changes what the model has: define `{}` in the model", name.value)),
        "loss" if known.contains(&name.value.as_str()) => d,
        "loss" if known.is_empty() => {
            d.help("a variant adds no loss: write it in the model, and `drop` it in the other variants")
        }
        "loss" => d.help(format!(
            "its losses are {}; a variant adds none: write it in the model, and `drop` it in the other variants",
            known.join(", ")
        )),
        _ => d,
    };
    if what == "called block" && in_std(&name.value) {
        return d.help(format!(
            "a block of the library is replaced under the name it is imported by: `use std::{{{}}}`",
            name.value
        ));
    }
    d.did_you_mean(&name.value, known.iter().copied())
}
