//! The optimiser of a recipe: `adamw(lr: 2e-5, weight_decay: 0.1)`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::field::{Field, Range, number_text};
use super::value::Value;
use super::words::Algorithm;
use dsc_graph::statics::Static;
use dsc_syntax::diag::{Diagnostic, codes::run::E0902};

/// The peak learning rate where a recipe gives none.
pub(super) const DEFAULT_LR: f64 = 1e-3;

/// The optimiser and its constants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Optimizer {
    /// The update rule.
    pub kind: Algorithm,
    /// Peak learning rate.
    pub lr: f64,
    /// Peak learning rate of the pretrained encoder's weights, `lr` if none is given.
    pub encoder_lr: Option<f64>,
    /// Weight decay, on the weights of linear maps only: biases, norms, embedding tables, positions and learned rows are
    /// exempt.
    pub weight_decay: f64,
    /// Decay of the first and second moments.
    pub betas: (f64, f64),
    /// Added to the root of the second moment.
    pub eps: f64,
}

impl Optimizer {
    /// PyTorch's defaults at a learning rate.
    pub fn new(kind: Algorithm, lr: f64) -> Self {
        let weight_decay = match kind {
            Algorithm::Adam => 0.0,
            Algorithm::AdamW => 0.01,
        };
        Optimizer { kind, lr, encoder_lr: None, weight_decay, betas: (0.9, 0.999), eps: 1e-8 }
    }

    /// The least `eps` that bounds a step. Moments are kept as float32: of a gradient g below it the second moment,
    /// (1 - beta2) g², has no normal number, and the step is lr · g / eps, which must not exceed lr.
    pub(super) fn least_eps(&self) -> f64 {
        (f64::from(f32::MIN_POSITIVE) / (1.0 - self.betas.1)).sqrt()
    }

    /// `E0902` for an `eps` below [`least_eps`](Self::least_eps).
    pub(super) fn fault(&self) -> Option<Diagnostic> {
        let least = self.least_eps();
        (self.eps < least).then(|| {
            let Optimizer { eps, betas: (_, beta2), .. } = self;
            let message = format!(
                "`optimizer.eps` = {eps:e} is too small for the second moment's decay {beta2}: \
                 the squares of small gradients are 0 in float32, and a step is their gradient over `eps`"
            );
            // Rounded up to one digit, so that it is taken.
            let power = 10f64.powf(least.log10().floor());
            Diagnostic::error(E0902, message)
                .help(format!("PyTorch's default is 1e-8; here the least is {:e}", (least / power).ceil() * power))
        })
    }
}

impl fmt::Display for Optimizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let default = Optimizer::new(self.kind, self.lr);
        write!(f, "{}(lr: {:e}", self.kind.name(), self.lr)?;
        if let Some(lr) = self.encoder_lr {
            write!(f, ", encoder_lr: {lr:e}")?;
        }
        if self.weight_decay != default.weight_decay {
            write!(f, ", weight_decay: {}", number_text(self.weight_decay))?;
        }
        if self.betas != default.betas {
            write!(f, ", betas: [{}, {}]", self.betas.0, self.betas.1)?;
        }
        if self.eps != default.eps {
            write!(f, ", eps: {:e}", self.eps)?;
        }
        f.write_str(")")
    }
}

impl Field for Optimizer {
    /// Another optimiser begins with its own defaults; arguments of the call are the keys below `optimizer`.
    fn set(&mut self, value: &Value, _: Range) -> bool {
        let name = match value {
            Value::Call(name, _) | Value::Word(name) | Value::Constant(Static::Str(name)) => name,
            _ => return false,
        };
        match Algorithm::parse(name) {
            Some(kind) => {
                *self = Optimizer::new(kind, DEFAULT_LR);
                true
            }
            None => false,
        }
    }

    fn takes(&self, _: Range) -> String {
        let names: Vec<String> = Algorithm::WORDS.iter().map(|name| format!("{name}(..)")).collect();
        names.join(" or ")
    }

    fn text(&self) -> Option<String> {
        Some(self.to_string())
    }

    fn words(&self) -> &'static [&'static str] {
        Algorithm::WORDS
    }
}
