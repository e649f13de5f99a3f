//! The optimiser of a recipe: `adamw(lr: 2e-5, weight_decay: 0.1)`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::field::{Field, Range, number_text};
use super::value::Value;
use super::words::Algorithm;
use dsc_graph::statics::Static;

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
