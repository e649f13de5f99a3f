//! `init: "xavier_normal"`: how a weight starts.

use super::args::{Args, Got};
use crate::diag::Diagnostic;
use crate::diag::codes::{hypers as hyper, structure as code};
use crate::ir::Init;
use crate::lower::lowering::Lowering;
use crate::sema::dims::Dim;

/// The initial values that a program can ask for.
const NAMES: [&str; 10] = [
    "normal",
    "uniform",
    "zeros",
    "ones",
    "identity",
    "fan_in",
    "xavier_uniform",
    "xavier_normal",
    "kaiming_uniform",
    "kaiming_normal",
];

impl Lowering<'_> {
    /// How a weight of that shape starts: `init`, with `std` of normal and `bound` of uniform numbers.
    pub(super) fn init(&mut self, a: &Args, shape: &[Dim]) -> Got<Init> {
        let (std, bound) = (self.not_negative(a, "std", 0.02)?, self.not_negative(a, "bound", 0.1)?);
        let name = self.text(a, "init", "normal")?;
        for (setting, of) in [("std", "normal"), ("bound", "uniform")] {
            if let Some(given) = a.named(setting).filter(|_| name != of) {
                let d = Diagnostic::error(code::E0502, format!("`{setting}` has no meaning for {name:?} entries"))
                    .at(given.span, "not used")
                    .help(format!("take it away, or write `init: {of:?}`"));
                self.report(d);
                return None;
            }
        }
        let at = a.named("init").map_or(a.span, |x| x.span);
        let fans = fans(shape);
        let init = match (name.as_str(), fans) {
            ("normal", _) => Init::Normal { std },
            ("uniform", _) => Init::Uniform { bound },
            ("zeros", _) => Init::Zeros,
            ("ones", _) => Init::Ones,
            ("fan_in", Some((fan_in, _))) => Init::FanIn(fan_in),
            ("xavier_uniform" | "xavier_normal", Some((fan_in, fan_out))) => {
                Init::Xavier { fan_in, fan_out, normal: name == "xavier_normal" }
            }
            ("kaiming_uniform" | "kaiming_normal", Some((fan_in, _))) => {
                Init::Kaiming { fan_in, normal: name == "kaiming_normal" }
            }
            ("identity", _) if shape.len() == 2 => Init::Identity,
            (known, _) if NAMES.contains(&known) => {
                let axes = if known == "identity" { "two axes" } else { "at least two axes" };
                let d = Diagnostic::error(hyper::E0403, format!("{known:?} entries want {axes}, not {}", shape.len()));
                let text = shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                self.report(d.at(at, format!("the shape is [{text}]")).help("use \"normal\" or \"uniform\""));
                return None;
            }
            (other, _) => {
                let d = Diagnostic::error(hyper::E0403, format!("no initial values {other:?}"))
                    .at(at, "unknown")
                    .help(format!("one of {}; `std` goes with \"normal\", `bound` with \"uniform\"", NAMES.join(", ")))
                    .did_you_mean(other, NAMES);
                self.report(d);
                return None;
            }
        };
        Some(init)
    }
}

/// `fan_in` and `fan_out` as `torch.nn.init` counts them: the second and the first axis, each times all further ones.
fn fans(shape: &[Dim]) -> Option<(Dim, Dim)> {
    let [out, fan_in, field @ ..] = shape else { return None };
    let field = field.iter().fold(Dim::from(1), |n, d| n.times(d));
    Some((fan_in.times(&field), out.times(&field)))
}
