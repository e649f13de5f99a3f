//! What is worth knowing of a data set: one list for `dsc data info`, `dsc check --data` and `dsc train`.

use dsc_syntax::diag::Diagnostic;

/// A warning about data, with the key that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The key of the stream or column, which a model may or may not read; none where it concerns the whole file.
    pub key: Option<String>,
    /// The warning.
    pub warning: Diagnostic,
}

impl Finding {
    /// About one key.
    pub fn about(key: &str, warning: Diagnostic) -> Finding {
        Finding { key: Some(key.to_owned()), warning }
    }

    /// About the whole file.
    pub fn of_file(warning: Diagnostic) -> Finding {
        Finding { key: None, warning }
    }

    /// Whether it concerns a model that reads these keys.
    pub fn concerns(&self, keys: &[&str]) -> bool {
        self.key.as_ref().is_none_or(|key| keys.contains(&key.as_str()))
    }
}
