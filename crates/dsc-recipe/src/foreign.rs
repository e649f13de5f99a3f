//! Keys as other programs call them, and settings that this one has elsewhere or does without.

use super::keys::KEYS;
use dsc_syntax::diag::did_you_mean;

/// Names that people coming from elsewhere try first.
const ALIASES: &[(&str, &str)] = &[
    ("lr", "optimizer.lr"),
    ("learning_rate", "optimizer.lr"),
    ("lr_max", "optimizer.lr"),
    ("encoder_lr", "optimizer.encoder_lr"),
    ("bert_lr", "optimizer.encoder_lr"),
    ("lr_bert", "optimizer.encoder_lr"),
    ("learning_rate_bert", "optimizer.encoder_lr"),
    ("weight_decay", "optimizer.weight_decay"),
    ("wd", "optimizer.weight_decay"),
    ("l2", "optimizer.weight_decay"),
    ("betas", "optimizer.betas"),
    ("beta1", "optimizer.betas"),
    ("beta2", "optimizer.betas"),
    ("momentum", "optimizer.betas"),
    ("eps", "optimizer.eps"),
    ("epsilon", "optimizer.eps"),
    ("optim", "optimizer"),
    ("optimiser", "optimizer"),
    ("batch_size", "batch"),
    ("batchsize", "batch"),
    ("bs", "batch"),
    ("train_batch_size", "batch"),
    ("num_epochs", "epochs"),
    ("n_epochs", "epochs"),
    ("max_epochs", "epochs"),
    ("num_train_epochs", "epochs"),
    ("grad_clip", "clip"),
    ("gradient_clip", "clip"),
    ("clip_grad", "clip"),
    ("clip_grad_norm", "clip"),
    ("max_grad_norm", "clip"),
    ("gradient_accumulation", "accumulate"),
    ("gradient_accumulation_steps", "accumulate"),
    ("accumulation_steps", "accumulate"),
    ("update_epochs", "accumulate"),
    ("scheduler", "decay"),
    ("lr_scheduler", "decay"),
    ("lr_decay", "decay"),
    ("schedule", "decay"),
    ("warmup_steps", "warmup"),
    ("warmup_epochs", "warmup"),
    ("warmup_ratio", "warmup"),
    ("num_warmup_steps", "warmup"),
    ("text_encoder", "encoder"),
    ("bert", "encoder"),
    ("pretrained", "encoder"),
    ("model_name", "encoder"),
    ("tokenizer", "encoder"),
    ("metrics", "family"),
    ("monitor", "select"),
    ("metric", "select"),
    ("key_eval", "select"),
    ("num_seeds", "seeds"),
    ("n_seeds", "seeds"),
    ("runs", "seeds"),
    ("random_seed", "seed"),
    ("max_len", "max_tokens"),
    ("max_length", "max_tokens"),
    ("max_seq_length", "max_tokens"),
    ("max_seq_len", "max_tokens"),
    ("normalize", "standardize"),
    ("normalise", "standardize"),
    ("standardise", "standardize"),
    ("normalization", "standardize"),
];

/// Settings that are no keys of a recipe.
const ELSEWHERE: &[(&[&str], &str)] = &[
    (
        &["patience", "early_stop", "early_stopping", "early_stopping_patience"],
        "a training runs all its `epochs`, and keeps the best one by `select`",
    ),
    (
        &["freeze_bert", "freeze_encoder", "freeze", "frozen", "finetune", "use_finetune", "use_bert"],
        "an encoder that is not trained is `optimizer.encoder_lr = 0`",
    ),
    (
        &[
            "dropout",
            "drop",
            "hidden",
            "hidden_size",
            "heads",
            "num_heads",
            "layers",
            "num_layers",
            "d",
            "d_model",
            "tau",
        ],
        "hypers of the model are set with `set`: `set drop = 0.1`",
    ),
    (&["device", "gpu", "cuda", "gpus"], "the device is an option of the command line: `dsc train --device cuda`"),
    (&["num_workers", "workers", "pin_memory", "threads"], "remove it; `dsc train --threads 4` limits the threads"),
    (&["shuffle"], "remove it: the training split is shuffled in every epoch"),
    (&["amp", "fp16", "bf16", "precision", "mixed_precision"], "remove it: a training computes in float32"),
    (
        &["data", "dataset", "data_path", "data_dir"],
        "the data are an option of the command line: `dsc train --data mosi`",
    ),
    (
        &["loss", "criterion", "loss_fn", "objective"],
        "losses are statements of the model: `loss prediction = mse(score, target: y)`",
    ),
    (&["variant", "model"], "a variant is an option of the command line: `dsc train --variant NAME`"),
    (
        &["out", "output", "save_dir", "save_path", "checkpoint"],
        "the run folder is an option of the command line: `dsc train --out DIR`",
    ),
    (&["step_size", "gamma", "t_max", "min_lr"], "remove it: `decay = linear` lets the learning rate fall to 0"),
];

/// The key that someone who wrote `name`, alone or below another key, probably meant.
pub fn alias(name: &str) -> Option<&'static str> {
    let last = name.rsplit('.').next().unwrap_or(name).to_lowercase();
    ALIASES.iter().find(|(from, _)| *from == last).map(|(_, to)| *to)
}

/// What to do instead of setting `name` in a recipe.
pub(super) fn elsewhere(name: &str) -> Option<&'static str> {
    let last = name.rsplit('.').next().unwrap_or(name).to_lowercase();
    ELSEWHERE.iter().find(|(names, _)| names.contains(&last.as_str())).map(|(_, text)| *text)
}

/// The key that `name` misspells. Below another key only what is below it comes near.
pub(super) fn misspelt(name: &str) -> Option<&'static str> {
    let all = || KEYS.iter().map(|key| key.name);
    match name.rsplit_once('.') {
        None => did_you_mean(name, all()),
        Some((above, last)) => {
            let below = all().filter_map(|key| key.rsplit_once('.').filter(|(a, _)| *a == above));
            let meant = did_you_mean(last, below.map(|(_, last)| last))?;
            all().find(|key| key.rsplit_once('.') == Some((above, meant)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_other_programs_lead_to_keys_that_exist() {
        for (name, key) in ALIASES {
            assert!(KEYS.iter().any(|k| k.name == *key), "{name} is to be `{key}`");
            assert!(KEYS.iter().all(|k| k.name != *name), "{name} is a key");
        }
        assert_eq!(alias("optimizer.wd"), Some("optimizer.weight_decay"));
        assert_eq!(alias("optimizer.learning_rate"), Some("optimizer.lr"));
        assert_eq!(misspelt("optimizer.ler"), Some("optimizer.lr"));
        assert_eq!((misspelt("optimizer.wx"), misspelt("epchs")), (None, Some("epochs")));
        assert!(elsewhere("patience").unwrap().contains("select"));
        assert!(elsewhere("freeze_bert").unwrap().contains("encoder_lr = 0"));
    }
}
