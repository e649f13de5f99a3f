//! Settings that are one of a few words. Each is one type for recipes, data, runtime and training.

use dsc_graph::{Graph, recompute};

/// An enum whose variants are words of a recipe, with further words that mean the same behind a `|`. In a run folder a
/// variant is saved under its name in lower case, which need not be its word.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal $(| $alias:literal)*),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum $name { $($(#[$vdoc])* $variant),* }

        impl $name {
            /// All of them, in the order of their words.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];
            /// All words, as a recipe has them.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The one of that word.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word $(| $alias)* => Some($name::$variant),)* _ => None }
            }

            /// The word.
            pub fn name(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl $crate::Field for $name {
            fn set(&mut self, value: &$crate::Value, _: $crate::Range) -> bool {
                match value.word().and_then($name::parse) {
                    Some(found) => {
                        *self = found;
                        true
                    }
                    None => false,
                }
            }

            fn takes(&self, _: $crate::Range) -> String {
                match Self::WORDS {
                    [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
                    words => words.join(", "),
                }
            }

            fn text(&self) -> Option<String> {
                Some(self.name().to_owned())
            }

            fn words(&self) -> &'static [&'static str] {
                Self::WORDS
            }
        }
    };
}

pub(super) use words;

words! {
    /// The update rule of the optimiser.
    Algorithm {
        /// Adam (Kingma and Ba 2015, arXiv 1412.6980); weight decay is added to the gradient.
        Adam = "adam",
        /// Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv 1711.05101).
        AdamW = "adamw",
    }
}

words! {
    /// When two samples are of one class: which companions count as positive.
    ClassRule {
        /// Equal labels, to the bit (CH-SIMS, whose labels lie on a grid of fifths); 0 and -0 are one class.
        Exact = "exact",
        /// Equal after rounding half to even (CMU-MOSI, CMU-MOSEI).
        Round = "round",
    }
}

words! {
    /// Whether input features are standardised.
    Standardize {
        /// Minus the mean, divided by the standard deviation, per feature over the valid frames of the training split.
        Train = "train",
        /// They are used as the file has them.
        None = "none",
    }
}

words! {
    /// What becomes of NaN and infinite features, after the cast to f32.
    NonFinite {
        /// They are an error that names the first sample.
        Error = "error",
        /// They become 0, and are counted.
        Zero = "zero",
    }
}

words! {
    /// On which side of its frames a sequence of a feature file is padded.
    #[derive(Default)]
    Padding {
        /// The frames themselves show it.
        #[default]
        Auto = "auto",
        /// Padding is behind the frames.
        End = "end",
        /// Padding is in front of the frames.
        Front = "front",
    }
}

words! {
    /// What a training step drops and computes again on its way back: less memory for more time.
    #[derive(Default)]
    Recompute {
        /// Nothing.
        #[default]
        None = "none",
        /// Attention with the linear maps that only it reads.
        Attention = "attention",
        /// What is inside of the calls of blocks: each layer of an encoder, for example.
        Blocks = "blocks",
    }
}

impl Recompute {
    /// What of a graph is computed again; none for nothing.
    pub fn parts(self, graph: &Graph) -> Option<recompute::Parts> {
        match self {
            Recompute::None => None,
            Recompute::Attention => Some(recompute::attention(graph)),
            Recompute::Blocks => Some(recompute::blocks(graph)),
        }
    }
}

words! {
    /// How exact matrix products are. Everything else (norms, softmax, losses, recurrent layers, the optimiser, the weights themselves) is
    /// computed in fp32.
    #[derive(Default)]
    Precision {
        /// 32 bits.
        #[default]
        Fp32 = "fp32",
        /// 32 bits of which a GPU multiplies 19: 8 of the exponent, 10 behind the point.
        Tf32 = "tf32",
        /// Operands and results rounded to bfloat16 (8 bits of the exponent, 7 behind the point), sums in fp32.
        Bf16 = "bf16",
    }
}
