//! Values of settings, before it is known which setting each is for.

use super::field::number_text;
use dsc_graph::constant::constant;
use dsc_graph::statics::Static;
use dsc_syntax::ast::{Arg, Expr, ExprKind, Ident, SettingValue};
use dsc_syntax::diag::{Diagnostic, codes::run::E0902};
use dsc_syntax::parse_setting;
use dsc_syntax::source::Span;

/// A value of a setting.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number, a flag or a text in quotes.
    Constant(Static),
    /// A name: `linear`.
    Word(String),
    /// `adam(lr: 5e-5)`.
    Call(String, Vec<Argument>),
    /// `min mae`, `max acc2`.
    Select {
        /// Whether the least value is the best.
        minimize: bool,
        /// The metric.
        metric: String,
    },
    /// `10 epochs`: the number and its unit.
    Quantity(f64, String),
    /// `[0.9, 0.999]`.
    List(Vec<Value>),
}

/// An argument of a call, `lr: 5e-5`.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// Its name.
    pub name: Option<Ident>,
    /// Its value; `None` where that has been reported as a fault.
    pub value: Option<Value>,
    /// The place of the value.
    pub span: Span,
}

impl Value {
    /// The value of an entry in a recipe; `None` where it has none: what is wrong is put to `faults`, unless the parser has
    /// reported it.
    pub fn of(value: &SettingValue, faults: &mut Vec<Diagnostic>) -> Option<Value> {
        match value {
            SettingValue::Expr(e) => Value::of_expr(e, faults),
            SettingValue::Select { minimize, metric } => {
                Some(Value::Select { minimize: *minimize, metric: metric.value.clone() })
            }
            SettingValue::Quantity { value, unit } => {
                let number = Value::of_expr(value, faults)?.number()?;
                Some(Value::Quantity(number, unit.value.clone()))
            }
        }
    }

    fn of_expr(e: &Expr, faults: &mut Vec<Diagnostic>) -> Option<Value> {
        match &e.kind {
            ExprKind::Name(name) => Some(Value::Word(name.clone())),
            ExprKind::Call { callee, args, piped: false } => match &callee.kind {
                ExprKind::Name(name) => {
                    Some(Value::Call(name.clone(), args.iter().map(|a| argument(a, faults)).collect()))
                }
                _ => constant_of(e, faults),
            },
            ExprKind::List(list) if list.iter().all(|e| !e.spread && e.label.is_none()) => {
                let before = faults.len();
                let values: Vec<Value> = list.iter().filter_map(|e| Value::of_expr(&e.value, faults)).collect();
                (values.len() == list.len() && faults.len() == before).then_some(Value::List(values))
            }
            _ => constant_of(e, faults),
        }
    }

    /// The value of a text: `100`, `4 * 2`, `min mae`, `adamw(lr: 2e-5, betas: [0.9, 0.98])`, as a recipe would hold it.
    /// Faults have no places.
    pub fn of_text(text: &str, faults: &mut Vec<Diagnostic>) -> Option<Value> {
        let read = match parse_setting(text) {
            Ok(value) => value,
            Err(found) => {
                return spelt(text).or_else(|| {
                    faults.extend(found);
                    None
                });
            }
        };
        let mut found = Vec::new();
        let value = Value::of(&read, &mut found);
        faults.extend(found.into_iter().map(Diagnostic::without_places));
        value
    }

    /// The number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Constant(value) => value.as_f64(),
            _ => None,
        }
    }

    /// The word, with or without quotes.
    pub fn word(&self) -> Option<&str> {
        match self {
            Value::Word(word) | Value::Constant(Static::Str(word)) => Some(word),
            _ => None,
        }
    }

    /// What was found, for messages: `the text "16"`, `the name many`, `1.5`.
    pub fn found(&self) -> String {
        match self {
            Value::Constant(Static::Str(text)) => format!("the text {text:?}"),
            // A real number shows that it is none of the whole ones.
            Value::Constant(Static::Float(x)) if x.fract() == 0.0 => format!("{x:?}"),
            Value::Constant(Static::Float(x)) => number_text(*x),
            Value::Constant(value) => value.to_string(),
            Value::Word(word) if word.is_empty() => "nothing".to_owned(),
            Value::Word(word) => format!("the name `{word}`"),
            Value::Call(name, _) => format!("`{name}(..)`"),
            Value::Select { minimize, metric } => format!("`{} {metric}`", if *minimize { "min" } else { "max" }),
            Value::Quantity(n, unit) => format!("`{n} {unit}`"),
            Value::List(list) => {
                format!("[{}]", list.iter().map(Value::found).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

fn constant_of(e: &Expr, faults: &mut Vec<Diagnostic>) -> Option<Value> {
    match constant(e) {
        Ok(value) => value.map(Value::Constant),
        Err(fault) => {
            faults.push(fault);
            None
        }
    }
}

fn argument(arg: &Arg, faults: &mut Vec<Diagnostic>) -> Argument {
    let value = if arg.spread {
        faults.push(
            Diagnostic::error(E0902, "arguments of a setting are given one by one")
                .at(arg.value.span, "`..` puts in a list")
                .help("write `lr: 1e-3`"),
        );
        None
    } else {
        Value::of_expr(&arg.value, faults)
    };
    Argument { name: arg.name.clone(), value, span: arg.value.span }
}

/// Numbers as other programs spell them, which the language does not: `.5`, `+3`.
fn spelt(text: &str) -> Option<Value> {
    let text = text.trim();
    let whole = text.parse().ok().map(Static::Int);
    let real = || text.parse::<f64>().ok().filter(|x| x.is_finite()).map(Static::Float);
    whole.or_else(real).map(Value::Constant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dsc_syntax::diag::codes::{hypers, syntax};

    fn of(text: &str) -> Option<Value> {
        let mut faults = Vec::new();
        let value = Value::of_text(text, &mut faults);
        assert!(faults.is_empty(), "{text}: {faults:?}");
        value
    }

    fn fault(text: &str) -> Diagnostic {
        let mut faults = Vec::new();
        assert_eq!(Value::of_text(text, &mut faults), None, "{text}");
        assert!(!faults.is_empty() && faults.iter().all(|d| d.primary.is_none()), "{text}: {faults:?}");
        faults.remove(0)
    }

    #[test]
    fn texts_become_values() {
        let constant = |value| Some(Value::Constant(value));
        assert_eq!(of(" 16_326 "), constant(Static::Int(16326)));
        assert_eq!(of("4 * 2"), constant(Static::Int(8)));
        assert_eq!(of("5e-5"), constant(Static::Float(5e-5)));
        assert_eq!(of("-1"), constant(Static::Int(-1)));
        assert_eq!((of(".5"), of("+3")), (constant(Static::Float(0.5)), constant(Static::Int(3))));
        assert_eq!(of("min mae"), Some(Value::Select { minimize: true, metric: "mae".into() }));
        assert_eq!(of("0.1 fraction"), Some(Value::Quantity(0.1, "fraction".into())));
        assert_eq!(of("\"a b\""), constant(Static::Str("a b".into())));
        assert_eq!(of("linear"), Some(Value::Word("linear".into())));
        let Some(Value::Call(name, args)) = of("adamw(lr: 2e-5, betas: [0.9, 0.98])") else { panic!() };
        let names: Vec<&str> = args.iter().map(|a| a.name.as_ref().unwrap().value.as_str()).collect();
        assert_eq!((name.as_str(), names), ("adamw", vec!["lr", "betas"]));
        assert_eq!(args[1].value.as_ref().unwrap().found(), "[0.9, 0.98]");
    }

    #[test]
    fn faults_of_a_text_are_those_of_a_file() {
        assert_eq!(fault("4 *").code, syntax::E0102);
        assert_eq!(fault("1 / 0").code, hypers::E0406);
        assert_eq!(fault("4 * many").code, hypers::E0401);
        assert_eq!(fault("[0.9, 1 / 0]").code, hypers::E0406);
    }

    #[test]
    fn what_was_found_keeps_its_quotes() {
        for (text, found) in [
            ("\"16\"", "the text \"16\""),
            ("many", "the name `many`"),
            ("10 / 2", "5.0"),
            ("1e-5", "1e-5"),
            ("true", "true"),
            ("max corr", "`max corr`"),
            ("3 weeks", "`3 weeks`"),
            ("sgd(lr: 1)", "`sgd(..)`"),
        ] {
            assert_eq!(of(text).unwrap().found(), found);
        }
    }
}
