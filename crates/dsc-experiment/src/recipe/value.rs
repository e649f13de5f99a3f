//! Values of settings, from the syntax tree or from text of the command line and the environment.

use std::fmt;

use dsc_syntax::ast::{Arg, BinaryOp, Expr, ExprKind, SettingValue, UnaryOp};
use dsc_syntax::source::Span;

/// A value before it is known which setting it is for.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number.
    Int(i64),
    /// Another number.
    Float(f64),
    /// `true`, `false`.
    Bool(bool),
    /// A name or a string: `linear`, `"bert-base-chinese"`.
    Word(String),
    /// `adam(lr: 5e-5)`.
    Call(String, Vec<(Option<String>, Value, Span)>),
    /// `min mae` (then true), `max acc2`.
    Select(bool, String, Span),
    /// `10 epochs`.
    Quantity(f64, String, Span),
    /// `[0.9, 0.999]`.
    List(Vec<Value>),
    /// Something that no setting can be; an already reported fault if empty.
    Other(String),
}

impl Value {
    /// The value of an entry in a recipe.
    pub fn of(value: &SettingValue) -> Value {
        match value {
            SettingValue::Expr(expr) => Value::of_expr(expr),
            SettingValue::Select { minimize, metric } => Value::Select(*minimize, metric.value.clone(), metric.span),
            SettingValue::Quantity { value, unit } => match Value::of_expr(value).number() {
                Some(number) => Value::Quantity(number, unit.value.clone(), unit.span),
                None => Value::Other("a quantity without a number".into()),
            },
        }
    }

    /// The value of an expression: literals, names, calls, lists and arithmetic on numbers.
    pub fn of_expr(expr: &Expr) -> Value {
        match &expr.kind {
            ExprKind::Int(n) => Value::Int(*n),
            ExprKind::Float(x) => Value::Float(*x),
            ExprKind::Bool(b) => Value::Bool(*b),
            ExprKind::Str(s) | ExprKind::Name(s) => Value::Word(s.clone()),
            ExprKind::Unary(UnaryOp::Neg, of) => match Value::of_expr(of) {
                Value::Int(n) => n.checked_neg().map_or_else(|| Value::Other("a number too large".into()), Value::Int),
                Value::Float(x) => Value::Float(-x),
                other => Value::Other(format!("minus {other}")),
            },
            ExprKind::Binary(op, _, left, right) => arithmetic(*op, &Value::of_expr(left), &Value::of_expr(right)),
            ExprKind::Call { callee, args, piped: false } => match &callee.kind {
                ExprKind::Name(name) => Value::Call(name.clone(), args.iter().map(argument).collect()),
                _ => Value::Other("a call".into()),
            },
            ExprKind::List(list) if list.iter().all(|e| !e.spread && e.label.is_none()) => {
                Value::List(list.iter().map(|e| Value::of_expr(&e.value)).collect())
            }
            ExprKind::Error => Value::Other(String::new()),
            _ => Value::Other("an expression that is not a setting".into()),
        }
    }

    /// The value of a text: `100`, `5e-5`, `0.1 fraction`, `min mae`, `adamw(lr: 2e-5, betas: [0.9, 0.98])`, or else a word,
    /// with or without quotes.
    pub fn of_text(text: &str) -> Value {
        let text = text.trim();
        if let Some(number) = number(text) {
            return number;
        }
        if let Some(inner) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            return Value::List(pieces(inner).into_iter().map(Value::of_text).collect());
        }
        if let Some((name, inner)) = text.strip_suffix(')').and_then(|t| t.split_once('('))
            && is_name(name.trim())
        {
            let args = pieces(inner).into_iter().map(|piece| match piece.split_once(':') {
                Some((key, value)) => (Some(key.trim().to_owned()), Value::of_text(value), Span::NONE),
                None => (None, Value::of_text(piece), Span::NONE),
            });
            return Value::Call(name.trim().to_owned(), args.collect());
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            [end @ ("min" | "max"), metric] => Value::Select(*end == "min", (*metric).to_owned(), Span::NONE),
            [amount, unit] if number(amount).is_some() && is_name(unit) => Value::Quantity(
                number(amount).and_then(|n| n.number()).unwrap_or_default(),
                (*unit).to_owned(),
                Span::NONE,
            ),
            ["true"] => Value::Bool(true),
            ["false"] => Value::Bool(false),
            _ => {
                let bare = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
                Value::Word(bare.to_owned())
            }
        }
    }

    /// The number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Int(n) => Some(*n as f64),
            Value::Float(x) => Some(*x),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Int(n) => write!(f, "{n}"),
            Value::Float(x) if x.abs() < 1e-3 && *x != 0.0 => write!(f, "{x:e}"),
            Value::Float(x) => write!(f, "{x}"),
            Value::Bool(b) => write!(f, "{b}"),
            Value::Word(w) => f.write_str(w),
            Value::Call(name, _) => write!(f, "{name}(..)"),
            Value::Select(minimize, metric, _) => write!(f, "{} {metric}", if *minimize { "min" } else { "max" }),
            Value::Quantity(n, unit, _) => write!(f, "{n} {unit}"),
            Value::List(_) => f.write_str("a list"),
            Value::Other(what) => f.write_str(what),
        }
    }
}

fn argument(arg: &Arg) -> (Option<String>, Value, Span) {
    let span = arg.name.as_ref().map_or(arg.value.span, |n| n.span.to(arg.value.span));
    (arg.name.as_ref().map(|n| n.value.clone()), Value::of_expr(&arg.value), span)
}

fn arithmetic(op: BinaryOp, left: &Value, right: &Value) -> Value {
    if let (Value::Int(a), Value::Int(b)) = (left, right) {
        let whole = match op {
            BinaryOp::Add => a.checked_add(*b),
            BinaryOp::Sub => a.checked_sub(*b),
            BinaryOp::Mul => a.checked_mul(*b),
            BinaryOp::FloorDiv => a.checked_div_euclid(*b),
            BinaryOp::Pow => u32::try_from(*b).ok().and_then(|b| a.checked_pow(b)),
            _ => None,
        };
        if let Some(n) = whole {
            return Value::Int(n);
        }
    }
    let result = left.number().zip(right.number()).and_then(|(a, b)| match op {
        BinaryOp::Add => Some(a + b),
        BinaryOp::Sub => Some(a - b),
        BinaryOp::Mul => Some(a * b),
        BinaryOp::Div => Some(a / b),
        BinaryOp::Pow => Some(a.powf(b)),
        _ => None,
    });
    result.map_or_else(|| Value::Other(format!("`{}` of things that are no numbers", op.symbol())), Value::Float)
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn number(text: &str) -> Option<Value> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) {
        return None;
    }
    let plain = text.replace('_', "");
    plain.parse().map(Value::Int).ok().or_else(|| plain.parse().map(Value::Float).ok())
}

/// Splits at commas outside brackets; no pieces in an empty text.
fn pieces(text: &str) -> Vec<&str> {
    let (mut list, mut depth, mut start) = (Vec::new(), 0i32, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' if depth == 0 => {
                list.extend(text.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    list.extend(text.get(start..).filter(|rest| !rest.trim().is_empty()));
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_values() {
        assert_eq!(Value::of_text(" 16_326 "), Value::Int(16326));
        assert_eq!(Value::of_text("5e-5"), Value::Float(5e-5));
        assert_eq!(Value::of_text("-1"), Value::Int(-1));
        assert_eq!(Value::of_text("min mae"), Value::Select(true, "mae".into(), Span::NONE));
        assert_eq!(Value::of_text("0.1 fraction"), Value::Quantity(0.1, "fraction".into(), Span::NONE));
        assert_eq!(Value::of_text("\"a b\""), Value::Word("a b".into()));
        assert_eq!(Value::of_text("bert-base-chinese"), Value::Word("bert-base-chinese".into()));
        assert_eq!(Value::of_text("/data/my (old) folder"), Value::Word("/data/my (old) folder".into()));
        assert_eq!(
            Value::of_text("adamw(lr: 2e-5, betas: [0.9, 0.98])"),
            Value::Call(
                "adamw".into(),
                vec![
                    (Some("lr".into()), Value::Float(2e-5), Span::NONE),
                    (Some("betas".into()), Value::List(vec![Value::Float(0.9), Value::Float(0.98)]), Span::NONE),
                ]
            )
        );
    }
}
