//! The table of keys.

use std::fmt::Write as _;

use super::field::{Field, Range};
use super::settings::Settings;

/// One key of a recipe.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The key, dotted where it is part of another one.
    pub name: &'static str,
    /// The numbers that it takes.
    pub range: Range,
    /// What it decides, in a sentence without a full stop.
    pub text: &'static str,
    /// An entry of a recipe.
    pub example: &'static str,
    /// What holds without it, in words, where that depends on something else than the key.
    otherwise: Option<&'static str>,
    field: fn(&mut Settings) -> &mut dyn Field,
}

const fn key(
    name: &'static str,
    range: Range,
    text: &'static str,
    example: &'static str,
    field: fn(&mut Settings) -> &mut dyn Field,
) -> Key {
    Key { name, range, text, example, otherwise: None, field }
}

/// Counts stay below this, so that what is held in memory at once fits and no product of them overflows.
const MANY: f64 = 1_048_576.0;

/// All keys, in the order in which a run reports them.
pub const KEYS: &[Key] = &[
    key("epochs", Range::To(1.0, MANY), "passes over the training split", "epochs = 100", |s| &mut s.epochs),
    key("batch", Range::To(1.0, MANY), "samples per batch; companions come on top", "batch = 16", |s| &mut s.batch),
    key(
        "accumulate",
        Range::To(1.0, MANY),
        "batches per optimiser step, over which gradients are averaged",
        "accumulate = 4",
        |s| &mut s.accumulate,
    ),
    key(
        "optimizer",
        Range::Any,
        "the update rule; its arguments are the keys below `optimizer`",
        "optimizer = adam(lr: 5e-5)",
        |s| &mut s.optimizer,
    ),
    key("optimizer.lr", Range::Above(0.0), "peak learning rate", "optimizer.lr = 2e-5", |s| &mut s.optimizer.lr),
    key(
        "optimizer.encoder_lr",
        Range::From(0.0),
        "peak learning rate of a pretrained text encoder; 0 freezes it",
        "optimizer.encoder_lr = 2e-5",
        |s| &mut s.optimizer.encoder_lr,
    )
    .otherwise("that of `optimizer.lr`"),
    key(
        "optimizer.weight_decay",
        Range::From(0.0),
        "decay of the weights of linear maps; biases, norms, tables and learned rows are exempt",
        "optimizer.weight_decay = 0.01",
        |s| &mut s.optimizer.weight_decay,
    )
    .otherwise("0, of adamw 0.01"),
    key(
        "optimizer.betas",
        Range::Below(0.0, 1.0),
        "decay of the first and the second moment",
        "optimizer.betas = [0.9, 0.999]",
        |s| &mut s.optimizer.betas,
    ),
    key(
        "optimizer.eps",
        Range::Above(0.0),
        "what is added to the root of the second moment, from sqrt(1.2e-38 / (1 - beta2)) on: 3.5e-18 for the default betas",
        "optimizer.eps = 1e-8",
        |s| &mut s.optimizer.eps,
    ),
    key("warmup", Range::From(0.0), "how long the learning rate rises from 0", "warmup = 0.1 fraction", |s| {
        &mut s.schedule.warmup
    })
    .otherwise("none"),
    key("decay", Range::Any, "how the learning rate falls behind the warm-up", "decay = linear", |s| {
        &mut s.schedule.decay
    }),
    key(
        "clip",
        Range::Above(0.0),
        "largest 2-norm of the gradient; a larger one is scaled down to it",
        "clip = 1.0",
        |s| &mut s.clip,
    ),
    key(
        "select",
        Range::Any,
        "the metric of the validation split that chooses the epoch, and which end of it is best; of another output than the first, \
         `min LABEL.mae`",
        "select = min mae",
        |s| &mut s.select,
    )
    .otherwise("min mae, of binary max acc2"),
    key("seeds", Range::To(1.0, MANY), "number of runs; their seeds count up from `seed`", "seeds = 5", |s| {
        &mut s.seeds
    }),
    key("seed", Range::From(0.0), "the first seed", "seed = 1", |s| &mut s.seed),
    key(
        "encoder",
        Range::Any,
        "name or folder of the pretrained text encoder",
        "encoder = \"bert-base-uncased\"",
        |s| &mut s.encoder,
    )
    .otherwise("that of the data set"),
    key(
        "class",
        Range::Any,
        "which labels make two samples alike, for companions: equal ones, or equal after rounding",
        "class = round",
        |s| &mut s.class,
    )
    .otherwise("that of the data set, else exact"),
    key("family", Range::Any, "which metrics are computed, and how", "family = mosi", |s| &mut s.family)
        .otherwise("that of the data set, else regression"),
    key(
        "standardize",
        Range::Any,
        "whether features are standardised, by the statistics of the training split",
        "standardize = train",
        |s| &mut s.standardize,
    )
    .otherwise("none, for a feature file of your own train"),
    key(
        "nonfinite",
        Range::Any,
        "whether a NaN or an infinite feature is an error or becomes 0",
        "nonfinite = zero",
        |s| &mut s.nonfinite,
    ),
    key(
        "max_tokens",
        Range::To(3.0, 128.0),
        "texts are cut to this many tokens, [CLS] and [SEP] counted",
        "max_tokens = 50",
        |s| &mut s.max_tokens,
    ),
    key(
        "padding",
        Range::Any,
        "on which side the sequences of a feature file are padded; auto finds it by frames of zeros",
        "padding = front",
        |s| &mut s.padding,
    ),
    key(
        "precision",
        Range::Any,
        "how exact matrix products are; norms, softmax, losses, recurrent layers, weights and the optimiser are fp32",
        "precision = bf16",
        |s| &mut s.precision,
    ),
    key(
        "recompute",
        Range::Any,
        "what a training step computes again on its way back, in the place of keeping it: attention with its linear maps, or all blocks; less memory, \
         more time. Gradients are the same but for rounding, so scores differ as between two seeds: use one value in a comparison",
        "recompute = blocks",
        |s| &mut s.recompute,
    ),
];

impl Key {
    const fn otherwise(self, text: &'static str) -> Key {
        Key { otherwise: Some(text), ..self }
    }

    /// The key of that name.
    pub fn find(name: &str) -> Option<&'static Key> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// The setting that it gives.
    pub fn field(self, settings: &mut Settings) -> &mut dyn Field {
        (self.field)(settings)
    }

    /// What it takes, in words: `a whole number from 3 to 128`.
    pub fn takes(self) -> String {
        self.field(&mut Settings::default()).takes(self.range)
    }

    /// What holds without it.
    pub fn default(self) -> String {
        let of_settings = || self.field(&mut Settings::default()).text().unwrap_or_default();
        self.otherwise.map_or_else(of_settings, str::to_owned)
    }

    /// The environment variable: `DSC_OPTIMIZER_LR` of `optimizer.lr`.
    pub fn variable(self) -> String {
        format!("DSC_{}", self.name.replace('.', "_").to_uppercase())
    }

    /// What `dsc explain KEY` prints.
    pub fn explanation(self) -> String {
        let value = self.example.split_once("= ").map_or("", |(_, value)| value);
        // For a shell, unless it is one plain word.
        let quoted = |text: String| if text.contains([' ', '(', '"', '[']) { format!("'{text}'") } else { text };
        format!(
            "{}: {}\n\nA key of recipes. It takes {}; without it: {}.\n\n    recipe NAME {{ {} }}\n    dsc train .. --with {}\n    {}={}",
            self.name,
            self.text,
            self.takes(),
            self.default(),
            self.example,
            quoted(format!("{}={value}", self.name)),
            self.variable(),
            quoted(value.to_owned()),
        )
    }
}

/// All keys, a line each: name, what it takes, default, what it decides.
pub fn overview() -> String {
    let rows: Vec<[String; 3]> =
        KEYS.iter().map(|k| [k.name.to_owned(), format!("= {}", k.default()), k.takes()]).collect();
    let width = |column: usize| rows.iter().filter_map(|r| r.get(column)).map(|t| t.chars().count()).max().unwrap_or(0);
    let (first, second) = (width(0), width(1));
    let mut text = String::new();
    for (key, [name, default, takes]) in KEYS.iter().zip(&rows) {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name:first$}  {default:second$}  {takes}: {}", key.text);
    }
    text
}

/// The same as a table in Markdown, which the README holds.
pub fn markdown() -> String {
    let mut text = String::from("| key | default | takes | what it decides |\n|---|---|---|---|\n");
    for key in KEYS {
        let _ = writeln!(text, "| `{}` | {} | {} | {} |", key.name, key.default(), key.takes(), key.text);
    }
    text
}
