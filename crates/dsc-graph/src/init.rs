//! How parameters start, in words: `normal(0.02)`. A new way needs an arm in each of the two functions.

use std::fmt;

use super::{Attribute, Init};

impl fmt::Display for Init {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Init::Zeros => f.write_str("zeros"),
            Init::Ones => f.write_str("ones"),
            Init::Normal { std } => write!(f, "normal({std})"),
            Init::FanIn(d) => write!(f, "fan_in({d})"),
            Init::Uniform { bound } => write!(f, "uniform({bound})"),
            Init::Xavier { fan_in, fan_out, normal } => {
                write!(f, "xavier_{}({fan_in}, {fan_out})", if *normal { "normal" } else { "uniform" })
            }
            Init::Kaiming { fan_in, normal } => {
                write!(f, "kaiming_{}({fan_in})", if *normal { "normal" } else { "uniform" })
            }
            Init::Identity => f.write_str("identity"),
        }
    }
}

impl Init {
    /// The start of that name with what is in its brackets: the inverse of `Display`.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn from_text(name: &str, values: &[Attribute]) -> Result<Init, String> {
        let start = match (name, values) {
            ("zeros", []) => Some(Init::Zeros),
            ("ones", []) => Some(Init::Ones),
            ("normal", [std]) => std.as_float().map(|std| Init::Normal { std }),
            ("fan_in", [width]) => width.as_dim().map(Init::FanIn),
            ("uniform", [bound]) => bound.as_float().map(|bound| Init::Uniform { bound }),
            ("xavier_uniform" | "xavier_normal", [fan_in, fan_out]) => {
                let both = fan_in.as_dim().zip(fan_out.as_dim());
                both.map(|(fan_in, fan_out)| Init::Xavier { fan_in, fan_out, normal: name == "xavier_normal" })
            }
            ("kaiming_uniform" | "kaiming_normal", [fan_in]) => {
                fan_in.as_dim().map(|fan_in| Init::Kaiming { fan_in, normal: name == "kaiming_normal" })
            }
            ("identity", []) => Some(Init::Identity),
            _ => None,
        };
        start.ok_or_else(|| {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            format!("no parameter starts with `{name}` of ({})", values.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dims::Dim;

    #[test]
    fn every_start_is_rebuilt() {
        fn after(init: &Init) -> Option<Init> {
            Some(match init {
                Init::Zeros => Init::Ones,
                Init::Ones => Init::Normal { std: 0.02 },
                Init::Normal { .. } => Init::FanIn(Dim::width("fa")),
                Init::FanIn(_) => Init::Uniform { bound: 0.5 },
                Init::Uniform { .. } => Init::Xavier { fan_in: Dim::from(3), fan_out: Dim::width("fa"), normal: false },
                Init::Xavier { fan_in, fan_out, normal: false } => {
                    Init::Xavier { fan_in: fan_in.clone(), fan_out: fan_out.clone(), normal: true }
                }
                Init::Xavier { .. } => Init::Kaiming { fan_in: Dim::width("fa"), normal: false },
                Init::Kaiming { fan_in, normal: false } => Init::Kaiming { fan_in: fan_in.clone(), normal: true },
                Init::Kaiming { .. } => Init::Identity,
                Init::Identity => return None,
            })
        }
        for init in std::iter::successors(Some(Init::Zeros), after) {
            let text = init.to_string();
            let name = text.split_once('(').map_or(text.as_str(), |(name, _)| name);
            let dim = |d: &Dim| Attribute::Dim(d.clone());
            let values = match &init {
                Init::Zeros | Init::Ones | Init::Identity => vec![],
                Init::Normal { std: x } | Init::Uniform { bound: x } => vec![Attribute::Float(*x)],
                Init::FanIn(d) | Init::Kaiming { fan_in: d, .. } => vec![dim(d)],
                Init::Xavier { fan_in, fan_out, .. } => vec![dim(fan_in), dim(fan_out)],
            };
            assert_eq!(Init::from_text(name, &values), Ok(init));
        }
        assert!(Init::from_text("normal", &[]).unwrap_err().contains("`normal` of ()"));
    }
}
