//! The resolved settings of one training.

use serde::{Deserialize, Serialize};

use super::family::Family;
use super::keys::KEYS;
use super::optimizer::{DEFAULT_LR, Optimizer};
use super::schedule::Schedule;
use super::select::Select;
use super::words::{Algorithm, ClassRule, NonFinite, Padding, Precision, Recompute, Standardize};

/// Everything that decides how a model is trained, beside the model, the data and the device. A key of a recipe gives each:
/// see [`KEYS`].
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
    pub select: Select,
    /// How many runs, with the seeds `seed`, `seed + 1`, ..
    pub seeds: u64,
    /// The first seed.
    pub seed: u64,
    /// Name or folder of the pretrained text encoder.
    pub encoder: Option<String>,
    /// How a label becomes the class by which positive companions differ from negative ones.
    pub class: ClassRule,
    /// The metrics.
    pub family: Family,
    /// Whether input features are standardised.
    pub standardize: Standardize,
    /// What happens to NaN and infinite features.
    pub nonfinite: NonFinite,
    /// Texts are cut to this many tokens, `[CLS]` and `[SEP]` counted.
    pub max_tokens: usize,
    /// The side on which the sequences of a feature file are padded.
    #[serde(default, skip_serializing_if = "is_default")]
    pub padding: Padding,
    /// How exact matrix products are.
    #[serde(default, skip_serializing_if = "is_default")]
    pub precision: Precision,
    /// What a training step computes again on its way back.
    #[serde(default, skip_serializing_if = "is_default")]
    pub recompute: Recompute,
}

/// Of settings that run folders of earlier versions lack.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            epochs: 20,
            batch: 16,
            accumulate: 1,
            optimizer: Optimizer::new(Algorithm::Adam, DEFAULT_LR),
            schedule: Schedule::default(),
            clip: None,
            select: Select { minimize: true, metric: "mae".into() },
            seeds: 1,
            seed: 1,
            encoder: None,
            class: ClassRule::Exact,
            family: Family::Regression,
            standardize: Standardize::None,
            nonfinite: NonFinite::Error,
            max_tokens: 128,
            padding: Padding::Auto,
            precision: Precision::Fp32,
            recompute: Recompute::None,
        }
    }
}

impl Settings {
    /// Every key with its value as `--with` takes it, so that one model is trained as another is. A key that only the
    /// default leaves unset (`encoder`) is left out; those below another one (`optimizer.lr`) are part of its value.
    pub fn keys(&self) -> Vec<(&'static str, String)> {
        let mut settings = self.clone();
        let keys = KEYS.iter().filter(|key| !key.name.contains('.'));
        keys.filter_map(|key| Some((key.name, key.field(&mut settings).text()?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Decay, Warmup};

    /// As run folders have held it from the first version on.
    const SAVED: &str = r#"{"epochs":20,"batch":16,"accumulate":1,"optimizer":{"kind":"adam","lr":0.001,"encoder_lr":null,"weight_decay":0.0,"betas":[0.9,0.999],"eps":1e-8},"schedule":{"warmup":{"steps":0},"decay":"constant"},"clip":null,"select":{"minimize":true,"metric":"mae"},"seeds":1,"seed":1,"encoder":null,"class":"exact","family":"regression","standardize":"none","nonfinite":"error","max_tokens":128}"#;
    const SAVED_TOO: &str = r#"{"epochs":2,"batch":8,"accumulate":3,"optimizer":{"kind":"adamw","lr":0.1,"encoder_lr":0.00002,"weight_decay":0.01,"betas":[0.8,0.99],"eps":1e-6},"schedule":{"warmup":{"fraction":0.25},"decay":"linear"},"clip":0.5,"select":{"minimize":false,"metric":"corr"},"seeds":5,"seed":2,"encoder":"bert-base-uncased","class":"round","family":"mosi","standardize":"train","nonfinite":"zero","max_tokens":50}"#;

    #[test]
    fn settings_of_older_runs_are_read_and_saved_as_they_were() {
        const WANTED: &str =
            "a new setting has `#[serde(default, skip_serializing_if = \"is_default\")]`, as `padding` has";
        let read =
            |text: &str| serde_json::from_str::<Settings>(text).unwrap_or_else(|fault| panic!("{fault}: {WANTED}"));
        assert_eq!(read(SAVED), Settings::default());
        let too = read(SAVED_TOO);
        assert_eq!((too.optimizer.kind, too.schedule.decay), (Algorithm::AdamW, Decay::Linear));
        assert_eq!(
            (too.schedule.warmup, too.family, too.nonfinite),
            (Warmup::Fraction(0.25), Family::Mosi, NonFinite::Zero)
        );
        for text in [SAVED, SAVED_TOO] {
            let saved = serde_json::to_string(&read(text)).unwrap();
            assert_eq!(saved, text, "{WANTED}");
        }
    }
}
