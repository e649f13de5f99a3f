//! Constants: numbers, flags and strings, and operations on them. The one evaluator of values that are outside of any
//! model: entries of a recipe, its `set`, and what the command line and the environment give.
//!
//! The operations are those of [`Static`], which hypers and variants are computed with too, so that one fault has one code
//! wherever it is written.

use super::statics::{Static, StaticFault};
use dsc_syntax::ast::{BinaryOp, Expr, ExprKind};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::hypers as code;

/// The value of an expression of constants; `None` where its text could not be read, which was reported by the parser.
///
/// # Errors
/// `E0401` for what is no constant (names of hypers among it), `E0402` for operands without that operation, `E0406` for a
/// division by zero and for numbers that are too large.
pub fn constant(e: &Expr) -> Result<Option<Static>, Diagnostic> {
    let at = |f: StaticFault| Diagnostic::error(f.code, f.message).at(e.span, "here");
    Ok(Some(match &e.kind {
        ExprKind::Int(n) => Static::Int(*n),
        ExprKind::Float(x) => Static::Float(*x),
        ExprKind::Bool(b) => Static::Bool(*b),
        ExprKind::Str(s) => Static::Str(s.clone()),
        ExprKind::Unary(op, x) => match constant(x)? {
            Some(x) => Static::unary(*op, &x).map_err(at)?,
            None => return Ok(None),
        },
        ExprKind::Binary(op, _, a, b) => {
            let Some(left) = constant(a)? else { return Ok(None) };
            // As in a model, the right operand of a decided `and` or `or` does not count.
            if matches!((op, &left), (BinaryOp::And, Static::Bool(false)) | (BinaryOp::Or, Static::Bool(true))) {
                return Ok(Some(left));
            }
            match constant(b)? {
                Some(right) => Static::binary(*op, &left, &right).map_err(at)?,
                None => return Ok(None),
            }
        }
        ExprKind::Error | ExprKind::Faulty(_) => return Ok(None),
        kind => return Err(no_constant(kind, e)),
    }))
}

fn no_constant(kind: &ExprKind, e: &Expr) -> Diagnostic {
    let (message, label) = match kind {
        ExprKind::Name(name) => (format!("`{name}` is not a constant"), "a name"),
        ExprKind::Call { .. } | ExprKind::Instance { .. } => ("a call is not a constant".to_owned(), "a call"),
        ExprKind::List(_) => ("a list is not a constant".to_owned(), "a list"),
        _ => ("this is not a constant".to_owned(), "not a constant"),
    };
    Diagnostic::error(code::E0401, message)
        .at(e.span, label)
        .help("write a number, a flag or a string in quotes, or operations on them; names of hypers are known to hypers and variants only")
}

#[cfg(test)]
mod tests {
    use super::*;
    use dsc_syntax::{ast::SettingValue, parse_setting};

    fn of(text: &str) -> Result<Option<Static>, Diagnostic> {
        match parse_setting(text).unwrap() {
            SettingValue::Expr(e) => constant(&e),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn constants_are_computed_as_hypers_are() {
        assert_eq!(of("4 * 2"), Ok(Some(Static::Int(8))));
        assert_eq!(of("-(1 + 2) / 2"), Ok(Some(Static::Float(-1.5))));
        assert_eq!(of("2 ** 3 > 7 and not false"), Ok(Some(Static::Bool(true))));
        assert_eq!(of("\"a\" + \"b\""), Ok(Some(Static::Str("ab".into()))));
        assert_eq!(of("false and 1 / 0 > 0"), Ok(Some(Static::Bool(false))));
    }

    #[test]
    fn faults_have_the_codes_of_hypers() {
        for (text, expected) in
            [("heads", code::E0401), ("2 * heads", code::E0401), ("\"a\" * 2", code::E0402), ("1 / 0", code::E0406)]
        {
            let fault = of(text).unwrap_err();
            assert_eq!(fault.code, expected, "{text}");
            assert!(fault.primary.is_some(), "{text}");
        }
    }
}
