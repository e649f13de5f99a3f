//! What entries have in common.

use super::*;
use std::collections::BTreeSet;

#[test]
fn a_signature_is_made_of_the_parameters() {
    let signature = |name: &str| operation(name).unwrap().signature();
    assert_eq!(signature("linear"), "linear(x: X[.., i], out: int, bias: bool = true) -> X[.., out]");
    assert_eq!(signature("stdpool"), "stdpool(x: Seq<m>[n, d], eps: real = 1e-5) -> Vec[d]");
    assert_eq!(
        signature("embed"),
        "embed(x: Tokens[t], rows: int, width: int, init: str = \"normal\", std: real = 0.02, bound: real = 0.1) -> Seq<text>[t, width]"
    );
    assert_eq!(signature("min"), "min(a: int, b: int, ..) -> int");
    assert_eq!(signature("relu"), "relu(x: X) -> X");
    assert_eq!(signature("add"), "add(a: X, with: X) -> X");
}

#[test]
fn names_are_those_of_one_entry_each() {
    let names: BTreeSet<&str> = OPERATIONS.iter().map(|p| p.name).collect();
    assert_eq!(names.len(), OPERATIONS.len());
    for entry in OPERATIONS.iter() {
        assert_eq!(entry.operation.name(), entry.name);
        let args: BTreeSet<&str> = entry.params.iter().map(|p| p.name).collect();
        assert_eq!(args.len(), entry.params.len(), "{}", entry.name);
    }
}

/// A default has to be a value that the parameter takes: it is checked like one that is given.
#[test]
fn defaults_are_of_the_kind_of_their_parameter() {
    use crate::statics::Static;
    for entry in OPERATIONS.iter() {
        for param in &entry.params {
            let DefaultValue::Value(value, _) = &param.default else { continue };
            let fits = match param.kind {
                Kind::Flag => matches!(value, Static::Bool(_)),
                Kind::Text | Kind::Any(_) => matches!(value, Static::Str(_)),
                Kind::Choice(all) => all.iter().any(|c| *value == Static::Str((*c).to_owned())),
                Kind::Count | Kind::Width | Kind::Rows(_) => value.as_i64().is_some_and(|n| n >= 1),
                Kind::Integer | Kind::Place => value.as_i64().is_some(),
                Kind::Real => value.as_f64().is_some(),
                Kind::NonNegative | Kind::Probability => value.as_f64().is_some_and(|x| x >= 0.0),
                Kind::Positive => value.as_f64().is_some_and(|x| x > 0.0),
                Kind::Tensor(_) | Kind::Seq(_) | Kind::Tensors | Kind::Values(_) | Kind::Shape | Kind::Axes => false,
            };
            assert!(fits, "`{}` of `{}`", param.name, entry.name);
        }
    }
}
