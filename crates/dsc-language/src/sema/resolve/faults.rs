//! What is said of a name that refers to nothing, or to two things.

use super::names::{Def, DefKind};
use crate::EmbeddedWorld;
use dsc_graph::primitives::Primitive;
use dsc_syntax::ast::{Body, Ident};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::{hypers, names as code, structure};
use dsc_syntax::source::Span;

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
    Diagnostic::error(structure::E0519, "this body has no value")
        .at(body.span, "no expression at its end")
        .help("end it with the expression that is its value")
}

/// An output, loss or companions in a block.
pub(super) fn not_in_a_block(span: Span) -> Diagnostic {
    Diagnostic::error(structure::E0509, "outputs, losses and companions belong to the model")
        .at(span, "inside a block")
        .help("give the block's value back and say it in the model")
}

/// A label that does not exist.
pub(super) fn no_label(name: &Ident, declare: bool, known: &[&str]) -> Diagnostic {
    let d = Diagnostic::error(code::E0201, format!("no label `{}`", name.value)).at(name.span, "unknown label");
    let d = if declare { d.help(format!("declare it: `label {} : Real`", name.value)) } else { d };
    d.did_you_mean(&name.value, known.iter().copied())
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
        .help(format!("bind it first: `var {} = ..`", name.value))
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
    Diagnostic::error(structure::E0504, format!("`{name}` is used as a value")).at(span, "a block").help(format!(
        "call it: `{name}(..)`, or make an instance whose weights are shared: `let shared = {name}{{..}}`"
    ))
}

/// A call of what is neither a block nor an instance.
pub fn not_callable(kind: &str, span: Span) -> Diagnostic {
    Diagnostic::error(structure::E0504, format!("a {kind} cannot be called"))
        .at(span, "neither a block nor an instance")
}

/// A named argument that a primitive does not take.
pub(super) fn no_primitive_argument(primitive: &Primitive, given: &Ident) -> Diagnostic {
    Diagnostic::error(structure::E0502, format!("`{}` has no argument `{}`", primitive.name, given.value))
        .at(given.span, "no such argument")
        .help(format!("it is called as {}", primitive.signature()))
        .did_you_mean(&given.value, primitive.args())
}

/// A named argument that a block does not take.
pub fn no_argument(name: &str, given: &Ident, declared: Span, known: &[String]) -> Diagnostic {
    Diagnostic::error(structure::E0502, format!("`{name}` has no argument `{}`", given.value))
        .at(given.span, "no such argument")
        .because(declared, format!("it takes {}", known.join(", ")))
        .did_you_mean(&given.value, known.iter().map(String::as_str))
}

/// What is said of a value that other languages have under this name.
pub(super) fn foreign_value(name: &str, span: Span) -> Option<Diagnostic> {
    let d = Diagnostic::error(code::E0201, format!("nothing is called `{name}` here"))
        .at(span, "a value of another language");
    Some(match name {
        "True" => d.help("write `true`").fix(span, "true"),
        "False" => d.help("write `false`").fix(span, "false"),
        "None" | "null" | "nil" => {
            d.help("the language has no empty value: leave the argument out, or choose with `when c { a } else { b }`")
        }
        _ => return None,
    })
}

/// A call of something that is no block. `use_at` is where its file can take a further `use`.
pub(super) fn no_block(name: &str, span: Span, use_at: Option<Span>, known: &[&str]) -> Diagnostic {
    let d = Diagnostic::error(code::E0201, format!("no block `{name}`")).at(span, "unknown block");
    if in_std(name) {
        return d
            .help(format!("it is in the standard library: `use std::{{{name}}}`"))
            .fix(use_at.unwrap_or(Span::NONE), format!("use std::{{{name}}}\n"));
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
    let d = if known.is_empty() { d } else { d.help(format!("the file has: {}", known.join(", "))) };
    d.did_you_mean(name, known.iter().copied())
}

/// A change of a variant that the model has nothing for.
pub(super) fn changes_nothing(name: &Ident, what: &str, known: &[&str]) -> Diagnostic {
    let d = Diagnostic::error(structure::E0512, format!("the model has no {what} `{}` to change", name.value))
        .at(name.span, "changes nothing");
    if what == "called block" && in_std(&name.value) {
        return d.help(format!(
            "a block of the library is replaced under the name it is imported by: `use std::{{{}}}`",
            name.value
        ));
    }
    d.did_you_mean(&name.value, known.iter().copied())
}
