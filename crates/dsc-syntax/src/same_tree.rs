//! Equality of syntax trees that ignores spans.
//!
//! Every field is listed below: a missing field does not compile, and a missing variant is unequal to everything.

use super::ast::*;
use crate::source::{Span, Spanned};
use std::collections::BTreeSet;

/// Whether two files have the same syntax tree, ignoring all spans.
///
/// ```
/// use dsc_syntax::source::SourceMap;
/// use dsc_syntax::{parse, same_tree};
///
/// let mut sources = SourceMap::new();
/// let [a, b, c] = ["hyper d = 2*(3)", "hyper d =\n  2 * 3", "hyper d = 2*4"].map(|text| {
///     let file = sources.add("a.dsl", text);
///     parse(&sources, file).0
/// });
/// assert!(same_tree(&a, &b));
/// assert!(!same_tree(&a, &c));
/// ```
pub fn same_tree(a: &Module, b: &Module) -> bool {
    a.same(b)
}

/// Equality that ignores spans.
trait SameTree {
    fn same(&self, other: &Self) -> bool;
}

impl SameTree for Span {
    fn same(&self, _: &Span) -> bool {
        true
    }
}

impl<T: SameTree> SameTree for Spanned<T> {
    fn same(&self, other: &Self) -> bool {
        self.value.same(&other.value)
    }
}

impl<T: SameTree> SameTree for Box<T> {
    fn same(&self, other: &Self) -> bool {
        (**self).same(other)
    }
}

impl<T: SameTree> SameTree for Option<T> {
    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Some(a), Some(b)) => a.same(b),
            (a, b) => a.is_none() && b.is_none(),
        }
    }
}

impl<T: SameTree> SameTree for Vec<T> {
    fn same(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().zip(other).all(|(a, b)| a.same(b))
    }
}

impl<A: SameTree, B: SameTree> SameTree for (A, B) {
    fn same(&self, other: &Self) -> bool {
        self.0.same(&other.0) && self.1.same(&other.1)
    }
}

macro_rules! by_value {
    ($($name:ty),*) => {$(
        impl SameTree for $name {
            fn same(&self, other: &Self) -> bool {
                self == other
            }
        }
    )*};
}

macro_rules! by_fields {
    ($($name:ident { $($field:ident),* })*) => {$(
        impl SameTree for $name {
            fn same(&self, other: &Self) -> bool {
                let $name { $($field),* } = self;
                true $(&& $field.same(&other.$field))*
            }
        }
    )*};
}

/// Variants with their fields, each with two variable names; the fields of a tuple variant are `0`, `1`, ..
macro_rules! by_variants {
    ($($name:ident { $($variant:ident { $($field:tt $a:ident $b:ident),* })* })*) => {$(
        impl SameTree for $name {
            fn same(&self, other: &Self) -> bool {
                match (self, other) {
                    $(($name::$variant { $($field: $a),* }, $name::$variant { $($field: $b),* }) => true $(&& $a.same($b))*,)*
                    _ => false,
                }
            }
        }
    )*};
}

by_value!(String, bool, i64, f64, (), UnaryOp, BinaryOp, BTreeSet<String>);

by_fields! {
    Module { docs, items, lost, repaired }
    Item { docs, kind, span }
    Use { from, quoted, names }
    Hyper { name, params, value, domain, constraint }
    Input { name, ty, from }
    Block { name, generics, params, params_unread, result, constraint, body }
    Param { name, ty, default }
    Model { name, body }
    Variant { name, base, changes }
    Recipe { name, base, entries }
    Expect { claims, recipe }
    Body { stmts, value, span }
    Stmt { docs, kind, span }
    Expr { kind, span }
    Arg { name, spread, value }
    Element { label, spread, value }
    TypeExpr { kind, span }
}

by_variants! {
    ItemKind {
        Use { 0 a b }
        Hyper { 0 a b }
        Input { 0 a b }
        Label { 0 a b }
        Block { 0 a b }
        Model { 0 a b }
        Variant { 0 a b }
        Recipe { 0 a b }
        Expect { 0 a b }
        Error {}
    }
    Change {
        Set { name a b, value c d, span e f }
        Let { name a b, value c d, span e f }
        Block { 0 a b, 1 c d }
        Input { 0 a b, 1 c d }
        Drop { name a b, span c d }
        Loss { name a b, value c d, span e f }
        Reweight { name a b, factor c d, span e f }
        Error { 0 a b }
    }
    RecipeEntry {
        Key { path a b, value c d, span e f }
        Set { name a b, value c d, span e f }
        Error { 0 a b }
    }
    SettingValue {
        Expr { 0 a b }
        Select { minimize a b, metric c d }
        Quantity { value a b, unit c d }
    }
    StmtKind {
        Let { names a b, ty c d, value e f, mutable g h }
        Assign { names a b, value c d }
        For { var a b, over c d, body e f }
        Output { value a b, label c d }
        Companions { name a b, entries c d }
        Loss { name a b, value c d }
        Reveal { 0 a b }
        Expr { 0 a b }
        Error {}
    }
    ExprKind {
        Int { 0 a b }
        Float { 0 a b }
        Bool { 0 a b }
        Str { 0 a b }
        Name { 0 a b }
        Unary { 0 a b, 1 c d }
        Binary { 0 a b, 1 c d, 2 e f, 3 g h }
        Call { callee a b, args c d, piped e f }
        Instance { callee a b, args c d }
        Index { 0 a b, 1 c d }
        Field { 0 a b, 1 c d }
        At { 0 a b, 1 c d }
        List { 0 a b }
        Tuple { 0 a b }
        Range { start a b, end c d, inclusive e f }
        Each { var a b, over c d, body e f }
        Sum { var a b, over c d, body e f }
        When { cond a b, then c d, otherwise e f }
        Faulty { 0 a b }
        Error {}
    }
    TypeExprKind {
        Named { name a b, params c d, dims e f }
        List { 0 a b }
        Tuple { 0 a b }
        Like { 0 a b }
        Error {}
    }
}
