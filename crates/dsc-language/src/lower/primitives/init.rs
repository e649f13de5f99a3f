//! `init: "xavier_normal"`: how a weight starts.

use super::args::Args;
use crate::lower::lowering::Lowering;
use dsc_graph::Init;
use dsc_graph::dims::Dim;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::{hypers as hyper, structure as code};

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
    /// How a weight of that shape starts; after a fault, which is reported, anyhow: `init`, with `std` of normal and `bound` of uniform numbers.
    pub(super) fn init(&mut self, a: &Args, shape: &[Dim], (name, std, bound): (String, f64, f64)) -> Option<Init> {
        for (setting, of) in [("std", "normal"), ("bound", "uniform")] {
            if let Some(given) = a.named(setting).filter(|_| name != of) {
                let d = Diagnostic::error(code::E0502, format!("`{setting}` has no meaning for {name:?} entries"))
                    .at(given.span, "not used")
                    .help(format!("take it away, or write `init: {of:?}`"));
                self.report(d);
                return Some(Init::Zeros);
            }
        }
        let at = a.place("init");
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
                let d = Diagnostic::error(hyper::E0403, format!("{known:?} entries need {axes}, not {}", shape.len()));
                let text = shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                self.report(d.at(at, format!("the shape is [{text}]")).help("use \"normal\" or \"uniform\""));
                return Some(Init::Zeros);
            }
            (other, _) => {
                let d = Diagnostic::error(hyper::E0403, format!("no initial values {other:?}"))
                    .at(at, "unknown")
                    .help(format!("one of {}; `std` goes with \"normal\", `bound` with \"uniform\"", NAMES.join(", ")))
                    .did_you_mean(other, NAMES);
                self.report(d);
                return Some(Init::Zeros);
            }
        };
        Some(init)
    }
}

/// `fan_in` and `fan_out` as `torch.nn.init` counts them: the second and the first axis, each times all further ones.
fn fans(shape: &[Dim]) -> Option<(Dim, Dim)> {
    let [out, fan_in, field @ ..] = shape else { return None };
    let field = Dim::product(field)?;
    Some((Dim::product([fan_in, &field])?, Dim::product([out, &field])?))
}

#[cfg(test)]
mod tests {
    use crate::lower::{Options, compile};
    use crate::sema::program::Program;
    use dsc_syntax::source::MemoryWorld;

    /// The starts of the weights of a program, as the text form writes them.
    fn starts(calls: &[&str]) -> Vec<String> {
        let lets: String = calls.iter().enumerate().map(|(i, call)| format!("  let w{i} = {call}\n")).collect();
        let text = format!(
            "input x : Seq<audio>[T, fa]\nlabel y : Real\nmodel M {{\n{lets}  let s = linear(mean(x), out: 1) |> scalar()\n  output s for y\n  loss l = s - y\n}}\n"
        );
        let loaded = Program::load_text(&MemoryWorld::new(), "m.dsl", &text);
        let done = compile(&loaded.program.unwrap(), &Options::default());
        done.graph
            .unwrap_or_else(|| panic!("{:#?}", done.diagnostics))
            .params
            .iter()
            .map(|p| p.init.to_string())
            .collect()
    }

    #[test]
    fn fans_are_counted_as_torch_counts_them() {
        let found = starts(&[
            "param(shape: [8, 3, 5], init: \"xavier_normal\")",
            "param(shape: [8, fa], init: \"xavier_uniform\")",
            "param(shape: [8, 3, 5], init: \"kaiming_uniform\")",
            "param(shape: [8, 3], init: \"kaiming_normal\")",
            "param(shape: [8, 3], init: \"fan_in\")",
            "param(shape: [8], init: \"uniform\", bound: 0.5)",
            "param(shape: [4, 4], init: \"identity\")",
            "param(shape: [])",
            "learned(rows: 3, width: 4, init: \"xavier_uniform\")",
        ]);
        let wanted = [
            "xavier_normal(15, 40)",
            "xavier_uniform(fa, 8)",
            "kaiming_uniform(15)",
            "kaiming_normal(3)",
            "fan_in(3)",
            "uniform(0.5)",
            "identity",
            "normal(0.02)",
            "xavier_uniform(4, 3)",
        ];
        assert_eq!(found.get(..wanted.len()).unwrap(), wanted);
    }
}
