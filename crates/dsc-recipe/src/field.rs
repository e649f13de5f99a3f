//! How a setting is read from a value and written again, by the type of its field.

use std::fmt;

use super::value::Value;
use dsc_graph::statics::Static;

/// Numbers that a setting takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Range {
    /// Whatever the type of the field takes: words, names.
    Any,
    /// At least this.
    From(f64),
    /// More than this.
    Above(f64),
    /// From the first to the second, both included.
    To(f64, f64),
    /// From the first, which is included, to the second, which is not.
    Below(f64, f64),
}

impl Range {
    /// Whether the number is in it and is finite as a number of 32 bits, which weights have.
    pub fn holds(self, x: f64) -> bool {
        (x as f32).is_finite()
            && match self {
                Range::Any => true,
                Range::From(least) => x >= least,
                Range::Above(least) => x > least,
                Range::To(least, most) => (least..=most).contains(&x),
                Range::Below(least, most) => (least..most).contains(&x),
            }
    }
}

impl fmt::Display for Range {
    /// `from 3 to 128`, `above 0`; nothing for [`Range::Any`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Range::Any => Ok(()),
            Range::From(least) => write!(f, "from {} on", number_text(*least)),
            Range::Above(least) => write!(f, "above {least}"),
            Range::To(least, most) => write!(f, "from {least} to {most}"),
            Range::Below(least, most) => write!(f, "from {least} to below {most}"),
        }
    }
}

/// A setting.
pub trait Field {
    /// Takes the value, if it is one that this field can have and is in the range; else the field is as it was.
    #[must_use]
    fn set(&mut self, value: &Value, range: Range) -> bool;

    /// What it takes, in words: `a whole number from 3 to 128`.
    fn takes(&self, range: Range) -> String;

    /// The value as a recipe writes it; `None` where it is left to something else, such as the card of the data set.
    fn text(&self) -> Option<String>;

    /// Words that are part of its values, for suggestions.
    fn words(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether the command line gives it as plain text, which is not read as an expression: names of folders.
    fn is_text(&self) -> bool {
        false
    }
}

macro_rules! whole {
    ($($int:ty),*) => {$(
        impl Field for $int {
            fn set(&mut self, value: &Value, range: Range) -> bool {
                let Value::Constant(Static::Int(n)) = value else { return false };
                match <$int>::try_from(*n) {
                    Ok(n) if range.holds(n as f64) => {
                        *self = n;
                        true
                    }
                    _ => false,
                }
            }

            fn takes(&self, range: Range) -> String {
                format!("a whole number {range}")
            }

            fn text(&self) -> Option<String> {
                Some(self.to_string())
            }
        }
    )*};
}

whole!(u64, usize);

/// A number as a recipe writes it: small ones with an exponent.
pub(super) fn number_text(x: f64) -> String {
    if x != 0.0 && x.abs() < 1e-3 { format!("{x:e}") } else { x.to_string() }
}

impl Field for f64 {
    fn set(&mut self, value: &Value, range: Range) -> bool {
        match value.number().filter(|x| range.holds(*x)) {
            Some(x) => {
                *self = x;
                true
            }
            None => false,
        }
    }

    fn takes(&self, range: Range) -> String {
        format!("a number {range}")
    }

    fn text(&self) -> Option<String> {
        Some(number_text(*self))
    }
}

impl Field for Option<f64> {
    fn set(&mut self, value: &Value, range: Range) -> bool {
        if value.word() == Some("none") {
            *self = None;
            return true;
        }
        let mut number = 0.0;
        let taken = number.set(value, range);
        if taken {
            *self = Some(number);
        }
        taken
    }

    fn takes(&self, range: Range) -> String {
        format!("a number {range}, or none")
    }

    fn text(&self) -> Option<String> {
        Some(self.map_or_else(|| "none".to_owned(), number_text))
    }

    fn words(&self) -> &'static [&'static str] {
        &["none"]
    }
}

impl Field for (f64, f64) {
    fn set(&mut self, value: &Value, range: Range) -> bool {
        let Value::List(list) = value else { return false };
        let numbers: Option<Vec<f64>> = list.iter().map(|v| v.number().filter(|x| range.holds(*x))).collect();
        match numbers.as_deref() {
            Some([a, b]) => {
                *self = (*a, *b);
                true
            }
            _ => false,
        }
    }

    fn takes(&self, range: Range) -> String {
        format!("two numbers {range}")
    }

    fn text(&self) -> Option<String> {
        Some(format!("[{}, {}]", self.0, self.1))
    }
}

impl Field for Option<String> {
    fn set(&mut self, value: &Value, _: Range) -> bool {
        match value.word().filter(|w| !w.is_empty()) {
            Some(text) => {
                *self = Some(text.to_owned());
                true
            }
            None => false,
        }
    }

    fn takes(&self, _: Range) -> String {
        "a text".to_owned()
    }

    fn text(&self) -> Option<String> {
        self.clone()
    }

    fn is_text(&self) -> bool {
        true
    }
}
