//! Settings as the keys that give them, so that one model is trained as another is.

use super::settings::Settings;
use crate::retrieval::ClassRule;
use crate::schedule::{Decay, Warmup};

impl Settings {
    /// Every key with its value as `--with` takes it. A key that only the default leaves unset (`encoder`) is left out.
    pub fn keys(&self) -> Vec<(&'static str, String)> {
        let decay = if self.schedule.decay == Decay::Linear { "linear" } else { "none" };
        let class = if self.class == ClassRule::Round { "round" } else { "exact" };
        let mut keys = vec![
            ("epochs", self.epochs.to_string()),
            ("batch", self.batch.to_string()),
            ("accumulate", self.accumulate.to_string()),
            ("optimizer", self.optimizer.to_string()),
            (
                "warmup",
                match self.schedule.warmup {
                    Warmup::Epochs(n) => format!("{n} epochs"),
                    Warmup::Steps(n) => format!("{n} steps"),
                    Warmup::Fraction(share) => format!("{share} fraction"),
                },
            ),
            ("decay", decay.to_owned()),
            ("clip", self.clip.map_or_else(|| "none".to_owned(), |norm| norm.to_string())),
            ("select", self.select.to_string()),
            ("seeds", self.seeds.to_string()),
            ("seed", self.seed.to_string()),
            ("class", class.to_owned()),
            ("family", self.family.name().to_owned()),
            ("standardize", self.standardize.name().to_owned()),
            ("nonfinite", self.nonfinite.name().to_owned()),
            ("max_tokens", self.max_tokens.to_string()),
        ];
        keys.extend(self.encoder.iter().map(|name| ("encoder", name.clone())));
        keys
    }
}
