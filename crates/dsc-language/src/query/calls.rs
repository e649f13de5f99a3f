//! The signature of a call.

use super::holds;
use crate::sema::program::Program;
use crate::sema::resolve::{Def, DefKind, Res, expr_text, type_text};
use dsc_syntax::ast::{Arg, Block, Change, Expr, ExprKind, Param};
use dsc_syntax::source::Span;

/// How something is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// All of it on one line: `Fuse<n, m>(h: Seq<m>[n, d], tokens: int) -> Seq<m>[n, d]`.
    pub text: String,
    /// Its parameters in order, as written in `text`; of a primitive the names of its named arguments.
    pub parameters: Vec<String>,
    /// The one of `parameters` that the argument at the place is for.
    pub active: Option<usize>,
}

/// How what is called around an offset is called: a block, an instance (with the parameters of its block), an indexed
/// hyper, a primitive. Of calls within one another the innermost.
pub fn signature(program: &Program, offset: u32) -> Option<Signature> {
    let mut found: Option<(&Expr, &[Arg], usize)> = None;
    program.exprs(&mut |e| {
        let (ExprKind::Call { callee, args, .. } | ExprKind::Instance { callee, args }) = &e.kind else { return };
        // What is left of `|>` is an argument, but the place there is not within the call.
        let inside = holds(Span { start: callee.span.start, ..e.span }, offset);
        if inside && found.is_none_or(|(_, _, len)| e.span.len() <= len) {
            found = Some((callee, args, e.span.len()));
        }
    });
    let (callee, args, _) = found?;
    let argument = args.iter().position(|a| {
        holds(a.name.as_ref().map_or(a.value.span, |n| n.span.to(a.value.span)), offset) && offset > callee.span.end
    });
    let argument = argument.and_then(|i| Some((i, args.get(i)?)));
    match program.names.resolve_anywhere(callee.span) {
        Res::Def(def) => of_definition(program, program.names.def(program.names.callable(def)), argument),
        Res::Primitive(primitive) => Some(Signature {
            text: primitive.signature(),
            parameters: primitive.args().map(str::to_owned).collect(),
            active: argument.and_then(|(_, a)| {
                let name = a.name.as_ref()?;
                primitive.args().position(|p| p == name.value)
            }),
        }),
        _ => None,
    }
}

fn of_definition(program: &Program, def: &Def, argument: Option<(usize, &Arg)>) -> Option<Signature> {
    let module = program.module(def.module)?;
    match def.kind {
        DefKind::Block => {
            let own = module.blocks.values().find(|b| b.name.span == def.span);
            let block = own.or_else(|| of_variant(program, def.span))?;
            let names: Vec<&str> = block.params.iter().map(|p| p.name.value.as_str()).collect();
            let parameters: Vec<String> = block.params.iter().map(parameter).collect();
            let generics: Vec<&str> = block.generics.iter().map(|g| g.value.as_str()).collect();
            let generics = if generics.is_empty() { String::new() } else { format!("<{}>", generics.join(", ")) };
            let result = block.result.as_ref().map_or_else(String::new, |ty| format!(" -> {}", type_text(ty)));
            let text = format!("{}{generics}({}){result}", def.name, parameters.join(", "));
            Some(Signature { text, parameters, active: active(&names, argument) })
        }
        DefKind::Hyper => {
            let hyper = module.hypers.get(&def.name)?;
            let names: Vec<&str> = hyper.params.iter().map(|p| p.value.as_str()).collect();
            let text = format!("{}({})", def.name, names.join(", "));
            let active = argument.map(|(i, _)| i).filter(|i| *i < names.len());
            Some(Signature { text, parameters: names.into_iter().map(str::to_owned).collect(), active })
        }
        _ => None,
    }
}

/// The block that a variant declares at a place.
fn of_variant(program: &Program, place: Span) -> Option<&Block> {
    program.variants.values().flat_map(|v| &v.changes).find_map(|c| match c {
        Change::Block(block, _) if block.name.span == place => Some(&**block),
        _ => None,
    })
}

fn parameter(param: &Param) -> String {
    let default = param.default.as_ref().map_or_else(String::new, |e| format!(" = {}", expr_text(e)));
    format!("{}: {}{default}", param.name.value, type_text(&param.ty))
}

/// The parameter that an argument is for: by its name, or the first.
fn active(params: &[&str], argument: Option<(usize, &Arg)>) -> Option<usize> {
    match argument? {
        (_, Arg { name: Some(name), .. }) => params.iter().position(|p| *p == name.value),
        (0, _) if !params.is_empty() => Some(0),
        _ => None,
    }
}
