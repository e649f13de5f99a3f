//! The arguments of calls of blocks: evaluated, bound to parameters, fitted to their types.

use std::collections::BTreeSet;

use super::generics::Generics;
use super::lowering::Lowering;
use super::pattern::POOL;
use super::value::{Argument, Value};
use crate::sema::resolve::{Remedy, Res, no_argument};
use dsc_syntax::ast::{Arg, Block, ExprKind, TypeExpr, TypeExprKind};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::{structure as code, types};
use dsc_syntax::source::{Span, Spanned};

impl Lowering<'_> {
    pub(super) fn arguments(&mut self, args: &[Arg], call: Span) -> Vec<Argument> {
        let mut out: Vec<Argument> = Vec::new();
        for arg in args {
            let (value, span) = (self.expr(&arg.value), arg.value.span);
            let unnamed = |value| Argument { name: None, value, span };
            match (arg.spread, value, &arg.name) {
                (true, Value::List(list), None) => out.extend(list.into_iter().map(|(_, value)| unnamed(value))),
                (true, Value::Error, _) => out.push(Argument::unknown()),
                (true, other, _) => {
                    self.not_a_list(&other, span);
                    out.push(Argument::unknown());
                }
                // Text that could not be read stands there: what it is an argument for is not known.
                (false, _, None) if matches!(arg.value.kind, ExprKind::Error) => out.push(Argument::unknown()),
                (false, value, name) => out.push(Argument { name: name.clone(), value, span }),
            }
        }
        self.take_remedies(&mut out);
        if !self.is_std(self.module()) {
            self.note_numbers(call, &out);
        }
        out
    }

    /// Gives arguments whose names are not known, which was reported, the names that their remedies say, unless these are given too.
    fn take_remedies(&mut self, args: &mut [Argument]) {
        for i in 0..args.len() {
            let unknown = args.get(i).and_then(|a| a.name.as_ref()).map(|name| name.span);
            let Some(Remedy::Argument(meant)) = unknown.and_then(|name| self.taken_for(name)).cloned() else {
                continue;
            };
            if args.iter().any(|a| a.name.as_ref().is_some_and(|n| n.value == meant)) {
                continue;
            }
            if let Some(arg) = args.get_mut(i)
                && let Some(name) = &mut arg.name
            {
                name.value = meant;
                self.notes.guessed.insert(arg.span);
                self.faults.note_earlier();
            }
        }
    }

    /// A named argument that the block does not take. Where it is one that a variant put in another's place, the name
    /// may be right for the other. Gives the parameter that may have been meant.
    pub(super) fn no_such_argument(&mut self, name: &str, block: &Block, given: &Spanned<String>) -> Option<String> {
        if matches!(self.resolve(given.span), Res::Error) {
            self.reported();
            return None;
        }
        let known: Vec<String> = block.params.iter().map(|p| p.name.value.clone()).collect();
        let d = no_argument(name, given, block.name.span, &known);
        let meant = d.fix.as_ref().map(|fix| fix.with.clone());
        let keeps_axes = block.result.as_ref().is_some_and(|ty| matches!(ty.kind, TypeExprKind::Like(_)));
        self.report(match given.value.as_str() {
            "dim" | "axis" | "dims" if keeps_axes && meant.is_none() => {
                d.help(format!("remove it: `{name}` works on the last axis, and its result has the type of its input"))
            }
            _ => d,
        });
        meant
    }

    /// Arguments by parameter, in the order of the parameters; none where the default is to be used. And whether they are
    /// what the block takes.
    pub(super) fn bind_arguments(
        &mut self,
        block: &Block,
        args: Vec<Argument>,
        span: Span,
    ) -> (Vec<Option<Argument>>, bool) {
        let mut bound: Vec<Option<Argument>> = vec![None; block.params.len()];
        if block.params_unread {
            self.reported();
            return (bound, false);
        }
        let mut ok = true;
        let block_name = block.name.value.clone();
        let named: BTreeSet<String> = args.iter().filter_map(|a| a.name.as_ref()).map(|n| n.value.clone()).collect();
        // Parameters that were given under no name or another one, and arguments that may have been meant for any.
        let (mut meant, mut unplaced) = (BTreeSet::new(), 0);
        for (i, arg) in args.into_iter().enumerate() {
            let slot = match &arg.name {
                None if i == 0 => 0,
                // What it was given has a fault that was reported.
                None if arg.is_unknown() => {
                    (ok, unplaced) = (false, unplaced + 1);
                    continue;
                }
                None => {
                    ok = false;
                    // In the order of the declaration, as other languages take them.
                    let place = block.params.get(i).map(|p| p.name.value.clone()).filter(|name| !named.contains(name));
                    self.unnamed(block, i, &arg, place.as_deref());
                    unplaced += usize::from(place.is_none());
                    meant.extend(place);
                    continue;
                }
                Some(name) => match block.params.iter().position(|p| p.name.value == name.value) {
                    Some(slot) => slot,
                    None => {
                        ok = false;
                        let place = self.no_such_argument(&block_name, block, name);
                        unplaced += usize::from(place.is_none());
                        meant.extend(place);
                        continue;
                    }
                },
            };
            match bound.get_mut(slot) {
                Some(place @ None) => *place = Some(arg),
                Some(Some(before)) => {
                    ok = false;
                    let before = before.span;
                    let what = block.params.get(slot).map(|p| p.name.value.clone()).unwrap_or_default();
                    self.report(
                        Diagnostic::error(code::E0502, format!("`{what}` of `{block_name}` is given twice"))
                            .at(arg.span, "given again here")
                            .because(before, "first given here"),
                    );
                }
                None => {
                    ok = false;
                    self.report(
                        Diagnostic::error(code::E0502, format!("`{block_name}` takes no arguments"))
                            .at(arg.span, "one too many"),
                    );
                }
            }
        }
        if unplaced == 0 {
            ok &= self.all_given(block, &bound, &meant, span);
        }
        (bound, ok)
    }

    /// An argument without a name that is not the first. `meant` is the parameter in its place, if that is still open.
    pub(super) fn unnamed(&mut self, block: &Block, i: usize, arg: &Argument, meant: Option<&str>) {
        let d = Diagnostic::error(code::E0503, format!("argument {} of `{}` has no name", i + 1, block.name.value))
            .at(arg.span, "which one is it?")
            .because(block.name.span, "declared here");
        self.report(match meant {
            Some(name) => d
                .help(format!("write `{name}: ..`; only the first tensor goes without a name"))
                .fix(Span { end: arg.span.start, ..arg.span }, format!("{name}: ")),
            None => {
                let next: Vec<String> = block.params.iter().skip(1).map(|p| p.name.value.clone()).collect();
                d.help(format!("only the first tensor goes without a name; the others are {}", next.join(", ")))
            }
        });
    }

    /// Whether all parameters without a default were given; reports if not. `meant` are those that were given in a way
    /// that was reported.
    pub(super) fn all_given(
        &mut self,
        block: &Block,
        bound: &[Option<Argument>],
        meant: &BTreeSet<String>,
        span: Span,
    ) -> bool {
        let block_name = &block.name.value;
        let missing: Vec<String> = block
            .params
            .iter()
            .zip(bound)
            .enumerate()
            // A second parameter of one name has been reported at its declaration, and no call can give it.
            .filter(|(i, (p, _))| block.params.iter().take(*i).all(|q| q.name.value != p.name.value))
            .filter(|(_, (p, b))| p.default.is_none() && b.is_none() && !meant.contains(&p.name.value))
            .map(|(_, (p, _))| format!("`{}`", p.name.value))
            .collect();
        if missing.is_empty() {
            return true;
        }
        let plural = if missing.len() > 1 { "s" } else { "" };
        let d = Diagnostic::error(
            code::E0501,
            format!("missing argument{plural} {} of `{block_name}`", missing.join(", ")),
        )
        .at(span, "missing in this call")
        .because(block.name.span, "declared here");
        // `let f = Linear(out: d)`, as a layer is made elsewhere.
        let tensor_alone = missing.len() == 1 && bound.first().is_some_and(Option::is_none);
        self.report(match tensor_alone {
            true => d.help(format!(
                "a call takes the tensor first, `{block_name}(x, ..)`; an instance whose weights are shared has its settings in braces, `{block_name}{{..}}`"
            )),
            false => d,
        });
        false
    }

    /// Whether the arguments have the types of their parameters; reports if not. One that does not has no value from here
    /// on.
    pub(super) fn arguments_fit(&mut self, block: &Block, given: &[(Value, Span)], generics: &mut Generics) -> bool {
        let mut fits = true;
        for (param, (value, span)) in block.params.iter().zip(given) {
            if self.fits(&param.ty, value, *span, generics, Some((&param.name, &block.name))) {
                continue;
            }
            fits = false;
            let def = self.defined_at(param.name.span);
            if let Some(binding) = def.and_then(|def| self.frame().bindings.get_mut(def)) {
                binding.value = Value::Error;
            }
        }
        fits
    }
}

/// The parameters of a loss that were given one and the same value.
pub(super) fn same_twice(block: &Block, args: &[Option<Argument>]) -> Option<String> {
    let is_real = |ty: &TypeExpr| matches!(&ty.kind, TypeExprKind::Named { name, .. } if name.value == "Real");
    block.result.as_ref().filter(|ty| is_real(ty))?;
    let node = |arg: &Option<Argument>| match arg.as_ref()?.value {
        Value::Node(id) => Some(id),
        _ => None,
    };
    let given: Vec<_> = block.params.iter().zip(args).filter_map(|(p, a)| Some((&p.name.value, node(a)?))).collect();
    let (i, (first, _)) = given.iter().enumerate().find(|(i, (_, n))| given.iter().skip(i + 1).any(|(_, m)| m == n))?;
    let second =
        given.iter().skip(i + 1).find(|(_, n)| given.get(i).is_some_and(|(_, m)| m == n)).map(|(name, _)| name)?;
    Some(format!("`{first}` and `{second}` of `{}` are one value", block.name.value))
}

/// What is wanted and what is found, behind the name of the parameter.
fn misfit_of(d: &Diagnostic) -> Option<&str> {
    d.message.split_once("` expects ").map(|(_, misfit)| misfit)
}

/// Misfits of the arguments of one call, with those in one report that have one cause: two sequences that were exchanged,
/// values that lack the same step before, and values of one type where another is wanted.
pub(super) fn alike_together(misfits: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut apart: Vec<Diagnostic> = Vec::new();
    for d in misfits {
        let exchanged = |e: &Diagnostic| e.code == types::E0303 && d.code == types::E0303;
        let same_step = |e: &Diagnostic| {
            let alike = || d.help.as_ref().is_some_and(|help| help.starts_with(POOL)) || misfit_of(e) == misfit_of(&d);
            e.code == d.code && d.help.is_some() && e.help == d.help && alike()
        };
        match (apart.iter_mut().find(|e| exchanged(e) || same_step(e)), &d.primary) {
            (Some(first), Some(label)) => {
                *first = first.clone().because(label.span, format!("likewise: {}", d.message));
            }
            _ => apart.push(d),
        }
    }
    apart
}
