//! The resolved settings of one training.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::metrics::Family;
use crate::retrieval::ClassRule;
use crate::schedule::{Decay, Schedule, Warmup};

/// Everything that decides how a model is trained, beside the model, the data and the device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Passes over the training split, at least 1.
    pub epochs: u64,
    /// Anchors per batch, at least 1. Companions come on top.
    pub batch: usize,
    /// Batches per optimiser step, at least 1: gradients are averaged over them.
    pub accumulate: usize,
    /// The optimiser.
    pub optimizer: Optimizer,
    /// Warm-up and decay of the learning rate.
    pub schedule: Schedule,
    /// Largest global 2-norm of the gradient; larger ones are scaled down to it.
    pub clip: Option<f64>,
    /// Which epoch is kept, by a metric of the validation split.
    pub select: SelectRule,
    /// How many runs, with the seeds `seed`, `seed + 1`, ..
    pub seeds: u64,
    /// The first seed.
    pub seed: u64,
    /// Name or folder of the pretrained text encoder.
    pub encoder: Option<String>,
    /// How a label becomes the class that tells positive companions from negative ones.
    pub class: ClassRule,
    /// The metrics.
    pub family: Family,
    /// Whether input features are standardised.
    pub standardize: Standardize,
    /// What happens to NaN and infinite features.
    pub nonfinite: Nonfinite,
    /// Texts are cut to this many tokens, `[CLS]` and `[SEP]` counted.
    pub max_tokens: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            epochs: 20,
            batch: 16,
            accumulate: 1,
            optimizer: Optimizer::new(OptimizerKind::Adam, 1e-3),
            schedule: Schedule::default(),
            clip: None,
            select: SelectRule { minimize: true, metric: "mae".into() },
            seeds: 1,
            seed: 1,
            encoder: None,
            class: ClassRule::Exact,
            family: Family::Regression,
            standardize: Standardize::None,
            nonfinite: Nonfinite::Error,
            max_tokens: 128,
        }
    }
}

/// The optimiser and its constants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Optimizer {
    /// Which one.
    pub kind: OptimizerKind,
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
    pub fn new(kind: OptimizerKind, lr: f64) -> Self {
        let weight_decay = if kind == OptimizerKind::Adamw { 0.01 } else { 0.0 };
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
            write!(f, ", weight_decay: {}", self.weight_decay)?;
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

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),* }

        impl $name {
            /// All words, as they stand in a recipe.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The one of that word.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some($name::$variant),)* _ => None }
            }

            /// The word.
            pub fn name(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }
        }
    };
}

words! {
    /// Which optimiser.
    OptimizerKind {
        /// Adam (Kingma and Ba 2015, arXiv 1412.6980); weight decay is added to the gradient.
        Adam = "adam",
        /// Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv 1711.05101).
        Adamw = "adamw",
    }
}

words! {
    /// Whether input features are standardised.
    Standardize {
        /// They are used as they stand in the file.
        None = "none",
        /// Minus the mean, divided by the standard deviation, per feature over the valid frames of the training split.
        Train = "train",
    }
}

words! {
    /// What happens to NaN and infinite features.
    Nonfinite {
        /// They stop the run.
        Error = "error",
        /// They become 0, and are counted.
        Zero = "zero",
    }
}

/// The words of `decay`.
pub(super) const DECAYS: &[&str] = &["none", "linear"];
/// The words of `class`.
pub(super) const CLASSES: &[&str] = &["exact", "round"];
/// The units of `warmup`.
pub(super) const UNITS: &[&str] = &["epochs", "steps", "fraction"];

/// As it stands in a recipe: `0.1 fraction, then linear`.
pub fn describe_schedule(schedule: &Schedule) -> String {
    let warmup = match schedule.warmup {
        Warmup::Epochs(0) | Warmup::Steps(0) => "no warm-up".to_owned(),
        Warmup::Epochs(n) => format!("warm-up {n} epochs"),
        Warmup::Steps(n) => format!("warm-up {n} steps"),
        Warmup::Fraction(f) => format!("warm-up {f} of the steps"),
    };
    match schedule.decay {
        Decay::Constant => format!("{warmup}, no decay"),
        Decay::Linear => format!("{warmup}, linear decay"),
    }
}

/// `min mae`, `max acc2`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelectRule {
    /// Whether the least value is wanted.
    pub minimize: bool,
    /// Name of a metric of the family.
    pub metric: String,
}

impl fmt::Display for SelectRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", if self.minimize { "min" } else { "max" }, self.metric)
    }
}

/// Where a setting came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Nothing said otherwise.
    Default,
    /// The card of the data set of that name.
    Card(String),
    /// The recipe of that name.
    Recipe(String),
    /// The variant of that name: hypers alone.
    Variant(String),
    /// The environment variable of that name.
    Environment(String),
    /// An option of the command line, as written.
    CommandLine(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::Card(name) => write!(f, "card `{name}`"),
            Origin::Recipe(name) => write!(f, "recipe `{name}`"),
            Origin::Variant(name) => write!(f, "variant `{name}`"),
            Origin::Environment(name) => write!(f, "environment variable `{name}`"),
            Origin::CommandLine(option) => write!(f, "`{option}`"),
        }
    }
}
